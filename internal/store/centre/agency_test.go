package centre_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/store/centre"
)

func city() agency.City {
	text := agency.Text{"fi": "Palvelukeskus", "sv": "Servicecentralen"}
	return agency.City{
		Name:       text,
		Controller: agency.Controller{Name: text, Address: text, Person: text, Contact: text, DPO: text},
		Agencies:   []agency.Agency{{ID: "social", Name: text, Address: "social@city.example"}},
		Queues:     []agency.Queue{{ID: "social-main", Agency: "social", Name: text, Number: "+358912345678"}},
		Seats:      []agency.Seat{{Code: "A12", SIPUser: "seat12", SIPPassword: "correct horse"}},
	}
}

func open(t *testing.T, s *centre.Store, cfg agency.Config) *agency.Book {
	t.Helper()
	cfg.Store = s.Agency()
	b, err := agency.Open(t.Context(), cfg)
	ok(t, err)
	return b
}

func TestBookImportsOnceAndAppliesVersions(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		a, ctx := &trail{t: t, s: s}, t.Context()
		told := 0
		b := open(t, s, agency.Config{OnChange: func(*agency.City) { told++ }})
		if b.Current().Version != 0 {
			t.Fatal("an empty database has a city")
		}
		if done, err := b.Import(ctx, city()); !done || err != nil {
			t.Fatal(done, err)
		}
		a.left(agency.Imported)
		if done, err := b.Import(ctx, city()); done || err != nil {
			t.Fatal("imported twice", err)
		}
		before := b.Current()
		next := city()
		next.Seats[0].SIPPassword, next.Queues[0].Priority = "", 5
		v, err := b.Apply(ctx, "p1", next)
		if err != nil || v.Number != 2 || told != 2 {
			t.Fatal(v, told, err)
		}
		a.left(agency.Changed)
		if before.Queues[0].Priority != 0 || b.Current().Queues[0].Priority != 5 {
			t.Fatal("a snapshot changed, or the book did not")
		}
		if ha1, has := b.HA1("seat12", "SHA-256"); !has || ha1 != before.Seats[0].HA1SHA256 {
			t.Fatal("the phone's password is lost")
		}
		again := open(t, s, agency.Config{})
		if got := agency.Differences(again.Current(), b.Current()); got != nil || again.Current().Version != 2 {
			t.Fatal("another node reads another city:", got)
		}
	})
}

func TestBookRefuses(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		a, ctx := &trail{t: t, s: s}, t.Context()
		strict := errors.New("the published description allows six months")
		b := open(t, s, agency.Config{Check: func(c *agency.City) error {
			if c.Retention.RecordingMonths > 6 {
				return strict
			}
			return nil
		}})
		_, err := b.Import(ctx, agency.City{})
		kind(t, err, errs.Invalid)
		_, err = b.Import(ctx, city())
		ok(t, err)
		a.left(agency.Imported)
		c := city()
		c.Retention.RecordingMonths = 7
		if _, err := b.Apply(ctx, "p1", c); !errors.Is(err, strict) {
			t.Fatal(err)
		}
		stale := city()
		stale.Version = 9
		_, err = b.Apply(ctx, "p1", stale)
		kind(t, err, errs.Conflict)
		_, err = b.Apply(ctx, "", city())
		kind(t, err, errs.Invalid) // a change that nobody made
		a.left()
		if b.Current().Version != 1 {
			t.Fatal(b.Current().Version)
		}
	})
}

func TestHistoryAndDrift(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		b := open(t, s, agency.Config{})
		_, err := b.Import(ctx, city())
		ok(t, err)
		if got := b.Drift(city()); got != nil {
			t.Fatal("the file drifts from itself:", got)
		}
		changed := city()
		changed.Seats[0].SIPPassword = "battery staple"
		changed.Retention.RecordingMonths = 3
		if got := b.Drift(changed); !slices.Equal(got, []string{"seats", "retention"}) {
			t.Fatal(got)
		}
		_, err = b.Apply(ctx, "p1", changed)
		ok(t, err)
		versions, err := b.History(ctx)
		ok(t, err)
		if len(versions) != 2 || versions[0].Number != 2 || versions[0].Actor != "p1" || versions[1].Actor != audit.System || versions[0].At.IsZero() {
			t.Fatal(versions)
		}
		old, v, err := b.At(ctx, 1)
		if err != nil || v.Number != 1 || old.Retention.RecordingMonths != 6 {
			t.Fatal(old, v, err)
		}
		_, _, err = b.At(ctx, 7)
		kind(t, err, errs.NotFound)
	})
}

// Two nodes change the city at once: each change becomes a version of its own, or is refused; none is lost unseen.
func TestTwoNodesMakeDistinctVersions(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		nodes := []*agency.Book{open(t, s, agency.Config{}), open(t, s, agency.Config{})}
		var mu sync.Mutex
		var wg sync.WaitGroup
		numbers := map[int]int{}
		for i, b := range nodes {
			wg.Go(func() {
				_, err := b.Import(ctx, city())
				if err != nil {
					t.Error(err)
				}
				v, err := b.Apply(ctx, fmt.Sprint("p", i), city())
				if err != nil && !errs.Is(err, errs.Conflict) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					numbers[v.Number]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for n, count := range numbers {
			if count != 1 {
				t.Errorf("version %d was made %d times", n, count)
			}
		}
		versions, err := nodes[0].History(ctx)
		if err != nil || len(versions) != 1+len(numbers) {
			t.Fatal(versions, numbers, err)
		}
	})
}
