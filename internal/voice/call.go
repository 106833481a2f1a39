package voice

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/id"
	"santra/internal/pii"
	"santra/internal/routing"
	"santra/internal/run"
	"santra/internal/token"
	"santra/internal/voice/actor"
	"santra/internal/voice/company"
	"santra/internal/voice/dial"
	"santra/internal/voice/flow"
	"santra/internal/voice/gate"
	"santra/internal/voice/leg"
	"santra/internal/voice/notes"
	"santra/internal/voice/owed"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// MaxLife is how long a call may last; a recording's gate does not hold longer either.
const MaxLife = token.GateLife

const (
	// WrapUpLook is how often a call in wrap-up looks whether its agent still writes up.
	WrapUpLook = time.Second
	// wrapUpSlack is how long after a wrap-up's end dispatch is given to end it.
	wrapUpSlack = 20 * time.Millisecond
)

// call is one call. Its fields are its actor's alone, but those of the first group, which never change.
type call struct {
	s         *Service
	id        string
	job       string // its work in dispatch: the id, but for a callback, whose work is the call from which it came
	direction state.Direction
	arrived   time.Time
	log       *slog.Logger
	mail      *actor.Mailbox
	shown     atomic.Pointer[snapshot]

	ctx      context.Context // ends with the actor
	opening  func()          // the first step of a call that nobody has to acknowledge
	caller   pii.Number      // the customer's, here and nowhere else (M3)
	queue    agency.Queue    // in which it is now
	owner    agency.Agency   // the queue's
	entered  time.Time       // into this queue; zero before
	strayed  bool            // it is in another queue than the one into which it called, or was called
	hops     int             // from queue to queue
	state    state.State
	since    time.Time
	version  uint64
	language agency.Lang // chosen by the caller; "" without
	customer *leg.Leg
	agent    *leg.Leg       // of who is connected, or whose browser is connecting
	ring     *dial.Dial     // the telephone that rings
	claim    *claim         // the browser that is answering
	offer    dispatch.Offer // while an agent has the call
	given    given          // to another agent, or back
	out      outward        // of a call out
	consult  *consultation  // beside the customer
	parent   *call          // of an inside call: whose agent consults
	watchers []*watcher
	circle   company.Company
	notes    notes.Notes
	way      lead
	pass     gate.Pass
	warned   bool // the customer has heard that somebody may listen
	rec      *tape.Recording
	muted    bool
	acked    <-chan struct{} // the caller's ACK; nil once it came
	deaf     bool            // the caller has us on hold and hears nothing
	relayed  atomic.Int32    // keys on their way to the other party
	quiet    bool            // it waits without music, to hear at once that the queue is closed
	step     actor.Alarm     // what the state waits for
	again    actor.Alarm     // when routing is asked again for a place, whatever the flow says meanwhile
	life     actor.Alarm
	pulse    actor.Alarm
}

func (s *Service) newCall(q agency.Queue, owner agency.Agency, caller pii.Number) *call {
	now := time.Now()
	c := &call{
		s: s, id: id.New(), direction: state.In, queue: q, owner: owner, arrived: now, mail: actor.NewMailbox("call"),
		caller: caller, state: state.Announcing, since: now,
	}
	c.rec = tape.New(s.tapes, taped{c})
	c.job = c.id
	c.log = s.log.With("call", c.id)
	c.show()
	return c
}

func (c *call) key() actor.Key { return actor.Key{ID: c.id, Job: c.job} }

// begin puts a call that the house itself made into the table and starts its actor: errs.Limited and errs.Unavailable as
// actor.Table.Add. The first step is opening, in the actor.
func (s *Service) begin(c *call, opening func()) error {
	c.opening = opening
	c.show()
	if err := s.calls.Add(c.key(), c, c.out.emergency); err != nil {
		return err
	}
	run.Go(&s.wg, s.log, "call", func() { c.run(s.ctx) })
	return nil
}

// run is the actor: it does one thing at a time until the call has ended, and leaves nothing of it. A call from the trunk
// begins to speak when the caller's side has acknowledged the answer: before that nobody may be listening (M4).
func (c *call) run(ctx context.Context) {
	var cancel context.CancelFunc
	c.ctx, cancel = context.WithCancel(ctx)
	defer func() {
		cancel()
		c.bury()
	}()
	c.circle.Log = c.log
	c.life.Set(MaxLife, func() { c.finish("too long") })
	c.pulse.Set(LegPulse, c.lookAtLegs)
	if c.opening != nil {
		c.opening()
	} else {
		c.acked = c.customer.Dialog.Acked()
	}
	for c.state != state.Ended {
		c.turn()
	}
}

