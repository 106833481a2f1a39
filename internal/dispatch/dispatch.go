// Package dispatch runs the routing engine: it gives it the time, delivers its decisions to the rooms that do the work and
// tells browsers what changed. voice and email call it and never the engine. It owns the engine's goroutine-free state
// behind one lock; it must not know callers, only ids.
package dispatch

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/lease"
	"santra/internal/routing"
	"santra/internal/run"
)

// Limits of the dispatcher.
const (
	// MaxWaiting bounds how much may wait at once; beyond it Enqueue refuses.
	MaxWaiting = 200_000
	// QueuePublish is how often at most the counts of queues go to browsers.
	QueuePublish = 250 * time.Millisecond
)

// Config is what a Dispatcher needs.
type Config struct {
	Log    *slog.Logger
	Events event.Publisher // may be nil
	Policy routing.Policy
	Lease  lease.Config // who may decide; without a Store this process alone does, under Epoch
	Epoch  uint64
}

// Dispatcher is the running engine. Its methods may be called from anywhere.
type Dispatcher struct {
	cfg     Config
	mu      sync.Mutex
	engine  *routing.Engine
	work    map[string]routing.Work
	offers  map[string]Offer
	version uint64
	counts  counts
	workers map[routing.Kind]Worker

	inbox     []func() // deliveries in the order of the decisions
	wake      chan struct{}
	timer     *time.Timer
	queues    *time.Timer
	published map[string]QueueView // what browsers were last told
	stop      chan struct{}
	wg        sync.WaitGroup
}

var _ run.Service = (*Dispatcher)(nil)

// New makes a dispatcher; give it its workers by Handle, then Start it.
func New(cfg Config) *Dispatcher {
	return &Dispatcher{
		cfg: cfg, engine: routing.New(cfg.Policy), work: map[string]routing.Work{}, offers: map[string]Offer{},
		counts: newCounts(), workers: map[routing.Kind]Worker{}, published: map[string]QueueView{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}),
	}
}

// Handle names who does the work of a kind.
func (d *Dispatcher) Handle(k routing.Kind, w Worker) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.workers[k] = w
}

// Start begins to deliver decisions and to watch the time.
func (d *Dispatcher) Start(context.Context) error {
	d.mu.Lock()
	d.timer, d.queues = time.NewTimer(time.Hour), time.NewTimer(QueuePublish)
	d.mu.Unlock()
	run.Go(&d.wg, d.cfg.Log, "dispatch deliver", d.deliver)
	run.Go(&d.wg, d.cfg.Log, "dispatch tick", d.tick)
	d.apply(routing.Event{Type: routing.Tick})
	return nil
}

// Stop ends deliveries. What waits is memory and is announced again to the next owner by its nodes.
func (d *Dispatcher) Stop(context.Context) error {
	d.mu.Lock()
	select {
	case <-d.stop:
	default:
		close(d.stop)
	}
	d.mu.Unlock()
	d.wg.Wait()
	return nil
}

// Enqueue lets work wait for an agent. errs.Conflict for an id that waits already, errs.Unavailable over MaxWaiting.
func (d *Dispatcher) Enqueue(w routing.Work) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.work) >= MaxWaiting {
		return errs.New(errs.Unavailable, "%d pieces of work wait already", MaxWaiting)
	}
	if _, ok := d.work[w.ID]; ok {
		return errs.New(errs.Conflict, "work %s waits already", w.ID)
	}
	if w.Arrived.IsZero() {
		w.Arrived = time.Now()
	}
	d.work[w.ID] = w
	d.counts.arrived(w)
	return d.applyLocked(routing.Event{Type: routing.Arrived, Work: &w})
}

// Remove takes work away: the caller gave up ("abandoned"), the case was handled elsewhere ("closed"). Unknown work is none.
func (d *Dispatcher) Remove(workID, outcome string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w, ok := d.work[workID]; ok {
		d.counts.removed(w, outcome)
		_ = d.applyLocked(routing.Event{Type: routing.Removed, WorkID: workID})
		delete(d.work, workID)
	}
}

// Accept says that the agent answered the offer. errs.Conflict when it was no longer offered: the caller left, or another
// was quicker; the agent's leg must then be let go.
func (d *Dispatcher) Accept(workID, agent string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	offer := d.offers[workID]
	if err := d.applyLocked(routing.Event{Type: routing.Accepted, WorkID: workID, AgentID: agent}); err != nil {
		return err
	}
	d.counts.answered(offer.Work)
	delete(d.offers, workID)
	return nil
}

// Decline says that the agent pushed the offer away or that their phone could not ring. errs.Conflict as for Accept.
func (d *Dispatcher) Decline(workID, agent string) error {
	return d.apply(routing.Event{Type: routing.Declined, WorkID: workID, AgentID: agent})
}

