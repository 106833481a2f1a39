package engine

import "santra/internal/routing"

// wait puts work to where it stands now, sets its alarm and offers it if somebody can take it.
func (e *Engine) wait(w *work) {
	e.unplace(w)
	w.counted = true
	w.queue.waiting[w.kind]++
	next := int64(never)
	switch {
	case w.parked(e.now):
		w.queue.setAside(w)
		if !w.queue.closed {
			next = w.notBefore
		}
	case e.keep(w):
		next = e.keptUntil(w)
	default:
		next = e.lineUp(w)
	}
	w.change = next
	e.setAlarm(w)
	e.match(w)
}

// keep lets work wait for its preferred agent; false where that is waited for no more.
func (e *Engine) keep(w *work) bool {
	keeper := e.keeperOf(w)
	if keeper == nil {
		return false
	}
	w.keeper = keeper
	w.queue.setAside(w)
	keeper.kept[w.kind].push(node{first: w.arrived, second: w.seq, at: &w.shelf})
	return true
}

// setAlarm sets the alarm of waiting work to its next change of place, rule or end.
func (e *Engine) setAlarm(w *work) { e.alarm(&w.alarm, min(w.change, e.nextLook(w))) }

// unplace takes work from wherever it waits.
func (e *Engine) unplace(w *work) {
	if w.counted {
		w.counted = false
		w.queue.waiting[w.kind]--
	}
	w.queue.fetch(w)
	if w.keeper != nil {
		w.keeper.kept[w.kind].remove(&w.shelf)
		w.keeper = nil
		return
	}
	e.lift(w, w.line)
	w.line = nil
	for i, l := range w.also {
		e.lift(w, l)
		w.also[i] = nil
	}
}

// parked work is a callback whose time has not come.
func (w *work) parked(now int64) bool {
	return w.kind == routing.Callback && (w.queue.closed || w.notBefore > now)
}

// keeperOf gives the preferred agent while it is waited for; once it is not, it never is again.
func (e *Engine) keeperOf(w *work) *agent {
	if w.preferred == "" || w.unkept {
		return nil
	}
	a := e.agents[w.preferred]
	if a == nil || a.left || a.state == routing.Offline || !a.profile.serves(w.agencyOf()) || e.keptUntil(w) <= e.now {
		w.unkept = true
		return nil
	}
	return a
}

func (w *work) agencyOf() string {
	if w.queue.Agency != "" {
		return w.queue.Agency
	}
	return w.agency
}

func (e *Engine) keptUntil(w *work) int64 {
	if w.preferredFor > 0 {
		return addNS(w.entered, w.preferredFor)
	}
	return after(w.entered, w.queue.Preferred)
}

// lineUp puts work into the lines of its queue and of those that take it as well; it gives when that changes.
func (e *Engine) lineUp(w *work) int64 {
	q := w.queue
	ring, next := ringsOf(&q.Queue, w.entered, e.now)
	if l := e.lineFor(q, w, ring); l != nil {
		w.line = l
		e.put(w, l)
	}
	if len(q.Also) > 0 && len(w.also) != len(q.Also) {
		w.also = make([]*line, len(q.Also))
	}
	for i, also := range q.Also {
		further := e.queues[also.Queue]
		if further == nil || further.removed || further == q {
			continue
		}
		entry := after(w.entered, also.After)
		if entry > e.now {
			next = min(next, entry)
			continue
		}
		ring, change := ringsOf(&further.Queue, entry, e.now)
		next = min(next, change)
		if l := e.lineFor(further, w, ring); l != nil {
			w.also[i] = l
			e.put(w, l)
		}
	}
	return next
}

// ringsOf tells how many rings are open for work that entered then, and when the next opens.
func ringsOf(q *routing.Queue, entered, now int64) (open int, next int64) {
	for i := range q.Rings {
		if at := after(entered, q.Rings[i].After); at > now {
			return i, at
		}
	}
	return len(q.Rings), never
}

// nextLook is when a callback expires or an overflow rule comes due.
func (e *Engine) nextLook(w *work) int64 {
	next := int64(never)
	if w.kind == routing.Callback {
		next = w.expires
	}
	for i := range w.queue.Overflow {
		r := &w.queue.Overflow[i]
		if w.fired&(1<<i) == 0 && r.When != routing.WhenClosed {
			next = min(next, max(after(w.entered, r.After), e.now+1))
		}
	}
	return next
}

// workDue looks at waiting work whose alarm has rung, or that is back from an offer that came to nothing.
func (e *Engine) workDue(w *work) {
	if e.expired(w) {
		return
	}
	e.wait(w)
	if w.agent != nil {
		return
	}
	if to, why, found := e.rule(w); found {
		switch e.send(w, to, why) {
		case moved:
			e.enter(w)
			return
		case left:
			return
		}
	}
	e.setAlarm(w)
}

// endStep does what is left to do when a transition or an event is done: lines that stay empty forget how often they were
// overtaken (work that is placed anew leaves its line for a moment only), and queues whose last staff went are looked at.
func (e *Engine) endStep() {
	e.staffGone()
	for _, l := range e.vacant {
		if l.waiting.size() == 0 && !l.dropped {
			e.pass(int32(l.index), 0)
		}
	}
	e.vacant = e.vacant[:0]
}
