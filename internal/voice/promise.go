package voice

import (
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/voice/callback"
	"santra/internal/voice/flow"
	"santra/internal/voice/state"
)

// offerable tells whether this caller can be called back: there is a number, and opening time enough.
func (c *call) offerable() bool {
	if c.caller.Withheld() || c.caller.Reveal() == "" {
		return false
	}
	_, ok := c.s.owed.Offerable(c.queue.ID)
	return ok
}

// promise keeps the number for a callback, beside the actor: from then on it stands, whether the caller waits for the words or
// not.
func (c *call) promise(a flow.Promise) {
	if a.Keep { // the place is where the call waits now, whatever its flow says: it may have moved
		a.Queue = c.queue.ID
	}
	if err := c.take(a.Queue); err != nil || !c.offerable() {
		c.mail.Must(func() { c.happens(flow.Promised{}) })
		return
	}
	until, _ := c.s.owed.Offerable(a.Queue)
	id, n, lang, s := c.id, copied(c.caller), c.language, c.s
	c.background("callback", func() {
		defer n.Erase()
		v, w, err := s.owed.Keep(id, a.Queue, n, lang, until)
		if !c.mail.Must(func() { c.promised(a, v, w, err) }) && err == nil {
			s.owed.LineUp(w)
		}
	})
}

// promised gives the place to the callback, or lets the caller wait on.
func (c *call) promised(a flow.Promise, v callback.View, w routing.Work, err error) {
	switch {
	case err != nil:
	case a.Keep && c.state != state.Waiting: // also where it was promised before: the place is an agent's now
		err = errs.New(errs.Conflict, "an agent is taking the call")
	case w.ID != "":
		err = c.convert(a, w)
	}
	switch {
	case err != nil:
		c.log.Info("no callback is promised", "why", err)
		if w.ID != "" {
			c.s.owed.Release(w.ID)
		}
		c.happens(flow.Promised{})
		return
	case a.Keep && w.ID == "":
		c.s.cfg.Dispatch.Remove(c.job, routing.Closed)
	}
	c.s.count.Promised.Add(1)
	c.way.promised = true
	_ = c.set(state.Leaving)
	c.happens(flow.Promised{OK: true, By: v.Until})
}

// convert makes the waiting call the callback's work; a caller who does not wait has it enqueued.
func (c *call) convert(a flow.Promise, w routing.Work) error {
	if !a.Keep {
		return c.s.cfg.Dispatch.Enqueue(w)
	}
	return c.s.cfg.Dispatch.Convert(c.job, w)
}
