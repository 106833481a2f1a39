package dispatch

import (
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
)

// OpenFunc says whether a queue is open at t, and when that changes next; the zero time for never.
type OpenFunc func(queue string, t time.Time) (open bool, until time.Time)

// SetQueues makes these the configured queues: new and changed ones are set, those that were configured before and are not
// among them are removed (what waits there is diverted to "closed"). open gives their hours; nil: always open. Emergency
// closings stay. errs.Invalid for a queue that the engine refuses; the others are set.
func (d *Dispatcher) SetQueues(queues []routing.Queue, open OpenFunc) error {
	return errs.New(errs.Unavailable, "queues are not set yet")
}

// SetPolicy makes this the policy. It takes effect with the next engine: at the next take-over or start.
func (d *Dispatcher) SetPolicy(p routing.Policy) {}

// Policy gives the policy that decides now.
func (d *Dispatcher) Policy() routing.Policy { return d.cfg.Policy }

// Close closes a queue at once, whatever its hours say, until a time or, where that is zero, until Reopen. It is lost with the
// process: who calls keeps it and says it again. errs.NotFound for an unknown queue.
func (d *Dispatcher) Close(queue, reason string, until time.Time) error {
	return errs.New(errs.Unavailable, "queues are not closed yet")
}

// Reopen ends an emergency closing; the queue's hours hold again. errs.NotFound for an unknown queue.
func (d *Dispatcher) Reopen(queue string) error {
	return errs.New(errs.Unavailable, "queues are not closed yet")
}

// SetState makes an agent ready, on break (with a reason) or offline. In a call it takes effect after the wrap-up.
// errs.NotFound for somebody without a seat, errs.Invalid for a state that nobody can choose.
func (d *Dispatcher) SetState(agent string, s routing.State, reason string) error {
	return d.setState(agent, s, reason, false)
}

// Force does what SetState does in a supervisor's name: it ends a wrap-up too, never a call.
func (d *Dispatcher) Force(agent string, s routing.State, reason string) error {
	return d.setState(agent, s, reason, true)
}

func (d *Dispatcher) setState(agent string, s routing.State, reason string, forced bool) error {
	if s != routing.Ready && s != routing.Break && s != routing.Offline {
		return errs.At(errs.Invalid, "state", "an agent can choose ready, break or offline")
	}
	return d.apply(routing.Event{Type: routing.StateSet, AgentID: agent, State: s, Reason: reason, Forced: forced})
}

// Transfer gives what an agent has in hand back to a queue, or to an agent by Preferred; of to count Queue, Language, Skills,
// Priority, Preferred and PreferredFor. It keeps its place by its arrival, and the agent's wrap-up begins. errs.Conflict where
// the agent has not got it.
func (d *Dispatcher) Transfer(workID, agent string, to routing.Work) error {
	return errs.New(errs.Unavailable, "work is not transferred yet")
}

// Convert makes a waiting call a callback at the same place; of cb count Once, Expires and NotBefore. errs.Conflict where
// the call does not wait, or where a callback with the same Once waits in the queue.
func (d *Dispatcher) Convert(workID string, cb routing.Work) error {
	return errs.New(errs.Unavailable, "calls are not converted yet")
}

// Held tells, for the measures, that the customer of a call in hand was put on hold or taken back. Other work is none.
func (d *Dispatcher) Held(workID string, on bool) {}

// Mail tells, for the measures, of a step of an e-mail case that routing does not see; of w count ID, Queue and Agency.
func (d *Dispatcher) Mail(m Mark, w routing.Work, agent string) {}

// AcceptOffer is Accept for an offer as it was told: where it has been made again since, under another epoch, it is refused
// (errs.Conflict), so that nothing is given twice around a take-over.
func (d *Dispatcher) AcceptOffer(o Offer) error { return d.Accept(o.Work.ID, o.Agent) }

// Explain says why a piece of work is where it is; false for unknown work.
func (d *Dispatcher) Explain(workID string) (routing.Explanation, bool) {
	return routing.Explanation{}, false
}

// Explanations says for each of a queue's waiting pieces of work why it waits, the first in its line first, at most limit.
func (d *Dispatcher) Explanations(queue string, limit int) []routing.Explanation { return nil }

// Estimate says how long a call in the language ("" for any) would wait in the queue, where that can be said.
func (d *Dispatcher) Estimate(queue, language string, kind routing.Kind) routing.Estimate {
	return routing.Estimate{Why: routing.TooFewStarts}
}

// Deciding tells whether this dispatcher owns routing now; else it stands by, or has lost the lease and takes it again.
func (d *Dispatcher) Deciding() bool { return true }
