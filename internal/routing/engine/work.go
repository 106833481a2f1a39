package engine

import (
	"cmp"
	"math"
	"slices"

	"santra/internal/routing"
)

// work is a Work that the engine knows, from its arrival to its outcome.
type work struct {
	// What an offer, its answer and its end look at comes first: it lies in few lines of the processor's cache.
	id          string
	queue       *queue
	agent       *agent // it is offered to, or who has taken it
	line        *line  // it waits in, of its own queue
	arrived     int64
	seq         uint64
	kind        routing.Kind
	priority    uint8
	hops        uint8
	fired       uint16 // rules that have been looked at
	taken       bool
	counted     bool // among the queue's waiting
	waited      bool // it was not offered when it came
	transferred bool
	invited     bool   // to a callback
	unkept      bool   // its preferred agent is waited for no more
	disturbed   uint16 // times that a call interrupted its offer
	aside       int32  // place among what waits outside of its queue's lines, plus one; 0: none
	entered     int64
	ringing     int64 // how long an offer stands; 0: the queue's
	wrapUp      int64
	change      int64 // when its place changes next
	due         int64 // when its alarm rings; never: not at all
	alarm       place
	language    string
	low, high   int64   // predicted wait from entered; high 0: none
	keeper      *agent  // it is kept for
	also        []*line // it waits in, of further queues

	skills       []string
	agency       string
	once         string
	preferred    string // agent
	preferredFor int64
	expires      int64
	notBefore    int64
	shelf        place // among what is kept for an agent
}

const maxPriority = 9

// newWork takes in work that arrives, or that is there already at take-over.
func (e *Engine) newWork(ev *routing.Event) {
	in := ev.Work
	if in == nil || in.ID == "" || int(in.Kind) >= routing.Kinds || in.Priority < 0 || in.Priority > maxPriority {
		e.refuse(ev.WorkID, ev.AgentID, "", routing.Invalid)
		return
	}
	q := e.queues[in.Queue]
	if reason := e.unfit(in, q, ev.Type == routing.Arrived && in.Past == nil); reason != "" {
		e.refuse(in.ID, ev.AgentID, in.Queue, reason)
		return
	}
	if ev.Type == routing.Arrived {
		e.arrive(e.make(in, q), in.Past)
		return
	}
	a := e.agents[ev.AgentID]
	switch {
	case a == nil:
		e.refuse(in.ID, ev.AgentID, in.Queue, routing.Unknown)
	case ev.Type == routing.Restored && (in.Kind == routing.Mail || a.call == nil):
		e.restore(a, e.make(in, q))
	case ev.Type == routing.Reoffered && a.offer == nil && (in.Kind == routing.Mail || a.call == nil) && !a.left:
		e.reoffer(a, e.make(in, q), in, stamp(ev.Until))
	default:
		e.refuse(in.ID, ev.AgentID, in.Queue, routing.Invalid)
	}
}

// unfit says why work can't be taken in; "" when it can.
func (e *Engine) unfit(in *routing.Work, q *queue, fresh bool) string {
	switch {
	case q == nil || q.removed:
		return routing.Unknown
	case e.works[in.ID] != nil:
		return routing.Duplicate
	case fresh && in.Kind == routing.Callback && in.Once != "" && q.once[in.Once] > 0:
		return routing.Duplicate
	case len(in.Skills)+len(q.Needs) > routing.MaxNeeds:
		return routing.Impossible
	}
	if !e.askable(in.Skills, in.Language) {
		return routing.Impossible
	}
	return ""
}

// askable tells whether the skills can be told apart from all others so far.
func (e *Engine) askable(skills []string, language string) bool {
	for _, s := range skills {
		if _, ok := e.skill(s); !ok {
			return false
		}
	}
	if language == "" || slices.Contains(e.languages, language) {
		return true
	}
	_, ok := e.skill(routing.Language(language))
	if ok {
		e.languages = append(e.languages, language)
	}
	return ok
}

// make turns a Work into one of ours, in its queue but at no place yet.
func (e *Engine) make(in *routing.Work, q *queue) *work {
	w := e.blank()
	w.id, w.kind, w.language, w.skills, w.agency = in.ID, in.Kind, in.Language, slices.Clone(in.Skills), in.Agency
	w.priority = uint8(in.Priority)
	w.arrived, w.entered = min(cmp.Or(stamp(in.Arrived), e.now), e.now), e.now
	w.ringing, w.wrapUp = max(int64(in.Ring), 0), max(int64(in.WrapUp), 0)
	w.preferred, w.preferredFor, w.transferred = in.Preferred, max(int64(in.PreferredFor), 0), in.Transferred
	w.expires = cmp.Or(stamp(in.Expires), never)
	w.notBefore, w.once = stamp(in.NotBefore), in.Once
	w.place(in.Past, e.now)
	if w.seq == 0 {
		e.seq++
		w.seq = e.seq
	}
	e.seq = max(e.seq, w.seq)
	e.works[w.id] = w
	q.take(w)
	return w
}

// place takes over where the work stood.
func (w *work) place(p *routing.Placement, now int64) {
	if p == nil {
		return
	}
	w.entered = min(cmp.Or(stamp(p.Entered), now), now)
	w.hops, w.fired, w.invited, w.unkept = uint8(min(max(p.Hops, 0), routing.MaxHops)), p.Fired, p.Invited, p.Unkept
	w.seq, w.waited, w.disturbed = p.Seq, true, uint16(min(max(p.Disturbed, 0), math.MaxUint16))
}

