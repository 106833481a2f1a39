// Package dispatch runs the routing engine: it gives it the time, delivers its decisions to the rooms that do the work, tells
// browsers what changed and the journal what happened. voice and email call it and never the engine. It owns the engine's
// goroutine-free state behind one lock, and who decides: one process at a time, under a lease (takeover.go). It must not know
// callers, only ids.
package dispatch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"santra/internal/event"
	"santra/internal/lease"
	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/measure"
	"santra/internal/run"
)

// Limits of the dispatcher.
const (
	// MaxWaiting bounds how much work there may be at once; beyond it Enqueue refuses.
	MaxWaiting = 200_000
	// QueuePublish is how often at most the counts of queues go to browsers.
	QueuePublish = 250 * time.Millisecond
	// restartAfter is how long a goroutine that has failed waits before it begins anew.
	restartAfter = 100 * time.Millisecond
)

// Config is what a Dispatcher needs.
type Config struct {
	Log     *slog.Logger
	Events  event.Publisher // may be nil
	Policy  routing.Policy
	Lease   lease.Config    // who may decide; without a Store this process alone does, under Epoch
	Epoch   uint64          // without a lease; 0 counts as 1
	Journal measure.Journal // nil: figures are kept from the start of the process only
	Zone    *time.Location  // in which a day begins; nil: Europe/Helsinki
}

// Dispatcher is the running engine. Its methods may be called from anywhere.
type Dispatcher struct {
	cfg     Config
	mu      sync.Mutex
	engine  *engine.Engine
	policy  routing.Policy // of the next engine
	tenure  tenure
	last    *lease.Holder // of the last tenure, to be released
	quiet   bool          // nothing is recorded
	settled bool          // the rooms have announced once
	items   map[string]*item
	floor   floor
	books   books
	gap     gap
	version uint64
	workers map[routing.Kind]Worker

	inbox     []func() // deliveries in the order of the decisions
	wake      chan struct{}
	timer     *time.Timer // the engine's next
	hours     *time.Timer // the next opening or closing
	published map[string]QueueView

	life context.Context // of the goroutines
	end  context.CancelFunc
	wg   sync.WaitGroup
}

var _ run.Service = (*Dispatcher)(nil)

// item is a piece of work from Enqueue to its outcome.
type item struct {
	work   routing.Work
	offer  *Offer // while it rings
	holder string // who has it in hand
	held   bool   // its customer is on hold
}

// New makes a dispatcher; give it its workers by Handle, then Start it.
func New(cfg Config) *Dispatcher {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	d := &Dispatcher{
		cfg: cfg, engine: engine.New(cfg.Policy), policy: cfg.Policy, items: map[string]*item{}, floor: newFloor(), books: newBooks(cfg),
		gap: newGap(), workers: map[routing.Kind]Worker{}, published: map[string]QueueView{}, wake: make(chan struct{}, 1),
	}
	d.life, d.end = context.WithCancel(context.Background())
	if cfg.Lease.Name == "" {
		d.cfg.Lease.Name = LeaseName
	}
	if cfg.Lease.Store == nil {
		d.tenure.epoch = max(cfg.Epoch, 1)
	}
	return d
}

// Handle names who does the work of a kind.
func (d *Dispatcher) Handle(k routing.Kind, w Worker) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.workers[k] = w
}

// Start waits for the lease, takes over what the rooms announce and begins to decide. While another process holds the lease
// it waits, until ctx ends.
func (d *Dispatcher) Start(ctx context.Context) error {
	d.mu.Lock()
	d.timer, d.hours = time.NewTimer(hoursLook), time.NewTimer(hoursLook)
	d.mu.Unlock()
	d.always("dispatch deliver", d.deliver)
	if err := d.acquire(ctx); err != nil {
		d.end()
		d.wg.Wait()
		return err
	}
	d.always("dispatch tick", d.tick)
	d.always("dispatch lease", d.own)
	d.always("dispatch journal", d.keepBooks)
	return nil
}

// Stop ends deliveries, writes the journal's last records and lets the lease go. What waits is memory and is announced again
// to the next owner by its nodes.
func (d *Dispatcher) Stop(ctx context.Context) error {
	d.end()
	d.wg.Wait()
	d.rest()
	d.closeBooks(ctx)
	d.resign(ctx)
	return nil
}

// always runs f in a goroutine until it ends by itself or the dispatcher stops. A defect in it, or in a room that it calls, is logged
// and f begins anew: a centre whose routing stands still while everything else looks well is the worst of all.
func (d *Dispatcher) always(name string, f func()) {
	run.Go(&d.wg, d.cfg.Log, name, func() {
		for d.life.Err() == nil && !d.ends(name, f) {
			select {
			case <-d.life.Done():
			case <-time.After(restartAfter):
			}
		}
	})
}

// ends tells whether f came to its end; a panic is not one.
func (d *Dispatcher) ends(name string, f func()) (ended bool) {
	defer run.Recover(d.cfg.Log, name)
	f()
	return true
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
		case <-d.life.Done():
			return
		case <-d.wake:
		}
	}
}

// post queues a delivery.
func (d *Dispatcher) post(f func()) {
	d.inbox = append(d.inbox, f)
	select {
	case d.wake <- struct{}{}:
	default:
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
	publish := time.NewTicker(QueuePublish)
	defer publish.Stop()
	for {
		select {
		case <-d.life.Done():
			return
		case <-d.timer.C:
			d.onTime()
		case <-d.hours.C:
			d.onHours()
		case <-publish.C:
			d.publishQueues()
		}
	}
}

// onTime lets the engine do what is due.
func (d *Dispatcher) onTime() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tenure.valid() {
		_ = d.feed(routing.Event{Type: routing.Tick})
	}
}
