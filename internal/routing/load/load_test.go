package load_test

import (
	"testing"

	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/load"
)

var small = load.Shape{Agents: 50, Queues: 20, Skills: 10, Waiting: 500}

// TestTheCentreStaysFull: what a benchmark of a full centre measures is a full centre.
func TestTheCentreStaysFull(t *testing.T) {
	e := engine.New(routing.Policy{})
	c := load.New(e, small)
	c.Fill(small.Waiting + small.Agents)
	before := waiting(e)
	moved := 0
	for i := range 2000 {
		if c.Step(i) {
			moved++
		}
	}
	if moved < 1500 || waiting(e) < small.Waiting*9/10 {
		t.Fatalf("%d of 2,000 steps moved an agent on; %d wait, before %d", moved, waiting(e), before)
	}
}

// TestACalmCentreStaysEmpty: each call is taken at once, but for those that nobody can take.
func TestACalmCentreStaysEmpty(t *testing.T) {
	e := engine.New(routing.Policy{})
	c := load.New(e, small)
	moved := 0
	for i := range 300 {
		if c.Calm(i) {
			moved++
		}
	}
	if moved < 250 {
		t.Fatal(moved)
	}
}

func waiting(e *engine.Engine) int {
	n := 0
	for _, q := range e.Queues() {
		n += q.Calls
	}
	return n
}
