package centre_test

import (
	"testing"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
)

// each runs f on every database, with the whole schema of the contact centre.
func each(t *testing.T, f func(t *testing.T, s *centre.Store)) {
	t.Helper()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s, err := centre.Open(t.Context(), dsn, centre.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		f(t, s)
	})
}

// trail checks that a step left exactly the audit entries of these actions.
type trail struct {
	t    *testing.T
	s    *centre.Store
	seen int
}

func (a *trail) left(actions ...string) {
	a.t.Helper()
	rows, err := a.s.Audit().Search(a.t.Context(), audit.Filter{Limit: audit.MaxPage})
	if err != nil {
		a.t.Fatal(err)
	}
	fresh := rows[:len(rows)-a.seen]
	a.seen = len(rows)
	if len(fresh) != len(actions) {
		a.t.Fatalf("%d audit entries, want %v", len(fresh), actions)
	}
	for i, want := range actions {
		if got := fresh[len(fresh)-1-i].Action; got != want {
			a.t.Fatalf("audit entry %s, want %s", got, want)
		}
	}
}

func kind(t *testing.T, err error, want errs.Kind) {
	t.Helper()
	if !errs.Is(err, want) {
		t.Fatalf("%v, want %v", err, want)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
