package sim

import (
	"santra/internal/errs"
	"santra/internal/routing"
)

// do carries out one decision. It may plan what happens later, and gives the engine no event.
func (w *world) do(d *routing.Decision) {
	switch d.Type {
	case routing.Offer:
		w.offer(d)
	case routing.Withdraw:
		if c := w.find(d.WorkID); c != nil && c.fate == rings {
			c.fate = waits
		}
	case routing.StateChange:
		if i, ok := w.byID[d.AgentID]; ok {
			w.agentIs(i, d)
		}
	case routing.Moved:
		w.move(d)
	case routing.Divert:
		w.divert(d)
	case routing.Ended:
		w.ended(d)
	case routing.Refuse:
		w.refused(d)
	}
}

// offer rings at an agent, who picks up, or misses it and lets it ring out.
func (w *world) offer(d *routing.Decision) {
	c, agent := w.find(d.WorkID), w.byID[d.AgentID]
	if c == nil {
		return
	}
	c.fate, c.agent = rings, agent
	c.offer++
	if w.Staff.Missed > 0 && w.miss.Float64() < w.Staff.Missed {
		return
	}
	h := happening{at: w.now, what: answers, call: c.index, agent: agent, offer: c.offer}
	if !w.Staff.Pickup.IsZero() {
		h.at += w.Staff.Pickup.draw(w.pickup)
	}
	w.future.add(h)
}

// agentIs follows an agent's state and plays the agent where the state waits for somebody to act.
func (w *world) agentIs(i int32, d *routing.Decision) {
	w.become(&w.workers[i], d.State)
	switch {
	case d.State == routing.NotAnswering:
		w.future.add(happening{at: w.now + w.Staff.Back, what: getsReady, agent: i})
	case d.State == routing.WrapUp && (d.Until.IsZero() || d.Until.Sub(w.Day) > w.now+MaxMean): // until ready
		w.future.add(happening{at: w.now, what: getsReady, agent: i})
	}
}

func (w *world) become(a *worker, s routing.State) {
	w.tally.worked(a.state, a.since, w.now)
	a.state, a.since = s, w.now
}

func (w *world) move(d *routing.Decision) {
	c, to := w.find(d.WorkID), w.queues[d.To.Name]
	if c == nil || c.fate == over {
		return
	}
	if !c.callback {
		w.tally.bookQueue(c, func(x *cell) { x.overflowed++ })
	}
	c.queue, c.entered = to, w.now
}

// divert is a call that leaves for an announcement or a number, or is invited to a callback, which everybody accepts.
func (w *world) divert(d *routing.Decision) {
	c := w.find(d.WorkID)
	if c == nil || c.fate == over {
		return
	}
	switch {
	case d.To.Kind == routing.ToCallback:
		w.future.add(happening{at: w.now, what: callsBack, call: c.index})
	case c.callback:
		w.end(c, func(*cell) {})
	default:
		w.end(c, func(x *cell) { x.diverted++ })
	}
}

// ended books what the engine itself has ended; who hung up, talked or was diverted is in the books already.
func (w *world) ended(d *routing.Decision) {
	c := w.find(d.WorkID)
	if c == nil || c.fate != waits && c.fate != rings {
		return
	}
	if c.callback {
		w.end(c, func(*cell) {})
		return
	}
	w.end(c, func(x *cell) { x.lost++ })
}

// refused is an event that did not fit. Races of one instant are no matter; work that the engine doesn't take is lost.
func (w *world) refused(d *routing.Decision) {
	w.tally.refused++
	if d.Reason != routing.Impossible && d.Reason != routing.Invalid {
		return
	}
	if d.WorkID == "" {
		w.err = errs.New(errs.Invalid, "the engine refuses what queue %q or agent %q asks: more than its limits", d.Queue, d.AgentID)
		return
	}
	if c := w.find(d.WorkID); c != nil && (c.fate == waits || c.fate == rings) {
		w.end(c, func(x *cell) { x.lost++ })
	}
}
