package routing

import (
	"slices"
	"strings"
)

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
	return w.kind == Callback && (w.queue.closed || w.notBefore > now)
}

// keeperOf gives the preferred agent while it is waited for; once it is not, it never is again.
func (e *Engine) keeperOf(w *work) *agent {
	if w.preferred == "" || w.unkept {
		return nil
	}
	a := e.agents[w.preferred]
	if a == nil || a.left || a.state == Offline || !a.profile.serves(w.agencyOf()) || e.keptUntil(w) <= e.now {
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
	ring, next := q.ring(w.entered, e.now)
	if l := e.lineFor(q, w, ring); l != nil {
		w.line = l
		e.put(w, l)
	}
	if len(q.Also) > 0 && len(w.also) != len(q.Also) {
		w.also = make([]*line, len(q.Also))
	}
	for i, also := range q.Also {
		entry := after(w.entered, also.After)
		if entry > e.now {
			next = min(next, entry)
			continue
		}
		further := e.queues[also.Queue]
		if further == nil || further.removed || further == q {
			continue
		}
		ring, change := further.ring(entry, e.now)
		next = min(next, change)
		if l := e.lineFor(further, w, ring); l != nil {
			w.also[i] = l
			e.put(w, l)
		}
	}
	return next
}

// ring tells how many rings are open for work that entered then, and when the next opens.
func (q *Queue) ring(entered, now int64) (open int, next int64) {
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
	if w.kind == Callback {
		next = w.expires
	}
	for i := range w.queue.Overflow {
		r := &w.queue.Overflow[i]
		if w.fired&(1<<i) == 0 && r.When != WhenClosed {
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

// enter looks whether work may wait in the queue it has come into, sends it on if not, and lets it wait.
func (e *Engine) enter(w *work) {
	if e.expired(w) {
		return
	}
	for _, next := range [...]func(*work) (Target, string, bool){e.barred, e.rule} {
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
	if w.agent == nil {
		w.waited = true
		e.predict(w)
	}
}

// barred tells where a call goes that may not wait in its queue: it is closed or full.
func (e *Engine) barred(w *work) (to Target, why string, found bool) {
	q := w.queue
	switch {
	case w.kind != Call:
		return Target{}, "", false
	case q.closed:
		for i := range q.Overflow {
			if r := &q.Overflow[i]; r.When == WhenClosed && e.sendable(w, r.To) {
				return r.To, WhenClosed.String(), true
			}
		}
		return Target{ToAnnouncement, "closed"}, WhenClosed.String(), true
	case q.Cap > 0 && q.waiting[Call] >= q.Cap:
		if e.sendable(w, q.Full) {
			return q.Full, ConditionFull, true
		}
		return Target{ToAnnouncement, "busy"}, ConditionFull, true
	}
	return Target{}, "", false
}

// rule gives the first overflow rule that is due and holds. All that are due have been looked at then.
func (e *Engine) rule(w *work) (to Target, why string, found bool) {
	q := w.queue
	for i := range q.Overflow {
		r := &q.Overflow[i]
		if w.fired&(1<<i) != 0 || r.When == WhenClosed || after(w.entered, r.After) > e.now {
			continue
		}
		w.fired |= 1 << i
		if !found && e.sendable(w, r.To) && e.holds(w, r) {
			to, why, found = r.To, r.When.String(), true
		}
	}
	return to, why, found
}

func (e *Engine) holds(w *work, r *Overflow) bool {
	q := w.queue
	switch r.When {
	case WhenWaited:
		return true
	case WhenLong:
		return q.others(w) > r.Length
	case WhenNobody:
		return !e.staffed(q)
	case WhenEstimate:
		if w.kind != Call {
			return false
		}
		est := e.estimate(q, q.before(w)+1)
		return est.Known && est.High > r.Estimate
	}
	return false
}

// sendable tells whether work can go there: e-mails and callbacks only to queues, a call to a callback once.
func (e *Engine) sendable(w *work, to Target) bool {
	switch {
	case to.Name == "" && to.Kind != ToCallback:
		return false
	case to.Kind == ToQueue:
		q := e.queues[to.Name]
		return q != nil && !q.removed && q != w.queue && int(w.hops) < MaxHops
	case to.Kind == ToCallback:
		return w.kind == Call && !w.invited
	}
	return w.kind == Call
}

// sent is what became of work that was sent elsewhere.
type sent uint8

const (
	stays sent = iota // it was invited to a callback and waits on
	moved             // it is in another queue, which it has yet to enter
	left              // it is gone
)

func (e *Engine) send(w *work, to Target, why string) sent {
	switch to.Kind {
	case ToQueue:
		e.unplace(w)
		q := e.queues[to.Name]
		e.out = append(e.out, Decision{Type: Moved, WorkID: w.id, Kind: w.kind, Queue: w.queue.ID, To: Target{ToQueue, q.ID}, Reason: why})
		e.changeQueue(w, q)
		return moved
	case ToCallback:
		w.invited = true
		e.divert(w, to, why)
		return stays
	}
	e.divert(w, to, why)
	e.unplace(w)
	e.forget(w, Overflowed)
	return left
}

func (e *Engine) divert(w *work, to Target, why string) {
	e.out = append(e.out, Decision{Type: Divert, WorkID: w.id, Kind: w.kind, Queue: w.queue.ID, To: to, Reason: why})
}

// changeQueue takes work, which is at no place, to a queue, which it has yet to enter.
func (e *Engine) changeQueue(w *work, q *queue) {
	e.drain(w.queue, w)
	w.entered, w.fired, w.high, w.waited = e.now, 0, 0, false
	w.hops++
	w.also = nil
	q.take(w)
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
			if r.When != WhenNobody || after(w.entered, r.After) > e.now || !e.sendable(w, r.To) {
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