// Finish says that what the agent had accepted is over; wrap-up follows where the work has one.
func (d *Dispatcher) Finish(workID, agent string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.applyLocked(routing.Event{Type: routing.Finished, WorkID: workID, AgentID: agent}); err == nil {
		delete(d.work, workID)
	}
}

// Restore tells, at take-over, what an agent has in hand already.
func (d *Dispatcher) Restore(w routing.Work, agent string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.applyLocked(routing.Event{Type: routing.Restored, Work: &w, AgentID: agent}); err != nil {
		return err
	}
	d.work[w.ID] = w
	return nil
}

// SignIn takes an agent to a seat, or changes their skills or seat.
func (d *Dispatcher) SignIn(a routing.Agent) {
	_ = d.apply(routing.Event{Type: routing.SignedIn, Agent: &a})
}

// SignOut takes the agent from the seat; a call in hand goes on to its end.
func (d *Dispatcher) SignOut(agent string) {
	_ = d.apply(routing.Event{Type: routing.SignedOut, AgentID: agent})
}

// WrapUpDone ends the wrap-up early.
func (d *Dispatcher) WrapUpDone(agent string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v, ok := d.engine.Agent(agent); !ok || v.State != routing.WrapUp {
		return errs.New(errs.Conflict, "no wrap-up to end")
	}
	return d.applyLocked(routing.Event{Type: routing.StateSet, AgentID: agent, State: routing.Ready})
}

// ExtendWrapUp makes the wrap-up last longer.
func (d *Dispatcher) ExtendWrapUp(agent string, by time.Duration) error {
	return d.apply(routing.Event{Type: routing.Extended, AgentID: agent, By: by})
}

// Offer gives the standing offer of a piece of work.
func (d *Dispatcher) Offer(workID string) (Offer, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o, ok := d.offers[workID]
	return o, ok
}

func (d *Dispatcher) apply(ev routing.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.applyLocked(ev)
}

// applyLocked gives an event its time and queues the decisions for delivery.
func (d *Dispatcher) applyLocked(ev routing.Event) error {
	ev.At = time.Now()
	var err error
	for _, dec := range d.engine.Apply(ev) {
		if dec.Type == routing.Refuse {
			err = refusal(dec)
			continue
		}
		d.decide(dec)
	}
	d.rearm()
	return err
}

func refusal(dec routing.Decision) error {
	if dec.Reason == routing.Unknown && dec.WorkID == "" {
		return errs.New(errs.NotFound, "no such agent at a seat, or not in that state")
	}
	return errs.New(errs.Conflict, "work %s: %s", dec.WorkID, dec.Reason)
}

func (d *Dispatcher) decide(dec routing.Decision) {
	switch dec.Type {
	case routing.Offer:
		w := d.work[dec.WorkID]
		o := Offer{Work: w, Agent: dec.AgentID, Seat: dec.Seat, Expires: dec.Until, Why: dec.Why.String(), Reasons: copied(dec.Why), Epoch: d.cfg.Epoch}
		d.offers[dec.WorkID] = o
		d.enqueue(func(w Worker) { w.Offered(o) }, w.Kind)
	case routing.Withdraw:
		o := d.offers[dec.WorkID]
		delete(d.offers, dec.WorkID)
		d.enqueue(func(w Worker) { w.Withdrawn(o, dec.Reason) }, o.Work.Kind)
	case routing.StateChange:
		d.tellAgent(dec)
	}
}

func (d *Dispatcher) enqueue(f func(Worker), k routing.Kind) {
	w := d.workers[k]
	if w == nil {
		return
	}
	d.inbox = append(d.inbox, func() { f(w) })
	d.signal()
}

func (d *Dispatcher) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// deliver calls the workers outside the lock, so that they may call back.
func (d *Dispatcher) deliver() {
	for {
		d.mu.Lock()
		batch := d.inbox
		d.inbox = nil
		d.mu.Unlock()
		for _, f := range batch {
			f()
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-d.stop:
			return
		case <-d.wake:
		}
	}
}

// rearm sets the timer to what the engine waits for next.
func (d *Dispatcher) rearm() {
	if d.timer == nil {
		return
	}
	if at, ok := d.engine.Next(); ok {
		d.timer.Reset(time.Until(at))
	}
}

func (d *Dispatcher) tick() {
	for {
		select {
		case <-d.stop:
			return
		case <-d.timer.C:
			_ = d.apply(routing.Event{Type: routing.Tick})
		case <-d.queues.C:
			d.publishQueues()
			d.queues.Reset(QueuePublish)
		}
	}
}

// copied keeps of an explanation what the engine may write over.
func copied(w *routing.Why) routing.Why {
	own := *w
	own.Needs = slices.Clone(w.Needs)
	return own
}
