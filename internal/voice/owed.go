package voice

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/routing"
	"santra/internal/run"
	"santra/internal/voice/callback"
)

// systemActor is who did what nobody did.
const systemActor = audit.System

// owed is the worker of callbacks: each is offered to an agent as a call is; whoever takes it calls the customer. What waits is
// the callback room's and dispatch's, so there is nothing to announce at a take-over.
type owed struct{ s *Service }

var (
	_ dispatch.Worker  = owed{}
	_ dispatch.Carrier = owed{}
)

// Offered implements dispatch.Worker.
func (w owed) Offered(o dispatch.Offer) {
	if c := w.s.calls.of(o.Work.ID); c == nil || !c.mail.must(func() { c.owedAgain(o) }) {
		w.call(o)
	}
}

// owedAgain takes an offer of the callback for which this call was made: it may ring for it still, or be over, or have kept what it could.
func (c *call) owedAgain(o dispatch.Offer) {
	if c.out.callback == "" || c.state == Ended {
		owed{c.s}.call(o)
		return
	}
	c.offered(o)
}

// call lets a callback ring at its agent as a call of its own.
func (w owed) call(o dispatch.Offer) {
	q, owner, err := w.s.caller(o.Work.Queue)
	if err != nil {
		w.s.log.Error("a callback of a queue that is not known", "error", err)
		return
	}
	c := w.s.newCall(q, owner, pii.Number{})
	c.direction, c.state, c.job, c.out.callback = Out, Waiting, o.Work.ID, o.Work.ID
	c.language, c.arrived = agency.Lang(o.Work.Language), o.Work.Arrived
	if err := w.s.begin(c, func() { c.offered(o) }); err != nil {
		w.s.log.Warn("a callback finds no place", "error", err)
		_ = w.s.cfg.Dispatch.Decline(o.Work.ID, o.Agent)
	}
}

// Withdrawn implements dispatch.Worker.
func (w owed) Withdrawn(o dispatch.Offer, reason string) { w.s.Withdrawn(o, reason) }

// Diverted implements dispatch.Carrier; routing diverts no callback.
func (w owed) Diverted(k routing.Work, to routing.Target, reason string) {
	w.s.log.Error("a callback can't be diverted", "to", to.Kind.String(), "why", reason)
}

// Moved implements dispatch.Carrier: the agents of another queue call.
func (w owed) Moved(routing.Work, string, string) {}

// Expired implements dispatch.Carrier.
func (w owed) Expired(k routing.Work) { w.s.Expired(k) }

// Expired erases a callback that was not made in time.
func (s *Service) Expired(w routing.Work) {
	if s.cfg.Callbacks == nil {
		return
	}
	s.beside("callback", func(ctx context.Context) error { return s.cfg.Callbacks.Expire(ctx, w.ID) })
}

// CancelCallback ends a callback that waits, in the name of by, and takes it from the queue: an agent at whom it rings is free
// again. errs.Conflict while an agent calls, errs.Gone where it is over.
func (s *Service) CancelCallback(ctx context.Context, id, by string) error {
	if s.cfg.Callbacks == nil {
		return errs.New(errs.NotFound, "no callbacks are made here")
	}
	err := s.cfg.Callbacks.Cancel(ctx, id, by)
	if err == nil || errs.Is(err, errs.Gone) { // what is over need not wait either
		s.cfg.Dispatch.Remove(id, routing.Closed)
	}
	return err
}

// beside does one step of a callback in its store, and logs where it could not.
func (s *Service) beside(what string, f func(context.Context) error) {
	run.Go(&s.wg, s.log, what, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), promiseTime)
		defer cancel()
		if err := f(ctx); err != nil && !errs.Is(err, errs.Gone) {
			s.log.Error("a callback's step was not done", "error", err)
		}
	})
}

