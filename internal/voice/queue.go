package voice

import (
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/voice/gate"
	"santra/internal/voice/state"
)

const (
	// JoinAgain is how long after a refusal (routing has no owner just now, or too much waits) a call asks for its place again.
	JoinAgain = time.Second
	// QuietTime is how long a caller into a closed queue may wait for the decision without music. It comes in milliseconds.
	QuietTime = time.Second
)

// Moved implements dispatch.Carrier: the call waits in another queue, for its agents, under its name and its rules.
func (s *Service) Moved(w routing.Work, to, reason string) {
	if c := s.calls.Of(w.ID); c != nil {
		c.mail.Must(func() { c.moved(to, reason) })
	}
}

// turnAway enqueues without recording announcement and music, so that routing decides and counts it: the call will be
// diverted at once. Should the queue open at this very moment, the call waits as any other, and is not recorded.
func (c *call) turnAway() {
	c.quiet = true
	if c.wait(); c.state == state.Waiting && c.quiet {
		c.again.Set(QuietTime, c.unquiet)
	}
}

func (c *call) unquiet() {
	if c.quiet {
		c.quiet = false
		c.music()
	}
}

// wait puts the call into its queue.
func (c *call) wait() {
	c.entered = time.Now()
	_ = c.set(state.Waiting)
	c.join()
}

// join asks dispatch for a place, again and again where there is nobody to give one: the caller has music and keeps the time
// of arrival.
func (c *call) join() {
	if c.state != state.Waiting {
		return
	}
	err := c.s.cfg.Dispatch.Enqueue(c.work())
	switch {
	case err == nil, c.placed(err):
	case errs.Is(err, errs.Unavailable):
		c.log.Warn("no place in the queue yet", "error", err)
		c.unquiet()
		c.again.Set(JoinAgain, c.join)
	default:
		c.log.Error("no place in the queue", "error", err)
		c.fail("no queue")
	}
}

// placed tells whether dispatch refused only because a take-over has announced the call already.
func (c *call) placed(err error) bool {
	if !errs.Is(err, errs.Conflict) {
		return false
	}
	_, known := c.s.cfg.Dispatch.Explain(c.job)
	return known
}

// work is what dispatch knows of a call: nothing of the caller but the language. Skills, ringing and wrap-up are the queue's,
// which dispatch knows; but not one that is only lent.
func (c *call) work() routing.Work {
	w := routing.Work{
		ID: c.job, Kind: routing.Call, Queue: c.queue.ID, Agency: c.owner.ID, Language: string(c.language),
		Priority: c.queue.Priority, Arrived: c.arrived, Transferred: c.given.before, Preferred: c.given.to, PreferredFor: c.given.long,
	}
	if c.direction == state.Out && c.out.callback == "" {
		w.Kind = routing.Outgoing
	}
	if c.s.cfg.Book.Lent(c.queue.ID) {
		w.Skills, w.Ring, w.WrapUp = slices.Clone(c.queue.Skills), c.queue.NoAnswer, c.queue.WrapUp
	}
	return w
}

// moved follows the call into another queue. The pass goes with it only where it covers what that queue's callers hear; else
// they hear that queue's announcement before they talk (M4).
func (c *call) moved(to, reason string) {
	if !c.state.Queued() {
		return
	}
	from := c.queue.ID
	if err := c.enter(to); err != nil {
		c.log.Error("moved to a queue that is not known here", "error", err)
	}
	c.entered, c.hops = time.Now(), c.hops+1
	c.log.Info("call moved", "from", from, "to", to, "why", reason, "pass", c.pass.Valid())
	c.changed()
}

// take makes the call a queue's, as far as it is known.
func (c *call) take(queue string) error {
	q, ok := c.s.cfg.Book.Queue(queue)
	owner, known := c.s.cfg.Book.Agency(q.Agency)
	if !ok || !known {
		return errs.New(errs.NotFound, "queue %q", queue)
	}
	c.queue, c.owner = q, owner
	return nil
}

// enter makes the call another queue's.
func (c *call) enter(to string) error {
	if err := c.take(to); err != nil {
		c.pass = gate.Pass{} // of whom would it be?
		return err
	}
	c.strayed = true
	if err := c.repass(); err != nil {
		c.log.Info("the customer will hear the announcement of the queue that the call moved to", "queue", to, "why", err)
	}
	return nil
}

// repass makes the pass one for the queue in which the call is now; none where that queue's callers hear something else.
func (c *call) repass() error {
	if !c.pass.Valid() || c.pass.Queue() == c.queue.ID {
		return nil
	}
	pass, err := c.pass.For(c.notice(), c.s.cfg.GateKey)
	c.pass = pass
	return err
}
