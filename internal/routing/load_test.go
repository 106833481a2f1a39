package routing

import (
	"fmt"
	"time"
)

// loaded makes a centre where every agent is in a call and much waits: the state in which each decision costs most.
func loaded(agents, queues, waiting int) (*Engine, time.Time) {
	e := New(Policy{})
	at := start
	for i := range agents {
		a := Agent{ID: fmt.Sprintf("a%05d", i), Skills: map[string]int{}}
		for k := range 5 {
			a.Skills[fmt.Sprintf("s%d", (i*7+k*131)%queues)] = 1
		}
		e.Apply(Event{Type: SignedIn, At: at, Agent: &a})
	}
	for i := range queues {
		e.Apply(Event{Type: QueueSet, At: at, Queue: &Queue{ID: fmt.Sprintf("q%d", i), Agency: "city", Needs: []Need{{Skill: fmt.Sprintf("s%d", i)}}}})
	}
	for i := range waiting {
		at = at.Add(time.Millisecond)
		e.Apply(Event{Type: Arrived, At: at, Work: &Work{ID: fmt.Sprintf("c%06d", i), Queue: fmt.Sprintf("q%d", i%queues), Ring: time.Hour}})
	}
	for i := range agents {
		e.Apply(Event{Type: StateSet, At: at, AgentID: fmt.Sprintf("a%05d", i), State: Ready})
	}
	return e, at
}

// offerAndFinish moves one agent on: the offer is accepted, the call ends, the agent gets the next; a new call arrives.
func offerAndFinish(e *Engine, at time.Time, i int) {
	id := fmt.Sprintf("a%05d", i%10_000)
	v, _ := e.Agent(id)
	if v.Work == "" {
		return
	}
	queue := e.works[v.Work].queue.ID
	e.Apply(Event{Type: Accepted, At: at, WorkID: v.Work, AgentID: id})
	e.Apply(Event{Type: Arrived, At: at, Work: &Work{ID: fmt.Sprintf("n%d", i), Queue: queue, Ring: time.Hour}})
	e.Apply(Event{Type: Finished, At: at, WorkID: v.Work, AgentID: id})
}