// dueAtStart lets what is owed from before the start wait again.
func (s *Service) dueAtStart() {
	if s.cfg.Callbacks == nil {
		return
	}
	s.beside("callback", func(ctx context.Context) error {
		due, err := s.cfg.Callbacks.Due(ctx)
		for _, w := range due {
			s.lineUp(w)
		}
		return err
	})
}

// lineUp gives a callback to routing, again and again where it has no owner just now: the customer was promised a call.
func (s *Service) lineUp(w routing.Work) {
	run.Go(&s.wg, s.log, "callback", func() {
		for {
			err := s.cfg.Dispatch.Enqueue(w)
			switch {
			case err == nil, errs.Is(err, errs.Conflict): // it waits already
				return
			case !errs.Is(err, errs.Unavailable):
				s.log.Error("a callback could not be lined up", "callback", w.ID, "error", err)
				return
			}
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(JoinAgain):
			}
		}
	})
}

// openCallback gets the number, which the log knows of first, and the way to it; then the customer is called.
func (c *call) openCallback() {
	_ = c.set(Dialling)
	s, id, offer, queue, owner := c.s, c.out.callback, c.offer, c.queue.ID, c.owner.ID
	c.out.opening = true
	c.ringback(c.agent)
	c.background("callback", func() {
		ctx, cancel := context.WithTimeout(c.ctx, promiseTime)
		defer cancel()
		owed, err := s.cfg.Callbacks.Open(ctx, id, offer.Agent)
		var way Way
		if err == nil {
			want := Want{Number: owed.Number.Reveal(), Agent: offer.Agent, Seat: offer.Seat, Queue: queue, Agency: owner}
			way, err = s.way(ctx, want, nil)
		}
		if !c.mail.must(func() { c.callbackOpened(owed, way, err) }) {
			owed.Number.Erase()
			way.done()
			s.notReached(id, offer.Agent, callback.Failed)
		}
	})
}

func (c *call) callbackOpened(owed callback.Call, way Way, err error) {
	c.out.opening = false
	if err != nil || c.state != Dialling {
		owed.Number.Erase()
		way.done()
		if err != nil {
			c.log.Warn("a callback can't be made", "error", err)
			c.notCalled(FailedUnavailable)
		}
		c.tried(callback.Failed) // of an agent who hung up meanwhile; else that was said
		return
	}
	c.caller, c.out.way = owed.Number, way
	c.dialOut()
}

// tried says that the customer was not reached; another try is lined up if there is one.
func (c *call) tried(how callback.Outcome) {
	s, id, agent := c.s, c.out.callback, c.offer.Agent
	if id == "" {
		return
	}
	c.out.callback = ""
	s.notReached(id, agent, how)
}

func (s *Service) notReached(id, agent string, how callback.Outcome) {
	s.beside("callback", func(ctx context.Context) error {
		again, _, err := s.cfg.Callbacks.Tried(ctx, id, agent, how)
		if err != nil && !errs.Is(err, errs.Conflict) || err == nil && !again { // errs.Conflict: it could not even be opened
			return err
		}
		w, missing := s.cfg.Callbacks.Work(ctx, id)
		if missing != nil {
			return missing
		}
		if later := time.Now().Add(callback.FailedGap); err != nil && w.NotBefore.Before(later) {
			w.NotBefore = later // who can't open it now is not asked again at once
		}
		s.lineUp(w)
		return nil
	})
}

// kept says that the customer answered: the number is erased from where it was kept.
func (c *call) kept() {
	s, id, agent := c.s, c.out.callback, c.offer.Agent
	if id == "" {
		return
	}
	c.out.callback = ""
	s.beside("callback", func(ctx context.Context) error { return s.cfg.Callbacks.Done(ctx, id, agent) })
}

// triedHow is what a failure to connect means for a callback.
func triedHow(failed string) callback.Outcome {
	switch failed {
	case FailedBusy:
		return callback.Busy
	case FailedNoAnswer:
		return callback.Silent
	}
	return callback.Failed
}
