package voice

import (
	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/media"
	"santra/internal/routing"
	"santra/internal/voice/consult"
	"santra/internal/voice/dial"
	"santra/internal/voice/flow"
	"santra/internal/voice/gate"
	"santra/internal/voice/leg"
	"santra/internal/voice/notes"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// Transfer gives the customer away without asking first: to a queue or an agent, where the call waits with its place, or to
// a telephone. One that nobody takes comes back to the queue, first to the agent who gave it away. errs as Consult.
func (s *Service) Transfer(id, agent string, to consult.Whom) error {
	if err := to.Check(); err != nil {
		return err
	}
	way, err := s.wayTo(id, agent, &to)
	if err != nil {
		return err
	}
	err = s.command(id, agent, func(c *call) error { return c.transfer(to, way) })
	if err != nil {
		way.Leave()
	}
	return err
}

func (c *call) transfer(to consult.Whom, way dial.Way) error {
	if way.Emergency {
		c.dropConsult("emergency")
	}
	switch {
	case !c.state.Connected() || c.customer == nil:
		return errs.New(errs.Conflict, "a call that is %s can't be given away", c.state)
	case c.consult != nil:
		return errs.New(errs.Conflict, "end the consultation first, or complete it")
	case to.Agent != "" && to.Agent == c.offer.Agent:
		return errs.At(errs.Invalid, "to.agent", "that is you")
	case to.Number != "" || to.Seat != "":
		return c.forward(to, way)
	}
	return c.requeueFor(to)
}

// requeueFor lets the call wait for an agent of a queue, or for one agent first.
func (c *call) requeueFor(to consult.Whom) error {
	work := routing.Work{Queue: to.Queue, Preferred: to.Agent}
	g := given{before: true, to: to.Agent}
	if to.Agent != "" {
		if _, ok := c.s.cfg.Dispatch.Agent(to.Agent); !ok {
			return errs.At(errs.NotFound, "to.agent", "nobody of that name has signed in")
		}
		g.long = KeptFor
		work.PreferredFor = g.long
	}
	if err := c.s.cfg.Dispatch.Transfer(c.job, c.offer.Agent, work); err != nil {
		return err
	}
	c.given = g
	agent := c.offer.Agent
	left := c.leaveAgent()
	_ = c.set(state.Waiting)
	left()
	c.tell(agent)
	if to.Queue != "" && to.Queue != c.queue.ID {
		if err := c.enter(to.Queue); err != nil {
			c.log.Error("given to a queue that is not known here", "error", err)
		}
	}
	c.hear()
	c.changed()
	c.log.Info("call given away", "to", to.Kind())
	return nil
}

// hear lets a customer who was with an agent hear music.
func (c *call) hear() {
	c.customer.Media.Hold(false, media.Clip{})
	c.music()
}

// leaveAgent ends the agent's part of a call that goes on: the agent writes it up as a call of its own, with the notes, which
// begins with left, when dispatch knows of the agent's wrap-up.
func (c *call) leaveAgent() (left func()) {
	left = c.leaveBehind()
	c.rec.End()
	c.dropWatchers()
	c.circle.Unmix()
	c.dropAgent()
	if k := c.consult; k != nil {
		c.drop(&k.Own) // it is the agent's, and its end must not be the customer's
	}
	c.offer = dispatch.Offer{}
	return left
}

// tell shows the call as it is to an agent who has it no more.
func (c *call) tell(agent string) { c.s.cfg.Events.Publish(c.view().Event(agent)) }

// leaveBehind makes what is left of a call for an agent who has given it away: a wrap-up, without a customer.
func (c *call) leaveBehind() (begin func()) {
	left := c.s.newCall(c.queue, c.owner, pii.Number{})
	left.direction, left.arrived, left.language = c.direction, c.arrived, c.language
	left.offer, left.notes, left.state = c.offer, c.notes.Copied(), state.WrapUp
	c.notes.Outcome = "" // it is that agent's
	return func() {
		if err := c.s.begin(left, left.writeUp); err != nil {
			c.log.Warn("no wrap-up for the agent who gave the call away", "error", err)
			left.notes.Erase(nil, notes.Done{})
		}
	}
}

// forward lets a telephone ring while the customer hears music; the agent is done.
func (c *call) forward(to consult.Whom, way dial.Way) error {
	k := consult.New[*call](to, way)
	if err := c.dialSecond(k); err != nil {
		return err
	}
	c.consult = k
	c.goForward()
	return nil
}

// goForward leaves the agent and lets what rings ring on for the customer.
func (c *call) goForward() {
	agent := c.offer.Agent
	left := c.leaveAgent()
	_ = c.set(state.Forwarding)
	c.s.cfg.Dispatch.Finish(c.job, agent)
	left()
	c.given = given{before: true, to: agent, long: KeptFor}
	c.tell(agent)
	c.hear()
	c.changed()
	c.log.Info("call given away", "to", c.consult.To.Kind())
}

// forwarded: the other telephone has the customer.
func (c *call) forwarded() {
	c.consult.At = state.ConsultJoined
	c.consult.Untimed()
	if longest := c.consult.Way.Longest; longest > 0 {
		c.life.Set(longest, func() { c.finish("too long") })
	}
	_ = c.set(state.Forwarded)
	c.happens(flow.Dialled{OK: true})
	c.way.stop()
	c.sound()
}

// notForwarded goes on with a caller whom nobody took.
func (c *call) notForwarded() {
	failed := c.consult.Failed
	if failed == nil {
		c.comesBack()
		return
	}
	c.step.Stop()
	c.dropConsult("not taken")
	failed()
}

// comesBack lets a call that nobody took wait again, first for the agent who gave it away.
func (c *call) comesBack() {
	c.dropConsult("not taken")
	c.wait()
}

// Complete gives the customer to who is consulted, at whatever stage, and ends the agent's part.
func (s *Service) Complete(id, agent string) error { return s.command(id, agent, (*call).complete) }

func (c *call) complete() error {
	k := c.consult
	switch {
	case k == nil || !c.state.Connected():
		return errs.New(errs.Conflict, "nobody is consulted")
	case k.Stage() == state.ConsultAnnouncing:
		return errs.New(errs.Conflict, "the announcement to who joins has not ended yet")
	case k.Inner != nil:
		return c.handOver(k.Inner)
	case k.Leg == nil:
		c.goForward()
		return nil
	}
	agent := c.offer.Agent
	left := c.leaveAgent()
	c.s.cfg.Dispatch.Finish(c.job, agent)
	left()
	c.forwarded()
	c.tell(agent)
	return nil
}

// baggage is what goes along with a customer who is given to another agent's call.
type baggage struct {
	customer  *leg.Leg
	caller    pii.Number
	direction state.Direction
	language  agency.Lang
	pass      gate.Pass
	warned    bool
	tape      tape.Thread // what was sensitive to one agent is so to the next, who sees it and may go on
	notes     []byte
	deaf      bool
	strayed   bool
	emergency bool // it stays one, whoever has it
}

// handOver gives the customer to the consulted agent's own call. That call's actor takes them or refuses; it never waits
// for this one, so asking it can't lock.
func (c *call) handOver(inner *call) error {
	thread := c.rec.Thread
	c.rec.End()
	c.circle.Unmix()
	b := baggage{
		customer: c.customer, caller: copied(c.caller), direction: c.direction, language: c.language, pass: c.pass, warned: c.warned,
		tape: thread, notes: c.notes.Copied().Text, deaf: c.deaf,
		strayed: c.strayed, emergency: c.out.emergency,
	}
	if err := inner.mail.Ask(func() error { return inner.adopt(b) }); err != nil {
		b.caller.Erase()
		clear(b.notes)
		c.rec.Paused = thread.Paused
		c.sound()
		c.record()
		return errs.New(errs.Conflict, "who was consulted has left: the customer is still yours")
	}
	c.drop(&c.consult.Own)
	c.consult, c.customer = nil, nil
	c.log.Info("call given away", "to", "agent")
	c.finish("given away")
	return nil
}

// adopt takes another agent's customer: from now on this is that customer's call, waiting, ringing or talking as it is.
func (c *call) adopt(b baggage) error {
	if c.direction != state.Inside || !c.state.Queued() && !c.state.Connected() {
		return errs.New(errs.Conflict, "this call takes no customer")
	}
	c.direction, c.parent = b.direction, nil
	c.customer, c.caller, c.language, c.deaf = b.customer, b.caller, b.language, b.deaf
	c.out.emergency = b.emergency
	c.notes.Follow(b.notes)
	c.rec.ID, c.rec.Part = b.tape.ID, b.tape.Part
	c.given.only = false
	c.pass, c.warned, c.strayed = b.pass, b.warned, b.strayed
	if err := c.repass(); err != nil { // who is answered later is told then; who talks already is not recorded
		c.strayed = true
		c.log.Warn("the announcement of the queue that has the call now was not heard", "queue", c.queue.ID, "why", err)
	}
	if c.state.Connected() {
		c.rec.Paused = b.tape.Paused
		c.sound()
		c.record()
	} else {
		c.hear()
	}
	c.changed()
	return nil
}
