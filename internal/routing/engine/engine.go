// Package engine makes routing's decisions fast: agents with the same abilities share a profile, waiting work that asks the same
// a line. It owns what is known of agents, queues and work between two events. It must not decide anything that routing's
// DESIGN.md does not say: routing/plain does the same by scanning, and the tests here hold the two together.
package engine

import (
	"time"

	"santra/internal/routing"
)

// Engine holds the agents, what waits and what is offered. It belongs to one goroutine; New makes one. DESIGN.md is the contract
// of its decisions.
//
// Agents with the same abilities share a profile, waiting work that asks the same a line. Which profiles are able for which lines is
// worked out when either is new; then an arrival looks at the free agents of its line's profiles, and an agent who comes free at
// the first of each of their profile's lines, whose order is kept in one flat array. Nothing is allocated once all have been seen.
type Engine struct {
	policy   routing.Policy
	channels [routing.Kinds]routing.Channel
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
	out     []routing.Decision
	whys    []routing.Why
}

// New makes an empty engine.
func New(p routing.Policy) *Engine {
	if p.Ageing <= 0 {
		p.Ageing = routing.DefaultAgeing
	}
	if p.Overtaken <= 0 {
		p.Overtaken = routing.DefaultOvertaken
	}
	p.Overtaken = min(p.Overtaken, routing.MaxOvertaken)
	e := &Engine{
		policy: p, generation: 1, channels: [routing.Kinds]routing.Channel{routing.Call: {Class: 1}, routing.Mail: {}, routing.Callback: {Class: 1}, routing.Outgoing: {Class: 1}},
		queues: map[string]*queue{}, agents: map[string]*agent{}, works: map[string]*work{}, profiles: map[string]*profile{}, skills: map[string]int{},
	}
	if p.Channels != nil {
		e.channels = *p.Channels
	}
	return e
}

// Apply takes one event and gives what is to be done, in order. The slice, and what it points to, is valid until the next call.
func (e *Engine) Apply(ev routing.Event) []routing.Decision {
	e.out, e.whys = e.out[:0], e.whys[:0]
	e.now = max(e.now, stamp(ev.At))
	e.expire()
	e.event(&ev)
	e.endStep()
	return e.out
}

func (e *Engine) event(ev *routing.Event) {
	switch ev.Type {
	case routing.SignedIn, routing.SignedOut, routing.StateSet, routing.Extended:
		e.agentEvent(ev)
	case routing.QueueSet, routing.QueueRemoved, routing.QueueOpened, routing.QueueClosed:
		e.queueEvent(ev)
	case routing.Arrived, routing.Restored, routing.Reoffered:
		e.newWork(ev)
	case routing.Removed:
		e.onWork(ev, func(w *work) { e.remove(w, ev.Reason) })
	case routing.Accepted:
		e.onOffer(ev, e.accept)
	case routing.Declined:
		e.onOffer(ev, func(a *agent, _ *work) { e.untaken(a, routing.WasDeclined) })
	case routing.Finished:
		e.onHand(ev, e.finish)
	case routing.Transferred:
		e.onHand(ev, func(a *agent, w *work) { e.transfer(a, w, ev.Work) })
	case routing.Converted:
		e.onWork(ev, func(w *work) { e.convert(w, ev.Work) })
	case routing.Tick:
	default:
		e.refuse(ev.WorkID, ev.AgentID, ev.QueueID, routing.Invalid)
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
	e.out = append(e.out, routing.Decision{Type: routing.Refuse, WorkID: work, AgentID: agent, Queue: queue, Reason: reason})
}

// onWork runs f for known work and refuses the event of unknown.
func (e *Engine) onWork(ev *routing.Event, f func(*work)) {
	if w := e.works[ev.WorkID]; w != nil {
		f(w)
		return
	}
	e.refuse(ev.WorkID, ev.AgentID, "", routing.Unknown)
}

// onOffer runs f where the work is on offer to the agent at this moment; all else is a race that its sender must undo.
func (e *Engine) onOffer(ev *routing.Event, f func(*agent, *work)) {
	w := e.works[ev.WorkID]
	if w == nil || w.agent == nil || w.taken || w.agent.ID != ev.AgentID {
		e.refuse(ev.WorkID, ev.AgentID, "", routing.NotOffered)
		return
	}
	f(w.agent, w)
}

// onHand runs f where the agent has the work in hand.
func (e *Engine) onHand(ev *routing.Event, f func(*agent, *work)) {
	w := e.works[ev.WorkID]
	if w == nil || !w.taken || w.agent.ID != ev.AgentID {
		e.refuse(ev.WorkID, ev.AgentID, "", routing.Unknown)
		return
	}
	f(w.agent, w)
}
