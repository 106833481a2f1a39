package bench

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"

	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/load"
	"santra/internal/routing/plain"
)

// The load of the routing.
const (
	routingBatch = 1_000   // steps between two looks at the clock
	routingTimed = 300_000 // events timed one by one
	indexed      = 20_000  // steps of a round where the cost's growth is measured
	scanned      = 100     // the same of the plain scan, which takes a millisecond for each
	warmUp       = 3       // steps of each agent before anything is measured
)

// fullCentre makes an engine's full centre, warm.
func fullCentre(e load.Engine, s load.Shape) *load.Centre {
	c := load.New(e, s)
	c.Fill(s.Waiting + s.Agents)
	return c
}

// floor is the least that any such engine must do: find the work and the agent in maps, put the new work into its queue's
// heap, take the oldest out of it.
type floor struct {
	work   map[string]int
	agents map[string]int
	names  []string
	queues []oldest
	next   int
}

func newFloor() *floor {
	f := &floor{work: map[string]int{}, agents: map[string]int{}, queues: make([]oldest, load.Full().Queues)}
	for i := range load.Full().Agents {
		f.names = append(f.names, fmt.Sprintf("a%05d", i))
		f.agents[f.names[i]] = i
	}
	for i := range load.Full().Waiting {
		f.arrive(i % load.Full().Queues)
	}
	return f
}

func (f *floor) arrive(queue int) {
	id := fmt.Sprintf("c%09d", f.next)
	f.work[id] = queue
	heap.Push(&f.queues[queue], waiting{f.next, id})
	f.next++
}

func (f *floor) step(i int) bool {
	queue := f.agents[f.names[i%load.Full().Agents]] % load.Full().Queues
	w := heap.Pop(&f.queues[queue]).(waiting)
	queue = f.work[w.id]
	delete(f.work, w.id)
	f.arrive(queue)
	return true
}

type waiting struct {
	order int
	id    string
}

type oldest []waiting

func (o oldest) Len() int           { return len(o) }
func (o oldest) Less(i, j int) bool { return o[i].order < o[j].order }
func (o oldest) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }
func (o *oldest) Push(x any)        { *o = append(*o, x.(waiting)) }
func (o *oldest) Pop() any {
	last := (*o)[len(*o)-1]
	*o = (*o)[:len(*o)-1]
	return last
}

// ownCPU is what this process has used, collecting garbage included.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it can't fail for oneself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// speed gives events for each second of processor time; step tells whether it gave load.EventsAStep to the engine.
func (b *bench) speed(step func(i int) bool) float64 {
	n, i := 0, 0
	began, cpu := time.Now(), ownCPU()
	for time.Since(began) < b.Round {
		for range routingBatch {
			if step(i) {
				n++
			}
			i++
		}
	}
	return float64(n*load.EventsAStep) / (ownCPU() - cpu).Seconds()
}

// routing measures decisions, on one processor.
func (b *bench) routing(ctx context.Context) error {
	for _, measure := range []func(context.Context) error{b.routingFull, b.routingGrowth} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// routingFull measures the published shape: events, the slowest of them, allocations, a take-over.
func (b *bench) routingFull(ctx context.Context) error {
	var full, calm, floor, p99, rebuild []float64
	for i := range rounds {
		b.say("routing: round %d of %d", i+1, rounds)
		e := engine.New(routing.Policy{})
		c := fullCentre(e, load.Full())
		for n := range warmUp * load.Full().Agents {
			c.Step(n)
		}
		full, floor = append(full, b.speed(c.Step)), append(floor, b.speed(newFloor().step))
		p99 = append(p99, slowest(c))
		rebuild = append(rebuild, rebuilding(e))
		calm = append(calm, b.speed(load.New(engine.New(routing.Policy{}), load.Full()).Calm))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	b.add(row{"routing, 10,000 agents, 1,000 queues, 200 skills, 100,000 waiting", "events a CPU second", full, "maps and heaps alone", floor, ""})
	b.add(row{"routing, the same agents idle, nothing waiting", "events a CPU second", calm, "maps and heaps alone", floor, ""})
	b.add(row{"routing, one event, p99", "µs", p99, "", nil, ""})
	b.add(row{"routing, take-over of 100,000 waiting", "CPU ms", rebuild, "", nil, ""})
	return nil
}

// slowest gives the 99th percentile of single events, in µs.
func slowest(c *load.Centre) float64 {
	c.Timed = make([]time.Duration, 0, routingTimed)
	for n := 0; len(c.Timed) < routingTimed && n < routingTimed; n++ {
		c.Step(n)
	}
	slices.Sort(c.Timed)
	return float64(percentile(c.Timed, 0.99)) / float64(time.Microsecond)
}

// rebuilding gives the CPU ms of a take-over.
func rebuilding(e *engine.Engine) float64 {
	began := ownCPU()
	fresh := engine.New(routing.Policy{})
	for ev := range e.Announce {
		fresh.Apply(ev)
	}
	return float64(ownCPU()-began) / float64(time.Millisecond)
}

// routingGrowth measures how the cost of an event grows with each dimension, beside the plain scan.
func (b *bench) routingGrowth(ctx context.Context) error {
	for _, s := range []struct {
		load.Shape
		scan bool // a plain scan would not be ready with the larger ones today
	}{
		{load.Shape{Agents: 100, Queues: 10, Skills: 20, Waiting: 1_000}, true},
		{load.Shape{Agents: 1_000, Queues: 10, Skills: 20, Waiting: 1_000}, true},
		{load.Shape{Agents: 100, Queues: 1_000, Skills: 20, Waiting: 1_000}, true},
		{load.Shape{Agents: 100, Queues: 10, Skills: 200, Waiting: 1_000}, true},
		{load.Shape{Agents: 100, Queues: 10, Skills: 20, Waiting: 10_000}, true},
		{load.Shape{Agents: 1_000, Queues: 100, Skills: 200, Waiting: 10_000}, false},
		{load.Shape{Agents: 10_000, Queues: 1_000, Skills: 200, Waiting: 10_000}, false},
		{load.Full(), false},
	} {
		b.say("routing: %d agents, %d queues, %d skills, %d waiting", s.Agents, s.Queues, s.Skills, s.Waiting)
		r := row{fmt.Sprintf("routing, an event: %d agents, %d queues, %d skills, %d waiting", s.Agents, s.Queues, s.Skills, s.Waiting), "CPU µs", nil, "", nil, ""}
		r.ours = each(fullCentre(engine.New(routing.Policy{}), s.Shape), indexed)
		if s.scan {
			r.reference, r.theirs = "plain scan", each(fullCentre(plain.New(routing.Policy{}), s.Shape), scanned)
		}
		b.add(r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// each gives the CPU µs of an event, in rounds of so many steps.
func each(c *load.Centre, steps int) []float64 {
	var us []float64
	for range rounds {
		n, began := 0, ownCPU()
		for i := range steps {
			if c.Step(i) {
				n += load.EventsAStep
			}
		}
		us = append(us, float64(ownCPU()-began)/float64(time.Microsecond)/float64(max(n, 1)))
	}
	return us
}