// turn waits for one thing and does it. Its frame lies on the stack of every call that waits, so cases are few: one for all alarms, and of a
// dialog that is only a telephone's or the recorder's none for its end, with which its requests end.
func (c *call) turn() {
	due := actor.Soonest(&c.step, &c.again, &c.pulse, &c.life, &c.way.wake, &c.rec.Alarm)
	select {
	case f := <-c.mail.Next():
		c.do(f)
	case <-due.C():
		due.Ring()
	case <-c.acked:
		c.acknowledged()
	case k, ok := <-c.consult.Keys():
		c.pressed(c.consult.Leg, k, ok)
	case r, ok := <-c.consult.Requests():
		c.secondAsked(r, ok)
	case r, ok := <-c.consult.Line().Requests():
		c.lineAsked(r, ok)
	case <-c.way.played:
		c.way.played = nil
		c.happens(flow.Played{})
	case o := <-c.noticeOver():
		c.noticed(o)
	case k, ok := <-c.customer.Keys():
		c.pressed(c.customer, k, ok)
	case r, ok := <-c.customer.Requests():
		c.asked(c.customer, r, ok)
	case <-c.customer.Ended():
		c.finish(byCaller)
	case k, ok := <-c.agent.Keys():
		c.pressed(c.agent, k, ok)
	case r, ok := <-c.agent.Requests():
		c.asked(c.agent, r, ok)
	case <-c.agent.Ended():
		c.agentLeft()
	case <-c.connecting():
		c.accept()
	case r, ok := <-c.rec.Requests():
		c.rec.Asked(r, ok)
	}
}

// do does what was posted. A mailbox that has jammed is full, so this is where that is seen; what was posted is done nevertheless.
func (c *call) do(f func()) {
	select {
	case <-c.mail.Jam():
		if c.state.Live() {
			c.fail("jammed")
		}
	default:
	}
	f()
}

// noticeOver tells how the recording announcement to who is consulted has ended, or else that to the caller.
func (c *call) noticeOver() <-chan gate.Outcome {
	if n := c.consult.Notice(); n != nil {
		return n
	}
	return c.way.notice
}

// noticed goes on after what noticeOver gave.
func (c *call) noticed(o gate.Outcome) {
	if c.consult.Notice() != nil {
		c.secondAnnounced(o)
		return
	}
	c.noticePlayed(o)
}

// set moves the call to another state, if that is legal, and shows it.
func (c *call) set(to state.State) error {
	s, err := c.state.Move(to)
	if err != nil {
		return err
	}
	c.state, c.since = s, time.Now()
	c.changed()
	return nil
}

// changed shows the call as it now is and tells its agent.
func (c *call) changed() {
	v := c.show()
	if v.Agent != "" {
		c.s.cfg.Events.Publish(v.Event(v.Agent))
	}
}

// snapshot is what others read of a call: as people see it, and as dispatch has to know it.
type snapshot struct {
	state.View
	work  dispatch.Announcement
	known bool // work is dispatch's concern now
}

// show stores what others read.
func (c *call) show() state.View {
	c.version++
	v := state.View{
		ID: c.id, Direction: c.direction, Queue: c.queue.ID, Agency: c.owner.ID, Language: string(c.language), Agent: c.offer.Agent,
		Seat: c.offer.Seat, State: c.state, Since: c.since, Arrived: c.arrived, Recording: c.rec.Shown(), Muted: c.muted,
		Version: c.version, Why: c.offer.Why, Consult: c.consult.View(), Supervised: c.supervised(), Outcome: c.notes.Outcome,
		Failed: c.out.failed, Emergency: c.out.emergency,
	}
	if c.parent != nil {
		v.From = c.parent.view().Agent
	}
	work, known := c.announced()
	c.shown.Store(&snapshot{v, work, known})
	return v
}

// view is the call as last shown; safe anywhere.
func (c *call) view() state.View { return c.shown.Load().View }

// background runs f beside the actor, for what may take time; the service waits for it when it stops.
func (c *call) background(what string, f func()) { run.Go(&c.s.wg, c.log, what, f) }

// fail ends a call by the house's own fault.
func (c *call) fail(why string) {
	c.s.count.Failed.Add(1)
	c.log.Error("call failed", "why", why, "state", c.state)
	c.finish(why)
}

