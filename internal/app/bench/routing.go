package bench

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"

	"santra/internal/routing"
)

// The load of the routing.
const (
	routingAgents  = 10_000
	routingQueues  = 1_000
	routingWaiting = 100_000
	skillsEach     = 5
	routingBatch   = 1_000   // steps between two looks at the clock
	routingTimed   = 300_000 // events timed one by one
)

// engine is a centre where every agent is busy and much waits.
type engine struct {
	e      *routing.Engine
	at     time.Time
	queues map[string]int // of work that is not over
	next   int
	agents []string
	times  []time.Duration // of single events, where they are timed
	timing bool
}

func newEngine() *engine {
	x := &engine{e: routing.New(routing.Policy{}), at: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), queues: map[string]int{}}
	for i := range routingAgents {
		a := routing.Agent{ID: fmt.Sprintf("a%05d", i), Skills: map[string]int{}}
		for k := range skillsEach {
			a.Skills[skill((i*7+k*131)%routingQueues)] = 1
		}
		x.agents = append(x.agents, a.ID)
		x.apply(routing.Event{Type: routing.SignedIn, Agent: &a})
	}
	for i := range routingWaiting {
		x.arrive(i % routingQueues)
	}
	for _, a := range x.agents {
		x.apply(routing.Event{Type: routing.StateSet, AgentID: a, State: routing.Ready})
	}
	return x
}

func skill(i int) string { return fmt.Sprintf("s%d", i) }

// apply gives an event to the engine, timed where that is wished.
func (x *engine) apply(ev routing.Event) {
	x.at = x.at.Add(time.Microsecond)
	ev.At = x.at
	if !x.timing {
		x.e.Apply(ev)
		return
	}
	began := time.Now()
	x.e.Apply(ev)
	x.times = append(x.times, time.Since(began))
}

func (x *engine) arrive(queue int) {
	id := fmt.Sprintf("c%09d", x.next)
	x.next++
	x.queues[id] = queue
	x.apply(routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: id, Queue: fmt.Sprintf("q%d", queue), Skills: []string{skill(queue)}, Ring: time.Hour}})
}

// step moves one agent on by three events: the offer is accepted, a new call arrives, the talk ends and the next is offered.
func (x *engine) step(i int) {
	agent := x.agents[i%routingAgents]
	v, _ := x.e.Agent(agent)
	work := v.Work
	if work == "" {
		return
	}
	queue := x.queues[work]
	delete(x.queues, work)
	x.apply(routing.Event{Type: routing.Accepted, WorkID: work, AgentID: agent})
	x.arrive(queue)
	x.apply(routing.Event{Type: routing.Finished, WorkID: work, AgentID: agent})
}

const eventsAStep = 3

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
	f := &floor{work: map[string]int{}, agents: map[string]int{}, queues: make([]oldest, routingQueues)}
	for i := range routingAgents {
		f.names = append(f.names, fmt.Sprintf("a%05d", i))
		f.agents[f.names[i]] = i
	}
	for i := range routingWaiting {
		f.arrive(i % routingQueues)
	}
	return f
}

func (f *floor) arrive(queue int) {
	id := fmt.Sprintf("c%09d", f.next)
	f.work[id] = queue
	heap.Push(&f.queues[queue], waiting{f.next, id})
	f.next++
}

func (f *floor) step(i int) {
	queue := f.agents[f.names[i%routingAgents]] % routingQueues
	w := heap.Pop(&f.queues[queue]).(waiting)
	queue = f.work[w.id]
	delete(f.work, w.id)
	f.arrive(queue)
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

// speed gives events for each second of processor time.
func (b *bench) speed(step func(i int)) float64 {
	n := 0
	began, cpu := time.Now(), ownCPU()
	for time.Since(began) < b.Round {
		for range routingBatch {
			step(n)
			n++
		}
	}
	return float64(n*eventsAStep) / (ownCPU() - cpu).Seconds()
}

// routing measures decisions, on one processor.
func (b *bench) routing(ctx context.Context) error {
	var ours, theirs, p99 []float64
	for i := range rounds {
		b.say("routing: round %d of %d", i+1, rounds)
		x := newEngine()
		ours = append(ours, b.speed(x.step))
		x.timing = true
		for n := range routingTimed / eventsAStep {
			x.step(n)
		}
		slices.Sort(x.times)
		p99 = append(p99, float64(percentile(x.times, 0.99))/float64(time.Microsecond))
		theirs = append(theirs, b.speed(newFloor().step))
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	b.add(row{"routing, 10,000 agents, 1,000 queues, 100,000 waiting", "decisions a CPU second", ours, "maps and heaps alone", theirs, ""})
	b.add(row{"routing, one decision, p99", "µs", p99, "", nil, ""})
	return nil
}
