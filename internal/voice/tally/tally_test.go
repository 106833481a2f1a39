package tally_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/routing/measure"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
	"santra/internal/voice/tally"
)

func each(t *testing.T, f func(t *testing.T, db *centre.Store)) {
	t.Helper()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		db, err := centre.Open(t.Context(), dsn, centre.Options{})
		ok(t, err)
		t.Cleanup(func() { _ = db.Close() })
		f(t, db)
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// noon begins a half-hour.
func noon() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }

func leg(mos float64) tally.Leg {
	return tally.Leg{Queue: "lots", Agency: "parking", Line: tally.Trunk, Band: tally.Narrow, MOS: mos, Loss: 0.01, Jitter: 3 * time.Millisecond}
}

func sound(start time.Time, queue string, legs ...tally.Leg) tally.SoundRow {
	r := tally.SoundRow{SoundKey: tally.SoundKey{Start: start, Queue: queue, Agency: "parking", Line: tally.Trunk, Band: tally.Narrow}}
	for _, l := range legs {
		r.Sound = r.Plus(tally.SoundOf(l))
	}
	return r
}

func end(start time.Time, e tally.End, n int64) tally.EndRow {
	return tally.EndRow{EndKey: tally.EndKey{Start: start, Number: "+358931012345", Flow: "desk", Agency: "parking", End: e}, N: n}
}

func TestClasses(t *testing.T) {
	for mos, want := range map[float64]int{4.5: 0, 4.34: 0, 4.33: 1, 4.03: 1, 3.7: 2, 3.2: 3, 3.09: 4, 1: 4} {
		if got := tally.Class(mos); got != want {
			t.Errorf("%v is of class %d, want %d", mos, got, want)
		}
	}
}

// However legs are divided into sums, the sums are the same, and the means are those of the legs.
func TestSumsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var one, left, right tally.Sound
		var mos, loss float64
		scores := rapid.SliceOfN(rapid.Float64Range(1, 4.5), 1, 50).Draw(t, "scores")
		for i, score := range scores {
			l := tally.Leg{MOS: score, Loss: rapid.Float64Range(0, 1).Draw(t, "loss"), Jitter: time.Duration(i) * time.Millisecond}
			mos, loss = mos+score, loss+l.Loss
			one = one.Plus(tally.SoundOf(l))
			if rapid.Bool().Draw(t, "left") {
				left = left.Plus(tally.SoundOf(l))
			} else {
				right = right.Plus(tally.SoundOf(l))
			}
		}
		n := float64(len(scores))
		m, x, _ := one.Means()
		var classes int64
		for _, c := range one.Classes {
			classes += c
		}
		if right.Plus(left) != one || one.Legs != int64(len(scores)) || classes != one.Legs || math.Abs(m-mos/n) > 0.001 || math.Abs(x-loss/n) > 1e-6 {
			t.Fatalf("%+v %+v %+v, mean %v of %v", one, left, right, m, mos/n)
		}
	})
}

