package voice

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/routing"
	"santra/internal/voice/callback"
	"santra/internal/voice/flow"
)

// promiseTime bounds one step of a callback in its store.
const promiseTime = 10 * time.Second

// offerable tells whether this caller can be called back: there is a number, and opening time enough.
func (c *call) offerable() bool {
	if c.s.cfg.Callbacks == nil || c.caller.Withheld() || c.caller.Reveal() == "" {
		return false
	}
	_, ok := c.s.cfg.Callbacks.Offerable(c.queue.ID)
	return ok
}

// promise keeps the number for a callback, beside the actor: from then on it stands, whether the caller waits for the words or
// not.
func (c *call) promise(a flow.Promise) {
	if err := c.take(a.Queue); err != nil || !c.offerable() {
		c.mail.must(func() { c.happens(flow.Promised{}) })
		return
	}
	until, _ := c.s.cfg.Callbacks.Offerable(a.Queue)
	id, n, lang, s := c.id, copied(c.caller), c.language, c.s
	c.background("callback", func() {
		defer n.Erase()
		v, w, err := s.keep(id, a.Queue, n, string(lang), until)
		if !c.mail.must(func() { c.promised(a, v, w, err) }) && err == nil {
			s.owe(w)
		}
	})
}

// keep asks for a callback and gives the work that it is; none where the number is owed one already.
func (s *Service) keep(id, queue string, n pii.Number, lang string, until time.Time) (callback.View, routing.Work, error) {
	ctx, cancel := context.WithTimeout(s.ctx, promiseTime)
	defer cancel()
	v, err := s.cfg.Callbacks.Request(ctx, id, queue, n, agency.Lang(lang), until)
	if errs.Is(err, errs.Conflict) && v.ID != "" { // promised before: it is kept once
		return v, routing.Work{}, nil
	}
	if err != nil {
		return v, routing.Work{}, err
	}
	w, err := s.cfg.Callbacks.Work(ctx, v.ID)
	return v, w, err
}

// promised gives the place to the callback, or lets the caller wait on.
func (c *call) promised(a flow.Promise, v callback.View, w routing.Work, err error) {
	switch {
	case err != nil:
	case a.Keep && c.state != Waiting: // also where it was promised before: the place is an agent's now
		err = errs.New(errs.Conflict, "an agent is taking the call")
	case w.ID != "":
		err = c.convert(a, w)
	}
	switch {
	case err != nil:
		c.log.Info("no callback is promised", "why", err)
		if w.ID != "" {
			c.s.release(w.ID)
		}
		c.happens(flow.Promised{})
		return
	case a.Keep && w.ID == "":
		c.s.cfg.Dispatch.Remove(c.job, routing.Closed)
	}
	c.s.count.promised.Add(1)
	c.way.promised = true
	_ = c.set(Leaving)
	c.happens(flow.Promised{OK: true, By: v.Until})
}

// convert makes the waiting call the callback's work; a caller who does not wait has it enqueued.
func (c *call) convert(a flow.Promise, w routing.Work) error {
	if !a.Keep {
		return c.s.cfg.Dispatch.Enqueue(w)
	}
	return c.s.cfg.Dispatch.Convert(c.job, w)
}

// owe lets a callback wait whose caller has left before hearing of it.
func (s *Service) owe(w routing.Work) {
	if w.ID != "" {
		s.lineUp(w)
	}
}

// release takes a promise back that nobody heard of.
func (s *Service) release(id string) {
	s.beside("callback", func(ctx context.Context) error { return s.cfg.Callbacks.Cancel(ctx, id, systemActor) })
}
