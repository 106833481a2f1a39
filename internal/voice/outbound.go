package voice

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/routing"
)

// OwnRing is how long an agent's own telephone rings for a call out before the call is given up.
const OwnRing = 30 * time.Second

// outward is what a call out has beside a call in.
type outward struct {
	way       Way
	dial      *dial
	early     bool   // the network speaks before the answer: "the number is not in use"
	failed    string // one of the Failed codes
	emergency bool
	callback  string // id of the promise that it keeps, until the customer answers
	opening   bool   // its number is being read: what becomes of it is said afterwards
	returns   bool   // it was promised: the customer hears so
}

func (o *outward) stop() {
	o.dial.stop()
	o.dial = nil
	o.way.done()
	o.way = Way{}
}

// Outgoing is a call that an agent wants to make.
type Outgoing struct {
	Queue  string // whose number is shown
	Number string // as typed
}

// CallOut calls a number in an agency's name: first the agent's own telephone connects (it rings, and the browser may
// answer), then the other. errs.Conflict while the agent has a call; the Carrier's refusals. 112 is never refused.
func (s *Service) CallOut(ctx context.Context, agent string, o Outgoing) (View, error) {
	at, seated := s.cfg.Dispatch.Agent(agent)
	q, owner, unknown := s.caller(o.Queue)
	way, err := s.way(ctx, Want{Number: o.Number, Agent: agent, Seat: at.Seat, Queue: q.ID, Agency: owner.ID}, nil)
	switch {
	case err == nil && way.Emergency: // without a seat it is the browser's alone
	case !seated:
		err = errs.New(errs.Conflict, "choose a seat first")
	case unknown != nil:
		err = unknown
	}
	if err != nil {
		way.done()
		return View{}, err
	}
	c := s.outgoing(q, owner, way, dispatch.Offer{Agent: agent, Seat: at.Seat})
	if err := s.beginOut(c, c.ringOwn); err != nil {
		way.done()
		c.caller.Erase()
		return View{}, err
	}
	return c.view(), nil
}

// caller finds the queue in whose name a call is made.
func (s *Service) caller(queue string) (agency.Queue, agency.Agency, error) {
	q, ok := s.cfg.Book.Queue(queue)
	owner, known := s.cfg.Book.Agency(q.Agency)
	if !ok || !known {
		return q, owner, errs.At(errs.NotFound, "queue", "there is no queue %q", queue)
	}
	return q, owner, nil
}

// way asks the carrier. Our own numbers go inside: where to may be changed, it is.
func (s *Service) way(ctx context.Context, w Want, to *Whom) (Way, error) {
	if s.cfg.Carrier == nil {
		return Way{}, errs.New(errs.Unavailable, "no trunk takes calls out")
	}
	way, err := s.cfg.Carrier.Way(ctx, w)
	switch {
	case err != nil || way.Inside == "" && way.InsideSeat == "":
		return way, err
	case to == nil:
		way.done()
		return Way{}, errs.At(errs.Invalid, "number", "is one of the house: give calls to the queue or the colleague instead")
	}
	way.done()
	*to = Whom{Queue: way.Inside, Seat: way.InsideSeat}
	return Way{}, nil
}

func (s *Service) outgoing(q agency.Queue, owner agency.Agency, way Way, by dispatch.Offer) *call {
	c := s.newCall(q, owner, copied(way.Number))
	c.direction, c.state, c.offer = Out, Dialling, by
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
	c.step.set(OwnRing, func() { c.notCalled(FailedOwn) })
}

// notCalled ends a call out that came to nothing.
func (c *call) notCalled(why string) {
	if c.state.placing() {
		c.out.failed = why
	}
	c.finish("not connected")
}

// dialOut calls the other party; the agent hears it ring.
func (c *call) dialOut() {
	c.step.stop()
	c.ringback(c.agent)
	p := party{
		role: RoleCustomer, pool: c.s.cfg.Ports, terms: c.s.trunkTerms(sdp.Plain, c.agent), routes: c.out.way.Routes,
		invite: shows(c.out.way.Shown),
	}
	d, err := c.dial(p, dialEvents{early: c.early, answered: c.calledAnswered, failed: c.calledFailed})
	if err != nil {
		c.log.Error("no media port for a call out", "error", err)
		c.notCalled(FailedUnavailable)
		return
	}
	c.out.dial = d
	c.changed()
}

// early lets the agent hear what the network says before the answer (RFC 3960).
func (c *call) early(d *dial, by int, r sip.Response) {
	if c.out.dial != d || len(r.Body) == 0 || r.Early == nil || c.out.early {
		return
	}
	if err := d.accepted(by, r.Early, r.Body); err != nil {
		c.s.refused(c.log, err)
		return
	}
	c.out.early = true
	c.customer = d.leg
	c.sound()
}

// calledAnswered: the other party is there. Where the queue is recorded they hear the announcement first (M4).
func (c *call) calledAnswered(d *dial) {
	if c.out.dial != d || c.state != Dialling {
		c.customer = unless(c.customer, d.leg)
		c.letGo(d, d.leg.dialog)
		return
	}
	c.out.dial, c.customer, c.deaf = nil, d.leg, d.leg.deaf
	if c.out.way.Longest > 0 {
		c.life.set(c.out.way.Longest, func() { c.finish("too long") })
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

func unless(l, gone *leg) *leg {
	if l == gone {
		return nil
	}
	return l
}

func (c *call) calledFailed(d *dial, err error) {
	if c.out.dial != d {
		return
	}
	c.customer = unless(c.customer, d.leg)
	c.notCalled(failure(err))
}
