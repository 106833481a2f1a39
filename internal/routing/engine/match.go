package engine

import (
	"slices"
	"time"

	"santra/internal/routing"
)

// match offers work that has just been placed to the best who can take it.
func (e *Engine) match(w *work) {
	if a := w.keeper; a != nil {
		if a.pooled(w.kind) {
			e.offer(a, w, routing.Why{Preferred: true, Candidates: 1}, nil, false)
		}
		return
	}
	if e.matchLine(w, w.line) {
		return
	}
	for i := range w.also {
		if e.matchLine(w, w.also[i]) {
			return
		}
	}
}

func (e *Engine) matchLine(w *work, l *line) bool {
	if l == nil {
		return false
	}
	first, second := voicePool, disturbPool
	if w.kind == routing.Mail {
		first, second = mailPool, mailPool
	}
	a, able := e.best(l, first, w)
	if second != first {
		disturbed, more := e.best(l, second, w)
		able += more
		if a == nil {
			a = disturbed
		}
	}
	if a == nil {
		return false
	}
	e.offer(a, w, routing.Why{Candidates: able}, l, false)
	return true
}

// pooled tells whether the agent is free for work of a kind, and has been served.
func (a *agent) pooled(k routing.Kind) bool {
	if k == routing.Mail {
		return a.in[mailPool]
	}
	return a.in[voicePool] || a.in[disturbPool]
}

func (e *Engine) freeForVoice(a *agent) bool {
	switch {
	case a.left || a.Capacity.NoCalls || a.call != nil || a.Capacity.Undisturbed && a.mails > 0:
		return false
	case a.offer == nil:
		return a.state == routing.Ready
	}
	return a.state == routing.Offered && a.offer.kind == routing.Mail && !a.guarded && !a.Capacity.Undisturbed
}

func (e *Engine) freeForMail(a *agent) bool {
	if a.left || a.offer != nil || a.mails >= a.Capacity.Mails || a.paused != 0 {
		return false
	}
	return a.state == routing.Ready || a.state == routing.Busy && a.Capacity.MailDuringCall
}

// serve offers an agent what is best for them, until there is nothing more that they are free for.
func (e *Engine) serve(a *agent) {
	e.leave(a)
	for e.serveNext(a) {
	}
	e.pool(a)
}

// found is what an agent who came free would take next.
type found struct {
	line    int32 // -1: none
	class   uint8
	overdue bool
	voice   bool // a call or callback was among them
	lines   int
	key     int64
	score   float64 // weight × (waited + priority × Ageing)
	arrived int64
	oldest  int64 // the earliest arrival of a line's first
}

func (e *Engine) serveNext(a *agent) bool {
	voice, mail := e.freeForVoice(a), e.freeForMail(a)
	if !voice && !mail {
		return false
	}
	f := e.look(a.profile, voice, mail)
	kept, keptVoice := e.firstKept(a, voice, mail)
	if kept != nil && !f.overdue {
		e.overtake(a.profile, voice, mail, &f, kept.arrived, kept.seq)
		e.offer(a, kept, routing.Why{Freed: true, Preferred: true, Lines: f.lines}, nil, kept.kind == routing.Mail && (f.voice || keptVoice))
		return true
	}
	if f.line < 0 {
		return false
	}
	e.overtake(a.profile, voice, mail, &f, f.arrived, e.heads[f.line].seq)
	l := e.lines[f.line]
	guarded := l.kind == routing.Mail && (f.overdue || f.voice || keptVoice)
	e.offer(a, l.waiting.first().work, routing.Why{Freed: true, Overdue: f.overdue, Lines: f.lines}, l, guarded)
	return true
}

// firstKept gives what comes first of the work that is kept for the agent, and whether a call or callback is among it.
func (e *Engine) firstKept(a *agent, voice, mail bool) (first *work, anyVoice bool) {
	for k := range routing.Kinds {
		if len(a.kept[k]) == 0 || routing.Kind(k) == routing.Mail && !mail || routing.Kind(k) != routing.Mail && !voice {
			continue
		}
		anyVoice = anyVoice || routing.Kind(k) != routing.Mail
		w := a.kept[k][0].at.work
		if first == nil || e.channels[k].Class > e.channels[first.kind].Class ||
			e.channels[k].Class == e.channels[first.kind].Class && earlier(w.arrived, w.seq, first.arrived, first.seq) {
			first = w
		}
	}
	return first, anyVoice
}

// look finds the best of a profile's lines.
func (e *Engine) look(p *profile, voice, mail bool) found {
	f := found{line: -1, oldest: never}
	simple := e.overdue == 0 && e.policy.Choice == routing.Weighted
	for _, edge := range p.edges {
		key, kind := e.keys[edge.line()], edge.kind()
		if key == never || kind == routing.Mail && !mail || kind != routing.Mail && !voice {
			continue
		}
		f.lines++
		f.voice = f.voice || kind != routing.Mail
		arrived := key + e.bonus(edge.priority())
		f.oldest = min(f.oldest, arrived)
		class, score := e.channels[kind].Class, float64(edge.weight)*float64(e.now-key)
		if simple && f.line >= 0 && (class < f.class || class == f.class && score < f.score) {
			continue // as goesBefore would say: this is what nearly all lines come to
		}
		other := found{line: edge.line(), class: class, key: key, score: score, arrived: arrived, overdue: e.isOverdue(edge.line())}
		if f.line < 0 || e.goesBefore(&other, &f) {
			f.line, f.class, f.key, f.score, f.arrived, f.overdue = other.line, class, key, score, arrived, other.overdue
		}
	}
	return f
}