// The conformance of a Store: sums add up, in order, in the asked time alone, and a batch counts once.
func TestStoreAddsUp(t *testing.T) {
	each(t, func(t *testing.T, db *centre.Store) {
		ctx, s := t.Context(), db.Tallies()
		later := noon().Add(measure.Interval)
		one := tally.Batch{
			Source: "a", Seq: 1, Sounds: []tally.SoundRow{sound(later, "lots", leg(4.4)), sound(noon(), "lots", leg(4.4), leg(2))},
			Ends: []tally.EndRow{end(noon(), tally.HungUp, 2), end(noon(), tally.Closed, 5)},
		}
		two := tally.Batch{Source: "a", Seq: 2, Sounds: []tally.SoundRow{sound(noon(), "lots", leg(3.7)), sound(noon(), "", leg(4))}, Ends: []tally.EndRow{end(noon(), tally.HungUp, 1)}}
		other := tally.Batch{Source: "b", Seq: 1, Ends: []tally.EndRow{end(noon(), tally.HungUp, 1)}}
		for _, b := range []tally.Batch{one, one, two, one, two, other} {
			ok(t, s.Add(ctx, b))
		}
		sounds, err := s.Sounds(ctx, noon(), later, 10)
		ok(t, err)
		if want := []tally.SoundRow{sound(noon(), "", leg(4)), sound(noon(), "lots", leg(4.4), leg(2), leg(3.7))}; !slices.Equal(sounds, want) {
			t.Errorf("%+v\nwant %+v", sounds, want)
		}
		ends, err := s.Ends(ctx, noon(), later, 10)
		ok(t, err)
		if want := []tally.EndRow{end(noon(), tally.Closed, 5), end(noon(), tally.HungUp, 4)}; !slices.Equal(ends, want) {
			t.Errorf("%+v", ends)
		}
		if few, err := s.Sounds(ctx, noon(), later.Add(time.Hour), 2); err != nil || len(few) != 2 {
			t.Error(few, err)
		}
		if err := s.Add(ctx, tally.Batch{Ends: one.Ends}); !errs.Is(err, errs.Invalid) {
			t.Errorf("a batch without a name: %v", err)
		}
		if rows, err := db.Audit().Search(ctx, audit.Filter{Limit: audit.MaxPage}); err != nil || len(rows) != 0 {
			t.Errorf("counting left %d entries in the log: %v", len(rows), err)
		}
	})
}

func TestOldSumsAreErased(t *testing.T) {
	each(t, func(t *testing.T, db *centre.Store) {
		ctx, s := t.Context(), db.Tallies()
		later := noon().Add(measure.Interval)
		ok(t, s.Add(ctx, tally.Batch{
			Source: "a", Seq: 1, Sounds: []tally.SoundRow{sound(noon(), "lots", leg(4)), sound(later, "lots", leg(4))}, Ends: []tally.EndRow{end(noon(), tally.Said, 1), end(later, tally.Said, 1)},
		}))
		if n, err := s.Erase(ctx, noon()); err != nil || n != 0 {
			t.Fatal(n, err)
		}
		if n, err := s.Erase(ctx, later); err != nil || n != 2 {
			t.Fatal(n, err)
		}
		rows, err := db.Audit().Search(ctx, audit.Filter{Limit: audit.MaxPage})
		ok(t, err)
		if len(rows) != 1 || rows[0].Action != tally.ActionErased {
			t.Errorf("%+v", rows)
		}
		ends, err := s.Ends(ctx, time.Unix(0, 0), later.Add(time.Hour), 10)
		ok(t, err)
		if len(ends) != 1 || !ends[0].Start.Equal(later) {
			t.Errorf("%+v", ends)
		}
	})
}

// memory is a store that can be away, before it has a batch or after.
type memory struct {
	mu      sync.Mutex
	batches map[int64]tally.Batch
	fail    func(b tally.Batch) (kept bool, err error)
	writes  int
	erased  []time.Time
}

func (m *memory) Add(_ context.Context, b tally.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	kept, err := true, error(nil)
	if m.fail != nil {
		kept, err = m.fail(b)
	}
	if kept {
		m.batches[b.Seq] = b // of the same name: the same
	}
	return err
}

func (m *memory) legs() (n int64) {
	for _, b := range m.batches {
		for _, r := range b.Sounds {
			n += r.Legs
		}
	}
	return n
}

func (m *memory) ends() (n int64) {
	for _, b := range m.batches {
		for _, r := range b.Ends {
			n += r.N
		}
	}
	return n
}

func (*memory) Sounds(context.Context, time.Time, time.Time, int) ([]tally.SoundRow, error) {
	return make([]tally.SoundRow, tally.MaxRows+1), nil
}

func (*memory) Ends(context.Context, time.Time, time.Time, int) ([]tally.EndRow, error) {
	return make([]tally.EndRow, tally.MaxRows+1), nil
}

func (m *memory) Erase(_ context.Context, before time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.erased = append(m.erased, before)
	return 0, nil
}

