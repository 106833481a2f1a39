package recorder_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/recorder"
	"santra/internal/store"
	catalogue "santra/internal/store/recorder"
	"santra/internal/store/storetest"
)

var begin = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var entry = audit.Entry{Action: "test.made", Actor: audit.System, Success: true}

func each(t *testing.T, f func(t *testing.T, s *catalogue.Store)) {
	storetest.Each(t, catalogue.Migrations(), func(t *testing.T, db *store.DB) { f(t, catalogue.New(db)) })
}

func aRow(agency string, n int) recorder.Row {
	at := begin.Add(time.Duration(n) * time.Minute)
	return recorder.Row{
		Key: id.New(), ID: fmt.Sprintf("2026-11-23-A%d-%04d", n, n), Date: "2026-11-23", Seat: fmt.Sprintf("A%d", n),
		Fragment: fmt.Sprintf("%04d", n), Agency: agency, Queue: "q", Session: id.New(), Part: 1, Announcement: "1", Language: "fi",
		Codec: "PCMA", Started: at, State: recorder.Recording, Destroy: fmt.Sprintf("2027-05-%02d", n+1), KeyRef: "agency/x/y", Gate: "g",
	}
}

func create(t *testing.T, s *catalogue.Store, rows ...recorder.Row) {
	t.Helper()
	for _, r := range rows {
		must(t, s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.Create(r) }))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestRowRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, s *catalogue.Store) {
		want := aRow("water", 3)
		create(t, s, want)
		want.State, want.Length, want.Gaps, want.Pauses, want.Hash = recorder.Complete, 61*time.Second, 2, 3, "ab"
		must(t, s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.Close(want) }))
		must(t, s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.SetHold(want.Key, true) }))
		want.Hold = true
		got, err := s.Recording(t.Context(), want.Key)
		must(t, err)
		if got != want {
			t.Fatalf("%+v\n%+v", got, want)
		}
		if _, err := s.Recording(t.Context(), id.New()); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if err := s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.Remove(id.New()) }); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, s *catalogue.Store) {
		var rows []recorder.Row
		for n := range 5 {
			rows = append(rows, aRow("water", n))
		}
		create(t, s, rows...)
		create(t, s, aRow("parks", 1))
		for name, c := range map[string]struct {
			f    recorder.Filter
			want []int
		}{
			"all":      {recorder.Filter{}, []int{4, 3, 2, 1, 0}},
			"from":     {recorder.Filter{From: rows[3].Started}, []int{4, 3}},
			"to":       {recorder.Filter{To: rows[1].Started}, []int{0}},
			"seat":     {recorder.Filter{Seat: "A2"}, []int{2}},
			"fragment": {recorder.Filter{Fragment: "0004"}, []int{4}},
			"queue":    {recorder.Filter{Queue: "other"}, nil},
			"state":    {recorder.Filter{State: recorder.Complete}, nil},
			"length":   {recorder.Filter{MinLength: time.Second}, nil},
			"limit":    {recorder.Filter{Limit: 2}, []int{4, 3}},
			"quote":    {recorder.Filter{Seat: "A2' or '1'='1"}, nil},
		} {
			c.f.Agency = "water"
			if c.f.Limit == 0 {
				c.f.Limit = 100
			}
			found, err := s.Recordings(t.Context(), c.f)
			must(t, err)
			var got []int
			for _, r := range found {
				got = append(got, slices.IndexFunc(rows, func(o recorder.Row) bool { return o.Key == r.Key }))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	})
}

func TestGatesAndGrantsAreUsedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *catalogue.Store) {
		use := func(gate string, part int, session string) error {
			return s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.UseGate(gate, part, session, begin.Add(time.Hour)) })
		}
		must(t, use("g", 1, "s"))
		must(t, use("g", 2, "s"))
		must(t, use("h", 1, "s2"))
		for name, err := range map[string]error{"again": use("g", 1, "s"), "another call": use("g", 3, "t")} {
			if !errs.Is(err, errs.Denied) {
				t.Errorf("%s: %v", name, err)
			}
		}
		play := func() error {
			return s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.UsePlay("p", begin) })
		}
		must(t, play())
		if err := play(); !errs.Is(err, errs.Denied) {
			t.Error(err)
		}
		must(t, s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.Prune(begin.Add(2 * time.Hour)) }))
		must(t, use("g", 1, "t"))
		must(t, play())
	})
}

