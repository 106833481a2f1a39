package voice

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/pii"
	"santra/internal/protocol/rtp"
	"santra/internal/routing"
	"santra/internal/run"
	"santra/internal/token"
	"santra/internal/voice/flow"
	"santra/internal/voice/gate"
)

// MaxLife is how long a call may last; a recording's gate does not hold longer either.
const MaxLife = token.GateLife

const (
	// WrapUpLook is how often a call in wrap-up looks whether its agent still writes up.
	WrapUpLook = time.Second
	// wrapUpSlack is how long after a wrap-up's end dispatch is given to end it.
	wrapUpSlack = 20 * time.Millisecond
)

// Direction says where a call comes from.
type Direction string

// The directions.
const (
	In     Direction = "in"     // from the trunk
	Out    Direction = "out"    // an agent calls, or calls back
	Inside Direction = "inside" // an agent consults another; the customer may be given to it
)

// call is one call. Its fields are its actor's alone, but those of the first group, which never change.
type call struct {
	s         *Service
	id        string
	job       string // its work in dispatch: the id, but for a callback, whose work is the call from which it came
	direction Direction
	arrived   time.Time
	log       *slog.Logger
	mail      *mailbox
	shown     atomic.Pointer[snapshot]

	ctx      context.Context // ends with the actor
	opening  func()          // the first step of a call that nobody has to acknowledge
	caller   pii.Number      // the customer's, here and nowhere else (M3)
	queue    agency.Queue    // in which it is now
	owner    agency.Agency   // the queue's
	entered  time.Time       // into this queue; zero before
	strayed  bool            // it is in another queue than the one into which it called, or was called
	hops     int             // from queue to queue
	state    State
	since    time.Time
	version  uint64
	language agency.Lang // chosen by the caller; "" without
	customer *leg
	agent    *leg           // of who is connected, or whose browser is connecting
	ring     *ring          // the telephone that rings
	claim    *claim         // the browser that is answering
	offer    dispatch.Offer // while an agent has the call
	given    given          // to another agent, or back
	out      outward        // of a call out
	consult  *consultation  // beside the customer
	parent   *call          // of an inside call: whose agent consults
	watchers []*watcher
	mix      *rtp.Mix // while more than two hear each other
	notes    notes
	way      lead
	pass     gate.Pass
	warned   bool // the customer has heard that somebody may listen
	rec      recording
	muted    bool
	acked    <-chan struct{} // the caller's ACK; nil once it came
	deaf     bool            // the caller has us on hold and hears nothing
	relayed  atomic.Int32    // keys on their way to the other party
	quiet    bool            // it waits without music, to hear at once that the queue is closed
	step     alarm           // what the state waits for
	again    alarm           // when routing is asked again for a place, whatever the flow says meanwhile
	life     alarm
	pulse    alarm
}

func (s *Service) newCall(q agency.Queue, owner agency.Agency, caller pii.Number) *call {
	now := time.Now()
	c := &call{
		s: s, id: id.New(), direction: In, queue: q, owner: owner, arrived: now, mail: newMailbox(),
		caller: caller, state: Announcing, since: now, rec: recording{state: RecordingNone},
	}
	c.job = c.id
	c.log = s.log.With("call", c.id)
	c.show()
	return c
}

// begin puts a call that the house itself made into the table and starts its actor: errs.Limited and errs.Unavailable as
// calls.add. The first step is opening, in the actor.
func (s *Service) begin(c *call, opening func()) error {
	c.opening = opening
	c.show()
	if err := s.calls.add(c); err != nil {
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
	c.life.set(MaxLife, func() { c.finish("too long") })
	c.pulse.set(LegPulse, c.lookAtLegs)
	if c.opening != nil {
		c.opening()
	} else {
		c.acked = c.customer.dialog.Acked()
	}
	for c.state != Ended {
		c.turn()
	}
}

// turn waits for one thing and does it.
func (c *call) turn() {
	select {
	case f := <-c.mail.in:
		f()
	case <-c.mail.jam:
		c.fail("jammed")
	case <-c.step.c():
		c.step.ring()
	case <-c.again.c():
		c.again.ring()
	case <-c.acked:
		c.acknowledged()
	case <-c.consult.ended():
		c.secondLeft()
	case k, ok := <-c.consult.keys():
		c.pressed(c.consult.leg, k, ok)
	case r, ok := <-c.consult.requests():
		c.asked(c.consult.leg, r, ok)
	case <-c.consult.line().ended():
		c.lineLeft()
	case r, ok := <-c.consult.line().requests():
		c.asked(c.consult.line(), r, ok)
	case o := <-c.consult.notice():
		c.secondAnnounced(o)
	case <-c.pulse.c():
		c.pulse.ring()
	case <-c.life.c():
		c.life.ring()
	case <-c.way.played:
		c.way.played = nil
		c.happens(flow.Played{})
	case o := <-c.way.notice:
		c.noticePlayed(o)
	case <-c.way.wake.c():
		c.way.wake.ring()
	case k, ok := <-c.customer.keys():
		c.pressed(c.customer, k, ok)
	case r, ok := <-c.customer.requests():
		c.asked(c.customer, r, ok)
	case <-c.customer.ended():
		c.finish(byCaller)
	case k, ok := <-c.agent.keys():
		c.pressed(c.agent, k, ok)
	case r, ok := <-c.agent.requests():
		c.asked(c.agent, r, ok)
	case <-c.agent.ended():
		c.agentLeft()
	case <-c.connecting():
		c.accept()
	case <-c.rec.timer.c():
		c.rec.timer.ring()
	case <-c.rec.ended():
		c.recorderLeft("hung up")
	case r, ok := <-c.rec.requests():
		c.recorderAsked(r, ok)
	}
}

// set moves the call to another state, if that is legal, and shows it.
func (c *call) set(to State) error {
	s, err := c.state.move(to)
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
		c.s.cfg.Events.Publish(v.event(v.Agent))
	}
}

