package dispatch

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/routing"
	"santra/internal/routing/measure"
)

func newRoomed(t *testing.T, s *shelf) (*Dispatcher, *room) {
	t.Helper()
	r := newRoom()
	d := New(Config{Log: slog.New(slog.DiscardHandler), Journal: s, Zone: time.UTC})
	d.Handle(routing.Call, r)
	if err := d.SetQueues([]routing.Queue{{ID: "q"}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Settled()
	t.Cleanup(func() { _ = d.Stop(context.Background()) })
	return d, r
}

func TestRecordsAreWrittenSoonAndInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d, r := newRoomed(t, s)
		for range 100 {
			bring(t, r, d, "c1")
			d.Remove("c1", routing.Abandoned)
		}
		time.Sleep(JournalEvery)
		synctest.Wait()
		if n := len(s.all()); n != 200 || s.appends != 1 {
			t.Fatalf("%d records in %d batches", n, s.appends)
		}
	})
}

// While the database is away routing goes on, and nothing is forgotten.
func TestAJournalThatIsAwayLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d, r := newRoomed(t, s)
		s.away(true)
		for range JournalBatch {
			bring(t, r, d, "c1")
			d.Remove("c1", routing.Abandoned)
		}
		time.Sleep(time.Minute)
		if len(s.all()) != 0 || d.Queues()["q"].Today.Offered != JournalBatch {
			t.Fatalf("%+v", d.Queues())
		}
		s.away(false)
		time.Sleep(JournalRetry + JournalEvery)
		synctest.Wait()
		if n := len(s.all()); n != 2*JournalBatch || len(d.books.backlog) != 0 {
			t.Fatalf("%d records, %d wait", n, len(d.books.backlog))
		}
	})
}

func TestTheBacklogIsBounded(t *testing.T) {
	b := newBooks(Config{Journal: newShelf()})
	b.backlog = make([]measure.Record, JournalBacklog-1)
	w := routing.Work{ID: "c", Queue: "q"}
	for range 3 {
		b.recorder.Record(routing.Event{Type: routing.Arrived, At: time.Now(), Work: &w}, nil)
		b.recorder.Record(routing.Event{Type: routing.Removed, At: time.Now(), WorkID: "c"}, nil)
	}
	b.drain()
	if len(b.backlog) != JournalBacklog || b.lost != 5 {
		t.Fatal(len(b.backlog), b.lost)
	}
}

// Today's counts and what waits survive a restart; what nobody announces any more is counted as lost.
func TestTodaySurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d, r := newRoomed(t, s)
		ready(t, d, "a")
		bring(t, r, d, "answered", "waits", "lost")
		if err := r.answer(d, r.state("answered").offer); err != nil {
			t.Fatal(err)
		}
		r.finish(d, "answered")
		time.Sleep(time.Second)
		before := d.Queues()["q"].Today
		if err := d.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		again, r2 := newRoomed2(t, s)
		if after := again.Queues()["q"].Today; after != before || after.Offered != 3 || after.Answered != 1 {
			t.Fatalf("%+v, before %+v", after, before)
		}
		bring(t, r2, again, "waits")
		again.Settled()
		time.Sleep(time.Second)
		synctest.Wait()
		if after := again.Queues()["q"].Today; after.Offered != 3 {
			t.Fatalf("what waited counts as new: %+v", after)
		}
		lost := int64(0)
		for _, row := range measure.Rollup(func(yield func(measure.Record) bool) {
			for _, rec := range s.all() {
				if !yield(rec) {
					return
				}
			}
		}).Queues {
			lost += row.Lost
		}
		if lost != 1 {
			t.Fatalf("%d lost", lost)
		}
	})
}

// newRoomed2 is newRoomed before its rooms have announced.
func newRoomed2(t *testing.T, s *shelf) (*Dispatcher, *room) {
	t.Helper()
	r := newRoom()
	d := New(Config{Log: slog.New(slog.DiscardHandler), Journal: s, Zone: time.UTC})
	d.Handle(routing.Call, r)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(context.Background()) })
	return d, r
}

func TestTodayBeginsAtMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble begins at a midnight of UTC
		d, r := newRoomed(t, newShelf())
		time.Sleep(23 * time.Hour)
		bring(t, r, d, "c1")
		if n := d.Queues()["q"].Today.Offered; n != 1 {
			t.Fatal(n)
		}
		time.Sleep(2 * time.Hour)
		d.Remove("c1", routing.Abandoned)
		bring(t, r, d, "c2")
		if today := d.Queues()["q"].Today; today.Offered != 1 || today.Abandoned != 0 {
			t.Fatalf("%+v", today)
		}
	})
}

// The figures of agents are never older than an interval.
func TestIntervalsAreClosedAtTheirEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d, _ := newRoomed(t, s)
		ready(t, d, "a")
		time.Sleep(2*measure.Interval + time.Second)
		synctest.Wait()
		ready := time.Duration(0)
		for _, row := range measure.Rollup(func(yield func(measure.Record) bool) {
			for _, rec := range s.all() {
				if !yield(rec) {
					return
				}
			}
		}).Agents {
			ready += row.Ready
		}
		if ready != 2*measure.Interval {
			t.Fatal(ready)
		}
		_ = d
	})
}

// A take-over writes what is left over too, while the journal's own goroutine may be in the middle of it.
func TestATakeOverAndASlowJournalLoseNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		door, s, r := newDoor(), newShelf(), newRoom()
		s.slow = 3 * time.Second
		d := leased(t, door, "one", r, func(c *Config) { c.Journal, c.Zone = s, time.UTC })
		d.Settled()
		ready(t, d, "a")
		bring(t, r, d, "c1")
		time.Sleep(JournalEvery) // its writing begins
		d.Remove("c1", routing.Abandoned)
		lose(door, "one")
		regain(door, "one")
		s.mu.Lock()
		s.slow = 0
		s.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if !d.Deciding() || s.most != 1 {
			t.Fatal("decides:", d.Deciding(), "writing at once:", s.most)
		}
		for _, want := range []measure.Type{measure.Queued, measure.Left} {
			if !slices.ContainsFunc(s.all(), func(r measure.Record) bool { return r.Type == want && r.Work == "c1" }) {
				t.Error("no record", want)
			}
		}
	})
}

// What no journal takes is missing in the figures: the log says so, once.
func TestDroppedRecordsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		d := New(Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Journal: newShelf(), Zone: time.UTC})
		if err := d.Enqueue(routing.Work{ID: strings.Repeat("w", measure.MaxIDLen+1), Queue: "q"}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := d.write(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Count(log.String(), "records=1") != 1 {
			t.Fatal(log.String())
		}
	})
}
