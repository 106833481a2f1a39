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
	why.Queue = q.ID
	if l == nil {
		return why
	}
	q = e.queue(l.queue)
	why.Queue, why.Strategy, why.Needs = q.ID, q.Strategy, e.needList(*l, q)
	e.sayRing(why, w, *l)
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
	slices.SortFunc(list, bySkill)
	return append(list, q.preferred()...)
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

func bySkill(a, b routing.Need) int { return cmp.Compare(a.Skill, b.Skill) }

// Agents lists all who are known, by id.
func (e *Engine) Agents() []routing.AgentView {
	views := []routing.AgentView{}
	for _, a := range e.agents {
		views = append(views, a.view())
	}
	slices.SortFunc(views, func(a, b routing.AgentView) int { return cmp.Compare(a.ID, b.ID) })
	return views
}

func (a *agent) view() routing.AgentView {
	v := routing.AgentView{
		ID: a.ID, Seat: a.Seat, State: a.state, Since: a.since, Until: a.until, Reason: a.reason, Next: a.next, Mails: a.mails, Handled: a.handled,
		Agencies: a.Agencies,
	}
	if a.call != nil {
		v.Work = a.call.ID
	}
	if a.left {
		v.Next = routing.Offline
	}
	if a.offer != nil {
		v.Work = a.offer.ID
	}
	return v
}

// Queues counts what waits and what is in hand, by queue that is set.
func (e *Engine) Queues() map[string]routing.QueueView {
	views := map[string]routing.QueueView{}
	for _, q := range e.queues {
		v := routing.QueueView{Queue: q.ID, Closed: q.closed, Estimate: e.estimate(q, 1+e.others(&work{Work: routing.Work{Queue: q.ID}}, isCall))}
		for _, a := range e.agents {
			if present(a) && e.couldServe(a, q) {
				v.Staffed++
				v.Ready += one(e.free(a, routing.Call))
			}
		}
		views[q.ID] = v
	}
	for _, w := range e.work {
		if v, set := views[w.Queue]; set {
			count(&v, w)
			views[w.Queue] = v
		}
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
