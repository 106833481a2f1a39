package lease

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

// memory is a Store whose links can be cut.
type memory struct {
	mu    sync.Mutex
	row   Row
	cut   map[string]bool // owners that don't reach it; "" cuts readers
	taken int
}

var errCut = errors.New("cut")

func (m *memory) Lease(_ context.Context, name string) (Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cut[""] {
		return Row{}, errCut
	}
	m.row.Name = name
	return m.row, nil
}

func (m *memory) TakeLease(_ context.Context, e audit.Entry, seen Row, owner string) (Row, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e.Check() != nil || m.cut[owner] {
		return Row{}, false, errCut
	}
	if m.row != seen {
		return Row{}, false, nil
	}
	m.row.Owner, m.row.Epoch, m.row.Beat = owner, seen.Epoch+1, seen.Beat+1
	m.taken++
	return m.row, true, nil
}

func (m *memory) BeatLease(ctx context.Context, held Row) (bool, error) {
	m.mu.Lock()
	cut := m.cut[held.Owner]
	m.mu.Unlock()
	if cut {
		<-ctx.Done() // a dead network answers nothing
		return false, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.row.Owner != held.Owner || m.row.Epoch != held.Epoch {
		return false, nil
	}
	m.row.Beat++
	return true, nil
}

func (m *memory) ReleaseLease(_ context.Context, held Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.row.Owner == held.Owner && m.row.Epoch == held.Epoch {
		m.row.Owner = ""
		m.row.Beat++
	}
	return nil
}

func (m *memory) cutOff(owner string, cut bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut[owner] = cut
}

func newMemory() *memory { return &memory{cut: map[string]bool{}} }

func acquire(t *testing.T, m *memory, owner string) *Holder {
	t.Helper()
	h, err := Acquire(t.Context(), Config{Store: m, Name: "routing", Owner: owner})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHolderKeepsItWhileItBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		h := acquire(t, m, "one")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := Acquire(ctx, Config{Store: m, Name: "routing", Owner: "two"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal("a beating lease was taken:", err)
		}
		select {
		case <-h.Lost():
			t.Fatal("lost")
		default:
		}
		_ = h.Release(t.Context())
		<-h.Lost()
	})
}

// The former owner knows that it has lost the lease before anybody else may hold it.
func TestSilentOwnerLosesItBeforeAnotherTakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		one := acquire(t, m, "one")
		work, cancel := one.Context(t.Context())
		defer cancel()
		time.Sleep(10 * time.Second) // the bubble's clock
		m.cutOff("one", true)
		start := time.Now()
		var lost time.Time
		var wg sync.WaitGroup
		wg.Go(func() { <-one.Lost(); lost = time.Now() })
		two := acquire(t, m, "two")
		took := time.Since(start)
		wg.Wait()
		if lost.After(time.Now()) || lost.Sub(start) > DefaultTTL || !lost.Before(start.Add(took)) {
			t.Fatalf("lost after %v, taken after %v", lost.Sub(start), took)
		}
		if took > 2*DefaultTTL || two.Epoch() != one.Epoch()+1 {
			t.Fatalf("taken after %v with epoch %d", took, two.Epoch())
		}
		if work.Err() == nil {
			t.Fatal("the work under a lost lease goes on")
		}
		_ = two.Release(t.Context())
	})
}

func TestCandidatesMakeOneWinner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		ctx, cancel := context.WithCancel(t.Context())
		won := make(chan *Holder, 5)
		var wg sync.WaitGroup
		for _, owner := range []string{"a", "b", "c", "d", "e"} {
			wg.Go(func() {
				if h, err := Acquire(ctx, Config{Store: m, Name: "routing", Owner: owner}); err == nil {
					won <- h
				}
			})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if m.taken != 1 {
			t.Fatalf("%d winners", m.taken)
		}
		cancel()
		wg.Wait()
		_ = (<-won).Release(t.Context())
	})
}

func TestReleasedLeaseIsTakenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		one := acquire(t, m, "one")
		_ = one.Release(t.Context())
		_ = one.Release(t.Context())
		start := time.Now()
		two := acquire(t, m, "two")
		if d := time.Since(start); d > 0 {
			t.Fatal(d)
		}
		_ = two.Release(t.Context())
	})
}

// A candidate that could not look does not count that time as silence.
func TestBlindTimeIsNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		one := acquire(t, m, "one")
		m.cutOff("", true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got := make(chan error, 1)
		go func() { _, err := Acquire(ctx, Config{Store: m, Name: "routing", Owner: "two"}); got <- err }()
		time.Sleep(30 * time.Second)
		m.cutOff("", false)
		if err := <-got; !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		_ = one.Release(t.Context())
	})
}

func TestFenceTravelsInTheContext(t *testing.T) {
	if _, ok := From(t.Context()); ok {
		t.Fatal("a lease from nowhere")
	}
	if f, ok := From(With(t.Context(), "routing", 7)); !ok || f != (Fence{"routing", 7}) {
		t.Fatal(f, ok)
	}
}

func TestCandidateNeedsNames(t *testing.T) {
	for _, cfg := range []Config{{Name: "routing"}, {Owner: "one"}} {
		if _, err := Acquire(t.Context(), cfg); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	}
}

// Who lost it and asks again need not wait for a silence that is its own.
func TestWhoLostItTakesItBackAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		one := acquire(t, m, "one")
		if !one.Valid() {
			t.Fatal("not valid while it beats")
		}
		m.cutOff("one", true)
		<-one.Lost()
		if one.Valid() {
			t.Fatal("valid when lost")
		}
		m.cutOff("one", false)
		start := time.Now()
		again := acquire(t, m, "one")
		if d := time.Since(start); d > 0 || again.Epoch() != one.Epoch()+1 || !again.Valid() {
			t.Fatal(d, again.Epoch())
		}
		_ = again.Release(t.Context())
	})
}

// A process that was stopped must not act on what it held before, even before its beating goroutine has run.
func TestValidEndsByTheClockAlone(t *testing.T) {
	since := time.Now().Add(-DefaultTTL)
	h := &Holder{cfg: Config{TTL: DefaultTTL}, lost: make(chan struct{})}
	h.since.Store(&since)
	if h.Valid() {
		t.Fatal("valid without a beat for a whole TTL")
	}
}

// Alone on its store, a holder whose beats fail goes on; another's name in the row ends it all the same.
func TestAloneNoSilenceLosesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.row = Row{Name: "routing", Owner: "dead", Epoch: 3, Beat: 9}
		start := time.Now()
		one, err := Acquire(t.Context(), Config{Store: m, Name: "routing", Owner: "one", Alone: true})
		if err != nil || one.Epoch() != 4 || time.Now() != start {
			t.Fatal(err, time.Since(start))
		}
		m.cutOff("one", true)
		time.Sleep(time.Hour)
		if !one.Valid() {
			t.Fatal("lost by silence")
		}
		m.cutOff("one", false)
		time.Sleep(DefaultTTL)
		if !one.Valid() {
			t.Fatal("lost by beating again")
		}
		m.mu.Lock()
		m.row.Owner, m.row.Epoch = "two", m.row.Epoch+1
		m.mu.Unlock()
		<-one.Lost()
		if one.Valid() {
			t.Fatal("valid though another has it")
		}
	})
}
