package engine

import (
	"cmp"
	"slices"
	"time"

	"santra/internal/routing"
)

// Agents lists all who are signed in, by id.
func (e *Engine) Agents() []routing.AgentView {
	views := make([]routing.AgentView, 0, len(e.agents))
	for _, a := range e.agents {
		views = append(views, a.view())
	}
	slices.SortFunc(views, func(a, b routing.AgentView) int { return cmp.Compare(a.ID, b.ID) })
	return views
}

// Agent gives one agent's view.
func (e *Engine) Agent(id string) (routing.AgentView, bool) {
	a, ok := e.agents[id]
	if !ok {
		return routing.AgentView{}, false
	}
	return a.view(), true
}

func (a *agent) view() routing.AgentView {
	v := routing.AgentView{
		ID: a.ID, Seat: a.Seat, State: a.state, Since: moment(a.since), Until: moment(a.until), Reason: a.reason, Next: a.next,
		Mails: a.mails, Handled: a.handled, Agencies: a.Agencies,
	}
	if a.left {
		v.Next = routing.Offline
	}
	switch {
	case a.offer != nil:
		v.Work = a.offer.id
	case a.call != nil:
		v.Work = a.call.id
	}
	return v
}

// Queues counts what waits and what is in hand, by queue.
func (e *Engine) Queues() map[string]routing.QueueView {
	views := make(map[string]routing.QueueView, len(e.order))
	ringing := e.ringing()
	for _, q := range e.order {
		if !q.removed {
			views[q.ID] = e.viewOf(q, ringing)
		}
	}
	return views
}

// ringing gives the earliest arrivals of what is on offer, by queue.
func (e *Engine) ringing() map[*queue]*[routing.Kinds]int64 {
	by := map[*queue]*[routing.Kinds]int64{}
	for _, a := range e.agents {
		if w := a.offer; w != nil {
			oldest := by[w.queue]
			if oldest == nil {
				oldest = &[routing.Kinds]int64{never, never, never, never}
				by[w.queue] = oldest
			}
			oldest[w.kind] = min(oldest[w.kind], w.arrived)
		}
	}
	return by
}

// Queue gives one queue's view.
func (e *Engine) Queue(id string) (routing.QueueView, bool) {
	q, ok := e.queues[id]
	if !ok || q.removed {
		return routing.QueueView{}, false
	}
	return e.viewOf(q, e.ringing()), true
}

func (e *Engine) viewOf(q *queue, ringing map[*queue]*[routing.Kinds]int64) routing.QueueView {
	v := routing.QueueView{
		Queue: q.ID, Closed: q.closed, Calls: q.present[routing.Call] + q.present[routing.Outgoing], Mails: q.present[routing.Mail], Callbacks: q.present[routing.Callback],
		Talking: q.inHand[routing.Call] + q.inHand[routing.Callback] + q.inHand[routing.Outgoing], Open: q.inHand[routing.Mail], Estimate: e.estimate(q, q.waiting[routing.Call]+1),
	}
	for _, p := range e.staffOf(q) {
		v.Staffed += p.staff
		v.Ready += len(p.pools[voicePool][byIdle]) + len(p.pools[disturbPool][byIdle])
	}
	oldest := q.oldest()
	if ring := ringing[q]; ring != nil {
		for k := range oldest {
			oldest[k] = min(oldest[k], ring[k])
		}
	}
	v.OldestCall, v.OldestMail = moment(oldest[routing.Call]), moment(oldest[routing.Mail])
	return v
}

// oldest gives the earliest arrivals of what waits, by medium: each line's first of its own queue's work.
func (q *queue) oldest() [routing.Kinds]int64 {
	oldest := [routing.Kinds]int64{never, never, never, never}
	for _, l := range q.lines {
		for w := range l.waiting.all {
			if w.queue == q {
				oldest[w.kind] = min(oldest[w.kind], w.arrived)
				break
			}
		}
	}
	for _, w := range q.aside {
		oldest[w.kind] = min(oldest[w.kind], w.arrived)
	}
	return oldest
}

// Explain says why a piece of work is where it is; false for unknown work.
func (e *Engine) Explain(id string) (routing.Explanation, bool) {
	w := e.works[id]
	if w == nil {
		return routing.Explanation{}, false
	}
	x := routing.Explanation{
		WorkID: w.id, Queue: w.queue.ID, Kind: w.kind, Taken: w.taken, Waited: time.Duration(e.now - w.arrived), Closed: w.queue.closed,
		Able: map[routing.State]int{},
	}
	if w.agent != nil {
		x.Offered = w.agent.ID
		return x, true
	}
	if w.keeper != nil {
		x.KeptFor, x.KeptUntil = w.keeper.ID, moment(e.keptUntil(w))
	}
	if w.parked(e.now) {
		x.NotBefore = moment(w.notBefore)
	}
	e.explainLine(&x, w)
	if w.kind == routing.Call {
		x.Estimate = e.estimate(w.queue, w.queue.before(w)+1)
	}
	return x, true
}

// explainLine fills in what the work's own queue asks at this moment, and who could.
func (e *Engine) explainLine(x *routing.Explanation, w *work) {
	q := w.queue
	ring, next := ringsOf(&q.Queue, w.entered, e.now)
	if len(q.Rings) > 0 {
		x.Ring, x.NextRing = ring+1, moment(next)
	}
	l := e.lineFor(q, w, ring)
	if l == nil {
		return
	}
	x.Needs = slices.Clone(l.shown)
	if w.line == l {
		x.Place = l.before(w) + 1
	}
	for _, a := range e.agents {
		if !a.left && a.profile.able(l) {
			x.Able[a.state]++
		}
	}
	x.Missing = e.missing(l)
}

// before counts who is ahead in the line.
func (l *line) before(w *work) int {
	n := 0
	for o := range l.waiting.all {
		if earlier(o.arrived, o.seq, w.arrived, w.seq) {
			n++
		}
	}
	return n
}

// missing names the needs of a line that nobody who is signed in meets.
func (e *Engine) missing(l *line) []string {
	var names []string
	for i, n := range l.needs {
		met := slices.ContainsFunc(e.ranked, func(p *profile) bool { return p.agents > 0 && p.levels[n.skill] >= n.level })
		if !met {
			names = append(names, l.shown[i].Skill)
		}
	}
	return names
}
