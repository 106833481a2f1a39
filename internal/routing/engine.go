package routing

import "time"

// Engine holds the agents, what waits and what is offered. It belongs to one goroutine; New makes one. DESIGN.md is the contract
// of its decisions.
//
// Agents with the same abilities share a profile, waiting work that asks the same a line. Which profiles are able for which lines is
// worked out when either is new; then an arrival looks at the free agents of its line's profiles, and an agent who comes free at
// the first of each of their profile's lines, whose order is kept in one flat array. Nothing is allocated once all have been seen.
type Engine struct {
	policy   Policy
	channels [Kinds]Channel
	now      int64
	seq      uint64 // of arrivals
	turn     uint64 // of offers

	queues     map[string]*queue
	order      []*queue // in order of making
	agents     map[string]*agent
	works      map[string]*work
	unused     []*work // to be used again
	profiles   map[string]*profile
	ranked     []*profile // by profile.index
	generation uint64     // of profiles: what was worked out of an older one no longer holds
	skills     map[string]int
	holders    [][]*profile // by number of skill: who has it
	languages  []string     // that are among the skills
	lines      []*line      // by line.index
	keys       []int64      // by line.index: see head
	heads      []head       // by line.index
	overdue    int          // lines that are
	tidyAt     int          // lines and profiles at which those without use are dropped

	pooled  [pools]int // agents in all pools of a kind
	timers  heap
	emptied []*profile // whose last staff went in this step
	vacant  []*line    // that were emptied in this step
	key     []byte     // scratch
	out     []Decision
	whys    []Why
}

// New makes an empty engine.
func New(p Policy) *Engine {
	if p.Ageing <= 0 {
		p.Ageing = DefaultAgeing
	}
	if p.Overtaken <= 0 {
		p.Overtaken = DefaultOvertaken
	}
	p.Overtaken = min(p.Overtaken, MaxOvertaken)
	e := &Engine{
		policy: p, generation: 1, channels: [Kinds]Channel{Call: {Class: 1}, Mail: {}, Callback: {Class: 1}, Outgoing: {Class: 1}},
		queues: map[string]*queue{}, agents: map[string]*agent{}, works: map[string]*work{}, profiles: map[string]*profile{}, skills: map[string]int{},
	}
	if p.Channels != nil {
		e.channels = *p.Channels
	}
	return e
}

// Apply takes one event and gives what is to be done, in order. The slice, and what it points to, is valid until the next call.
func (e *Engine) Apply(ev Event) []Decision {
	e.out, e.whys = e.out[:0], e.whys[:0]
	e.now = max(e.now, stamp(ev.At))
	e.expire()
	e.event(&ev)
	e.endStep()
	return e.out
}

func (e *Engine) event(ev *Event) {
	switch ev.Type {
	case SignedIn, SignedOut, StateSet, Extended:
		e.agentEvent(ev)
	case QueueSet, QueueRemoved, QueueOpened, QueueClosed:
		e.queueEvent(ev)
	case Arrived, Restored, Reoffered:
		e.newWork(ev)
	case Removed:
		e.onWork(ev, func(w *work) { e.remove(w, ev.Reason) })
	case Accepted:
		e.onOffer(ev, e.accept)
	case Declined:
		e.onOffer(ev, func(a *agent, _ *work) { e.untaken(a, WasDeclined) })
	case Finished:
		e.onHand(ev, e.finish)
	case Transferred:
		e.onHand(ev, func(a *agent, w *work) { e.transfer(a, w, ev.Work) })
	case Converted:
		e.onWork(ev, func(w *work) { e.convert(w, ev.Work) })
	case Tick:
	default:
		e.refuse(ev.WorkID, ev.AgentID, ev.QueueID, Invalid)
	}
}

// Next tells when the engine wants a Tick: the earliest end of an offer, wrap-up or pause, ring, delay or rule.
func (e *Engine) Next() (time.Time, bool) {
	if top := e.nextAlarm(); top != nil {
		return moment(top.first), true
	}
	return time.Time{}, false
}

// expire does what is due.
func (e *Engine) expire() {
	for {
		top := e.nextAlarm()
		if top == nil || top.first > e.now {
			return
		}
		at := top.at
		e.timers.remove(at)
		if at.agent != nil {
			e.agentDue(at.agent)
		} else {
			e.workDue(at.work)
		}
		e.endStep()
	}
}

// alarm sets the time at which an agent or a piece of work wants to be looked at; never for none. One that is put off stays where
// it is in the heap until it comes up: most are put off again before.
func (e *Engine) alarm(p *place, at int64) {
	if p.work != nil {
		p.work.due = at
	} else {
		p.agent.due = at
	}
	if at == never || p.index > 0 && e.timers[p.index-1].first <= at {
		return
	}
	e.timers.remove(p)
	e.timers.push(p.alarm())
}

// alarm is the place's entry among the timers: by time, agents first, then work in order of arrival.
func (p *place) alarm() node {
	if p.work != nil {
		return node{first: p.work.due, second: p.work.seq, at: p}
	}
	return node{first: p.agent.due, at: p}
}

// nextAlarm gives the earliest, putting those where they belong that were put off.
func (e *Engine) nextAlarm() *node {
	for len(e.timers) > 0 {
		top := e.timers[0]
		want := top.at.alarm()
		if top.first == want.first && top.second == want.second {
			return &e.timers[0]
		}
		if want.first == never {
			e.timers.remove(top.at)
		} else {
			e.timers.down(0, want)
		}
	}
	return nil
}

func (e *Engine) refuse(work, agent, queue, reason string) {
	e.out = append(e.out, Decision{Type: Refuse, WorkID: work, AgentID: agent, Queue: queue, Reason: reason})
}

// onWork runs f for known work and refuses the event of unknown.
func (e *Engine) onWork(ev *Event, f func(*work)) {
	if w := e.works[ev.WorkID]; w != nil {
		f(w)
		return
	}
	e.refuse(ev.WorkID, ev.AgentID, "", Unknown)
}

// onOffer runs f where the work is on offer to the agent at this moment; all else is a race that its sender must undo.
func (e *Engine) onOffer(ev *Event, f func(*agent, *work)) {
	w := e.works[ev.WorkID]
	if w == nil || w.agent == nil || w.taken || w.agent.ID != ev.AgentID {
		e.refuse(ev.WorkID, ev.AgentID, "", NotOffered)
		return
	}
	f(w.agent, w)
}

// onHand runs f where the agent has the work in hand.
func (e *Engine) onHand(ev *Event, f func(*agent, *work)) {
	w := e.works[ev.WorkID]
	if w == nil || !w.taken || w.agent.ID != ev.AgentID {
		e.refuse(ev.WorkID, ev.AgentID, "", Unknown)
		return
	}
	f(w.agent, w)
}
