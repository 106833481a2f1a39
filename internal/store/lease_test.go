package store_test

import (
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/lease"
	"santra/internal/store"
	"santra/internal/store/storetest"
)

func TestLeaseIsComparedAndSet(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		seen, err := db.Lease(ctx, "routing")
		if err != nil || seen != (lease.Row{Name: "routing"}) {
			t.Fatal(seen, err)
		}
		one, ok, err := db.TakeLease(ctx, entry, seen, "one")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if _, ok, err := db.TakeLease(ctx, entry, seen, "two"); ok || err != nil {
			t.Fatal("two owners:", ok, err)
		}
		if ok, err := db.BeatLease(ctx, one); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if _, ok, _ := db.TakeLease(ctx, entry, one, "two"); ok {
			t.Fatal("taken although it had beaten")
		}
		now, _ := db.Lease(ctx, "routing")
		two, ok, err := db.TakeLease(ctx, entry, now, "two")
		if !ok || err != nil || two.Epoch != one.Epoch+1 {
			t.Fatal(two, ok, err)
		}
		if ok, err := db.BeatLease(ctx, one); ok || err != nil {
			t.Fatal("a former owner beats:", ok, err)
		}
		if err := db.ReleaseLease(ctx, one); err != nil {
			t.Fatal(err)
		}
		if now, _ := db.Lease(ctx, "routing"); now.Owner != "two" {
			t.Fatal("a former owner released:", now)
		}
		if n, _, _ := db.Waiting(ctx); n != 2 {
			t.Fatalf("%d audit entries for 2 take-overs", n)
		}
	})
}

func TestHoldersOverARealDatabase(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		ctx, ttl := t.Context(), 200*time.Millisecond
		one, err := lease.Acquire(ctx, lease.Config{Store: db, Name: "routing", Owner: "one", TTL: ttl})
		if err != nil {
			t.Fatal(err)
		}
		work, cancel := one.Context(ctx)
		defer cancel()
		if err := db.Do(work, []audit.Entry{entry}, nil); err != nil {
			t.Fatal(err)
		}
		if err := one.Release(ctx); err != nil {
			t.Fatal(err)
		}
		<-work.Done()
		two, err := lease.Acquire(ctx, lease.Config{Store: db, Name: "routing", Owner: "two", TTL: ttl})
		if err != nil || two.Epoch() != one.Epoch()+1 {
			t.Fatal(err)
		}
		if err := two.Release(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
