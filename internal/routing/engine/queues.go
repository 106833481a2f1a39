package engine

import (
	"cmp"
	"maps"
	"slices"

	"santra/internal/routing"
)

// queue is a Queue that the engine knows.
type queue struct {
	routing.Queue
	removed bool // and kept until what is in hand of it is over
	closed  bool
	deserts bool // has a rule WhenNobody
	widest  []need
	staff   []*profile // who are able for widest, as of staffAt
	staffAt uint64
	lines   map[string]*line
	usual   [usualLines]usual // some lines of work that asks for no skills but the queue's
	next    uint              // of usual to be replaced
	aside   []*work           // what waits outside of lines: parked or kept, in no order
	works   int
	waiting [routing.Kinds]int // not offered
	present [routing.Kinds]int // waiting or offered
	inHand  [routing.Kinds]int
	newest  int64          // the latest arrival of all that came here
	newSeq  uint64         // and its number
	once    map[string]int // callbacks that are not over, by Work.Once
	past    experience
}

// usualLines is how many lines of a queue are found without a look-up.
const usualLines = 8

func (q *queue) weight() float64 { return positive(q.Weight) }

func (e *Engine) queueEvent(ev *routing.Event) {
	if ev.Type == routing.QueueSet {
		if ev.Queue == nil || ev.Queue.ID == "" {
			e.refuse("", "", ev.QueueID, routing.Invalid)
			return
		}
		e.setQueue(ev.Queue)
		return
	}
	q := e.queues[ev.QueueID]
	if q == nil || q.removed {
		e.refuse("", "", ev.QueueID, routing.Unknown)
		return
	}
	switch ev.Type {
	case routing.QueueRemoved:
		e.removeQueue(q)
	case routing.QueueOpened:
		e.openQueue(q)
	case routing.QueueClosed:
		e.closeQueue(q)
	}
}

// setQueue makes a queue, or changes one and places what waits in it anew.
func (e *Engine) setQueue(in *routing.Queue) {
	if !in.Strategy.Known() {
		e.refuse("", "", in.ID, routing.Invalid)
		return
	}
	if len(in.Rings) > routing.MaxRings || len(in.Overflow) > routing.MaxOverflows || len(in.Needs) > routing.MaxNeeds || len(in.Also) >= routing.MaxQueuesAtOnce || !e.known(in.Needs) {
		e.refuse("", "", in.ID, routing.Impossible)
		return
	}
	q := e.queues[in.ID]
	if q == nil {
		q = &queue{once: map[string]int{}}
		e.queues[in.ID] = q
		e.order = append(e.order, q)
	}
	if !slices.Equal(q.Overflow, in.Overflow) {
		e.refire(q)
	}
	placed := e.unline(q)
	if q.removed { // what is in hand of the old one outlives it, nothing else
		q.closed, q.past = false, experience{}
	}
	q.Queue, q.removed = copied(in), false
	q.deserts = slices.ContainsFunc(q.Overflow, func(o routing.Overflow) bool { return o.When == routing.WhenNobody })
	q.widest, q.staffAt = q.widest[:0], 0
	for _, n := range needsOf(&q.Queue, &work{}, len(q.Rings)) {
		if !n.Preferred {
			q.widest = append(q.widest, need{e.skills[n.Skill], uint8(min(n.Level, maxNeed))})
		}
	}
	for _, w := range placed {
		if w.agent == nil {
			e.workDue(w)
		}
	}
	e.rewaitFor(q)
}

// refire lets the rules, which are others now, be looked at by all that has not been taken.
func (e *Engine) refire(q *queue) {
	for _, w := range e.unanswered(q) {
		w.fired = 0
	}
}

// maxNeed is a level that nobody reaches.
const maxNeed = routing.MaxLevel + 1

