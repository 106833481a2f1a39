package voice

import (
	"context"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/pii"
	"santra/internal/routing"
	"santra/internal/voice/callback"
	"santra/internal/voice/dial"
	"santra/internal/voice/owed"
	"santra/internal/voice/state"
)

// callbacks is the worker of callbacks: each is offered to an agent as a call is; whoever takes it calls the customer. What waits is
// the callback room's and dispatch's, so there is nothing to announce at a take-over.
type callbacks struct{ s *Service }

var (
	_ dispatch.Worker  = callbacks{}
	_ dispatch.Carrier = callbacks{}
)

// Offered implements dispatch.Worker.
func (w callbacks) Offered(o dispatch.Offer) {
	if c := w.s.calls.Of(o.Work.ID); c == nil || !c.mail.Must(func() { c.owedAgain(o) }) {
		w.call(o)
	}
}

// owedAgain takes an offer of the callback for which this call was made: it may ring for it still, or be over, or have kept what it could.
func (c *call) owedAgain(o dispatch.Offer) {
	if c.out.callback == "" || c.state == state.Ended {
		callbacks{c.s}.call(o)
		return
	}
	c.offered(o)
}

// call lets a callback ring at its agent as a call of its own.
func (w callbacks) call(o dispatch.Offer) {
	q, owner, err := w.s.cfg.Caller(o.Work.Queue)
	if err != nil {
		w.s.log.Error("a callback of a queue that is not known", "error", err)
		return
	}
	c := w.s.newCall(q, owner, pii.Number{})
	c.direction, c.state, c.job, c.out.callback = state.Out, state.Waiting, o.Work.ID, o.Work.ID
	c.language, c.arrived = agency.Lang(o.Work.Language), o.Work.Arrived
	if err := w.s.begin(c, func() { c.offered(o) }); err != nil {
		w.s.log.Warn("a callback finds no place", "error", err)
		_ = w.s.cfg.Dispatch.Decline(o.Work.ID, o.Agent)
	}
}

// Withdrawn implements dispatch.Worker.
func (w callbacks) Withdrawn(o dispatch.Offer, reason string) { w.s.Withdrawn(o, reason) }

// Diverted implements dispatch.Carrier; routing diverts no callback.
func (w callbacks) Diverted(k routing.Work, to routing.Target, reason string) {
	w.s.log.Error("a callback can't be diverted", "to", to.Kind.String(), "why", reason)
}

// Moved implements dispatch.Carrier: the agents of another queue call.
func (w callbacks) Moved(routing.Work, string, string) {}

// Expired implements dispatch.Carrier.
func (w callbacks) Expired(k routing.Work) { w.s.Expired(k) }

// Expired erases a callback that was not made in time.
func (s *Service) Expired(w routing.Work) { s.owed.Expire(w.ID) }

// CancelCallback ends a callback that waits, in the name of by, and takes it from the queue: an agent at whom it rings is free
// again. errs.Conflict while an agent calls, errs.Gone where it is over.
func (s *Service) CancelCallback(ctx context.Context, id, by string) error {
	return s.owed.Cancel(ctx, id, by)
}

// openCallback gets the number, which the log knows of first, and the way to it; then the customer is called.
func (c *call) openCallback() {
	_ = c.set(state.Dialling)
	s, id, offer, queue, owner := c.s, c.out.callback, c.offer, c.queue.ID, c.owner.ID
	c.out.opening = true
	c.agent.Ringback(c.ctx)
	c.background("callback", func() {
		ctx, cancel := context.WithTimeout(c.ctx, owed.StepTime)
		defer cancel()
		due, err := s.owed.Open(ctx, id, offer.Agent)
		var way dial.Way
		if err == nil {
			want := dial.Want{Number: due.Number.Reveal(), Agent: offer.Agent, Seat: offer.Seat, Queue: queue, Agency: owner}
			way, err = s.way(ctx, want, nil)
		}
		if !c.mail.Must(func() { c.callbackOpened(due, way, err) }) {
			due.Number.Erase()
			way.Leave()
			s.owed.Tried(id, offer.Agent, callback.Failed)
		}
	})
}

func (c *call) callbackOpened(due callback.Call, way dial.Way, err error) {
	c.out.opening = false
	if err != nil || c.state != state.Dialling {
		due.Number.Erase()
		way.Leave()
		if err != nil {
			c.log.Warn("a callback can't be made", "error", err)
			c.notCalled(dial.Unavailable)
		}
		c.tried(callback.Failed) // of an agent who hung up meanwhile; else that was said
		return
	}
	c.caller, c.out.way = due.Number, way
	c.dialOut()
}

// tried says that the customer was not reached; another try is lined up if there is one.
func (c *call) tried(how callback.Outcome) {
	if id := c.out.callback; id != "" {
		c.out.callback = ""
		c.s.owed.Tried(id, c.offer.Agent, how)
	}
}

// kept says that the customer answered.
func (c *call) kept() {
	if id := c.out.callback; id != "" {
		c.out.callback = ""
		c.s.owed.Kept(id, c.offer.Agent)
	}
}