// blank gives an unused work.
func (e *Engine) blank() *work {
	if len(e.unused) == 0 {
		slab := make([]work, workSlab)
		for i := range slab {
			e.unused = append(e.unused, &slab[i])
		}
	}
	last := len(e.unused) - 1
	w := e.unused[last]
	e.unused = e.unused[:last]
	*w = work{}
	w.shelf.work, w.alarm.work = w, w
	return w
}

// workSlab is how many are made at once.
const workSlab = 64

// forget ends a piece of work, which is at no place any more.
func (e *Engine) forget(w *work, outcome string) {
	agent := ""
	if w.taken {
		agent = w.agent.ID
	}
	e.out = append(e.out, routing.Decision{Type: routing.Ended, WorkID: w.id, Kind: w.kind, Queue: w.queue.ID, AgentID: agent, Reason: outcome})
	e.timers.remove(&w.alarm)
	delete(e.works, w.id)
	e.drain(w.queue, w)
	e.unused = append(e.unused, w)
}

// arrive looks where new work may wait; at take-over it waits where it did.
func (e *Engine) arrive(w *work, past *routing.Placement) {
	if past != nil {
		if e.workDue(w); e.works[w.id] == w {
			e.inherit(w, past)
		}
		return
	}
	e.enter(w)
}

// expired ends a callback whose time has come.
func (e *Engine) expired(w *work) bool {
	if w.kind != routing.Callback || w.expires > e.now {
		return false
	}
	e.unplace(w)
	e.forget(w, routing.Expired)
	return true
}

// inherit gives the lines in which work stands at take-over their counts.
func (e *Engine) inherit(w *work, past *routing.Placement) {
	e.inheritLine(w.line, past.Passed)
	for i, l := range w.also {
		if i < len(past.AlsoPassed) {
			e.inheritLine(l, past.AlsoPassed[i])
		}
	}
}

func (e *Engine) inheritLine(l *line, passed int) {
	if l != nil {
		e.pass(int32(l.index), max(e.heads[l.index].passed, int32(min(max(passed, 0), e.policy.Overtaken))))
	}
}

// remove takes work away: what waits is abandoned, what is in hand is handled, unless another outcome is given.
func (e *Engine) remove(w *work, outcome string) {
	a := w.agent
	switch {
	case a == nil:
		e.unplace(w)
		e.forget(w, cmp.Or(outcome, routing.Abandoned))
	case w.taken:
		e.over(a, w, cmp.Or(outcome, routing.Handled))
	default:
		e.unoffer(a, routing.Gone)
		e.forget(w, cmp.Or(outcome, routing.Abandoned))
		e.unring(a)
		e.resume(a)
	}
}

// convert makes a callback of a waiting call.
func (e *Engine) convert(w *work, to *routing.Work) {
	switch {
	case to == nil || w.kind != routing.Call || w.agent != nil:
		e.refuse(w.id, "", w.queue.ID, routing.Invalid)
		return
	case to.Once != "" && w.queue.once[to.Once] > 0:
		e.refuse(w.id, "", w.queue.ID, routing.Duplicate)
		return
	}
	e.unplace(w)
	w.queue.drop(w)
	w.kind, w.once, w.expires, w.notBefore = routing.Callback, to.Once, cmp.Or(stamp(to.Expires), never), stamp(to.NotBefore)
	w.high = 0
	w.queue.take(w)
	if !e.expired(w) {
		e.wait(w)
	}
}

// transfer gives what an agent has in hand back, to wait again.
func (e *Engine) transfer(a *agent, w *work, to *routing.Work) {
	if to == nil {
		e.refuse(w.id, a.ID, "", routing.Invalid)
		return
	}
	q := w.queue
	if to.Queue != "" {
		q = e.queues[to.Queue]
	}
	if q == nil || q.removed {
		e.refuse(w.id, a.ID, to.Queue, routing.Unknown)
		return
	}
	if to.Priority < 0 || to.Priority > maxPriority {
		e.refuse(w.id, a.ID, to.Queue, routing.Invalid)
		return
	}
	kept, asked := *w, routing.Work{Language: cmp.Or(to.Language, w.language), Skills: slices.Clone(to.Skills)}
	if asked.Skills == nil {
		asked.Skills = kept.skills
	}
	if len(asked.Skills)+len(q.Needs) > routing.MaxNeeds || !e.askable(asked.Skills, asked.Language) {
		e.refuse(w.id, a.ID, to.Queue, routing.Impossible)
		return
	}
	w.agent, w.taken, w.transferred, w.unkept = nil, false, true, false
	w.language, w.skills, w.preferred, w.preferredFor = asked.Language, asked.Skills, to.Preferred, max(int64(to.PreferredFor), 0)
	if to.Priority > 0 {
		w.priority = uint8(to.Priority)
	}
	wrapUp, most := w.queue.wrapUpOf(&kept)
	e.lose(a, &kept)
	e.released(a, kept.kind, wrapUp, most)
	e.changeQueue(w, q)
	w.hops = 0
	e.enter(w)
	e.resume(a)
}
