package plain

import (
	"cmp"
	"slices"

	"santra/internal/routing"
)

// choice is what is known of how an offer came about.
type choice struct {
	freed, preferred, overdue bool
	candidates, lines         int
}

// why explains the offer that is about to be made; l is nil for kept work.
func (e *Engine) why(a *agent, w *work, l *line, c choice) *routing.Why {
	q := e.queue(w.Queue)
	why := &routing.Why{Freed: c.freed, Preferred: c.preferred, Overdue: c.overdue, Candidates: c.candidates, Lines: c.lines, Language: w.Language}
	why.Idle, why.Waited = e.now.Sub(a.idle), e.now.Sub(w.Arrived)
	if l != nil {
		q = e.queue(l.queue)
		why.Needs = e.needList(*l, q)
		e.sayRing(why, w, *l)
	}
	why.Queue, why.Strategy = q.ID, q.Strategy
	if q.Strategy == routing.Tiers {
		why.Tier = tier(a, q)
	}
	return why
}

// needList gives what the line requires, by skill, then what its queue prefers.
func (e *Engine) needList(l line, q *queue) []routing.Need {
	var list []routing.Need
	for skill, level := range e.needs(l) {
		list = append(list, routing.Need{Skill: skill, Level: level})
	}
	slices.SortFunc(list, func(a, b routing.Need) int { return cmp.Compare(a.Skill, b.Skill) })
	for _, n := range q.Needs {
		if n.Preferred {
			list = append(list, n)
		}
	}
	return list
}

func (e *Engine) sayRing(why *routing.Why, w *work, l line) {
	for _, in := range e.waitsIn(w) {
		if rings := in.queue.Rings; in.queue.ID == l.queue && len(rings) > 0 {
			since := in.since
			if l.ring > 0 {
				since = since.Add(rings[l.ring-1].After)
			}
			why.Ring, why.RingFor = l.ring+1, e.now.Sub(since)
		}
	}
}

// Agents lists all who are signed in, by id.
func (e *Engine) Agents() []routing.AgentView {
	views := []routing.AgentView{}
	for _, a := range e.agents {
		if !a.left {
			views = append(views, a.view())
		}
	}
	slices.SortFunc(views, func(a, b routing.AgentView) int { return cmp.Compare(a.ID, b.ID) })
	return views
}

func (a *agent) view() routing.AgentView {
	v := routing.AgentView{
		ID: a.ID, Seat: a.Seat, State: a.state, Since: a.since, Until: a.until, Reason: a.reason, Next: a.next, Mails: a.mails, Handled: a.handled,
	}
	if a.call != nil {
		v.Work = a.call.ID
	}
	if a.offer != nil {
		v.Work, v.Until = a.offer.ID, a.rings
	}
	return v
}

// Queues counts what waits and what is in hand, by queue: of each that is set or has either.
func (e *Engine) Queues() map[string]routing.QueueView {
	views := map[string]routing.QueueView{}
	for _, q := range e.queues {
		v := routing.QueueView{Queue: q.ID, Closed: q.closed, Estimate: e.estimate(q, 1+e.others(&work{Work: routing.Work{Queue: q.ID}}, isCall))}
		for _, a := range e.agents {
			if present(a) && e.couldServe(a, q) {
				v.Staffed++
				v.Ready += one(a.state == routing.Ready)
			}
		}
		views[q.ID] = v
	}
	for _, w := range e.work {
		v := views[w.Queue]
		v.Queue = w.Queue
		count(&v, w)
		views[w.Queue] = v
	}
	return views
}

func count(v *routing.QueueView, w *work) {
	waits, inHand := &v.Calls, &v.Talking
	switch w.Kind {
	case routing.Mail:
		waits, inHand = &v.Mails, &v.Open
	case routing.Callback:
		waits = &v.Callbacks
	}
	if w.taken {
		*inHand++
		return
	}
	*waits++
	switch {
	case w.Kind == routing.Call && (v.OldestCall.IsZero() || w.Arrived.Before(v.OldestCall)):
		v.OldestCall = w.Arrived
	case w.Kind == routing.Mail && (v.OldestMail.IsZero() || w.Arrived.Before(v.OldestMail)):
		v.OldestMail = w.Arrived
	}
}
