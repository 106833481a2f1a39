// Package load makes the load under which routing is measured: a full centre, where every agent is busy and much waits, and a calm one,
// where agents wait for calls. It is the same for every engine, gives it whole events, and allocates nothing while it runs. It must not know how
// an engine works.
package load

import (
	"fmt"
	"math/rand/v2"
	"time"

	"santra/internal/routing"
)

// Shape is how large a centre is.
type Shape struct {
	Agents, Queues, Skills, Waiting int
}

// Full is the shape of the published figure.
func Full() Shape { return Shape{Agents: 10_000, Queues: 1_000, Skills: 200, Waiting: 100_000} }

// Of each agent and queue.
const (
	skillsEach   = 5
	levels       = 5                // of skills
	relaxAfter   = 30 * time.Second // every fourth queue has a ring that asks a lower level then
	overflowing  = 10               // every tenth queue overflows to the next
	overflowTime = 20 * time.Minute
	ring         = time.Minute         // an agent is moved on in half of it
	workPrefix   = "work-of-somebody-" // as long as the ids of the house
	agentPrefix  = "agent-in-a-city-"
	// EventGap is the time between two events of a step, so that a full centre of 10,000 agents is gone round in half a minute.
	EventGap = time.Millisecond
	fillGap  = 10 * time.Microsecond // the same while it fills: nothing rings out meanwhile
	// EventsAStep is how many events a step gives to the engine.
	EventsAStep = 3
)

// Engine is what is measured.
type Engine interface {
	Apply(ev routing.Event) []routing.Decision
}

// Centre is a centre under load. Its fields may be read.
type Centre struct {
	Engine Engine
	Timed  []time.Duration // of each event, while there is room: make it with the capacity that is wanted

	at      time.Time
	agents  []string
	offered []string // by agent: the work that rings
	gap     time.Duration
	last    int // agent at whom something rang last
	queues  []string
	works   []routing.Work // pool: each is waiting, ringing, in hand, or free
	free    []int
	chance  *rand.Rand
}

// New makes a centre of so many agents, who are ready, and queues, without work. Work for so many waiting and as many agents is made beforehand.
func New(e Engine, s Shape) *Centre {
	c := &Centre{
		Engine: e, at: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
		chance: rand.New(rand.NewPCG(1, 2)), gap: fillGap, offered: make([]string, s.Agents),
	}
	for i := range s.Queues {
		c.queues = append(c.queues, fmt.Sprintf("queue-%04d", i))
	}
	for i := range c.queues {
		c.apply(routing.Event{Type: routing.QueueSet, Queue: c.queue(i, s)})
	}
	for i := range s.Waiting + 2*s.Agents {
		c.works = append(c.works, routing.Work{ID: fmt.Sprintf("%s%09d", workPrefix, i), Ring: ring})
		c.free = append(c.free, i)
	}
	for i := range s.Agents {
		c.sit(i, s)
	}
	c.gap = EventGap
	return c
}

func (c *Centre) queue(i int, s Shape) *routing.Queue {
	q := &routing.Queue{ID: c.queues[i], Agency: fmt.Sprintf("agency-%d", i%5), Strategy: routing.Strategy(i % 4)}
	need := routing.Need{Skill: skill(i % s.Skills), Level: 1 + i%3}
	q.Needs = []routing.Need{need, {Skill: skill((i * 31) % s.Skills), Level: 2, Preferred: true}}
	if i%4 == 0 {
		q.Rings = []routing.Ring{{After: relaxAfter, Levels: map[string]int{need.Skill: 1}}}
	}
	if i%overflowing == 0 {
		q.Overflow = []routing.Overflow{{When: routing.WhenWaited, After: overflowTime, To: routing.Target{Name: c.queues[(i+1)%len(c.queues)]}}}
	}
	return q
}

func (c *Centre) sit(i int, s Shape) {
	a := &routing.Agent{ID: fmt.Sprintf("%s%05d", agentPrefix, i), Seat: fmt.Sprintf("A%d", i), Skills: map[string]int{}, Languages: []string{"fi"}}
	for k := range skillsEach {
		a.Skills[skill((i*7+k*(31+i%17))%s.Skills)] = 1 + (i+k)%levels
	}
	if i%3 == 0 {
		a.Languages = append(a.Languages, "sv")
	}
	c.agents = append(c.agents, a.ID)
	c.apply(routing.Event{Type: routing.SignedIn, Agent: a})
	c.apply(routing.Event{Type: routing.StateSet, AgentID: a.ID, State: routing.Ready})
}

func skill(i int) string { return fmt.Sprintf("skill-%d", i) }

// Fill lets n pieces of work come.
func (c *Centre) Fill(n int) {
	c.gap = fillGap
	for range n {
		c.arrive()
	}
	c.gap = EventGap
}

// arrive lets a call come to some queue, in Finnish, or every tenth in Swedish.
func (c *Centre) arrive() {
	i := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	w := &c.works[i]
	w.Queue, w.Arrived, w.Language = c.queues[c.chance.IntN(len(c.queues))], c.at, "fi"
	if c.chance.IntN(10) == 0 {
		w.Language = "sv"
	}
	c.apply(routing.Event{Type: routing.Arrived, Work: w})
}

// Step moves the i-th agent on, if anything rings there: it is accepted, another call comes, the talk ends. It tells whether it did.
func (c *Centre) Step(i int) bool {
	agent := i % len(c.agents)
	work := c.offered[agent]
	if work == "" {
		return false
	}
	c.apply(routing.Event{Type: routing.Accepted, WorkID: work, AgentID: c.agents[agent]})
	c.arrive()
	c.offered[agent] = ""
	c.apply(routing.Event{Type: routing.Finished, WorkID: work, AgentID: c.agents[agent]})
	c.free = append(c.free, number(work, workPrefix))
	return true
}

// Calm is a step where nothing waits: a call comes, is accepted by whoever it rings at, and ends.
func (c *Centre) Calm(int) bool {
	c.arrive()
	agent := c.last
	work := c.offered[agent]
	if work == "" {
		return false
	}
	c.offered[agent] = ""
	c.apply(routing.Event{Type: routing.Accepted, WorkID: work, AgentID: c.agents[agent]})
	c.apply(routing.Event{Type: routing.Finished, WorkID: work, AgentID: c.agents[agent]})
	c.free = append(c.free, number(work, workPrefix))
	return true
}

func (c *Centre) apply(ev routing.Event) {
	c.at = c.at.Add(c.gap)
	ev.At = c.at
	var began time.Time
	timing := len(c.Timed) < cap(c.Timed)
	if timing {
		began = time.Now()
	}
	decisions := c.Engine.Apply(ev)
	if timing {
		c.Timed = append(c.Timed, time.Since(began))
	}
	for i := range decisions {
		c.note(&decisions[i])
	}
}

func (c *Centre) note(d *routing.Decision) {
	switch d.Type {
	case routing.Offer:
		c.last = number(d.AgentID, agentPrefix)
		c.offered[c.last] = d.WorkID
	case routing.Withdraw:
		c.offered[number(d.AgentID, agentPrefix)] = ""
	}
}

// number reads the number at the end of an id: a map of our own would be measured with the engine.
func number(id, prefix string) int {
	n := 0
	for _, digit := range []byte(id[len(prefix):]) {
		n = 10*n + int(digit-'0')
	}
	return n
}
