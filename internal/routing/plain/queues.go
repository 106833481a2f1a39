package plain

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"santra/internal/routing"
)

// queue is a queue that is set.
type queue struct {
	routing.Queue
	closed  bool
	answers []time.Duration // of the last calls that had to wait: the time since the answer before
	at      []time.Time     // when each of answers was
	last    time.Time       // the last answer
	held    []bool          // of the last predictions: whether they held
}

func (e *Engine) queueEvent(ev routing.Event) {
	if ev.Type == routing.QueueSet {
		e.setQueue(ev)
		return
	}
	q := e.queue(ev.QueueID)
	switch {
	case q == nil:
		e.refuse(ev, routing.Unknown)
	case ev.Type == routing.QueueRemoved:
		e.removeQueue(q)
	case q.closed == (ev.Type == routing.QueueClosed):
	case q.closed:
		e.open(q)
	default:
		e.close(q)
	}
}

func (e *Engine) setQueue(ev routing.Event) {
	if reason := e.queueObjection(ev.Queue); reason != "" {
		e.refuse(ev, reason)
		return
	}
	in := ownQueue(*ev.Queue)
	q := e.queue(in.ID)
	if q == nil {
		q = &queue{Queue: routing.Queue{ID: in.ID}}
		e.queues = append(e.queues, q)
	}
	otherRules := !slices.Equal(q.Overflow, in.Overflow)
	there := e.clear(q)
	q.Queue = in
	for _, w := range e.work {
		if otherRules && w.Queue == q.ID {
			w.fired = 0
		}
	}
	for _, w := range there {
		if w.waits() {
			e.back(w)
		}
	}
}

// clear takes what waits in a queue, by Also too, from its lines there, in order, and forgets by whom those were overtaken.
func (e *Engine) clear(q *queue) []*work {
	there := e.inOrder(func(w *work) bool {
		return w.Queue == q.ID || slices.ContainsFunc(e.queue(w.Queue).Also, func(a routing.Also) bool { return a.Queue == q.ID })
	})
	for _, w := range there {
		if w.Queue == q.ID {
			w.nowhere()
		}
		w.lines = slices.DeleteFunc(w.lines, func(l line) bool { return l.queue == q.ID })
	}
	maps.DeleteFunc(e.passed, func(l line, _ int) bool { return l.queue == q.ID })
	return there
}

func (e *Engine) queueObjection(q *routing.Queue) string {
	if q == nil || q.ID == "" || !slices.Contains(routing.Strategies(), q.Strategy) {
		return routing.Invalid
	}
	var skills []string
	for _, n := range q.Needs {
		skills = append(skills, n.Skill)
	}
	if len(q.Needs) > routing.MaxNeeds || len(q.Rings) > routing.MaxRings || len(q.Overflow) > routing.MaxOverflows ||
		len(q.Also) >= routing.MaxQueuesAtOnce || !e.learn(skills) {
		return routing.Impossible
	}
	return ""
}

// ownQueue copies what the queue points to.
func ownQueue(in routing.Queue) routing.Queue {
	in.Needs, in.Overflow, in.Also = slices.Clone(in.Needs), slices.Clone(in.Overflow), slices.Clone(in.Also)
	in.Also = slices.DeleteFunc(in.Also, func(a routing.Also) bool { return a.Queue == in.ID })
	for i := len(in.Also) - 1; i >= 0; i-- {
		if slices.ContainsFunc(in.Also[:i], func(a routing.Also) bool { return a.Queue == in.Also[i].Queue }) {
			in.Also = slices.Delete(in.Also, i, i+1) // only the first of each
		}
	}
	in.Rings = slices.Clone(in.Rings)
	for i := range in.Rings {
		in.Rings[i].Levels = maps.Clone(in.Rings[i].Levels)
	}
	slices.SortStableFunc(in.Rings, func(a, b routing.Ring) int { return cmp.Compare(a.After, b.After) })
	return in
}