// rewaitFor places work of queues anew that may wait in this one as well.
func (e *Engine) rewaitFor(q *queue) {
	var all []*work
	for _, other := range e.order {
		if slices.ContainsFunc(other.Also, func(a routing.Also) bool { return a.Queue == q.ID }) {
			all = append(all, e.waiters(other)...)
		}
	}
	sortWorks(all)
	for _, w := range all {
		if w.agent == nil {
			e.wait(w)
		}
	}
}

func (e *Engine) known(needs []routing.Need) bool {
	return !slices.ContainsFunc(needs, func(n routing.Need) bool {
		_, ok := e.skill(n.Skill)
		return !ok
	})
}

// copied keeps nothing of what the event points to.
func copied(in *routing.Queue) routing.Queue {
	q := *in
	q.Needs, q.Rings, q.Overflow, q.Also = slices.Clone(in.Needs), slices.Clone(in.Rings), slices.Clone(in.Overflow), slices.Clone(in.Also)
	for i := range q.Rings {
		q.Rings[i].Levels = maps.Clone(q.Rings[i].Levels)
	}
	q.Also = slices.DeleteFunc(q.Also, func(a routing.Also) bool { return a.Queue == q.ID })
	for i := len(q.Also) - 1; i >= 0; i-- { // only the first of each
		if slices.ContainsFunc(q.Also[:i], func(a routing.Also) bool { return a.Queue == q.Also[i].Queue }) {
			q.Also = slices.Delete(q.Also, i, i+1)
		}
	}
	slices.SortStableFunc(q.Rings, func(a, b routing.Ring) int { return cmp.Compare(a.After, b.After) })
	return q
}

// unline takes what waits out of the queue's lines, and ends them. It gives that work, in order of arrival.
func (e *Engine) unline(q *queue) []*work {
	placed := e.waiters(q)
	for _, l := range q.lines {
		for w := range l.waiting.all {
			if w.queue != q {
				placed = append(placed, w)
			}
		}
	}
	sortWorks(placed)
	placed = slices.Compact(placed)
	for _, w := range placed {
		if w.queue == q {
			e.unplace(w)
			continue
		}
		for i, l := range w.also {
			if l != nil && l.queue == q {
				e.lift(w, l)
				w.also[i] = nil
			}
		}
	}
	for _, l := range q.lines {
		l.dead = true
	}
	q.lines, q.usual = map[string]*line{}, [usualLines]usual{}
	return placed
}

// waiters gives what waits in a queue, in order of arrival.
func (e *Engine) waiters(q *queue) []*work {
	var all []*work
	for _, l := range q.lines {
		for w := range l.waiting.all {
			if w.queue == q {
				all = append(all, w)
			}
		}
	}
	all = append(all, q.aside...)
	sortWorks(all)
	return all
}

// unanswered gives what waits in a queue or rings for it, in order of arrival.
func (e *Engine) unanswered(q *queue) []*work {
	all := e.waiters(q)
	if len(all) == q.present[routing.Call]+q.present[routing.Mail]+q.present[routing.Callback]+q.present[routing.Outgoing] {
		return all
	}
	for _, a := range e.agents {
		if a.offer != nil && a.offer.queue == q {
			all = append(all, a.offer)
		}
	}
	sortWorks(all)
	return all
}

// setAside notes work that waits outside of lines.
func (q *queue) setAside(w *work) {
	q.aside = append(q.aside, w)
	w.aside = int32(len(q.aside))
}

// fetch notes that it does not any more.
func (q *queue) fetch(w *work) {
	if w.aside == 0 {
		return
	}
	last := q.aside[len(q.aside)-1]
	q.aside[w.aside-1], last.aside = last, w.aside
	q.aside, w.aside = q.aside[:len(q.aside)-1], 0
}

func sortWorks(all []*work) {
	slices.SortFunc(all, func(a, b *work) int { return cmp.Or(cmp.Compare(a.arrived, b.arrived), cmp.Compare(a.seq, b.seq)) })
}