// snapshot is what others read of a call: as people see it, and as dispatch has to know it.
type snapshot struct {
	View
	work  dispatch.Announcement
	known bool // work is dispatch's concern now
}

// show stores what others read.
func (c *call) show() View {
	c.version++
	v := View{
		ID: c.id, Direction: c.direction, Queue: c.queue.ID, Agency: c.owner.ID, Language: string(c.language), Agent: c.offer.Agent,
		Seat: c.offer.Seat, State: c.state, Since: c.since, Arrived: c.arrived, Recording: c.recordingShown(), Muted: c.muted,
		Version: c.version, Why: c.offer.Why, Consult: c.consult.view(), Supervised: c.supervised(), Outcome: c.notes.outcome,
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
func (c *call) view() View { return c.shown.Load().View }

// ask runs f in the actor and waits for it: errs.Gone after the call's end, errs.Limited when its mailbox is full.
func (c *call) ask(f func() error) error {
	reply := make(chan error, 1)
	err := c.mail.put(func() {
		answer := errs.New(errs.Internal, "the call broke: its log says why")
		defer func() { reply <- answer }() // also where f breaks, and the call with it
		answer = f()
	})
	if err != nil {
		return err
	}
	return <-reply // what was put is always run
}

// background runs f beside the actor, for what may take time; the service waits for it when it stops.
func (c *call) background(what string, f func()) { run.Go(&c.s.wg, c.log, what, f) }

// fail ends a call by the house's own fault.
func (c *call) fail(why string) {
	c.s.count.failed.Add(1)
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
	if !was.live() {
		return
	}
	c.log.Info("call over", "why", why, "state", was, "foreign_packets", c.foreign())
	c.unqueued(was, why)
	inHand := c.inHand()
	c.part()
	switch {
	case c.direction == Inside:
		c.leaveInside(was)
		return
	case inHand:
		c.s.count.ended.Add(1)
		c.wrapUp()
		if !c.out.opening {
			c.tried(triedHow(c.out.failed)) // after dispatch has forgotten it: it may be lined up again
		}
		return
	case was == Leaving:
		c.s.count.diverted.Add(1)
	case was == Forwarding || was == Forwarded:
	default:
		c.s.count.abandoned.Add(1)
	}
	c.over() // before dispatch is told: a take-over must not announce what is gone
	if was.queued() {
		c.s.cfg.Dispatch.Remove(c.job, routing.Abandoned)
	}
}

// part ends everybody's part in the call and forgets the customer.
func (c *call) part() {
	c.way.stop()
	c.step.stop()
	c.again.stop()
	c.unrecord()
	c.dropConsult("over")
	c.dropWatchers()
	c.unmix()
	c.out.stop()
	c.dropAgent()
	c.drop(&c.customer)
	c.caller.Erase()
}

// inHand tells whether an agent has taken the call: dispatch is to be told of its end, and a wrap-up may follow.
func (c *call) inHand() bool {
	return c.state.connected() || c.state.placing()
}

// foreign counts the packets that came from other addresses than the parties' and were dropped.
func (c *call) foreign() (n uint64) {
	for _, l := range c.legs() {
		n += l.media.Stats().Foreign
	}
	return n
}

// legs are those of the call that are there: the customer's, the agent's, that of a telephone that is consulted.
func (c *call) legs() (legs []*leg) {
	for _, l := range []*leg{c.customer, c.agent, c.consult.telephone(), c.consult.line()} {
		if l != nil {
			legs = append(legs, l)
		}
	}
	return legs
}

// wrapUp keeps the call on its agent's desktop, without a caller, for as long as dispatch lets the agent write up.
func (c *call) wrapUp() {
	_ = c.set(WrapUp)
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
	c.step.set(again, c.lookAtWrapUp)
}

// over is the end.
func (c *call) over() { _ = c.set(Ended) }

// drop hangs a leg up, beside the actor.
func (c *call) drop(l **leg) {
	if gone := *l; gone != nil {
		*l = nil
		c.keepQuality(gone)
		c.background("hang up", func() { gone.hangUp(c.s.parting) })
	}
}

// bury leaves nothing of the call, also where its actor broke: it runs what is still in the mailbox, with the state Ended,
// and takes the call out of the table.
func (c *call) bury() {
	defer c.s.calls.remove(c) // whatever else breaks: Stop waits for it
	c.finish("broken")        // nothing, if it is over
	c.state = Ended
	c.step.stop()
	c.life.stop()
	c.pulse.stop()
	c.notes.erase(c.s.cfg.Outcomes, c.done())
	for _, f := range c.mail.close() {
		f()
	}
}

// copied gives a number of its own for another goroutine: the actor may erase its own at any moment.
func copied(n pii.Number) pii.Number { return pii.NewNumber(n.Reveal()) }
