package centre_test

import (
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/registry"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
)

func TestRegistryStore(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		opened, err := centre.Open(t.Context(), dsn, centre.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = opened.Close() })
		t.Run("published", func(t *testing.T) { testPublished(t, opened.Registry()) })
		t.Run("grants", func(t *testing.T) { testGrants(t, opened.Registry()) })
		rows, err := opened.Audit().Search(t.Context(), audit.Filter{Limit: 100})
		if err != nil || len(rows) != 3 { // version 1, a grant, its withdrawal
			t.Errorf("%d audit rows, %v", len(rows), err)
		}
	})
}

func testPublished(t *testing.T, s registry.Store) {
	if _, err := s.Published(t.Context()); !errs.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
	first, err := registry.EnsurePublished(t.Context(), s)
	if err != nil || first.Version != 1 || first.Months != 6 || first.Digits != 4 {
		t.Fatal(first, err)
	}
	again, err := registry.EnsurePublished(t.Context(), s)
	if err != nil || again != first {
		t.Fatal(again, err)
	}
}

func testGrants(t *testing.T, s registry.Store) {
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
	g := registry.Grant{ID: "g1", Person: "p", Agency: "parks", Until: now.Add(time.Hour), Granted: now, By: "c"}
	entry := audit.Entry{Action: registry.ActionGranted, Actor: "c", Object: "g1", Success: true}
	if err := s.Do(ctx, audit.Entry{}, func(tx registry.Tx) error { return tx.AddGrant(ctx, g) }); err == nil {
		t.Fatal("a change without an entry")
	}
	if err := s.Do(ctx, entry, func(tx registry.Tx) error { return tx.AddGrant(ctx, g) }); err != nil {
		t.Fatal(err)
	}
	got, err := s.Grant(ctx, "g1")
	if err != nil || got != g {
		t.Fatal(got, err)
	}
	has := func(person, agency string, at time.Time, want bool) {
		t.Helper()
		if ok, err := s.GrantTo(ctx, person, agency, at); ok != want || err != nil {
			t.Fatalf("%s for %s: %v %v", person, agency, ok, err)
		}
	}
	has("p", "parks", now, true)
	has("p", "ports", now, false)
	has("q", "parks", now, false)
	has("p", "parks", g.Until, false) // the first instant without the right
	if list, err := s.Grants(ctx, now); len(list) != 1 || err != nil {
		t.Fatal(list, err)
	}
	withdraw := func() error {
		return s.Do(ctx, audit.Entry{Action: registry.ActionWithdrawn, Actor: "c", Object: "g1", Success: true},
			func(tx registry.Tx) error { return tx.WithdrawGrant(ctx, "g1", "c", now) })
	}
	if err := withdraw(); err != nil {
		t.Fatal(err)
	}
	has("p", "parks", now, false)
	if err := withdraw(); !errs.Is(err, errs.Gone) {
		t.Fatal(err)
	}
	if _, err := s.Grant(ctx, "none"); !errs.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
}
