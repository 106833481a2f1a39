// Package plain is a second implementation of routing's contract (routing/DESIGN.md), written to be read beside it: it keeps
// lists and scans them, in the words and the order of the contract, and has no index, heap or timer. It is the oracle of the
// differential tests and the plain scan that the benchmark measures beside. It is never what a city runs.
package plain

import (
	"cmp"
	"slices"
	"time"

	"santra/internal/routing"
)

// Engine does what the Engine of routing/engine does, by scanning. It belongs to one goroutine. Make one with New.
type Engine struct {
	policy routing.Policy
	now    time.Time
	seq    uint64 // of the last arrival
	offers uint64 // made so far: the number of the last
	agents []*agent
	queues []*queue
	work   []*work // in order of seq
	passed map[line]int
	skills map[string]bool // that work or a queue ever asked
	out    []routing.Decision
}

// New makes an empty engine.
func New(p routing.Policy) *Engine {
	if p.Ageing == 0 {
		p.Ageing = routing.DefaultAgeing
	}
	if p.Overtaken <= 0 {
		p.Overtaken = routing.DefaultOvertaken
	}
	p.Overtaken = min(p.Overtaken, routing.MaxOvertaken)
	if p.Channels == nil {
		p.Channels = &[routing.Kinds]routing.Channel{routing.Call: {Class: 1}, routing.Callback: {Class: 1}, routing.Outgoing: {Class: 1}}
	}
	return &Engine{policy: p, passed: map[line]int{}, skills: map[string]bool{}}
}

// Apply takes one event and gives what is to be done, in order. The slice is valid until the next call.
func (e *Engine) Apply(ev routing.Event) []routing.Decision {
	e.out = e.out[:0]
	if ev.At.After(e.now) {
		e.now = ev.At
	}
	for d := e.earliest(); d != nil && !d.at.After(e.now); d = e.earliest() {
		e.step(d.do)
	}
	if ev.Type == routing.QueueSet {
		e.event(ev)
		e.forgetEmptyLines()
	} else {
		e.step(func() { e.event(ev) })
	}
	return e.out
}

// Next tells when the engine wants a Tick.
func (e *Engine) Next() (time.Time, bool) {
	if d := e.earliest(); d != nil {
		return d.at, true
	}
	return time.Time{}, false
}

// step does one transition or event, and what follows from where it ends: queues whose last staff went (not by a change of the
// queue), lines that are empty.
func (e *Engine) step(do func()) {
	before := e.staffedQueues()
	do()
	for _, q := range before {
		if e.queue(q.ID) != nil && !e.staffed(e.queue(q.ID)) {
			e.nobody(q.ID)
		}
	}
	e.forgetEmptyLines()
}

func (e *Engine) event(ev routing.Event) {
	switch ev.Type {
	case routing.SignedIn, routing.SignedOut, routing.StateSet, routing.Extended:
		e.agentEvent(ev)
	case routing.Arrived, routing.Removed, routing.Converted:
		e.workEvent(ev)
	case routing.Accepted, routing.Declined:
		e.answer(ev)
	case routing.Finished, routing.Transferred:
		e.handEvent(ev)
	case routing.Restored, routing.Reoffered:
		e.takeOver(ev)
	case routing.QueueSet, routing.QueueRemoved, routing.QueueOpened, routing.QueueClosed:
		e.queueEvent(ev)
	case routing.Tick:
	default:
		e.refuse(ev, routing.Invalid)
	}
}

// refuse says that the event does not fit.
func (e *Engine) refuse(ev routing.Event, reason string) {
	d := routing.Decision{Type: routing.Refuse, WorkID: ev.WorkID, AgentID: ev.AgentID, Queue: ev.QueueID, Reason: reason}
	if ev.Work != nil && d.WorkID == "" {
		d.WorkID, d.Queue = ev.Work.ID, ev.Work.Queue
	}
	if ev.Agent != nil && d.AgentID == "" {
		d.AgentID = ev.Agent.ID
	}
	if ev.Queue != nil && d.Queue == "" {
		d.Queue = ev.Queue.ID
	}
	e.out = append(e.out, d)
}

func (e *Engine) agent(id string) *agent {
	return find(e.agents, func(a *agent) bool { return a.ID == id })
}

func (e *Engine) queue(id string) *queue {
	return find(e.queues, func(q *queue) bool { return q.ID == id })
}

func (e *Engine) workByID(id string) *work {
	return find(e.work, func(w *work) bool { return w.ID == id })
}

// find gives the first that holds, or nil.
func find[T any](list []*T, holds func(*T) bool) *T {
	if i := slices.IndexFunc(list, holds); i >= 0 {
		return list[i]
	}
	return nil
}

// due is a transition that comes by itself.
type due struct {
	at    time.Time
	agent string // "" for work
	seq   uint64
	do    func()
}

func (d *due) before(o *due) bool {
	if c := d.at.Compare(o.at); c != 0 {
		return c < 0
	}
	if (d.agent == "") != (o.agent == "") {
		return d.agent != ""
	}
	return cmp.Or(cmp.Compare(d.agent, o.agent), cmp.Compare(d.seq, o.seq)) < 0
}

// earliest gives the transition that comes first, or nil.
func (e *Engine) earliest() *due {
	var first *due
	see := func(d due) {
		if first == nil || d.before(first) {
			first = &d
		}
	}
	for _, a := range e.agents {
		e.agentDues(a, see)
	}
	for _, w := range e.work {
		if w.waits() {
			e.workDues(w, see)
		}
	}
	return first
}
