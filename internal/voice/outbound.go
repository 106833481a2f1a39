package voice

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/voice/consult"
	"santra/internal/voice/dial"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

// OwnRing is how long an agent's own telephone rings for a call out before the call is given up.
const OwnRing = 30 * time.Second

// outward is what a call out has beside a call in.
type outward struct {
	way       dial.Way
	dial      *dial.Dial
	early     bool   // the network speaks before the answer: "the number is not in use"
	failed    string // as dial.Failure names it
	emergency bool
	callback  string // id of the promise that it keeps, until the customer answers
	opening   bool   // its number is being read: what becomes of it is said afterwards
	returns   bool   // it was promised: the customer hears so
}

func (o *outward) stop() {
	o.dial.Stop(nil)
	o.dial = nil
	o.way.Leave()
	o.way = dial.Way{}
}

// Outgoing is a call that an agent wants to make.
type Outgoing struct {
	Queue  string // whose number is shown
	Number string // as typed
}

// CallOut calls a number in an agency's name: first the agent's own telephone connects (it rings, and the browser may
// answer), then the other. errs.Conflict while the agent has a call; the Carrier's refusals. 112 is never refused.
func (s *Service) CallOut(ctx context.Context, agent string, o Outgoing) (state.View, error) {
	at, seated := s.cfg.Dispatch.Agent(agent)
	q, owner, unknown := s.cfg.Caller(o.Queue)
	way, err := s.way(ctx, dial.Want{Number: o.Number, Agent: agent, Seat: at.Seat, Queue: q.ID, Agency: owner.ID}, nil)
	switch {
	case err == nil && way.Emergency: // without a seat it is the browser's alone
	case !seated:
		err = errs.New(errs.Conflict, "choose a seat first")
	case unknown != nil:
		err = unknown
	}
	if err != nil {
		way.Leave()
		return state.View{}, err
	}
	c := s.outgoing(q, owner, way, dispatch.Offer{Agent: agent, Seat: at.Seat})
	if err := s.beginOut(c, c.ringOwn); err != nil {
		way.Leave()
		c.caller.Erase()
		return state.View{}, err
	}
	return c.view(), nil
}

// way asks the carrier. Our own numbers go inside: where to may be changed, it is.
func (s *Service) way(ctx context.Context, w dial.Want, to *consult.Whom) (dial.Way, error) {
	if s.cfg.Carrier == nil {
		return dial.Way{}, errs.New(errs.Unavailable, "no trunk takes calls out")
	}
	way, err := s.cfg.Carrier.Way(ctx, w)
	switch {
	case err != nil || way.Inside == "" && way.InsideSeat == "":
		return way, err
	case to == nil:
		way.Leave()
		return dial.Way{}, errs.At(errs.Invalid, "number", "is one of the house: give calls to the queue or the colleague instead")
	}
	way.Leave()
	*to = consult.Whom{Queue: way.Inside, Seat: way.InsideSeat}
	return dial.Way{}, nil
}

func (s *Service) outgoing(q agency.Queue, owner agency.Agency, way dial.Way, by dispatch.Offer) *call {
	c := s.newCall(q, owner, copied(way.Number))
	c.direction, c.state, c.offer = state.Out, state.Dialling, by
	c.out.way, c.out.emergency = way, way.Emergency
	return c
}

// beginOut makes the agent busy and starts the call. An emergency call goes on whatever routing says.
func (s *Service) beginOut(c *call, opening func()) error {
	err := s.cfg.Dispatch.Restore(c.work(), c.offer.Agent)
	if err != nil && !c.out.emergency {
		return errs.New(errs.Conflict, "you have a call already: %w", err)
	}
	if err := s.begin(c, opening); err != nil {
		s.cfg.Dispatch.Remove(c.job, routing.Handled)
		return err
	}
	return nil
}

// ringOwn lets the agent's own telephone ring; the browser may answer as well.
func (c *call) ringOwn() {
	c.changed()
	c.ringPhone()
	c.step.Set(OwnRing, func() { c.notCalled(dial.OwnTelephone) })
}

// notCalled ends a call out that came to nothing.
func (c *call) notCalled(why string) {
	if c.state.Placing() {
		c.out.failed = why
	}
	c.finish("not connected")
}

// dialOut calls the other party; the agent hears it ring.
func (c *call) dialOut() {
	c.step.Stop()
	c.agent.Ringback(c.ctx)
	p := party{
		role: leg.Customer, pool: c.s.cfg.Ports, terms: c.s.cfg.TrunkTerms(c.agent).ForHelp(c.out.emergency), routes: c.out.way.Routes,
		invite: c.out.way.Invite(),
	}
	d, err := c.dial(p, dialEvents{early: c.early, answered: c.calledAnswered, failed: c.calledFailed})
	if err != nil {
		c.log.Error("no media port for a call out", "error", err)
		c.notCalled(dial.Unavailable)
		return
	}
	c.out.dial = d
	c.changed()
}

// early lets the agent hear what the network says before the answer (RFC 3960).
func (c *call) early(d *dial.Dial, e dial.Early) {
	if c.out.dial != d || c.out.early {
		return
	}
	if err := d.TakeEarly(e); err != nil {
		c.s.refused(c.log, err)
		return
	}
	c.out.early = true
	c.customer = d.Leg
	c.sound()
}

// calledAnswered: the other party is there. Where the queue is recorded they hear the announcement first (M4).
func (c *call) calledAnswered(d *dial.Dial) {
	if c.out.dial != d || c.state != state.Dialling {
		c.customer = unless(c.customer, d.Leg)
		c.letGo(d.Leg)
		return
	}
	c.out.dial, c.customer, c.deaf = nil, d.Leg, d.Leg.Deaf
	if c.out.way.Longest > 0 {
		c.life.Set(c.out.way.Longest, func() { c.finish("too long") })
	}
	informs := c.out.callback
	c.kept()
	if c.out.emergency || !c.queue.Record {
		c.talk()
		return
	}
	c.out.returns = informs != ""
	c.informFirst()
}

func unless(l, gone *leg.Leg) *leg.Leg {
	if l == gone {
		return nil
	}
	return l
}

func (c *call) calledFailed(d *dial.Dial, err error) {
	if c.out.dial != d {
		return
	}
	c.customer = unless(c.customer, d.Leg)
	c.notCalled(dial.Failure(err))
}
