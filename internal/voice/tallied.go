package voice

import (
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
	"santra/internal/voice/tally"
)

// sounded keeps how a leg of this call that ends has sounded, and adds it to the sums of the queue.
func (c *call) sounded(l *leg.Leg) {
	ended, heard := l.Keep(c.log, &c.s.count.Quality)
	if !heard || c.s.cfg.Tally == nil {
		return
	}
	ended.Queue, ended.Agency = c.queue.ID, c.owner.ID
	c.s.cfg.Tally.Sounded(ended)
}

// unqueued counts the call if it came from the network and into no queue: the measures know nothing of it.
func (c *call) unqueued(was state.State, why string) {
	if c.s.cfg.Tally == nil || c.direction != state.In || !c.entered.IsZero() {
		return
	}
	c.s.cfg.Tally.Ended(tally.EndKey{
		Start: c.arrived, Number: c.way.number, Flow: c.way.flow.ID, Agency: c.way.flow.Agency, End: c.way.end(was, why),
	})
}

// end is what became of a call that its flow led into no queue.
func (l *lead) end(was state.State, why string) tally.End {
	switch {
	case was == state.Forwarded:
		return tally.Connected
	case l.promised:
		return tally.Promised
	case why == byCaller:
		return tally.HungUp
	case why == byFlow && l.run.Shut():
		return tally.Closed
	case why == byFlow:
		return tally.Said
	}
	return tally.Failed
}
