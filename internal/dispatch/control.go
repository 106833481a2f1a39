package dispatch

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
)

// SignIn takes an agent to a seat, or changes their skills or seat.
func (d *Dispatcher) SignIn(a routing.Agent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.apply(routing.Event{Type: routing.SignedIn, AgentID: a.ID, Agent: &a})
}

// SignOut takes the agent from the seat; a call in hand goes on to its end.
func (d *Dispatcher) SignOut(agent string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.apply(routing.Event{Type: routing.SignedOut, AgentID: agent})
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
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.apply(routing.Event{Type: routing.StateSet, AgentID: agent, State: s, Reason: reason, Forced: forced})
}

// WrapUpDone ends the wrap-up early; errs.Conflict without one.
func (d *Dispatcher) WrapUpDone(agent string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.engine.Agent(agent)
	if !ok || v.State != routing.WrapUp {
		return errs.New(errs.Conflict, "no wrap-up to end")
	}
	return d.apply(routing.Event{Type: routing.StateSet, AgentID: agent, State: cmp.Or(v.Next, routing.Ready)})
}

// ExtendWrapUp makes the wrap-up last longer, up to the queue's MaxWrapUp.
func (d *Dispatcher) ExtendWrapUp(agent string, by time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.apply(routing.Event{Type: routing.Extended, AgentID: agent, By: by})
}

// Held tells, for the measures, that the customer of a call in hand was put on hold or taken back. Other work is none.
func (d *Dispatcher) Held(workID string, on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if it := d.items[workID]; it != nil && it.holder != "" && it.held != on {
		it.held = on
		d.books.recorder.Hold(workID, on, time.Now())
	}
}

// Mail tells, for the measures, of a step of an e-mail case that routing does not see; of w count ID, Queue, Agency and
// Arrived. What it took is counted in the queue's opening hours.
func (d *Dispatcher) Mail(m Mark, w routing.Work, agent string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	var open measure.OpenFunc
	if d.floor.open != nil {
		open = func(t time.Time) (bool, time.Time) { return d.floor.open(w.Queue, t) }
	}
	w.Kind = routing.Mail
	d.books.recorder.Mail(m.record(), w, agent, w.Arrived, now, measure.BusinessTime(open, w.Arrived, now))
}

func (m Mark) record() measure.Type {
	switch m {
	case FirstResponse:
		return measure.FirstResponse
	case Resolved:
		return measure.Resolved
	default:
		return measure.Reopened
	}
}

// Explain says why a piece of work is where it is; false for unknown work.
func (d *Dispatcher) Explain(workID string) (routing.Explanation, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.engine.Explain(workID)
}

// Explanations says of what waits in a queue why it does, the oldest first, at most limit. What leaves while they are made is
// left out: the lock is taken for one at a time.
func (d *Dispatcher) Explanations(queue string, limit int) []routing.Explanation {
	var out []routing.Explanation
	for _, w := range d.waiting(queue, limit) {
		if x, ok := d.Explain(w.id); ok && !x.Taken {
			out = append(out, x)
		}
	}
	return out
}

// stayer is work that waits or rings.
type stayer struct {
	id      string
	arrived time.Time
}

func (s stayer) compare(o stayer) int {
	return cmp.Or(s.arrived.Compare(o.arrived), cmp.Compare(s.id, o.id))
}

// waiting lists the oldest that wait or ring in a queue, by arrival. It keeps no more than limit: there may be 100,000.
func (d *Dispatcher) waiting(queue string, limit int) []stayer {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first []stayer
	for _, it := range d.items {
		if it.work.Queue != queue || it.holder != "" {
			continue
		}
		s := stayer{it.work.ID, it.work.Arrived}
		if len(first) >= limit && (limit <= 0 || s.compare(first[limit-1]) > 0) {
			continue
		}
		at, _ := slices.BinarySearchFunc(first, s, stayer.compare)
		first = slices.Insert(first, at, s)
		first = first[:min(len(first), limit)]
	}
	return first
}

// SetPolicy makes this the policy. Another one than before makes the engine anew, of what it knows itself.
func (d *Dispatcher) SetPolicy(p routing.Policy) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if reflect.DeepEqual(p, d.policy) {
		return
	}
	d.policy = p
	if d.tenure.valid() {
		d.quiet = true // nothing happens to anybody by this
		defer func() { d.quiet = false }()
		d.rebuild(report{})
	}
}
