package voice

import (
	"time"

	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/routing"
	"santra/internal/voice/state"
)

// KeptFor is how long a call that is given to an agent waits for that agent before others of the queue may have it.
const KeptFor = 30 * time.Second

// given is what a call that was in an agent's hands brings along to the next.
type given struct {
	before bool          // it was in somebody's hands: the measures count it once
	to     string        // the agent for whom it is kept
	long   time.Duration // and how long
	only   bool          // nobody else is asked
}

// inside makes the call by which an agent of a queue is consulted: the same work as any other, with the place that the
// customer's arrival gives it, so that it is offered, answered and counted by the same rules.
func (c *call) inside(queue, agent string) (*call, error) {
	q, ok := c.s.cfg.Book.Queue(queue)
	owner, known := c.s.cfg.Book.Agency(q.Agency)
	if !ok || !known {
		return nil, errs.At(errs.NotFound, "to.queue", "there is no queue %q", queue)
	}
	n := c.s.newCall(q, owner, pii.Number{})
	n.direction, n.parent, n.arrived, n.language = state.Inside, c, c.arrived, c.language
	n.given = given{before: true, to: agent, long: KeptFor, only: agent != ""}
	return n, c.s.begin(n, n.wait)
}

// meet tells the one who consults that the agent is there.
func (c *call) meet() {
	_ = c.set(state.Talking)
	p, m := c.parent, c.agent.Media
	if !p.mail.Must(func() { p.consulted(c, m) }) {
		c.finish("nobody asks any more")
	}
}

// leaveInside tells the one who consults that nobody is there any more, and ends the work, without a wrap-up.
func (c *call) leaveInside(was state.State) {
	p := c.parent
	p.mail.Must(func() { p.innerOver(c) })
	c.over()
	switch {
	case was.Connected():
		c.s.cfg.Dispatch.Finish(c.job, c.offer.Agent)
		_ = c.s.cfg.Dispatch.WrapUpDone(c.offer.Agent) // there may be none
	case was.Queued():
		c.s.cfg.Dispatch.Remove(c.job, routing.Handled)
	}
}
