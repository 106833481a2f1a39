package sim

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/engine"
)

const (
	// drain is how long after the last call may come those who wait are still served, by agents whose shift has no end.
	drain = time.Hour
	// maxIdleTicks bounds ticks of the engine at one instant that decide nothing: more are an error, not an endless run.
	maxIdleTicks = 100_000
	// stayStep is how often an agent who stays longer looks whether to go.
	stayStep = 10 * time.Second
	// lookAround is after how many steps it is asked whether to go on.
	lookAround = 8192
)

// Run simulates the Scenario's day, Days times. Its errors are of kind errs.Invalid and errs.TooLarge, with the field at fault, or
// that of ctx.
func Run(ctx context.Context, s Scenario) (Report, error) {
	p, err := newPlan(s)
	if err != nil {
		return Report{}, err
	}
	t, err := p.run(ctx)
	if err != nil {
		return Report{}, err
	}
	return t.report(), nil
}

func (p *plan) run(ctx context.Context) (*tally, error) {
	t := newTally(p)
	for day := range p.Days {
		w := newWorld(p, t, day)
		if err := w.run(ctx); err != nil {
			return nil, err
		}
		t.endDay()
		if p.Progress != nil {
			p.Progress("days", day+1, p.Days)
		}
	}
	return t, nil
}

// world is one day of one centre: who calls, who works, and the engine between them.
type world struct {
	*plan
	engine  *engine.Engine
	tally   *tally
	future  future
	now     time.Duration
	calls   []live
	next    int // first of calls that has not come
	waiting int
	workers []worker
	byID    map[string]int32
	pickup  *rand.Rand
	miss    *rand.Rand
	idle    int // ticks in a row at this instant that decided nothing
	err     error
}

// fate is where a call is.
type fate uint8

const (
	toCome fate = iota
	waits
	rings
	talking
	over
)

// live is a call on its way.
type live struct {
	call     // queue: where it waits now
	entered  time.Duration
	offer    uint32 // how often it was offered
	agent    int32
	fate     fate
	callback bool // it hung up and waits as a callback
	index    int32
}

// worker is an agent at work, or not.
type worker struct {
	state routing.State
	since time.Duration
	here  bool // signed in
}

func newWorld(p *plan, t *tally, day int) *world {
	w := &world{plan: p, tally: t, engine: engine.New(p.Policy), byID: map[string]int32{}}
	w.pickup, w.miss = p.random(day, "", pickups), p.random(day, "", misses)
	for i, c := range p.callsOf(day) {
		w.calls = append(w.calls, live{call: c, index: int32(i)})
	}
	w.workers = make([]worker, len(p.agents))
	for i := range p.Queues {
		w.apply(routing.Event{Type: routing.QueueSet, Queue: &p.Queues[i]})
	}
	for i := range p.changes {
		w.future.add(happening{at: p.changes[i].at, what: changes, call: int32(i)})
	}
	for i, a := range p.agents {
		w.byID[a.agent.ID] = int32(i)
		w.workers[i].state = routing.Offline
		w.plan.planShifts(i, &w.future)
	}
	return w
}

// planShifts puts an agent's comings and goings into the future.
func (p *plan) planShifts(i int, f *future) {
	if len(p.agents[i].spans) == 0 {
		f.add(happening{what: comes, agent: int32(i)})
	}
	for _, s := range p.agents[i].spans {
		f.add(happening{at: s.From, what: comes, agent: int32(i)})
		f.add(happening{at: s.To, what: goes, agent: int32(i)})
	}
}

// run lets time pass until the day is over and, for as long as drain, until nobody waits.
func (w *world) run(ctx context.Context) error {
	for steps := 0; w.err == nil; steps++ {
		if steps%lookAround == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at, step := w.upcoming()
		if step == nil || at >= w.Length && (w.waiting == 0 || at > w.Length+drain) {
			break
		}
		w.now = at
		step()
	}
	w.close()
	return w.err
}

// upcoming gives what happens next and when: the engine's own timers go first, then what was planned, then who calls.
func (w *world) upcoming() (at time.Duration, step func()) {
	if len(w.future.heap) > 0 {
		at, step = w.future.heap[0].at, w.happen
	}
	if w.next < len(w.calls) && (step == nil || w.calls[w.next].at < at) {
		at, step = w.calls[w.next].at, w.arrive
	}
	if t, ok := w.engine.Next(); ok {
		if d := max(t.Sub(w.Day), w.now); step == nil || d <= at {
			at, step = d, w.tick
		}
	}
	return at, step
}

func (w *world) tick() {
	if w.apply(routing.Event{Type: routing.Tick}) > 0 {
		w.idle = 0
	} else if w.idle++; w.idle > maxIdleTicks {
		w.err = errs.New(errs.Internal, "the engine asks for ticks at %v without end", w.now)
	}
}

// close ends the day's books: what still waits, and what agents have been doing.
func (w *world) close() {
	for i := range w.calls[:w.next] {
		if c := &w.calls[i]; c.fate == waits || c.fate == rings {
			w.end(c, func(x *cell) {
				if !c.callback { // a callback that was not made is known by the lack of it
					x.waiting++
				}
			})
		}
	}
	w.now = max(w.now, w.Length)
	for i := range w.workers {
		w.become(&w.workers[i], routing.Offline)
	}
}

// apply gives the engine an event of this moment, does what it decides and says how much that was.
func (w *world) apply(ev routing.Event) int {
	ev.At = w.Day.Add(w.now)
	w.tally.events++
	decisions := w.engine.Apply(ev)
	for i := range decisions {
		w.do(&decisions[i])
	}
	return len(decisions)
}

