package engine

import (
	"cmp"
	"slices"
	"time"

	"santra/internal/routing"
)

// Announce gives the events that make an engine of the same policy which decides as this one would: queues, agents, what they
// have in hand, what rings, what waits. Only what estimates rest on is not among them. Use it as an iterator.
func (e *Engine) Announce(yield func(routing.Event) bool) {
	for _, tell := range []func(func(routing.Event) bool) bool{e.announceQueues, e.announceAgents, e.announceHeld, e.announceLeft, e.announceRemoved, e.announceWaiting} {
		if !tell(yield) {
			return
		}
	}
}

func (e *Engine) announceQueues(yield func(routing.Event) bool) bool {
	at := moment(e.now)
	for _, q := range e.order {
		said := copied(&q.Queue)
		if !yield(routing.Event{Type: routing.QueueSet, At: at, Queue: &said}) {
			return false
		}
		if q.closed && !yield(routing.Event{Type: routing.QueueClosed, At: at, QueueID: q.ID}) {
			return false
		}
	}
	return true
}

func (e *Engine) announceAgents(yield func(routing.Event) bool) bool {
	for _, id := range sorted(e.agents) {
		a := e.agents[id]
		said := a.Agent
		if said.Capacity.Mails == 0 {
			said.Capacity.Mails = -1 // zero would be the default again
		}
		said.Past = a.history()
		if !yield(routing.Event{Type: routing.SignedIn, At: moment(e.now), Agent: &said}) {
			return false
		}
	}
	return true
}

func (a *agent) history() *routing.History {
	return &routing.History{
		State: a.state, Next: a.next, Hurried: a.hurried, Reason: a.reason, NextReason: a.nextWhy, Since: moment(a.since), Idle: moment(a.idle),
		Until: moment(a.until), Paused: moment(a.paused), Handled: a.handled, Turn: a.turn, Occupied: a.occupied, Measured: moment(a.measured),
		Wrapping: moment(a.wrapping), MaxWrap: a.mostWrap,
	}
}

// announceHeld tells what is in hand, then what rings; each in order of arrival.
func (e *Engine) announceHeld(yield func(routing.Event) bool) bool {
	return e.announceWorks(yield, func(w *work) bool { return w.agent != nil })
}

// announceWaiting tells what waits, in order of arrival.
func (e *Engine) announceWaiting(yield func(routing.Event) bool) bool {
	return e.announceWorks(yield, func(w *work) bool { return w.agent == nil })
}

func (e *Engine) announceWorks(yield func(routing.Event) bool, which func(*work) bool) bool {
	var all []*work
	for _, w := range e.works {
		if which(w) {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b *work) int { return cmp.Or(cmp.Compare(a.phase(), b.phase()), cmp.Compare(a.seq, b.seq)) })
	for _, w := range all {
		if !yield(e.announced(w)) {
			return false
		}
	}
	return true
}

// phase orders what is announced: in hand, else on offer or waiting.
func (w *work) phase() int {
	if w.taken {
		return 0
	}
	return 1
}

func (e *Engine) announced(w *work) routing.Event {
	said := w.public()
	ev := routing.Event{Type: routing.Arrived, At: moment(e.now), Work: &said}
	if l := w.line; l != nil {
		said.Past.Passed = int(e.heads[l.index].passed)
	}
	for _, l := range w.also {
		passed := 0
		if l != nil {
			passed = int(e.heads[l.index].passed)
		}
		said.Past.AlsoPassed = append(said.Past.AlsoPassed, passed)
	}
	if w.agent == nil {
		return ev
	}
	ev.AgentID, ev.Type = w.agent.ID, routing.Reoffered
	ev.Until, said.Past.Guarded = moment(w.agent.offerEnds), w.agent.guarded
	if w.taken {
		ev.Type, ev.Until, said.Past.Guarded = routing.Restored, time.Time{}, false
	}
	return ev
}

// public is the work as it came, and where it stands.
func (w *work) public() routing.Work {
	out := routing.Work{
		ID: w.id, Kind: w.kind, Queue: w.queue.ID, Agency: w.agency, Language: w.language, Skills: w.skills, Priority: int(w.priority),
		Arrived: moment(w.arrived), Ring: time.Duration(w.ringing), WrapUp: time.Duration(w.wrapUp), Preferred: w.preferred,
		PreferredFor: time.Duration(w.preferredFor), Once: w.once, Expires: moment(w.expires), NotBefore: moment(w.notBefore), Transferred: w.transferred,
	}
	out.Past = &routing.Placement{Entered: moment(w.entered), Hops: int(w.hops), Fired: w.fired, Seq: w.seq, Invited: w.invited, Unkept: w.unkept, Disturbed: int(w.disturbed)}
	return out
}

// announceLeft tells who has signed out with something in hand, before what waits could be offered to them.
func (e *Engine) announceLeft(yield func(routing.Event) bool) bool {
	for _, id := range sorted(e.agents) {
		if e.agents[id].left && !yield(routing.Event{Type: routing.SignedOut, At: moment(e.now), AgentID: id}) {
			return false
		}
	}
	return true
}

// announceRemoved tells which queues are no more but for what is in hand.
func (e *Engine) announceRemoved(yield func(routing.Event) bool) bool {
	for _, q := range e.order {
		if q.removed && !yield(routing.Event{Type: routing.QueueRemoved, At: moment(e.now), QueueID: q.ID}) {
			return false
		}
	}
	return true
}
