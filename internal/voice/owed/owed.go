// Package owed keeps what callbacks need beside a call: it has a promise stored, lets it wait in routing, says how each try
// ended, and forgets it when it is kept, cancelled or too old. What is stored, and for how long, is package callback's; who calls
// is routing's. It owns nothing but the steps that are under way.
//
// It must not know calls: the call that promises or keeps one asks for a step, and does not wait for it.
package owed

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/routing"
	"santra/internal/run"
	"santra/internal/voice/callback"
	"santra/internal/voice/dial"
)

const (
	// StepTime bounds one step of a callback in its store.
	StepTime = 10 * time.Second
	// Again is how long after a refusal (routing has no owner just now) a callback is given to it again.
	Again = time.Second
)

// Config says of whose callbacks.
type Config struct {
	Callbacks *callback.Service // nil: none are promised
	Dispatch  *dispatch.Dispatcher
	Log       *slog.Logger
	Life      context.Context // when it ends nothing is lined up any more; a step that is under way is finished
	Steps     *sync.WaitGroup // of what is under way
}

// Book has the house's callbacks. All its methods may be called from any goroutine.
type Book struct{ cfg Config }

// New makes one.
func New(cfg Config) *Book { return &Book{cfg} }

// Offerable tells whether a callback can be promised in a queue: it has opening time enough, until then.
func (b *Book) Offerable(queue string) (until time.Time, ok bool) {
	if b.cfg.Callbacks == nil {
		return until, false
	}
	return b.cfg.Callbacks.Offerable(queue)
}

// Keep asks for a callback in the name of a call and gives the work that it is; none where the number is owed one already. The
// number stays the asker's. With an error nothing is owed.
func (b *Book) Keep(id, queue string, n pii.Number, lang agency.Lang, until time.Time) (callback.View, routing.Work, error) {
	ctx, cancel := context.WithTimeout(b.cfg.Life, StepTime)
	defer cancel()
	v, err := b.cfg.Callbacks.Request(ctx, id, queue, n, lang, until)
	if errs.Is(err, errs.Conflict) && v.ID != "" { // promised before: it is kept once
		return v, routing.Work{}, nil
	}
	if err != nil {
		return v, routing.Work{}, err
	}
	w, err := b.cfg.Callbacks.Work(ctx, v.ID)
	if err != nil { // the caller will hear that there is none
		b.Release(v.ID)
	}
	return v, w, err
}

// Open gives the number to the agent who calls, which the log knows of first.
func (b *Book) Open(ctx context.Context, id, agent string) (callback.Call, error) {
	return b.cfg.Callbacks.Open(ctx, id, agent)
}

// Release takes a promise back that nobody heard of.
func (b *Book) Release(id string) {
	b.beside(func(ctx context.Context) error { return b.cfg.Callbacks.Cancel(ctx, id, audit.System) })
}

// Expire erases a callback that was not made in time.
func (b *Book) Expire(id string) {
	if b.cfg.Callbacks != nil {
		b.beside(func(ctx context.Context) error { return b.cfg.Callbacks.Expire(ctx, id) })
	}
}

// Kept says that the customer answered: the number is erased from where it was kept.
func (b *Book) Kept(id, agent string) {
	b.beside(func(ctx context.Context) error { return b.cfg.Callbacks.Done(ctx, id, agent) })
}

// Cancel ends a callback that waits, in the name of by, and takes it from the queue: an agent at whom it rings is free again.
// errs.Conflict while an agent calls, errs.Gone where it is over, errs.NotFound where none are made.
func (b *Book) Cancel(ctx context.Context, id, by string) error {
	if b.cfg.Callbacks == nil {
		return errs.New(errs.NotFound, "no callbacks are made here")
	}
	err := b.cfg.Callbacks.Cancel(ctx, id, by)
	if err == nil || errs.Is(err, errs.Gone) { // what is over need not wait either
		b.cfg.Dispatch.Remove(id, routing.Closed)
	}
	return err
}

// Tried says how a try ended that did not reach the customer; another one is lined up if there is one.
func (b *Book) Tried(id, agent string, how callback.Outcome) {
	b.beside(func(ctx context.Context) error {
		again, _, err := b.cfg.Callbacks.Tried(ctx, id, agent, how)
		if err != nil && !errs.Is(err, errs.Conflict) || err == nil && !again { // errs.Conflict: it could not even be opened
			return err
		}
		w, missing := b.cfg.Callbacks.Work(ctx, id)
		if missing != nil {
			return missing
		}
		if later := time.Now().Add(callback.FailedGap); err != nil && w.NotBefore.Before(later) {
			w.NotBefore = later // who can't open it now is not asked again at once
		}
		b.LineUp(w)
		return nil
	})
}

// How is what a failure to connect (dial.Failure) means for a callback.
func How(failed string) callback.Outcome {
	switch failed {
	case dial.Busy:
		return callback.Busy
	case dial.NoAnswer:
		return callback.Silent
	}
	return callback.Failed
}

// Start lets what is owed from before wait again.
func (b *Book) Start() {
	if b.cfg.Callbacks == nil {
		return
	}
	b.beside(func(ctx context.Context) error {
		due, err := b.cfg.Callbacks.Due(ctx)
		for _, w := range due {
			b.LineUp(w)
		}
		return err
	})
}

// LineUp gives a callback to routing, again and again where it has no owner just now: the customer was promised a call. Of no work
// (its ID is "") nothing waits.
func (b *Book) LineUp(w routing.Work) {
	if w.ID == "" {
		return
	}
	run.Go(b.cfg.Steps, b.cfg.Log, "callback", func() {
		for {
			err := b.cfg.Dispatch.Enqueue(w)
			switch {
			case err == nil, errs.Is(err, errs.Conflict): // it waits already
				return
			case !errs.Is(err, errs.Unavailable):
				b.cfg.Log.Error("a callback could not be lined up", "callback", w.ID, "error", err)
				return
			}
			if !b.rests(Again) {
				return
			}
		}
	})
}

// beside does one step of a callback in its store, and logs where it could not. While the store is away it tries again: nobody else would
// call the customer who was promised it, or erase the number of one who was reached.
func (b *Book) beside(f func(context.Context) error) {
	run.Go(b.cfg.Steps, b.cfg.Log, "callback", func() {
		for gap := Again; b.step(f) && b.rests(gap); gap = min(2*gap, callback.FailedGap) {
		}
	})
}

// step does it once, and tells whether another time may help.
func (b *Book) step(f func(context.Context) error) (again bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.cfg.Life), StepTime)
	defer cancel()
	err := f(ctx)
	if err == nil || errs.Is(err, errs.Gone) {
		return false
	}
	again = errs.Is(err, errs.Unavailable) || errs.Is(err, errs.Internal) // the latter: what a lost connection may look like; its time ends it
	b.cfg.Log.Error("a callback's step was not done", "error", err, "again", again)
	return again
}

// rests waits; false where the life ends first.
func (b *Book) rests(gap time.Duration) bool {
	select {
	case <-b.cfg.Life.Done():
		return false
	case <-time.After(gap):
		return true
	}
}
