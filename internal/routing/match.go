package routing

import "time"

// match offers work that has just been placed to the best who can take it.
func (e *Engine) match(w *work) {
	if a := w.keeper; a != nil {
		if e.free(a, w.kind) {
			e.offer(a, w, Why{Preferred: true, Candidates: 1}, nil, false)
		}
		return
	}
	if e.matchLine(w, w.main.line) {
		return
	}
	for i := range w.also {
		if e.matchLine(w, w.also[i].line) {
			return
		}
	}
}

func (e *Engine) matchLine(w *work, l *line) bool {
	if l == nil {
		return false
	}
	first, second := voicePool, disturbPool
	if w.kind == Mail {
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
	e.offer(a, w, Why{Candidates: able}, l, false)
	return true
}

// free tells whether the agent may be offered work of a kind now.
func (e *Engine) free(a *agent, k Kind) bool {
	if k == Mail {
		return e.freeForMail(a)
	}
	return e.freeForVoice(a)
}

func (e *Engine) freeForVoice(a *agent) bool {
	switch {
	case a.left || a.Capacity.NoCalls || a.call != nil || a.Capacity.Undisturbed && a.mails > 0:
		return false
	case a.offer == nil:
		return a.state == Ready
	}
	return a.state == Offered && a.offer.kind == Mail && !a.guarded && !a.Capacity.Undisturbed
}

func (e *Engine) freeForMail(a *agent) bool {
	if a.left || a.offer != nil || a.mails >= a.Capacity.Mails || a.paused > e.now {
		return false
	}
	return a.state == Ready || a.state == Busy && a.Capacity.MailDuringCall
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
	head    head
	weight  float32
	overdue bool
	lines   int
	voice   bool  // a call or callback was among them
	oldest  int64 // the earliest first of a line
	oldSeq  uint64
}

func (e *Engine) serveNext(a *agent) bool {
	voice, mail := e.freeForVoice(a), e.freeForMail(a)
	if !voice && !mail {
		return false
	}
	f := e.look(a.profile, voice, mail)
	kept, keptVoice := e.firstKept(a, voice, mail)
	if kept != nil && !f.overdue {
		f.overtake(e, kept.arrived, kept.seq, -1)
		e.offer(a, kept, Why{Freed: true, Preferred: true, Lines: f.lines}, nil, kept.kind == Mail && (f.voice || keptVoice))
		return true
	}
	if f.line < 0 {
		return false
	}
	f.overtake(e, f.head.arrived, f.head.seq, f.line)
	l := e.lines[f.line]
	guarded := l.kind == Mail && (f.overdue || f.voice || keptVoice)
	e.offer(a, l.waiting[0].at.work, Why{Freed: true, Overdue: f.overdue, Lines: f.lines}, l, guarded)
	return true
}

// firstKept gives what comes first of the work that is kept for the agent, and whether a call or callback is among it.
func (e *Engine) firstKept(a *agent, voice, mail bool) (first *work, anyVoice bool) {
	for k := range Kinds {
		if len(a.kept[k]) == 0 || Kind(k) == Mail && !mail || Kind(k) != Mail && !voice {
			continue
		}
		anyVoice = anyVoice || Kind(k) != Mail
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
	e.seen = e.seen[:0]
	for _, edge := range p.edges {
		h := &e.heads[edge.line]
		if h.empty() || h.mail && !mail || !h.mail && !voice {
			continue
		}
		f.lines++
		f.voice = f.voice || !h.mail
		e.seen = append(e.seen, edge.line)
		if earlier(h.arrived, h.seq, f.oldest, f.oldSeq) {
			f.oldest, f.oldSeq = h.arrived, h.seq
		}
		if f.line < 0 || e.goesBefore(edge.line, h, edge.weight, &f) {
			f.line, f.head, f.weight, f.overdue = edge.line, *h, edge.weight, int(h.passed) >= e.policy.Overtaken
		}
	}
	return f
}

// goesBefore tells whether a line's first is served before the best so far.
func (e *Engine) goesBefore(line int32, h *head, weight float32, f *found) bool {
	if overdue := int(h.passed) >= e.policy.Overtaken; overdue || f.overdue {
		if overdue != f.overdue {
			return overdue
		}
		return e.inOrder(line, h, f)
	}
	if h.class != f.head.class {
		return h.class > f.head.class
	}
	if e.policy.Choice == Breach {
		ours, theirs := h.arrived-h.bonus+h.within, f.head.arrived-f.head.bonus+f.head.within
		if ours != theirs {
			return ours < theirs
		}
		return e.inOrder(line, h, f)
	}
	ours, theirs := e.score(h, weight), e.score(&f.head, f.weight)
	if ours != theirs {
		return ours > theirs
	}
	return e.inOrder(line, h, f)
}

// inOrder is the order Arrived, seq; of two lines in which the same work is first its own queue's goes before the others.
func (e *Engine) inOrder(line int32, h *head, f *found) bool {
	if h.seq != f.head.seq {
		return earlier(h.arrived, h.seq, f.head.arrived, f.head.seq)
	}
	return e.firstOf(line).standing() < e.firstOf(f.line).standing()
}

func (e *Engine) firstOf(line int32) *place { return e.lines[line].waiting[0].at }

// standing tells which of its work's places this is: 0 in its own queue's line, then as in Also.
func (p *place) standing() int {
	for i := range p.work.also {
		if p == &p.work.also[i] {
			return i + 1
		}
	}
	return 0
}

// score is weight × (waited + priority × Ageing).
func (e *Engine) score(h *head, weight float32) float64 {
	return float64(weight) * float64(e.now-h.arrived+h.bonus)
}

// overtake counts, on each line that was looked at, that later work goes before its first.
func (f *found) overtake(e *Engine, arrived int64, seq uint64, line int32) {
	if !earlier(f.oldest, f.oldSeq, arrived, seq) {
		return
	}
	for _, i := range e.seen {
		if h := &e.heads[i]; i != line && earlier(h.arrived, h.seq, arrived, seq) {
			h.passed++
		}
	}
}

// offer lets work ring at an agent. l is the line it is taken from, nil if it was kept for the agent.
func (e *Engine) offer(a *agent, w *work, why Why, l *line, guarded bool) {
	e.leave(a)
	e.explain(&why, a, w, l)
	var mail *work
	if a.offer != nil {
		mail = e.unoffer(a, Interrupted)
	}
	if l != nil {
		e.heads[l.index].passed = 0
	}
	e.unplace(w)
	e.alarm(&w.alarm, never)
	e.turn++
	a.turn, a.offer, a.guarded, w.agent = e.turn, w, guarded || int(w.disturbed) >= e.policy.Overtaken, a
	a.offerEnds = after(e.now, w.ring())
	if a.call == nil {
		e.become(a, Offered, a.offerEnds)
	}
	e.alarmAgent(a)
	e.whys = append(e.whys, why)
	e.out = append(e.out, Decision{
		Type: Offer, WorkID: w.id, Kind: w.kind, Queue: w.queue.ID, AgentID: a.ID, Seat: a.Seat, Until: moment(a.offerEnds), Why: &e.whys[len(e.whys)-1],
	})
	e.pool(a)
	if mail != nil {
		mail.disturbed++
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
	return DefaultRing
}

// explain fills in what led to an offer.
func (e *Engine) explain(why *Why, a *agent, w *work, l *line) {
	why.Queue, why.Language, why.Idle, why.Waited = w.queue.ID, w.language, time.Duration(e.now-a.idle), time.Duration(e.now-w.arrived)
	if l == nil {
		return
	}
	q := l.queue
	why.Queue, why.Strategy, why.Needs = q.ID, q.Strategy, l.shown
	if q.Strategy == Tiers {
		why.Tier = a.tier(q.ID)
	}
	if len(q.Rings) == 0 {
		return
	}
	entered := w.entered
	for i := range w.also {
		if w.also[i].line == l {
			entered = after(entered, w.queue.Also[i].After)
		}
	}
	why.Ring = int(l.ring) + 1
	if l.ring > 0 {
		entered = after(entered, q.Rings[l.ring-1].After)
	}
	why.RingFor = time.Duration(e.now - entered)
}