// goesBefore tells whether a line's first is served before the best so far.
func (e *Engine) goesBefore(f, best *found) bool {
	switch {
	case f.overdue != best.overdue:
		return f.overdue
	case f.overdue:
		return e.inOrder(f, best)
	case f.class != best.class:
		return f.class > best.class
	case e.policy.Choice == routing.Breach:
		ours, theirs := f.key+e.heads[f.line].within, best.key+e.heads[best.line].within
		return ours < theirs || ours == theirs && e.inOrder(f, best)
	}
	return f.score > best.score || f.score == best.score && e.inOrder(f, best)
}

// inOrder is the order Arrived, seq; of two lines in which the same work is first its own queue's goes before the others.
func (e *Engine) inOrder(f, best *found) bool {
	if f.arrived != best.arrived {
		return f.arrived < best.arrived
	}
	ours, theirs := e.heads[f.line].seq, e.heads[best.line].seq
	if ours != theirs {
		return ours < theirs
	}
	return e.standing(f.line) < e.standing(best.line)
}

// standing tells which of its work's lines this is: 0 in its own queue, then as in Also.
func (e *Engine) standing(line int32) int {
	l := e.lines[line]
	return slices.Index(l.waiting.first().work.also, l) + 1
}

// overtake counts, on each line that was looked at but the one that is served, that later work goes before its first.
func (e *Engine) overtake(p *profile, voice, mail bool, f *found, arrived int64, seq uint64) {
	if f.oldest > arrived {
		return
	}
	for _, edge := range p.edges {
		line, kind := edge.line(), edge.kind()
		key := e.keys[line]
		if key == never || kind == routing.Mail && !mail || kind != routing.Mail && !voice {
			continue
		}
		if h := &e.heads[line]; earlier(key+e.bonus(edge.priority()), h.seq, arrived, seq) {
			e.pass(line, h.passed+1)
		}
	}
}

// offer lets work ring at an agent. l is the line it is taken from, nil if it was kept for the agent.
func (e *Engine) offer(a *agent, w *work, why routing.Why, l *line, guarded bool) {
	e.leave(a)
	e.explain(&why, a, w, l)
	var mail *work
	if a.offer != nil {
		mail = e.unoffer(a, routing.Interrupted)
	}
	if l != nil {
		e.pass(int32(l.index), 0)
	}
	e.unplace(w)
	e.alarm(&w.alarm, never)
	e.turn++
	a.turn, a.offer, a.guarded, w.agent = e.turn, w, guarded || int(w.disturbed) >= e.policy.Overtaken, a
	a.offerEnds = after(e.now, w.ring())
	if a.call == nil {
		e.become(a, routing.Offered, a.offerEnds)
	}
	e.alarmAgent(a)
	e.whys = append(e.whys, why)
	e.out = append(e.out, routing.Decision{
		Type: routing.Offer, WorkID: w.id, Kind: w.kind, Queue: w.queue.ID, AgentID: a.ID, Seat: a.Seat, Until: moment(a.offerEnds), Why: &e.whys[len(e.whys)-1],
	})
	e.pool(a)
	if mail != nil {
		mail.disturbed = max(mail.disturbed, mail.disturbed+1) // it stays at its greatest
		e.workDue(mail)
	}
}

// ring is how long an offer of the work stands.
func (w *work) ring() time.Duration {
	switch {
	case w.ringing > 0:
		return time.Duration(w.ringing)
	case w.queue.Ring > 0:
		return w.queue.Ring
	}
	return routing.DefaultRing
}

// explain fills in what led to an offer.
func (e *Engine) explain(why *routing.Why, a *agent, w *work, l *line) {
	why.Queue, why.Language, why.Idle, why.Waited = w.queue.ID, w.language, time.Duration(e.now-a.idle), time.Duration(e.now-w.arrived)
	if l == nil {
		return
	}
	q := l.queue
	why.Queue, why.Strategy, why.Needs = q.ID, q.Strategy, l.shown
	if q.Strategy == routing.Tiers {
		why.Tier = tierOf(&a.Agent, q.ID)
	}
	if len(q.Rings) == 0 {
		return
	}
	entered := w.entered
	for i := range w.also {
		if w.also[i] == l {
			entered = after(entered, w.queue.Also[i].After)
		}
	}
	why.Ring = int(l.ring) + 1
	if l.ring > 0 {
		entered = after(entered, q.Rings[l.ring-1].After)
	}
	why.RingFor = time.Duration(e.now - entered)
}
