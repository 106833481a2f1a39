package voice

import (
	"santra/internal/protocol/media"
	"santra/internal/voice/tally"
)

// Tally is where sums of half-hours are made of what calls leave behind that is of nobody; *tally.Keeper is one. nil in Config:
// nowhere. Neither waits.
type Tally interface {
	Sounded(l tally.Leg)
	Ended(key tally.EndKey)
}

// sounded adds a leg of this call that ended to the sums.
func (c *call) sounded(l *leg, q LegQuality) {
	if c.s.cfg.Tally != nil {
		c.s.cfg.Tally.Sounded(tally.Leg{
			Queue: c.queue.ID, Agency: c.owner.ID, Line: l.line(), Band: bandOf(l.codec), MOS: q.MOS, Loss: q.Loss, Jitter: q.Jitter,
		})
	}
}

// line is by what the leg came.
func (l *leg) line() tally.Line {
	switch {
	case l.peer != nil:
		return tally.Browser
	case l.terms.outside:
		return tally.Trunk
	}
	return tally.Telephone
}

func bandOf(c media.Codec) tally.Band {
	if c == media.G722 || c == media.Opus {
		return tally.Wide
	}
	return tally.Narrow
}

// unqueued counts the call if it came from the network and into no queue: the measures know nothing of it.
func (c *call) unqueued(was State, why string) {
	if c.s.cfg.Tally == nil || c.direction != In || !c.entered.IsZero() {
		return
	}
	c.s.cfg.Tally.Ended(tally.EndKey{
		Start: c.arrived, Number: c.way.number, Flow: c.way.flow.ID, Agency: c.way.flow.Agency, End: c.way.end(was, why),
	})
}

// end is what became of a call that its flow led into no queue.
func (l *lead) end(was State, why string) tally.End {
	switch {
	case was == Forwarded:
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
