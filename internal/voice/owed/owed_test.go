package owed

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/voice/callback"
	"santra/internal/voice/dial"
)

// desk notes what is offered.
type desk struct{ offers chan dispatch.Offer }

func (d desk) Offered(o dispatch.Offer)       { d.offers <- o }
func (desk) Withdrawn(dispatch.Offer, string) {}

// newBook makes a book without callbacks in store, over a dispatcher that has not been started yet.
func newBook(t *testing.T) (*Book, *dispatch.Dispatcher, desk) {
	t.Helper()
	k := desk{make(chan dispatch.Offer, 10)}
	d := dispatch.New(dispatch.Config{Log: slog.New(slog.DiscardHandler)})
	d.Handle(routing.Callback, k)
	if err := d.SetQueues([]routing.Queue{{ID: "advice", Agency: "social"}}, nil); err != nil {
		t.Fatal(err)
	}
	var steps sync.WaitGroup
	life, end := context.WithCancel(t.Context())
	t.Cleanup(func() { end(); steps.Wait() })
	return New(Config{Dispatch: d, Log: slog.New(slog.DiscardHandler), Life: life, Steps: &steps}), d, k
}

// Where no callbacks are made none is offered, and nothing is asked of a store that is not there.
func TestNoCallbacks(t *testing.T) {
	b, _, _ := newBook(t)
	if _, ok := b.Offerable("advice"); ok {
		t.Error("one is offered")
	}
	if err := b.Cancel(t.Context(), "one", "anna"); !errs.Is(err, errs.NotFound) {
		t.Errorf("%v", err)
	}
	b.Start()
	b.Expire("one")
}

// What is lined up is offered, once; of no work nothing waits.
func TestLineUp(t *testing.T) {
	b, d, k := newBook(t)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(t.Context()) })
	d.SignIn(routing.Agent{ID: "anna", Seat: "A1"})
	if err := d.SetState("anna", routing.Ready, ""); err != nil {
		t.Fatal(err)
	}
	b.LineUp(routing.Work{})
	for range 2 {
		b.LineUp(routing.Work{ID: "one", Kind: routing.Callback, Queue: "advice", Agency: "social", Ring: time.Minute})
	}
	select {
	case o := <-k.offers:
		if o.Work.ID != "one" || o.Agent != "anna" {
			t.Errorf("%+v", o)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is offered")
	}
	if n := len(k.offers); n != 0 {
		t.Errorf("%d more are offered", n)
	}
}

func TestHow(t *testing.T) {
	for failed, want := range map[string]callback.Outcome{
		dial.Busy: callback.Busy, dial.NoAnswer: callback.Silent, dial.Unknown: callback.Failed, dial.OwnTelephone: callback.Failed, "": callback.Failed,
	} {
		if got := How(failed); got != want {
			t.Errorf("%q: %v, want %v", failed, got, want)
		}
	}
}
