package outcome_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/routing/measure"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
	"santra/internal/voice/outcome"
)

type book struct{}

func (book) Current() *agency.City {
	return &agency.City{Outcomes: []agency.Outcome{
		{ID: "done", Name: agency.Text{"fi": "Hoidettu"}}, {ID: "fine", Name: agency.Text{"fi": "Sakko"}, Agencies: []string{"parking"}},
	}}
}

func (book) Queue(id string) (agency.Queue, bool) {
	return agency.Queue{ID: id, Agency: map[string]string{"lots": "parking", "pipes": "water"}[id]}, id != "none"
}

// noon is within a half-hour; it begins at 12:00 UTC.
func noon() time.Time { return time.Date(2026, 11, 30, 12, 7, 3, 0, time.UTC) }

func each(t *testing.T, f func(t *testing.T, s *outcome.Service, db *centre.Store)) {
	t.Helper()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		db, err := centre.Open(t.Context(), dsn, centre.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		f(t, outcome.New(db.Outcomes(), book{}), db)
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCounts(t *testing.T) {
	each(t, func(t *testing.T, s *outcome.Service, _ *centre.Store) {
		ctx, start := t.Context(), measure.Start(noon())
		var wg sync.WaitGroup
		for range 20 { // calls end at the same moment
			wg.Go(func() {
				if err := s.Count(ctx, "lots", "fine", noon()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		ok(t, s.Count(ctx, "lots", "done", noon()))
		ok(t, s.Count(ctx, "lots", "done", noon().Add(time.Hour)))
		ok(t, s.Count(ctx, "pipes", "done", noon()))
		rows, err := s.Table(ctx, start, start.Add(time.Hour))
		ok(t, err)
		want := []outcome.Row{{"lots", start, "done", 1}, {"lots", start, "fine", 20}, {"pipes", start, "done", 1}}
		if !slices.Equal(rows, want) {
			t.Errorf("%+v", rows)
		}
		if start.Minute() != 0 || start.Hour() != 12 {
			t.Error(start)
		}
	})
}

func TestTheListIsClosed(t *testing.T) {
	each(t, func(t *testing.T, s *outcome.Service, _ *centre.Store) {
		ctx := t.Context()
		for _, c := range []struct {
			queue, code string
			want        errs.Kind
		}{{"none", "done", errs.NotFound}, {"lots", "Called from +358401234567", errs.Invalid}, {"pipes", "fine", errs.Invalid}, {"lots", "", errs.Invalid}} {
			if err := s.Count(ctx, c.queue, c.code, noon()); !errs.Is(err, c.want) {
				t.Errorf("%+v: %v", c, err)
			}
		}
		if rows, err := s.Table(ctx, noon().Add(-time.Hour), noon().Add(time.Hour)); err != nil || len(rows) != 0 {
			t.Error(rows, err)
		}
		if _, err := s.Table(ctx, noon(), noon().Add(outcome.MaxSpan+1)); !errs.Is(err, errs.TooLarge) {
			t.Error(err)
		}
	})
}

func TestOldCountsAreErased(t *testing.T) {
	each(t, func(t *testing.T, s *outcome.Service, db *centre.Store) {
		ctx := t.Context()
		ok(t, s.Count(ctx, "lots", "done", noon()))
		ok(t, s.Count(ctx, "lots", "done", noon().Add(time.Hour)))
		if n, err := s.Erase(ctx, noon()); err != nil || n != 0 {
			t.Fatal(n, err)
		}
		logged := func() int {
			rows, err := db.Audit().Search(ctx, audit.Filter{Limit: audit.MaxPage})
			ok(t, err)
			return len(rows)
		}
		if logged() != 0 {
			t.Error("nothing was erased, and the log tells of it")
		}
		if n, err := s.Erase(ctx, measure.Start(noon()).Add(measure.Retention+time.Second)); err != nil || n != 1 || logged() != 1 {
			t.Fatal(n, err)
		}
		if rows, err := s.Table(ctx, noon().Add(-time.Hour), noon().Add(2*time.Hour)); err != nil || len(rows) != 1 {
			t.Error(rows, err)
		}
	})
}

func TestDays(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	ok(t, err)
	late := time.Date(2026, 11, 30, 22, 0, 0, 0, time.UTC) // midnight in Helsinki
	days := outcome.Daily([]outcome.Row{{"q", late.Add(-time.Hour), "done", 2}, {"q", late, "done", 3}, {"q", late.Add(time.Hour), "done", 4}, {"a", late, "done", 1}}, zone)
	want := []outcome.Row{{"q", late.Add(-24 * time.Hour), "done", 2}, {"a", late, "done", 1}, {"q", late, "done", 7}}
	if !slices.Equal(days, want) {
		t.Errorf("%+v", days)
	}
}

func TestSmallCountsStay(t *testing.T) {
	row := func(code string, n int) outcome.Row { return outcome.Row{Queue: "q", Start: noon(), Code: code, N: n} }
	for name, c := range map[string]struct {
		rows []outcome.Row
		want string
	}{
		"all large":              {[]outcome.Row{row("a", 5), row("b", 9)}, "a5 b9"},
		"one small hides two":    {[]outcome.Row{row("a", 4), row("b", 9), row("c", 7)}, "a- b9 c-"},
		"two small hide no more": {[]outcome.Row{row("a", 4), row("b", 1), row("c", 7)}, "a- b- c7"},
		"two of one call each":   {[]outcome.Row{row("a", 1), row("b", 1), row("c", 9), row("d", 7)}, "a- b- c9 d-"},
		"one alone":              {[]outcome.Row{row("a", 1)}, "a-"},
		"none":                   {nil, ""},
	} {
		if got := shown(outcome.Export(c.rows)); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func shown(cells []outcome.Cell) (text string) {
	for i, c := range cells {
		n := fmt.Sprint(c.N)
		if c.Hidden {
			n = "-"
		}
		text += fmt.Sprint([]string{"", " "}[min(i, 1)], c.Code, n)
	}
	return text
}

// TestNoSmallCountCanBeReckoned: whoever knows the sum of a queue's calls still has at least two hidden counts to share the rest.
func TestNoSmallCountCanBeReckoned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []outcome.Row
		for _, q := range []string{"a", "b"} {
			for i := range rapid.IntRange(0, 6).Draw(t, "codes") {
				rows = append(rows, outcome.Row{Queue: q, Start: noon(), Code: fmt.Sprint("c", i), N: rapid.IntRange(1, 12).Draw(t, "n")})
			}
		}
		cells := outcome.Export(rows)
		if len(cells) != len(rows) {
			t.Fatalf("%d cells of %d", len(cells), len(rows))
		}
		hidden, all, calls := map[string]int{}, map[string]int{}, map[string]int{}
		for i, c := range cells {
			all[c.Queue]++
			if c.Hidden {
				hidden[c.Queue]++
				calls[c.Queue] += rows[i].N
			}
			if c.Hidden == (c.N != 0) || !c.Hidden && (c.N < outcome.SmallCell || c.N != rows[i].N) {
				t.Fatalf("%+v of %+v", c, rows[i])
			}
		}
		for q, n := range hidden {
			if (n == 1 || calls[q] < outcome.SmallCell) && n < all[q] {
				t.Fatalf("one hidden count of %s can be reckoned: %+v", q, cells)
			}
		}
	})
}
