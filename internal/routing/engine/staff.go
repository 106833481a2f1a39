package engine

import (
	"slices"
	"strings"

	"santra/internal/routing"
)

// staffGone looks at the queues whose last staff went in this step.
func (e *Engine) staffGone() {
	for len(e.emptied) > 0 {
		gone := slices.Clone(e.emptied)
		for _, p := range e.emptied {
			p.emptied = false
		}
		e.emptied = e.emptied[:0]
		for _, q := range e.byID() {
			if q.deserts && !q.removed && e.deserted(q, gone) {
				e.desert(q)
			}
		}
	}
}

// byID gives the queues by their ids.
func (e *Engine) byID() []*queue {
	all := slices.Clone(e.order)
	slices.SortFunc(all, func(a, b *queue) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// deserted tells whether one of the profiles was the last to staff the queue.
func (e *Engine) deserted(q *queue, gone []*profile) bool {
	return slices.ContainsFunc(gone, func(p *profile) bool { return p.staff == 0 && p.staffs(q) }) && !e.staffed(q)
}

// desert sends what waits in a queue without staff where its rules say.
func (e *Engine) desert(q *queue) {
	for _, w := range e.waiters(q) {
		if w.queue != q || w.agent != nil {
			continue
		}
		for i := range q.Overflow {
			r := &q.Overflow[i]
			if r.When != routing.WhenNobody || after(w.entered, r.After) > e.now || !e.sendable(w, r.To) {
				continue
			}
			w.fired |= 1 << i
			if e.send(w, r.To, r.When.String()) == moved {
				e.enter(w)
			}
			break
		}
	}
}

// staffed tells whether somebody at work is able for the queue with all rings open.
func (e *Engine) staffed(q *queue) bool {
	return slices.ContainsFunc(e.staffOf(q), func(p *profile) bool { return p.staff > 0 })
}

// staffOf gives the profiles of a queue's staff.
func (e *Engine) staffOf(q *queue) []*profile {
	if q.staffAt == e.generation {
		return q.staff
	}
	q.staff, q.staffAt = q.staff[:0], e.generation
	for _, p := range e.holding(q.widest) {
		if p.staffs(q) {
			q.staff = append(q.staff, p)
		}
	}
	return q.staff
}

func (p *profile) staffs(q *queue) bool {
	return (q.Agency == "" || p.serves(q.Agency)) && p.meets(q.widest)
}