func (e *Engine) removeQueue(q *queue) {
	var there []*work
	for _, w := range e.work {
		w.lines = slices.DeleteFunc(w.lines, func(l line) bool { return l.queue == q.ID })
		if w.Queue == q.ID && !w.taken {
			there = append(there, w)
		}
	}
	slices.SortFunc(there, inOrder)
	e.queues = slices.DeleteFunc(e.queues, func(o *queue) bool { return o == q })
	var free []*agent
	for _, w := range there {
		free = append(free, e.gone(w)...)
	}
	for _, a := range free {
		e.serve(a)
	}
}

// gone ends work whose queue was removed, and gives the agent at whom it rang, who is to be served.
func (e *Engine) gone(w *work) (free []*agent) {
	if a := w.agent; a != nil {
		e.withdraw(a, routing.Gone)
		defer e.settle(a)
		free = []*agent{a}
	}
	if w.Kind == routing.Call {
		e.divert(w, routing.Target{Kind: routing.ToAnnouncement, Name: announceClosed}, routing.ConditionRemoved)
	}
	e.end(w, routing.Closed)
	return free
}

// The prompts of who gets no place.
const (
	announceClosed = "closed"
	announceBusy   = "busy"
)

func (e *Engine) divert(w *work, to routing.Target, reason string) {
	e.out = append(e.out, routing.Decision{Type: routing.Divert, Kind: w.Kind, WorkID: w.ID, Queue: w.Queue, To: to, Reason: reason})
}

// open lets the callbacks from before in, one each CallbackSpread.
func (e *Engine) open(q *queue) {
	q.closed = false
	for i, w := range e.inOrder(func(w *work) bool { return w.Queue == q.ID && w.Kind == routing.Callback }) {
		w.NotBefore = later(e.now.Add(time.Duration(i)*q.CallbackSpread), w.NotBefore)
		e.place(w)
	}
}

func (e *Engine) close(q *queue) {
	q.closed = true
	for _, w := range e.inOrder(func(w *work) bool { return w.Queue == q.ID && w.Kind != routing.Mail }) {
		switch {
		case w.Kind == routing.Callback:
			e.place(w)
		case q.Evict:
			e.intoClosed(w, q)
		}
	}
}

// enter brings work into its queue as of now: it may find it closed, full, or a rule that sends it on at once.
func (e *Engine) enter(w *work) {
	q := e.queue(w.Queue)
	left := false
	switch {
	case w.expired(e.now):
		e.end(w, routing.Expired)
		left = true
	case w.Kind == routing.Call && q.closed:
		left = e.intoClosed(w, q)
	case w.Kind == routing.Call && q.Cap > 0 && e.others(w, isCall) >= q.Cap:
		left = e.intoFull(w, q)
	}
	if left || e.tryRules(w) {
		return
	}
	e.place(w)
	if w.waits() {
		w.waited = true
		e.predict(w, q)
	}
}

func (e *Engine) intoClosed(w *work, q *queue) (left bool) {
	for i, r := range q.Overflow {
		if r.When == routing.WhenClosed && e.usable(w, r.To) {
			w.fired |= 1 << i
			return e.follow(w, r.To, r.When.String())
		}
	}
	return e.follow(w, routing.Target{Kind: routing.ToAnnouncement, Name: announceClosed}, routing.WhenClosed.String())
}

func (e *Engine) intoFull(w *work, q *queue) (left bool) {
	if e.usable(w, q.Full) {
		return e.follow(w, q.Full, routing.ConditionFull)
	}
	return e.follow(w, routing.Target{Kind: routing.ToAnnouncement, Name: announceBusy}, routing.ConditionFull)
}

// tryRules looks at the rules whose time has come, and does the first that holds.
func (e *Engine) tryRules(w *work) (left bool) {
	q := e.queue(w.Queue)
	var first *routing.Overflow
	for i, r := range q.Overflow {
		if r.When == routing.WhenClosed || w.fired&(1<<i) != 0 || w.entered.Add(r.After).After(e.now) {
			continue
		}
		w.fired |= 1 << i
		if first == nil && e.holds(w, q, r) {
			first = &r
		}
	}
	return first != nil && e.follow(w, first.To, first.When.String())
}

