package app

import (
	"log/slog"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/routing"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
)

// Another node closes and opens queues; this one follows, also after a restart.
func TestClosingsOfOtherNodesAreFollowed(t *testing.T) {
	ctx := t.Context()
	db, err := centre.Open(ctx, storetest.SQLite(t), centre.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	other := agency.NewClosings(db.Closings())
	shut := func(queue string, left time.Duration) {
		t.Helper()
		if _, err := other.Close(ctx, agency.Closing{Queue: queue, Reason: "Palohälytys", By: "p", Until: time.Now().Add(left)}); err != nil {
			t.Fatal(err)
		}
	}
	made := func() *dispatch.Dispatcher {
		d := dispatch.New(dispatch.Config{Log: slog.New(slog.DiscardHandler)})
		if err := d.SetQueues([]routing.Queue{{ID: "a"}, {ID: "b"}}, nil); err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := made()
	check := func(d *dispatch.Dispatcher, a, b bool) {
		t.Helper()
		for range 2 {
			if err := follow(ctx, other, d); err != nil {
				t.Fatal(err)
			}
			if q := d.Queues(); q["a"].Closed != a || q["b"].Closed != b {
				t.Fatalf("a closed: %v, b closed: %v", q["a"].Closed, q["b"].Closed)
			}
		}
	}
	check(d, false, false)
	shut("a", time.Hour)
	shut("not-configured", time.Hour)
	check(d, true, false)
	shut("b", time.Hour)
	check(d, true, true)
	check(made(), true, true) // a restart
	if err := other.Reopen(ctx, "p", "", "a"); err != nil {
		t.Fatal(err)
	}
	shut("b", 2*time.Hour)
	check(d, false, true)
	if left := time.Until(d.Queues()["b"].Changes); left < 119*time.Minute {
		t.Errorf("b opens again in %v", left)
	}
}