func (w *world) arrive() {
	i := w.next
	w.next++
	c := &w.calls[i]
	c.fate, c.entered = waits, w.now
	w.waiting++
	if c.patience != forever {
		w.future.add(happening{at: w.now + c.patience, what: hangsUp, call: int32(i)})
	}
	work := routing.Work{
		ID: strconv.Itoa(i), Queue: w.Queues[c.queue].ID, Agency: w.Queues[c.queue].Agency, Language: c.language, Skills: c.skills,
		Priority: c.priority, Arrived: w.Day.Add(c.at), WrapUp: or(c.wrapUp, w.Queues[c.queue].WrapUp),
	}
	w.apply(routing.Event{Type: routing.Arrived, Work: &work})
}

// fixed is how long a wrap-up lasts: the call's or the queue's; until ready is at once.
func fixed(call, queue time.Duration) time.Duration {
	if d := or(call, queue); d != routing.UntilReady {
		return d
	}
	return 0
}

// find gives the call that an id of work stands for.
func (w *world) find(id string) *live {
	i, err := strconv.Atoi(id)
	if err != nil || i < 0 || i >= len(w.calls) {
		w.err = errs.New(errs.Internal, "the engine decides about %q, which is not there", id)
		return nil
	}
	return &w.calls[i]
}

// idOf is the id of a call's work.
func (w *world) idOf(i int32) string {
	return strconv.Itoa(int(i))
}

// happen does what was planned for this moment, where it still fits.
func (w *world) happen() {
	h := w.future.next()
	switch h.what {
	case hangsUp:
		w.hangUp(h.call)
	case answers:
		w.answer(h)
	case hangsUpEnd:
		w.calls[h.call].fate = over
		w.apply(routing.Event{Type: routing.Finished, WorkID: w.idOf(h.call), AgentID: w.agents[h.agent].agent.ID})
	case callsBack:
		w.promise(h.call)
	case comes:
		w.workers[h.agent].here = true
		w.apply(routing.Event{Type: routing.SignedIn, Agent: &w.agents[h.agent].agent})
		w.apply(routing.Event{Type: routing.StateSet, AgentID: w.agents[h.agent].agent.ID, State: routing.Ready})
	case goes:
		w.leave(h)
	case getsReady:
		if w.workers[h.agent].here {
			w.apply(routing.Event{Type: routing.StateSet, AgentID: w.agents[h.agent].agent.ID, State: routing.Ready})
		}
	case changes:
		w.change(w.changes[h.call])
	}
}

// leave is the end of a shift. Who stays looks every stayStep whether somebody waits.
func (w *world) leave(h happening) {
	if w.agents[h.agent].stays && w.waiting > 0 && h.offer < uint32(MaxStay/stayStep) {
		w.future.add(happening{at: w.now + stayStep, what: goes, agent: h.agent, offer: h.offer + 1})
		return
	}
	if h.offer > 0 && w.agents[h.agent].at(w.now) {
		return // the next shift has begun
	}
	w.workers[h.agent].here = false
	w.apply(routing.Event{Type: routing.SignedOut, AgentID: w.agents[h.agent].agent.ID})
}

// at tells whether the agent has a shift at a time.
func (a *planned) at(t time.Duration) bool {
	return slices.ContainsFunc(a.spans, func(s Span) bool { return s.From <= t && t < s.To })
}

func (w *world) change(c change) {
	ev := routing.Event{Type: routing.QueueClosed, QueueID: w.Queues[c.queue].ID, Reason: "hours"}
	if c.open {
		ev.Type = routing.QueueOpened
	}
	w.apply(ev)
}

// hangUp is the end of a caller's patience. A callback waits without the caller.
func (w *world) hangUp(i int32) {
	c := &w.calls[i]
	if c.callback || c.fate != waits && c.fate != rings {
		return
	}
	waited, short := w.now-c.at, w.ShortAbandon[w.Queues[c.queue].ID]
	w.end(c, func(x *cell) {
		if waited < short {
			x.short++
		} else {
			x.abandoned++
		}
	})
	w.apply(routing.Event{Type: routing.Removed, WorkID: w.idOf(i), Reason: routing.Abandoned})
}

func (w *world) answer(h happening) {
	c := &w.calls[h.call]
	if c.fate != rings || c.offer != h.offer || c.agent != h.agent {
		return // the offer was withdrawn meanwhile
	}
	waited, wrapUp := w.now-c.at, fixed(c.wrapUp, w.Queues[c.queue].WrapUp)
	within := waited <= w.within[c.queue]
	w.end(c, func(x *cell) {
		if c.callback {
			x.returned++
			return
		}
		x.answer(waited, c.talk+wrapUp, within)
	})
	c.fate = talking
	w.future.add(happening{at: w.now + c.talk, what: hangsUpEnd, call: h.call, agent: h.agent})
	w.apply(routing.Event{Type: routing.Accepted, WorkID: w.idOf(h.call), AgentID: w.agents[h.agent].agent.ID})
}

// end books a call's outcome: with its queue, by when it came there, and with the whole, by when it came.
func (w *world) end(c *live, book func(*cell)) {
	w.tally.book(c, book)
	if c.fate == waits || c.fate == rings {
		w.waiting--
	}
	c.fate = over
}

// promise makes a callback of a call that was invited to one, unless an agent was faster: it keeps its place, and the caller hangs up.
func (w *world) promise(i int32) {
	c := &w.calls[i]
	if c.fate != waits {
		return
	}
	w.tally.book(c, func(x *cell) {
		x.overflowed++
		x.callbacks++
	})
	c.callback = true
	w.apply(routing.Event{Type: routing.Converted, WorkID: w.idOf(i), Work: &routing.Work{}})
}
