package engine

import "santra/internal/routing"

// enter looks whether work may wait in the queue it has come into, sends it on if not, and lets it wait.
func (e *Engine) enter(w *work) {
	if e.expired(w) {
		return
	}
	for _, next := range [...]func(*work) (routing.Target, string, bool){e.barred, e.rule} {
		to, why, found := next(w)
		if !found {
			continue
		}
		switch e.send(w, to, why) {
		case moved:
			e.enter(w)
			return
		case left:
			return
		}
	}
	e.wait(w)
	if w.agent == nil && !w.waited {
		w.waited = true
		e.predict(w)
	}
}

// barred tells where a call goes that may not wait in its queue: it is closed or full.
func (e *Engine) barred(w *work) (to routing.Target, why string, found bool) {
	q := w.queue
	switch {
	case w.kind != routing.Call:
		return routing.Target{}, "", false
	case q.closed:
		for i := range q.Overflow {
			if r := &q.Overflow[i]; r.When == routing.WhenClosed && e.sendable(w, r.To) {
				return r.To, routing.WhenClosed.String(), true
			}
		}
		return routing.Target{Kind: routing.ToAnnouncement, Name: "closed"}, routing.WhenClosed.String(), true
	case q.Cap > 0 && q.waiting[routing.Call] >= q.Cap:
		if e.sendable(w, q.Full) {
			return q.Full, routing.ConditionFull, true
		}
		return routing.Target{Kind: routing.ToAnnouncement, Name: "busy"}, routing.ConditionFull, true
	}
	return routing.Target{}, "", false
}

// rule gives the first overflow rule that is due and holds. All that are due have been looked at then.
func (e *Engine) rule(w *work) (to routing.Target, why string, found bool) {
	q := w.queue
	for i := range q.Overflow {
		r := &q.Overflow[i]
		if w.fired&(1<<i) != 0 || r.When == routing.WhenClosed || after(w.entered, r.After) > e.now {
			continue
		}
		w.fired |= 1 << i
		if !found && e.sendable(w, r.To) && e.holds(w, r) {
			to, why, found = r.To, r.When.String(), true
		}
	}
	return to, why, found
}

func (e *Engine) holds(w *work, r *routing.Overflow) bool {
	q := w.queue
	switch r.When {
	case routing.WhenWaited:
		return true
	case routing.WhenLong:
		return q.others(w) > r.Length
	case routing.WhenNobody:
		return !e.staffed(q)
	case routing.WhenEstimate:
		if w.kind != routing.Call {
			return false
		}
		est := e.estimate(q, q.before(w)+1)
		return est.Known && est.High > r.Estimate
	}
	return false
}

// sendable tells whether work can go there: e-mails and callbacks only to queues, a call to a callback once.
func (e *Engine) sendable(w *work, to routing.Target) bool {
	switch {
	case to.Name == "" && to.Kind != routing.ToCallback:
		return false
	case to.Kind == routing.ToQueue:
		q := e.queues[to.Name]
		return q != nil && !q.removed && q != w.queue && int(w.hops) < routing.MaxHops
	case to.Kind == routing.ToCallback:
		return w.kind == routing.Call && !w.invited
	}
	return w.kind == routing.Call
}

// sent is what became of work that was sent elsewhere.
type sent uint8

const (
	stays sent = iota // it was invited to a callback and waits on
	moved             // it is in another queue, which it has yet to enter
	left              // it is gone
)

func (e *Engine) send(w *work, to routing.Target, why string) sent {
	switch to.Kind {
	case routing.ToQueue:
		e.unplace(w)
		q := e.queues[to.Name]
		e.out = append(e.out, routing.Decision{Type: routing.Moved, WorkID: w.id, Kind: w.kind, Queue: w.queue.ID, To: routing.Target{Kind: routing.ToQueue, Name: q.ID}, Reason: why})
		e.changeQueue(w, q)
		return moved
	case routing.ToCallback:
		w.invited = true
		e.divert(w, to, why)
		return stays
	}
	e.divert(w, to, why)
	e.unplace(w)
	e.forget(w, routing.Overflowed)
	return left
}

func (e *Engine) divert(w *work, to routing.Target, why string) {
	e.out = append(e.out, routing.Decision{Type: routing.Divert, WorkID: w.id, Kind: w.kind, Queue: w.queue.ID, To: to, Reason: why})
}

// changeQueue takes work, which is at no place, to a queue, which it has yet to enter.
func (e *Engine) changeQueue(w *work, q *queue) {
	e.drain(w.queue, w)
	w.entered, w.fired, w.high, w.waited = e.now, 0, 0, false
	w.hops++
	w.also = nil
	q.take(w)
}