// Many calls are one write, and what has come since the last is written at the stop.
func TestTheKeeperWritesInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{batches: map[int64]tally.Batch{}}
		k := tally.New(m, nil)
		ok(t, k.Start(t.Context()))
		for range 500 {
			k.Sounded(leg(4.4))
			k.Ended(end(time.Now(), tally.HungUp, 1).EndKey)
		}
		time.Sleep(tally.Every + time.Second)
		synctest.Wait()
		if m.writes != 1 || m.legs() != 500 || m.ends() != 500 || len(m.batches[1].Sounds) != 1 || len(m.batches[1].Ends) != 1 {
			t.Errorf("%d writes, %d legs, %d ends: %+v", m.writes, m.legs(), m.ends(), m.batches)
		}
		time.Sleep(time.Hour)
		k.Sounded(leg(2))
		ok(t, k.Stop(t.Context()))
		ok(t, k.Stop(t.Context()))
		if m.writes != 2 || m.legs() != 501 || len(m.erased) != 2 || time.Since(m.erased[1]) < measure.Retention {
			t.Errorf("%d writes, %d legs, erased %v", m.writes, m.legs(), m.erased)
		}
	})
}

// A database that is away loses nothing, whether it had the batch when it failed or not.
func TestNothingIsLostOrDoubledWhileTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{batches: map[int64]tally.Batch{}}
		tries := 0
		m.fail = func(tally.Batch) (bool, error) {
			tries++
			if tries < 6 {
				return tries%2 == 0, errors.New("away")
			}
			return true, nil
		}
		k := tally.New(m, nil)
		ok(t, k.Start(t.Context()))
		for range 10 {
			k.Sounded(leg(4.4))
			time.Sleep(tally.Every)
		}
		m.mu.Lock()
		m.fail = nil
		m.mu.Unlock()
		ok(t, k.Stop(t.Context()))
		if m.legs() != 10 {
			t.Errorf("%d legs of 10", m.legs())
		}
	})
}

// What waits is bounded, and what there is no room for is told.
func TestWhatWaitsIsBounded(t *testing.T) {
	m := &memory{batches: map[int64]tally.Batch{}}
	log := &lines{}
	k := tally.New(m, log.logger())
	begin := noon()
	for i := range tally.MaxWaiting + 7 {
		k.Ended(end(begin.Add(time.Duration(i)*measure.Interval), tally.Said, 1).EndKey)
	}
	k.Ended(end(begin, tally.Said, 1).EndKey) // of a row that waits already
	ok(t, k.Write(t.Context()))
	if n := m.ends(); n != tally.MaxWaiting+1 || !strings.Contains(log.String(), "lost=7") {
		t.Errorf("%d calls are kept; %s", n, log)
	}
	if _, err := k.Ends(t.Context(), begin, begin); !errs.Is(err, errs.TooLarge) {
		t.Errorf("%v", err)
	}
	if _, err := k.Sounds(t.Context(), begin, begin); !errs.Is(err, errs.TooLarge) {
		t.Errorf("%v", err)
	}
}

func TestGroups(t *testing.T) {
	rows := []tally.SoundRow{sound(noon(), "b", leg(4)), sound(noon(), "a", leg(4)), sound(noon().Add(time.Hour), "b", leg(4))}
	order, sums := tally.Grouped(rows, func(k tally.SoundKey) string { return k.Queue })
	if !slices.Equal(order, []string{"b", "a"}) || sums["b"].Legs != 2 || sums["a"].Legs != 1 {
		t.Errorf("%v %+v", order, sums)
	}
	ends := []tally.EndRow{end(noon(), tally.Said, 2), end(noon(), tally.Closed, 1), end(noon().Add(time.Hour), tally.Said, 3)}
	keys, counts := tally.Counted(ends, func(k tally.EndKey) string { return k.Flow })
	if len(keys) != 1 || counts["desk"][tally.Said] != 5 || tally.Total(counts["desk"]) != 6 {
		t.Errorf("%v %+v", keys, counts)
	}
}