// holds tells whether the rule sends the work on now.
func (e *Engine) holds(w *work, q *queue, r routing.Overflow) bool {
	if !e.usable(w, r.To) {
		return false
	}
	switch r.When {
	case routing.WhenWaited:
		return true
	case routing.WhenLong:
		return e.others(w, alike(w.Kind)) > r.Length
	case routing.WhenNobody:
		return !e.staffed(q)
	case routing.WhenEstimate:
		est := e.estimate(q, e.placeOf(w))
		return w.Kind == routing.Call && est.Known && est.High > r.Estimate
	default:
		return false
	}
}

func isCall(k routing.Kind) bool { return k == routing.Call }

// alike gives which kinds count where a queue's length is asked: calls with callbacks, e-mails by themselves.
func alike(k routing.Kind) func(routing.Kind) bool {
	return func(o routing.Kind) bool { return (o == routing.Mail) == (k == routing.Mail) }
}

// others counts what else waits in the work's queue.
func (e *Engine) others(w *work, counts func(routing.Kind) bool) (n int) {
	for _, o := range e.work {
		if o != w && o.somewhere() && o.Queue == w.Queue && counts(o.Kind) {
			n++
		}
	}
	return n
}

// usable tells whether the work can go there at all.
func (e *Engine) usable(w *work, to routing.Target) bool {
	switch {
	case to.Kind == routing.ToCallback:
		return w.Kind == routing.Call && !w.invited
	case to.Name == "":
		return false
	case to.Kind != routing.ToQueue:
		return w.Kind == routing.Call
	}
	return to.Name != w.Queue && e.queue(to.Name) != nil && w.hops < routing.MaxHops
}

// follow sends the work there; it stays only where it is offered a callback.
func (e *Engine) follow(w *work, to routing.Target, reason string) (left bool) {
	switch to.Kind {
	case routing.ToQueue:
		e.out = append(e.out, routing.Decision{Type: routing.Moved, Kind: w.Kind, WorkID: w.ID, Queue: w.Queue, To: to, Reason: reason})
		w.Queue, w.entered, w.fired, w.waited, w.guess = to.Name, e.now, 0, false, guess{}
		w.hops++
		w.nowhere()
		e.enter(w)
		return true
	case routing.ToCallback:
		w.invited = true
		e.divert(w, to, reason)
		return false
	default:
		e.divert(w, to, reason)
		e.end(w, routing.Overflowed)
		return true
	}
}

// staffed tells whether somebody who is there could serve the queue in its widest ring.
func (e *Engine) staffed(q *queue) bool {
	return slices.ContainsFunc(e.agents, func(a *agent) bool { return present(a) && e.couldServe(a, q) })
}

func present(a *agent) bool {
	return !a.left && slices.Contains([]routing.State{routing.Ready, routing.Offered, routing.Busy, routing.WrapUp}, a.state)
}

func (e *Engine) couldServe(a *agent, q *queue) bool {
	return (q.Agency == "" || worksFor(a, q.Agency)) && meets(a, e.needs(line{queue: q.ID, ring: len(q.Rings)}))
}

// staffedQueues lists the staffed queues that have a rule about it, by id.
func (e *Engine) staffedQueues() []*queue {
	var list []*queue
	for _, q := range e.queues {
		if slices.ContainsFunc(q.Overflow, func(r routing.Overflow) bool { return r.When == routing.WhenNobody }) && e.staffed(q) {
			list = append(list, q)
		}
	}
	slices.SortFunc(list, func(a, b *queue) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// nobody looks at the rules WhenNobody of all that waits, when the queue's last staff has gone.
func (e *Engine) nobody(id string) {
	for _, w := range e.inOrder(func(w *work) bool { return w.Queue == id }) {
		q := e.queue(id)
		for i, r := range q.Overflow {
			if r.When != routing.WhenNobody || w.entered.Add(r.After).After(e.now) || !e.holds(w, q, r) {
				continue
			}
			w.fired |= 1 << i
			e.follow(w, r.To, r.When.String())
			break
		}
	}
}
