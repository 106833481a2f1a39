// Package lease says which process owns what there may be one owner of: routing, a mailbox fetch, retention. A lease is a
// row (name, owner, epoch, beat). Its holder beats; a candidate takes over by compare-and-set once it has seen the same
// (epoch, beat) for one TTL of its own monotonic clock, so no two clocks are ever compared. Each take-over raises the epoch,
// and a write under a lease checks the epoch in its transaction: what a former owner still writes changes nothing.
//
// It owns leases. It must not know what is owned.
package lease

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/run"
)

// DefaultTTL is how long a silent owner keeps a lease.
const DefaultTTL = 2 * time.Second

const (
	beatsPerTTL = 4 // a holder beats, and a candidate looks, this often in one TTL
	marginNum   = 3 // a holder that could not beat for marginNum/marginDen TTL gives up, before another may take over
	marginDen   = 4
)

// Taken is the action of the audit entry for a take-over.
const Taken = "lease.taken"

// Row is a lease as stored. The zero Row is a lease that nobody ever held.
type Row struct {
	Name  string
	Owner string // empty: released
	Epoch uint64
	Beat  uint64
}

// Store keeps leases; package store implements it for every database of the house.
type Store interface {
	// Lease gives the row, or Row{Name: name} where there is none.
	Lease(ctx context.Context, name string) (Row, error)
	// TakeLease makes owner the holder with the next epoch if the row still is seen, and appends e; false where it is not.
	TakeLease(ctx context.Context, e audit.Entry, seen Row, owner string) (Row, bool, error)
	// BeatLease raises beat if the row still has held's owner and epoch; false where it has not.
	BeatLease(ctx context.Context, held Row) (bool, error)
	// ReleaseLease frees the row if it still has held's owner and epoch.
	ReleaseLease(ctx context.Context, held Row) error
}

// Config is one candidate for one lease.
type Config struct {
	Store Store
	Name  string        // what is owned: "routing"
	Owner string        // fresh for each start of a process: id.New()
	TTL   time.Duration // 0: DefaultTTL; the same for all candidates
	// Alone says that while this process runs no other reaches the store (a file that a lock keeps). Then a beat that can't be
	// stored loses nothing: a full disk must not end what needs none. Only another's name in the row does; and a name from
	// before is one of the dead, which is not waited for.
	Alone bool
	Log   *slog.Logger
}

// Holder holds a lease until it is released or lost.
type Holder struct {
	cfg   Config
	row   Row
	lost  chan struct{}
	stop  context.CancelFunc
	wg    sync.WaitGroup            // beat, and one for each Context
	since atomic.Pointer[time.Time] // start of the last beat that was stored
}

// Acquire waits until the lease is ours (at once where it was ours last: a Config has one Holder at a time); an error is ctx's alone: a database that does not answer is tried again.
func Acquire(ctx context.Context, cfg Config) (*Holder, error) {
	if cfg.Owner == "" || cfg.Name == "" {
		return nil, errs.New(errs.Invalid, "lease: a candidate needs a name and an owner")
	}
	if cfg.TTL == 0 {
		cfg.TTL = DefaultTTL
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	w := watch{cfg: cfg}
	for {
		if h := w.try(ctx); h != nil {
			return h, nil
		}
		if err := pause(ctx, cfg.TTL/beatsPerTTL); err != nil {
			return nil, err
		}
	}
}

// watch is what a candidate has seen of a lease.
type watch struct {
	cfg   Config
	seen  Row
	since time.Time
}

// try looks once and takes the lease where it may.
func (w *watch) try(ctx context.Context) *Holder {
	row, err := w.cfg.Store.Lease(ctx, w.cfg.Name)
	if err != nil {
		w.since = time.Time{} // what we can't see may be beating
		return nil
	}
	if row != w.seen || w.since.IsZero() {
		w.seen, w.since = row, time.Now()
	}
	// Our own name on it is what we lost: owners are fresh for each start, so nobody else acts under it, and no more do we.
	if row.Owner != "" && row.Owner != w.cfg.Owner && !w.cfg.Alone && time.Since(w.since) < w.cfg.TTL {
		return nil
	}
	start := time.Now()
	e := audit.Entry{Action: Taken, Actor: audit.System, Object: w.cfg.Name, Success: true}
	got, ok, err := w.cfg.Store.TakeLease(ctx, e, row, w.cfg.Owner)
	if err != nil || !ok {
		return nil
	}
	return hold(w.cfg, got, start)
}

func hold(cfg Config, row Row, since time.Time) *Holder {
	ctx, cancel := context.WithCancel(context.Background())
	h := &Holder{cfg: cfg, row: row, lost: make(chan struct{}), stop: cancel}
	h.since.Store(&since)
	run.Go(&h.wg, cfg.Log, "lease "+cfg.Name, func() {
		defer close(h.lost)
		h.beat(ctx)
	})
	return h
}

// beat returns when the lease is lost or ctx ends.
func (h *Holder) beat(ctx context.Context) {
	for pause(ctx, h.cfg.TTL/beatsPerTTL) == nil {
		start := time.Now()
		try, cancel := context.WithDeadline(ctx, h.deadline(start))
		ok, err := h.cfg.Store.BeatLease(try, h.row)
		cancel()
		if err == nil && ok {
			h.since.Store(&start)
		}
		if ctx.Err() == nil && (err == nil && !ok || !h.Valid()) {
			h.cfg.Log.Warn("lease lost", "lease", h.cfg.Name, "epoch", h.row.Epoch)
			return
		}
	}
}

// deadline is until when a beat that starts now makes sense.
func (h *Holder) deadline(start time.Time) time.Time {
	if h.cfg.Alone {
		return start.Add(h.limit())
	}
	return h.since.Load().Add(h.limit())
}

func (h *Holder) limit() time.Duration { return h.cfg.TTL * marginNum / marginDen }

// Valid tells whether the lease is ours at this instant: no other can have taken it yet. Unlike Lost it is right also in a
// process that was stopped and goes on.
func (h *Holder) Valid() bool {
	select {
	case <-h.lost:
		return false
	default:
		return h.cfg.Alone || time.Since(*h.since.Load()) < h.limit()
	}
}

// Epoch is the number of this ownership: higher than that of every former owner.
func (h *Holder) Epoch() uint64 { return h.row.Epoch }

// Lost is closed when the lease is not ours any more, by loss or by Release.
func (h *Holder) Lost() <-chan struct{} { return h.lost }

// Context gives a context that ends with the lease and carries it, so that every change made with it is fenced.
func (h *Holder) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(With(ctx, h.cfg.Name, h.row.Epoch))
	run.Go(&h.wg, h.cfg.Log, "lease context", func() {
		select {
		case <-h.lost:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, cancel
}

// Release stops beating and frees the lease for the next at once. It is idempotent.
func (h *Holder) Release(ctx context.Context) error {
	h.stop()
	h.wg.Wait()
	return h.cfg.Store.ReleaseLease(ctx, h.row)
}

type contextKey struct{}

// Fence is the ownership that a context carries.
type Fence struct {
	Name  string
	Epoch uint64
}

// With gives a context whose changes are made under a lease: store refuses them (errs.Conflict) once its epoch has passed.
func With(ctx context.Context, name string, epoch uint64) context.Context {
	return context.WithValue(ctx, contextKey{}, Fence{name, epoch})
}

// From gives the lease that ctx carries, false without one.
func From(ctx context.Context) (Fence, bool) {
	f, ok := ctx.Value(contextKey{}).(Fence)
	return f, ok
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