// removeQueue diverts what waits, lets go what rings, and keeps what is in hand.
func (e *Engine) removeQueue(q *queue) {
	placed := append(e.unanswered(q), e.unline(q)...)
	sortWorks(placed)
	placed = slices.Compact(placed)
	q.removed = true
	var freed []*agent
	for _, w := range placed {
		if w.queue != q {
			e.wait(w)
			continue
		}
		if a := w.agent; a != nil {
			freed = append(freed, a)
		}
		e.evict(w)
	}
	for _, a := range freed {
		e.resume(a)
	}
	if q.works == 0 {
		e.dropQueue(q)
	}
}

// evict ends work whose queue is no more. The caller lets the agent resume at whom it rang.
func (e *Engine) evict(w *work) {
	a := w.agent
	if a != nil {
		e.unoffer(a, routing.Gone)
	}
	if w.kind == routing.Call {
		e.divert(w, routing.Target{Kind: routing.ToAnnouncement, Name: "closed"}, routing.ConditionRemoved)
	}
	e.forget(w, routing.Closed)
	if a != nil {
		e.unring(a)
	}
}

func (e *Engine) dropQueue(q *queue) {
	delete(e.queues, q.ID)
	e.order = slices.DeleteFunc(e.order, func(o *queue) bool { return o == q })
}

// openQueue lets callbacks in one after the other.
func (e *Engine) openQueue(q *queue) {
	if !q.closed {
		return
	}
	q.closed = false
	turn := e.now
	for _, w := range e.waiters(q) {
		if w.kind != routing.Callback || w.agent != nil {
			continue
		}
		w.notBefore = max(w.notBefore, turn)
		turn = after(turn, q.CallbackSpread)
		e.wait(w)
	}
}

// closeQueue parks callbacks; calls that wait go where a closed queue sends them, if the queue evicts.
func (e *Engine) closeQueue(q *queue) {
	if q.closed {
		return
	}
	q.closed = true
	for _, w := range e.waiters(q) {
		switch {
		case w.kind == routing.Callback:
			e.wait(w)
		case w.kind == routing.Call && q.Evict:
			e.unplace(w)
			e.enter(w)
		}
	}
}

// take makes work the queue's.
func (q *queue) take(w *work) {
	w.queue = q
	if !earlier(w.arrived, w.seq, q.newest, q.newSeq) {
		q.newest, q.newSeq = w.arrived, w.seq
	}
	q.works++
	q.present[w.kind]++
	if w.kind == routing.Callback && w.once != "" {
		q.once[w.once]++
	}
}

// drop makes work the queue's no more. Work in hand must have been lost before.
func (q *queue) drop(w *work) {
	q.works--
	q.present[w.kind]--
	if w.kind != routing.Callback || w.once == "" {
		return
	}
	if q.once[w.once]--; q.once[w.once] == 0 {
		delete(q.once, w.once)
	}
}

// drain drops work, and a removed queue with its last.
func (e *Engine) drain(q *queue, w *work) {
	q.drop(w)
	if q.removed && q.works == 0 {
		e.dropQueue(q)
	}
}

// others counts what else waits in the queue: calls and callbacks for such, e-mails for an e-mail.
func (q *queue) others(w *work) int {
	n := q.waiting[routing.Call] + q.waiting[routing.Callback] + q.waiting[routing.Outgoing]
	if w.kind == routing.Mail {
		n = q.waiting[routing.Mail]
	}
	if w.counted {
		n--
	}
	return n
}

// before counts the calls that wait in the queue before this one.
func (q *queue) before(w *work) int {
	n := q.waiting[routing.Call]
	if w.counted {
		n--
	}
	if n > routing.MaxPredicted || w.arrived == q.newest && w.seq == q.newSeq {
		return n // usually all others came before
	}
	n = 0
	count := func(o *work) {
		if o != w && o.kind == routing.Call && earlier(o.arrived, o.seq, w.arrived, w.seq) {
			n++
		}
	}
	for _, l := range q.lines {
		for o := range l.waiting.all {
			if o.queue == q {
				count(o)
			}
		}
	}
	for _, o := range q.aside {
		count(o)
	}
	return n
}
