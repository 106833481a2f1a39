package owed

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/keys"
	"santra/internal/pii"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
	"santra/internal/voice/callback"
)

const patience = 20 * time.Second

// fickle is a store of callbacks that goes away.
type fickle struct {
	callback.Store
	away      atomic.Bool
	awayAfter atomic.Bool   // from the next change on
	asked     chan struct{} // while it was away
}

func (f *fickle) gone() error {
	if !f.away.Load() {
		return nil
	}
	select {
	case f.asked <- struct{}{}:
	default:
	}
	return errs.New(errs.Unavailable, "no connection")
}

// Do changes something, and goes away then where that was wanted.
func (f *fickle) Do(ctx context.Context, e audit.Entry, change func(callback.Tx) error) error {
	if err := f.gone(); err != nil {
		return err
	}
	err := f.Store.Do(ctx, e, change)
	if f.awayAfter.Swap(false) {
		f.away.Store(true)
	}
	return err
}

func (f *fickle) Callback(ctx context.Context, id string) (callback.Record, error) {
	if err := f.gone(); err != nil {
		return callback.Record{}, err
	}
	return f.Store.Callback(ctx, id)
}

func (f *fickle) Callbacks(ctx context.Context, limit int) ([]callback.Record, error) {
	if err := f.gone(); err != nil {
		return nil, err
	}
	return f.Store.Callbacks(ctx, limit)
}

// owing is a book over a store that goes away, and a dispatcher that decides.
type owing struct {
	*testing.T
	*Book
	store *fickle
	disp  *dispatch.Dispatcher
	end   func() // of the service's life, with all its steps
}

func newOwing(t *testing.T) *owing {
	t.Helper()
	db, err := centre.Open(t.Context(), storetest.SQLite(t), centre.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	ring, err := keys.Open(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	store := &fickle{Store: db.Callbacks(), asked: make(chan struct{}, 1)}
	callbacks, err := callback.New(callback.Config{
		Store: store, Vault: ring,
		Queue:    func(id string) (agency.Queue, bool) { return agency.Queue{ID: id, Agency: "social"}, true },
		Open:     func(string, time.Time) (bool, time.Time) { return true, time.Time{} },
		Estimate: func(string) callback.Estimate { return callback.Estimate{High: time.Minute, Known: true} },
		May:      func(string, pii.Number) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	_, d, _ := newBook(t)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(t.Context()) })
	var steps sync.WaitGroup
	life, cancel := context.WithCancel(t.Context())
	end := func() { cancel(); steps.Wait() }
	t.Cleanup(end)
	b := New(Config{Callbacks: callbacks, Dispatch: d, Log: slog.New(slog.DiscardHandler), Life: life, Steps: &steps})
	return &owing{t, b, store, d, end}
}

// owes promises a callback.
func (o *owing) owes() string {
	o.Helper()
	v, err := o.cfg.Callbacks.Request(o.Context(), id.New(), "advice", pii.NewNumber("+358401234567"), agency.Finnish, time.Now().Add(time.Hour))
	if err != nil {
		o.Fatal(err)
	}
	return v.ID
}

// opened owes a callback that bob is making.
func (o *owing) opened() string {
	o.Helper()
	id := o.owes()
	call, err := o.Open(o.Context(), id, "bob")
	if err != nil {
		o.Fatal(err)
	}
	call.Number.Erase()
	return id
}

// back waits until the store was missed, and lets it come back.
func (o *owing) back() {
	o.Helper()
	select {
	case <-o.store.asked:
		o.store.away.Store(false)
	case <-time.After(patience):
		o.Fatal("nobody asked the store")
	}
}

func (o *owing) until(what string, is func() bool) {
	o.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if is() {
			return
		}
	}
	o.Fatal("in vain awaited:", what)
}

func (o *owing) waits(id string) func() bool {
	return func() bool { _, ok := o.disp.Explain(id); return ok }
}

func (o *owing) all() []callback.View {
	o.Helper()
	all, err := o.cfg.Callbacks.List(o.Context())
	if err != nil {
		o.Fatal(err)
	}
	return all
}

// A try that comes to nothing while the database is away is no promise that is forgotten: the callback waits again when it is back.
func TestTriedWhileTheDatabaseWasAway(t *testing.T) {
	o := newOwing(t)
	id := o.opened()
	o.store.away.Store(true)
	o.Tried(id, "bob", callback.Busy)
	o.back()
	o.until("lined up", o.waits(id))
	if all := o.all(); len(all) != 1 || all[0].State != callback.Waiting || all[0].Tries != 1 {
		t.Errorf("%+v", all)
	}
}

// Who was reached while the database was away is not called again, and their number is erased when it is back (M3).
func TestReachedWhileTheDatabaseWasAway(t *testing.T) {
	o := newOwing(t)
	id := o.opened()
	o.store.away.Store(true)
	o.Kept(id, "bob")
	o.back()
	o.until("erased", func() bool { return len(o.all()) == 0 })
}

// What was owed before a start in which the database is away is owed afterwards.
func TestStartWhileTheDatabaseIsAway(t *testing.T) {
	o := newOwing(t)
	id := o.owes()
	o.store.away.Store(true)
	o.Start()
	o.back()
	o.until("lined up", o.waits(id))
}

// A promise of which the caller was not told, since the store went away in the middle of it, is none: nobody is called who waits on.
func TestHalfAPromiseIsTakenBack(t *testing.T) {
	o := newOwing(t)
	o.store.awayAfter.Store(true)
	n := pii.NewNumber("+358401234567")
	defer n.Erase()
	if _, _, err := o.Keep(id.New(), "advice", n, agency.Finnish, time.Now().Add(time.Hour)); !errs.Is(err, errs.Unavailable) {
		t.Fatal(err)
	}
	o.back()
	o.until("taken back", func() bool { return len(o.all()) == 0 })
}

// A store that stays away does not hold up the end.
func TestEndWhileTheDatabaseIsAway(t *testing.T) {
	o := newOwing(t)
	id := o.opened()
	o.store.away.Store(true)
	o.Tried(id, "bob", callback.Busy)
	<-o.store.asked
	o.end()
	if _, waits := o.disp.Explain(id); waits {
		t.Error("it was lined up out of nothing")
	}
}

// What can't be done however often is not tried again.
func TestStepThatIsRefused(t *testing.T) {
	o := newOwing(t)
	id := o.owes()
	o.Kept(id, "bob") // errs.Conflict: nobody has opened it
	o.cfg.Steps.Wait()
	if all := o.all(); len(all) != 1 {
		t.Errorf("%+v", all)
	}
}
