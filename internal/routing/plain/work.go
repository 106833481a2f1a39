package plain

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"santra/internal/routing"
)

// work is one piece of work: waiting, offered to an agent, or taken by one.
type work struct {
	routing.Work
	seq       uint64
	entered   time.Time
	hops      int
	fired     uint16
	agent     *agent // it is offered to, or who has it
	taken     bool
	unkept    bool      // its keeping has ended for good
	kept      bool      // waits for its preferred agent
	parked    bool      // is offered to nobody
	lines     []line    // it waits in
	looked    time.Time // when it was placed last
	protected bool      // no call interrupts the offer
	disturbed int       // times that a call interrupted its offer
	invited   bool      // to a callback
	waited    bool      // was not offered at once
	guess     guess
}

// line names the waiting work of one queue that asks the same.
type line struct {
	queue, agency, language, skills string
	kind                            routing.Kind
	priority, ring                  int
}

func (w *work) waits() bool { return w.agent == nil }

// somewhere tells whether it has a place: not, while it is being placed anew.
func (w *work) somewhere() bool { return w.waits() && (w.kept || w.parked || len(w.lines) > 0) }

// before is the order of a line.
func (w *work) before(o *work) bool { return inOrder(w, o) < 0 }

// inOrder gives what waits and holds, in the order of a line.
func (e *Engine) inOrder(holds func(*work) bool) []*work {
	var list []*work
	for _, w := range e.work {
		if w.waits() && holds(w) {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, inOrder)
	return list
}

func inOrder(a, b *work) int { return cmp.Or(a.Arrived.Compare(b.Arrived), cmp.Compare(a.seq, b.seq)) }

func (e *Engine) workEvent(ev routing.Event) {
	if ev.Type == routing.Arrived {
		e.arrive(ev)
		return
	}
	w := e.workByID(ev.WorkID)
	switch {
	case w == nil:
		e.refuse(ev, routing.Unknown)
	case ev.Type == routing.Removed:
		e.remove(w, ev.Reason)
	default:
		e.convert(w, ev)
	}
}

func (e *Engine) arrive(ev routing.Event) {
	reason := e.objection(ev.Work)
	if reason == "" && ev.Work.Kind == routing.Callback && ev.Work.Past == nil && e.onceTaken(ev.Work.Queue, ev.Work.Once) {
		reason = routing.Duplicate
	}
	if reason != "" {
		e.refuse(ev, reason)
		return
	}
	w := e.newWork(*ev.Work)
	if ev.Work.Past == nil {
		e.enter(w)
		return
	}
	e.back(w)
	if w.waits() {
		e.inherit(w, ev.Work.Past)
	}
}

// inherit gives the lines of work that waited before a take-over the counts that were told.
func (e *Engine) inherit(w *work, past *routing.Placement) {
	for _, l := range w.lines {
		told := past.Passed
		if l.queue != w.Queue {
			told = 0
			i := slices.IndexFunc(e.queue(w.Queue).Also, func(a routing.Also) bool { return a.Queue == l.queue })
			if i < len(past.AlsoPassed) {
				told = past.AlsoPassed[i]
			}
		}
		if told = min(told, e.policy.Overtaken); told > e.passed[l] {
			e.passed[l] = told
		}
	}
}

// objection says why the work can't be taken in; "" where it can.
func (e *Engine) objection(w *routing.Work) string {
	switch {
	case w == nil || w.ID == "" || w.Kind >= routing.Kinds || w.Priority < 0 || w.Priority > 9:
		return routing.Invalid
	case e.queue(w.Queue) == nil:
		return routing.Unknown
	case e.workByID(w.ID) != nil:
		return routing.Duplicate
	default:
		return e.tooMuch(w)
	}
}

// tooMuch says Impossible where the work asks for more than the limits.
func (e *Engine) tooMuch(w *routing.Work) string {
	needs := len(w.Skills)
	if w.Language != "" {
		needs++
	}
	if q := e.queue(w.Queue); q != nil {
		needs += len(q.Needs)
	}
	if needs > routing.MaxNeeds || !e.learn(asked(w)) {
		return routing.Impossible
	}
	return ""
}

// asked lists the skills that the work itself asks.
func asked(w *routing.Work) []string {
	if w.Language == "" {
		return w.Skills
	}
	return append(slices.Clone(w.Skills), routing.Language(w.Language))
}

// learn counts skills as known, unless they are too many.
func (e *Engine) learn(skills []string) bool {
	known := maps.Clone(e.skills)
	for _, s := range skills {
		known[s] = true
	}
	if len(known) > routing.MaxSkills {
		return false
	}
	e.skills = known
	return true
}

func (e *Engine) onceTaken(queue, once string) bool {
	return once != "" && slices.ContainsFunc(e.work, func(w *work) bool {
		return w.Kind == routing.Callback && w.Queue == queue && w.Once == once
	})
}

// newWork takes work in, and where it stood.
func (e *Engine) newWork(in routing.Work) *work {
	w := &work{Work: in, seq: e.seq + 1, entered: e.now}
	w.Skills = slices.Clone(in.Skills)
	if w.Arrived.IsZero() || w.Arrived.After(e.now) {
		w.Arrived = e.now
	}
	if p := in.Past; p != nil {
		w.hops, w.fired, w.invited, w.unkept, w.disturbed, w.waited = p.Hops, p.Fired, p.Invited, p.Unkept, p.Disturbed, true
		w.seq = cmp.Or(p.Seq, w.seq)
		if !p.Entered.IsZero() && p.Entered.Before(e.now) {
			w.entered = p.Entered
		}
	}
	e.seq = max(e.seq, w.seq)
	e.work = append(e.work, w)
	return w
}

// end is the one outcome of the work.
func (e *Engine) end(w *work, reason string) {
	d := routing.Decision{Type: routing.Ended, WorkID: w.ID, Kind: w.Kind, Queue: w.Queue, Reason: reason}
	if w.taken {
		d.AgentID = w.agent.ID
	}
	e.out = append(e.out, d)
	e.work = slices.DeleteFunc(e.work, func(o *work) bool { return o == w })
	w.lines = nil
}

func (e *Engine) remove(w *work, reason string) {
	switch a := w.agent; {
	case a == nil:
		e.end(w, cmp.Or(reason, routing.Abandoned))
	case w.taken:
		e.end(w, cmp.Or(reason, routing.Handled))
		e.release(a, w)
	default:
		e.withdraw(a, routing.Gone)
		e.end(w, cmp.Or(reason, routing.Abandoned))
		e.settle(a)
		e.serve(a)
	}
}

func (e *Engine) convert(w *work, ev routing.Event) {
	switch {
	case ev.Work == nil || w.Kind != routing.Call || !w.waits():
		e.refuse(ev, routing.Invalid)
	case e.onceTaken(w.Queue, ev.Work.Once):
		e.refuse(ev, routing.Duplicate)
	default:
		w.Kind, w.Once, w.Expires, w.NotBefore = routing.Callback, ev.Work.Once, ev.Work.Expires, ev.Work.NotBefore
		w.guess = guess{}
		e.back(w)
	}
}

// back looks at work whose time has come, or that comes back from an offer: expiry, its place anew, its rules.
func (e *Engine) back(w *work) {
	if w.expired(e.now) {
		e.end(w, routing.Expired)
		return
	}
	e.place(w)
	if w.waits() {
		e.tryRules(w)
	}
}

// nowhere takes the work from where it waits or rang.
func (w *work) nowhere() {
	w.agent, w.protected, w.kept, w.parked, w.lines = nil, false, false, false, nil
}

// place finds where the work waits as of now, and offers it at once if anybody can take it.
func (e *Engine) place(w *work) {
	w.nowhere()
	w.looked = e.now
	q := e.queue(w.Queue)
	switch {
	case w.Kind == routing.Callback && (q.closed || w.NotBefore.After(e.now)):
		w.parked = true
	case e.keeper(w) != nil:
		w.kept = true
		e.offerKept(w)
	default:
		w.lines = e.linesOf(w)
		e.offerToBest(w)
	}
}

func (w *work) expired(now time.Time) bool {
	return w.Kind == routing.Callback && !w.Expires.IsZero() && !w.Expires.After(now)
}

// comeBack places what was withdrawn, if anything was.
func (e *Engine) comeBack(w *work) {
	if w != nil {
		e.back(w)
	}
}

// comeBackBefore does so before the agent is served: it does not go to them ahead of its line.
func (e *Engine) comeBackBefore(a *agent, w *work) {
	a.waits = true
	e.comeBack(w)
	a.waits = false
}

// keeper gives the agent for whom the work is kept, or nil: then for good.
func (e *Engine) keeper(w *work) *agent {
	if w.Preferred == "" || w.unkept {
		return nil
	}
	a := e.agent(w.Preferred)
	if !e.waitedFor(a, w) || !e.now.Before(e.keptUntil(w)) {
		w.unkept = true
		return nil
	}
	return a
}

// waitedFor tells whether the agent is one whom work can be kept for.
func (e *Engine) waitedFor(a *agent, w *work) bool {
	return a != nil && !a.left && a.state != routing.Offline && worksFor(a, e.agencyOf(w))
}

func (e *Engine) keptUntil(w *work) time.Time {
	window := w.PreferredFor
	if window <= 0 {
		window = e.queue(w.Queue).Preferred
	}
	return w.entered.Add(max(window, 0))
}

// endKeeping sends what was kept for an agent who can't be waited for any more to its lines.
func (e *Engine) endKeeping(a *agent) {
	for _, w := range e.inOrder(func(w *work) bool { return w.kept && w.Preferred == a.ID }) {
		if w.waits() && w.kept && !e.waitedFor(a, w) {
			e.place(w)
		}
	}
}

// waitingIn is a queue in which work waits, since when.
type waitingIn struct {
	queue *queue
	since time.Time
}

// waitsIn gives the work's own queue and those of its Also, open yet or not.
func (e *Engine) waitsIn(w *work) []waitingIn {
	q := e.queue(w.Queue)
	list := []waitingIn{{q, w.entered}}
	for _, also := range q.Also {
		if o := e.queue(also.Queue); o != nil {
			list = append(list, waitingIn{o, w.entered.Add(max(also.After, 0))})
		}
	}
	return list
}

// linesOf gives the lines in which the work is as of now, its own queue's first.
func (e *Engine) linesOf(w *work) []line {
	var lines []line
	for _, in := range e.waitsIn(w) {
		if in.since.After(e.now) {
			continue
		}
		l := line{queue: in.queue.ID, kind: w.Kind, priority: w.Priority, language: w.Language, skills: joined(w.Skills)}
		if in.queue.Agency == "" {
			l.agency = w.Agency
		}
		for _, r := range in.queue.Rings {
			if !in.since.Add(r.After).After(e.now) {
				l.ring++
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// joined names a set of skills, each ended by NUL.
func joined(skills []string) string {
	var s strings.Builder
	for _, skill := range slices.Compact(slices.Sorted(slices.Values(skills))) {
		s.WriteString(skill + "\x00")
	}
	return s.String()
}

func (e *Engine) agencyOf(w *work) string {
	if q := e.queue(w.Queue); q != nil && q.Agency != "" {
		return q.Agency
	}
	return w.Agency
}

func worksFor(a *agent, agency string) bool {
	return len(a.Agencies) == 0 || slices.Contains(a.Agencies, agency)
}

// workDues lists when waiting work is looked at: its expiry, its places in time, the rules of its queue.
func (e *Engine) workDues(w *work, see func(due)) {
	look := func(at time.Time) { see(due{at: at, seq: w.seq, do: func() { e.back(w) }}) }
	if w.Kind == routing.Callback && !w.Expires.IsZero() {
		look(w.Expires)
	}
	for _, at := range e.turns(w) {
		if at.After(w.looked) {
			look(at)
		}
	}
	for i, r := range e.queue(w.Queue).Overflow {
		if w.fired&(1<<i) == 0 && r.When != routing.WhenClosed {
			look(w.entered.Add(max(r.After, 0)))
		}
	}
}

// turns gives the times at which the work's place changes, past ones too.
func (e *Engine) turns(w *work) []time.Time {
	switch {
	case w.parked && e.queue(w.Queue).closed:
		return nil
	case w.parked:
		return []time.Time{w.NotBefore}
	case w.kept:
		return []time.Time{e.keptUntil(w)}
	}
	var times []time.Time
	for _, in := range e.waitsIn(w) {
		times = append(times, in.since)
		for _, r := range in.queue.Rings {
			times = append(times, in.since.Add(r.After))
		}
	}
	return times
}
