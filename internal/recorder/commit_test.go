package recorder

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

// ledger is a catalogue of used gates alone. It counts transactions, and can be out of order.
type ledger struct {
	Store
	mu           sync.Mutex
	used         map[string]bool
	entries      []string
	transactions int
	down         bool
}

// ledgerTx keeps what a transaction did until it is whole.
type ledgerTx struct {
	Tx
	l    *ledger
	uses []string
}

func (t *ledgerTx) UseGate(gate string, part int, _ string, _ time.Time) error {
	key := fmt.Sprint(gate, "/", part)
	if t.l.used[key] || slices.Contains(t.uses, key) {
		return errs.New(errs.Denied, "used")
	}
	t.uses = append(t.uses, key)
	return nil
}

func (l *ledger) Do(ctx context.Context, e audit.Entry, f func(Tx) error) error {
	return l.DoAll(ctx, []audit.Entry{e}, f)
}

func (l *ledger) DoAll(_ context.Context, entries []audit.Entry, f func(Tx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.transactions++
	if l.down {
		return errs.New(errs.Unavailable, "the database is away")
	}
	tx := &ledgerTx{l: l}
	if err := f(tx); err != nil {
		return err
	}
	for _, key := range tx.uses {
		l.used[key] = true
	}
	for _, e := range entries {
		l.entries = append(l.entries, e.Object)
	}
	return nil
}

func use(gate string, part int) func(Tx) error {
	return func(tx Tx) error { return tx.UseGate(gate, part, "s", time.Time{}) }
}

func about(object string) audit.Entry {
	return audit.Entry{Action: "test.made", Actor: audit.System, Object: object, Success: true}
}

// committing runs f in a bubble beside a committer, which is stopped after it.
func committing(t *testing.T, f func(t *testing.T, l *ledger, c *committer)) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{used: map[string]bool{}}
		c, stop := newCommitter(l), make(chan struct{})
		go c.run(t.Context(), stop)
		f(t, l, c)
		close(stop)
		<-c.over
	})
}

// TestChangesShareATransaction: what comes within the linger is one transaction, and each has its entry.
func TestChangesShareATransaction(t *testing.T) {
	committing(t, func(t *testing.T, l *ledger, c *committer) {
		var wg sync.WaitGroup
		for part := range 40 {
			wg.Go(func() { must(t, c.do(about(fmt.Sprint(part)), use("g", part))) })
		}
		wg.Wait()
		if l.transactions != 1 || len(l.used) != 40 || len(l.entries) != 40 {
			t.Error(l.transactions, len(l.used), len(l.entries))
		}
	})
}

// TestOneRefusedStopsNoOther: the refused leaves neither a use nor an entry, whoever shared its transaction.
func TestOneRefusedStopsNoOther(t *testing.T) {
	committing(t, func(t *testing.T, l *ledger, c *committer) {
		must(t, c.do(about("first"), use("g", 1)))
		var wg sync.WaitGroup
		results := make([]error, 6)
		for i := range results { // parts 1, 1, 2, 2, 3, 3: 1 is used before, the others twice here
			wg.Go(func() { results[i] = c.do(about(fmt.Sprint(i)), use("g", 1+i/2)) })
		}
		wg.Wait()
		refused := 0
		for _, err := range results {
			if errs.Is(err, errs.Denied) {
				refused++
			}
		}
		if refused != 4 || len(l.used) != 3 || len(l.entries) != 3 {
			t.Error(results, l.used, l.entries)
		}
	})
}

// TestCommitterTellsOfFailures: every change hears that the database is away, and a later one that it is back.
func TestCommitterTellsOfFailures(t *testing.T) {
	committing(t, func(t *testing.T, l *ledger, c *committer) {
		l.down = true
		var wg sync.WaitGroup
		for part := range 3 {
			wg.Go(func() {
				if err := c.do(about("x"), use("g", part)); !errs.Is(err, errs.Unavailable) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		l.down = false
		must(t, c.do(about("y"), use("g", 1)))
	})
}

// TestNothingIsLostAtTheStop: what was brought before the stop is done; what comes after is refused, not forgotten.
func TestNothingIsLostAtTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{used: map[string]bool{}}
		c, stop := newCommitter(l), make(chan struct{})
		done := 0
		for part := range commitMost + 5 {
			must(t, c.add(change{about("x"), use("g", part), func(err error) {
				must(t, err)
				done++
			}}))
		}
		close(stop)
		c.run(t.Context(), stop)
		if done != commitMost+5 || len(l.used) != done || l.transactions != 2 {
			t.Error(done, len(l.used), l.transactions)
		}
		if err := c.do(about("late"), use("h", 1)); !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
		if err := c.add(change{}); !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
	})
}
