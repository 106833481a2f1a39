package measure

import "santra/internal/routing"

// Opening is what a record begins or ends of what Recorder.Replay wants to know: the record that began it is kept under Key,
// until one ends it.
type Opening struct {
	Key  string
	Open bool
}

// Openings gives what the record begins and ends: the stay of work in a queue or in hand, an agent's state, and what an agent
// had in hand last, until the wrap-up is over.
func (r Record) Openings() []Opening {
	switch r.Type {
	case Queued, Answered:
		return []Opening{{"work " + r.Work, true}}
	case Held, Retrieved:
		return []Opening{{"held " + r.Work, r.Type == Held}}
	case Left, Moved, Diverted:
		return []Opening{{"work " + r.Work, false}}
	case Ended:
		if r.Kind == routing.Mail { // no wrap-up follows, and one of a call may be going on
			return []Opening{{"work " + r.Work, false}}
		}
		return []Opening{{"work " + r.Work, false}, {"last " + r.Agent, true}}
	case AgentState:
		state := Opening{"agent " + r.Agent, r.State != SignedOut}
		if r.State == routing.WrapUp || r.State == r.Was { // the wrap-up begins, or is yet to begin
			return []Opening{state}
		}
		return []Opening{state, {"last " + r.Agent, false}}
	}
	return nil
}