// TestARefusedChangeLeavesNothing: row and gate are one transaction.
func TestARefusedChangeLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *catalogue.Store) {
		r := aRow("water", 1)
		err := s.Do(t.Context(), entry, func(tx recorder.Tx) error {
			if err := tx.Create(r); err != nil {
				return err
			}
			return errs.New(errs.Denied, "no")
		})
		if !errs.Is(err, errs.Denied) {
			t.Fatal(err)
		}
		if _, err := s.Recording(t.Context(), r.Key); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if err := s.Do(t.Context(), audit.Entry{}, func(tx recorder.Tx) error { return tx.Create(r) }); !errs.Is(err, errs.Invalid) {
			t.Error("a change without an entry:", err)
		}
		if n, _, err := s.Log().Waiting(t.Context()); n != 0 || err != nil {
			t.Error(n, err)
		}
	})
}

func TestDueAndDestroyed(t *testing.T) {
	each(t, func(t *testing.T, s *catalogue.Store) {
		rows := []recorder.Row{aRow("water", 0), aRow("water", 1), aRow("parks", 2), aRow("parks", 3)}
		create(t, s, rows...)
		must(t, s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.SetHold(rows[1].Key, true) }))
		due, err := s.Due(t.Context(), "2027-05-03", 10)
		must(t, err)
		if len(due) != 2 || due[0].Key != rows[0].Key || due[1].Key != rows[2].Key {
			t.Fatalf("%+v", due)
		}
		if held, err := s.Held(t.Context()); err != nil || len(held) != 1 || held[0].Key != rows[1].Key {
			t.Error(held, err)
		}
		d := recorder.Destruction{Key: rows[0].Key, At: begin, Due: rows[0].Destroy, Rule: "6 calendar months", Late: true}
		must(t, s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.Destroy(d) }))
		if all, err := s.Destructions(t.Context(), 10); err != nil || len(all) != 1 || all[0] != d {
			t.Error(all, err)
		}
		facts(t, s)
		must(t, s.Scrub(t.Context()))
	})
}

func facts(t *testing.T, s *catalogue.Store) {
	t.Helper()
	f, err := s.Facts(t.Context(), "2027-05-04")
	must(t, err)
	if f.Counts[recorder.Recording] != 3 || f.OldestDestroy != "2027-05-02" || f.Late != 1 || f.Held != 1 || f.Destroyed != 1 ||
		f.MaxFragment != 4 || f.WithoutGate != 0 {
		t.Errorf("%+v", f)
	}
	// M7: exactly what may be held, and nothing else.
	want := []string{
		"key", "day", "seat", "fragment", "agency", "queue", "session", "part", "announcement", "language", "codec",
		"started", "length", "gaps", "state", "hold", "destroy", "key_ref", "gate", "hash", "pauses",
	}
	if !slices.Equal(f.Columns, want) {
		t.Error(f.Columns)
	}
}

func TestClock(t *testing.T) {
	each(t, func(t *testing.T, s *catalogue.Store) {
		for _, mark := range []string{"", "one", "two"} {
			if mark != "" {
				must(t, s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.SignClock(mark) }))
			}
			if got, err := s.Clock(t.Context()); err != nil || got != mark {
				t.Error(got, err)
			}
		}
	})
}

func TestUnfinishedAndEmptyFacts(t *testing.T) {
	each(t, func(t *testing.T, s *catalogue.Store) {
		if f, err := s.Facts(t.Context(), "2027-05-04"); err != nil || f.OldestDestroy != "" || len(f.Counts) != 0 {
			t.Error(f, err)
		}
		a, b := aRow("water", 0), aRow("water", 1)
		create(t, s, a, b)
		a.State, a.Length = recorder.Complete, time.Duration(math.MaxInt32)*time.Second
		must(t, s.Do(t.Context(), entry, func(tx recorder.Tx) error { return tx.Close(a) }))
		if rows, err := s.Unfinished(t.Context()); err != nil || len(rows) != 1 || rows[0].Key != b.Key {
			t.Error(rows, err)
		}
		must(t, s.Ping(t.Context()))
	})
}
