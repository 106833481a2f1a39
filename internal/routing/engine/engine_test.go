package engine_test

import (
	"fmt"
	"testing"
	"time"

	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/plain"
)

// What the engine decides is shown by testdata/scenarios (TestScenarios). Here is what a scenario can't say: draws, and very much at once.

// drawn plays so many calls, one after the other, at four agents who are equal but for the draw, and tells whom each was offered to.
func drawn(d decider, calls int) (offered []string) {
	d.Apply(routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "q", Strategy: routing.Random}})
	for _, id := range []string{"a", "b", "c", "d"} {
		d.Apply(routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: id}})
		d.Apply(routing.Event{Type: routing.StateSet, AgentID: id, State: routing.Ready})
	}
	for i := range calls {
		id := fmt.Sprintf("c%d", i)
		for _, dec := range d.Apply(routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: id, Queue: "q"}}) {
			if dec.Type == routing.Offer {
				offered = append(offered, dec.AgentID)
			}
		}
		d.Apply(routing.Event{Type: routing.Removed, WorkID: id})
	}
	return offered
}

// TestRandomIsEvenAndSeeded: of 8,000 draws among four each has 2,000 ± 5 standard deviations (of 39); the same seed draws the same, as does the
// plain scan, another seed something else.
func TestRandomIsEvenAndSeeded(t *testing.T) {
	const calls, deviation = 8000, 39
	first := drawn(engine.New(routing.Policy{Seed: 7}), calls)
	share := map[string]int{}
	for _, agent := range first {
		share[agent]++
	}
	for agent, n := range share {
		if n < calls/4-5*deviation || n > calls/4+5*deviation {
			t.Errorf("%s was drawn %d times of %d", agent, n, calls)
		}
	}
	if n := alike(first, drawn(plain.New(routing.Policy{Seed: 7}), calls)); n != calls {
		t.Errorf("with the same seed %d of %d draws are the same", n, calls)
	}
	if n := alike(first, drawn(engine.New(routing.Policy{Seed: 8}), calls)); n < calls/4-5*deviation || n > calls/4+5*deviation {
		t.Errorf("with another seed %d of %d draws are the same, a quarter would be chance", n, calls)
	}
}

func alike(a, b []string) (n int) {
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			n++
		}
	}
	return n
}

// TestAMillionEventsAtOneInstant: nothing ticks between them, and each has a defined result. What is done: a third of the calls each are answered and
// finished, abandoned, and left to wait.
func TestAMillionEventsAtOneInstant(t *testing.T) {
	const calls, agents = 300_000, 100
	m := &instant{e: engine.New(routing.Policy{}), count: map[string]int{}}
	m.apply(routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "q", WrapUp: routing.UntilReady}})
	m.open(agents, calls)
	for i := range calls / 3 {
		m.apply(routing.Event{Type: routing.Removed, WorkID: fmt.Sprintf("c%d", calls-1-i)})
		m.answer()
	}
	for range 300_000 {
		m.apply(routing.Event{Type: routing.Tick})
	}
	want := map[string]int{routing.Abandoned: calls / 3, routing.Handled: calls / 3}
	for outcome, n := range want {
		if m.count[outcome] != n {
			t.Errorf("%s: %d, not %d", outcome, m.count[outcome], n)
		}
	}
	v, _ := m.e.Queue("q")
	if m.events < 1_000_000 || v.Calls != calls/3 || m.count["refuse"] > 0 {
		t.Errorf("after %d events: %+v, %v", m.events, v, m.count)
	}
}

// instant applies events all of one time.
type instant struct {
	e      *engine.Engine
	events int
	offers []routing.Decision // that stand
	count  map[string]int     // outcomes and refusals
}

func (m *instant) apply(ev routing.Event) {
	ev.At = midnight().Add(8 * time.Hour)
	m.events++
	for _, d := range m.e.Apply(ev) {
		switch d.Type {
		case routing.Offer:
			m.offers = append(m.offers, d)
		case routing.Ended:
			m.count[d.Reason]++
		case routing.Refuse:
			m.count["refuse"]++
		}
	}
}

// open lets so many agents be ready, and so many calls come.
func (m *instant) open(agents, calls int) {
	for i := range agents {
		id := fmt.Sprintf("a%d", i)
		m.apply(routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: id}})
		m.apply(routing.Event{Type: routing.StateSet, AgentID: id, State: routing.Ready})
	}
	for i := range calls {
		m.apply(routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: fmt.Sprintf("c%d", i), Queue: "q"}})
	}
}

// answer lets the oldest offer be answered, the call be over, and the agent be ready for the next.
func (m *instant) answer() {
	o := m.offers[0]
	m.offers = m.offers[1:]
	m.apply(routing.Event{Type: routing.Accepted, WorkID: o.WorkID, AgentID: o.AgentID})
	m.apply(routing.Event{Type: routing.Finished, WorkID: o.WorkID, AgentID: o.AgentID})
	m.apply(routing.Event{Type: routing.StateSet, AgentID: o.AgentID, State: routing.Ready})
}