// Who ends a call, as finish is told it; other words are the house's own reasons.
const (
	byCaller = "caller"
	byFlow   = "flow"
)

// finish ends the conversation or the wait, whoever ended it. An agent who had it in hand writes up; else nothing is left.
func (c *call) finish(why string) {
	was := c.state
	if !was.Live() {
		return
	}
	c.log.Info("call over", "why", why, "state", was, "foreign_packets", c.foreign())
	c.unqueued(was, why)
	inHand := c.inHand()
	c.part()
	switch {
	case c.direction == state.Inside:
		c.leaveInside(was)
		return
	case inHand:
		c.s.count.Ended.Add(1)
		c.wrapUp()
		if !c.out.opening {
			c.tried(owed.How(c.out.failed)) // after dispatch has forgotten it: it may be lined up again
		}
		return
	case was == state.Leaving:
		c.s.count.Diverted.Add(1)
	case was == state.Forwarding || was == state.Forwarded:
	default:
		c.s.count.Abandoned.Add(1)
	}
	c.over() // before dispatch is told: a take-over must not announce what is gone
	if was.Queued() {
		c.s.cfg.Dispatch.Remove(c.job, routing.Abandoned)
	}
}

// part ends everybody's part in the call and forgets the customer.
func (c *call) part() {
	c.way.stop()
	c.step.Stop()
	c.again.Stop()
	c.rec.End()
	c.dropConsult("over")
	c.dropWatchers()
	c.circle.Unmix()
	c.out.stop()
	c.dropAgent()
	c.drop(&c.customer)
	c.caller.Erase()
}

// inHand tells whether an agent has taken the call: dispatch is to be told of its end, and a wrap-up may follow.
func (c *call) inHand() bool {
	return c.state.Connected() || c.state.Placing()
}

// foreign counts the packets that came from other addresses than the parties' and were dropped.
func (c *call) foreign() (n uint64) {
	for _, l := range c.legs() {
		n += l.Media.Stats().Foreign
	}
	return n
}

// legs are those of the call that are there: the customer's, the agent's, that of a telephone that is consulted.
func (c *call) legs() (legs []*leg.Leg) {
	for _, l := range []*leg.Leg{c.customer, c.agent, c.consult.Telephone(), c.consult.Line()} {
		if l != nil {
			legs = append(legs, l)
		}
	}
	return legs
}

// wrapUp keeps the call on its agent's desktop, without a caller, for as long as dispatch lets the agent write up.
func (c *call) wrapUp() {
	_ = c.set(state.WrapUp)
	c.s.cfg.Dispatch.Finish(c.job, c.offer.Agent)
	c.writeUp()
}

// writeUp goes on while the agent writes up.
func (c *call) writeUp() {
	if c.s.draining() {
		c.over()
		return
	}
	c.lookAtWrapUp()
}

// lookAtWrapUp ends the call when its agent's wrap-up is over: its time may be extended, cut short, or last until the agent
// says so.
func (c *call) lookAtWrapUp() {
	a, ok := c.s.cfg.Dispatch.Agent(c.offer.Agent)
	if !ok || a.State != routing.WrapUp {
		c.over()
		return
	}
	again := WrapUpLook
	if !a.Until.IsZero() {
		again = min(again, max(time.Until(a.Until), wrapUpSlack))
	}
	c.step.Set(again, c.lookAtWrapUp)
}

// over is the end.
func (c *call) over() { _ = c.set(state.Ended) }

// drop hangs a leg up, beside the actor.
func (c *call) drop(l **leg.Leg) {
	if gone := *l; gone != nil {
		*l = nil
		c.sounded(gone)
		c.background("hang up", func() { gone.HangUp(c.s.parting) })
	}
}

// bury leaves nothing of the call, also where its actor broke: it runs what is still in the mailbox, with the state Ended,
// and takes the call out of the table.
func (c *call) bury() {
	defer c.s.calls.Remove(c.key(), c) // whatever else breaks: Stop waits for it
	c.finish("broken")                 // nothing, if it is over
	c.state = state.Ended
	c.step.Stop()
	c.life.Stop()
	c.pulse.Stop()
	c.notes.Erase(c.s.cfg.Outcomes, c.done())
	for _, f := range c.mail.Close() {
		f()
	}
}

// copied gives a number of its own for another goroutine: the actor may erase its own at any moment.
func copied(n pii.Number) pii.Number { return pii.NewNumber(n.Reveal()) }
