package engine_test

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"

	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/load"
)

// full makes a full centre.
func full(s load.Shape) (*engine.Engine, *load.Centre) {
	e := engine.New(routing.Policy{})
	c := load.New(e, s)
	c.Fill(s.Waiting + s.Agents)
	return e, c
}

// BenchmarkEvent is an event of a full centre: accepted, arrived, finished (and the next offered) in turn.
func BenchmarkEvent(b *testing.B) {
	for _, s := range []load.Shape{
		load.Full(),
		{Agents: 1_000, Queues: 1_000, Skills: 200, Waiting: 100_000},
		{Agents: 10_000, Queues: 100, Skills: 200, Waiting: 100_000},
		{Agents: 10_000, Queues: 1_000, Skills: 200, Waiting: 10_000},
		{Agents: 10_000, Queues: 1_000, Skills: 20, Waiting: 100_000},
	} {
		b.Run(fmt.Sprintf("agents=%d/queues=%d/skills=%d/waiting=%d", s.Agents, s.Queues, s.Skills, s.Waiting), func(b *testing.B) {
			_, c := full(s)
			for i := range 3 * s.Agents {
				c.Step(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			events := 0
			for i := 0; events < b.N; i++ {
				if c.Step(i) {
					events += load.EventsAStep
				}
			}
		})
	}
}

// BenchmarkRebuild is a take-over of a full centre.
func BenchmarkRebuild(b *testing.B) {
	e, _ := full(load.Full())
	for b.Loop() {
		fresh := engine.New(routing.Policy{})
		for ev := range e.Announce {
			fresh.Apply(ev)
		}
	}
}

// BenchmarkViews is what the desktop asks for all the time: every queue of a full centre.
func BenchmarkViews(b *testing.B) {
	e, _ := full(load.Full())
	for b.Loop() {
		e.Queues()
	}
}

// TestMemoryOfWhatWaits holds the published bound: at most 200 bytes of a waiting piece of work beyond the Work itself.
func TestMemoryOfWhatWaits(t *testing.T) {
	const n = 50_000
	e := engine.New(routing.Policy{})
	c := load.New(e, load.Shape{Agents: 1, Queues: 100, Skills: 10, Waiting: n})
	before := heap()
	c.Fill(n)
	if each := (heap() - before) / n; each > workBytes+200 {
		t.Errorf("%d bytes each, of which the work itself is %d", each, workBytes)
	} else {
		t.Logf("%d bytes each, of which the work itself is %d", each, workBytes)
	}
	runtime.KeepAlive(c)
}

// workBytes is a Work without what it points to.
var workBytes = int(reflect.TypeFor[routing.Work]().Size())

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestSteadyStateAllocatesNothing: once every language and skill has been seen.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	s := load.Shape{Agents: 200, Queues: 50, Skills: 20, Waiting: 2_000}
	_, c := full(s)
	i := 0
	step := func() { c.Step(i); i++ }
	for range 20_000 {
		step()
	}
	if n := testing.AllocsPerRun(5_000, step); n > 0 {
		t.Errorf("%v allocations a step of three events", n)
	}
}

// TestRebuildAnnouncesAll: nothing is refused, nothing offered anew, and the queues look the same.
func TestRebuildAnnouncesAll(t *testing.T) {
	e, _ := full(load.Shape{Agents: 100, Queues: 20, Skills: 10, Waiting: 5_000})
	fresh := engine.New(routing.Policy{})
	for ev := range e.Announce {
		for _, d := range fresh.Apply(ev) {
			if d.Type == routing.Refuse || d.Type == routing.Offer {
				t.Fatalf("at %v: %+v", ev.Type, d)
			}
		}
	}
	if at, ok := e.Next(); !ok || at.Before(time.Unix(0, 0)) {
		t.Fatal(at, ok)
	}
	a, b := e.Queues(), fresh.Queues()
	for id := range a {
		if a[id] != b[id] {
			t.Fatalf("%+v is %+v after the take-over", a[id], b[id])
		}
	}
}
