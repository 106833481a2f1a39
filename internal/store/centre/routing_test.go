package centre_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
)

func morning() time.Time { return time.Date(2026, 11, 24, 6, 10, 0, 0, time.UTC) }

// day records a call that crosses an interval's border, one that gives up, and an agent's states.
func day(source string, calls int) []measure.Record {
	r, now := measure.NewRecorder(source), morning()
	tell := func(after time.Duration, ev routing.Event, ds ...routing.Decision) {
		now = now.Add(after)
		ev.At = now
		r.Record(ev, ds)
	}
	state := func(s routing.State) routing.Decision {
		return routing.Decision{Type: routing.StateChange, AgentID: "aino", State: s}
	}
	r.Target("parking", 0, 0)
	tell(0, routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: "aino"}}, state(routing.Ready))
	for i := range calls {
		w := routing.Work{ID: fmt.Sprintf("%s-%d", source, i), Queue: "parking", Agency: "streets"}
		tell(time.Minute, routing.Event{Type: routing.Arrived, Work: &w}, routing.Decision{Type: routing.Offer, WorkID: w.ID, AgentID: "aino"}, state(routing.Offered))
		if i%3 == 2 {
			tell(4*time.Second, routing.Event{Type: routing.Removed, WorkID: w.ID}, routing.Decision{Type: routing.Withdraw, WorkID: w.ID, AgentID: "aino", Reason: routing.Gone}, state(routing.Ready))
			continue
		}
		tell(7*time.Second+time.Microsecond, routing.Event{Type: routing.Accepted, WorkID: w.ID, AgentID: "aino"}, state(routing.Busy))
		tell(13*time.Minute, routing.Event{Type: routing.Finished, WorkID: w.ID, AgentID: "aino"}, state(routing.WrapUp))
		tell(30*time.Second, routing.Event{Type: routing.Tick}, state(routing.Ready))
	}
	r.Checkpoint(now)
	return r.Take(measure.MaxPending)
}

func read(t *testing.T, records iter.Seq2[measure.Record, error]) (all []measure.Record) {
	t.Helper()
	for r, err := range records {
		ok(t, err)
		all = append(all, r)
	}
	return all
}

func agree(t *testing.T, j measure.Journal, from, to time.Time) measure.Rows {
	t.Helper()
	kept, err := j.Rollups(t.Context(), from, to)
	ok(t, err)
	log := measure.Rollup(slices.Values(read(t, j.Records(t.Context(), from, to)))).Between(from, to)
	if all := measure.Differences(kept, log); len(all) > 0 {
		t.Fatalf("%d differences: %v", len(all), all[0])
	}
	return kept
}

func TestJournalKeepsRecordsAndTheirRollups(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		j, ctx, records := s.Journal(), t.Context(), day("node1", 9)
		a := &trail{t: t, s: s}
		for batch := range slices.Chunk(records, 7) {
			ok(t, j.Append(ctx, batch))
		}
		begin, end := morning().Add(-time.Hour), morning().Add(24*time.Hour)
		got := read(t, j.Records(ctx, begin, end))
		slices.SortFunc(got, measure.ByTime)
		slices.SortFunc(records, measure.ByTime)
		if !slices.Equal(got, records) {
			t.Fatalf("%d records of %d, or others", len(got), len(records))
		}
		kept := agree(t, j, begin, end)
		if all := measure.Differences(kept, measure.Rollup(slices.Values(records))); len(all) > 0 || len(kept.Queues) < 3 || len(kept.Agents) < 3 {
			t.Fatal(all, len(kept.Queues), len(kept.Agents))
		}
		if kept.Queues[0].Agency != "streets" || kept.Queues[0].LongestWait != 7*time.Second+time.Microsecond {
			t.Fatalf("%+v", kept.Queues[0])
		}
		a.left() // what nobody changed leaves no entry
	})
}

// A part of the time agrees by itself: with calls from before it, and with what ended after it.
func TestEveryPartOfTheJournalAgrees(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		j := s.Journal()
		ok(t, j.Append(t.Context(), day("node1", 12)))
		for i := range 8 {
			from := measure.Start(morning()).Add(time.Duration(i) * measure.Interval)
			agree(t, j, from, from.Add(measure.Interval))
			agree(t, j, from, from.Add(3*measure.Interval))
		}
	})
}

func TestABatchThatIsGivenAgainCountsOnce(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		j, records := s.Journal(), day("node1", 6)
		begin, end := morning().Add(-time.Hour), morning().Add(24*time.Hour)
		ok(t, j.Append(t.Context(), records))
		ok(t, j.Append(t.Context(), records[5:]))
		ok(t, j.Append(t.Context(), append(day("node2", 3), records...)))
		want := measure.Rollup(slices.Values(append(day("node2", 3), records...)))
		if all := measure.Differences(agree(t, j, begin, end), want); len(all) > 0 {
			t.Fatal(all[0])
		}
	})
}

func TestJournalRefusesABatchWhole(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		j, records := s.Journal(), day("node1", 2)
		records[3].Source = ""
		kind(t, j.Append(t.Context(), records), errs.Invalid)
		kind(t, j.Append(t.Context(), make([]measure.Record, measure.MaxBatch+1)), errs.TooLarge)
		ok(t, j.Append(t.Context(), nil))
		if all := read(t, j.Records(t.Context(), time.Time{}, morning().Add(24*time.Hour))); len(all) > 0 {
			t.Fatal(len(all), "of a refused batch are kept")
		}
	})
}

// What the journal has open is what a new owner must know; nothing of what has ended.
func TestJournalKnowsWhatIsOpen(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		j, records := s.Journal(), day("node1", 4)
		begun := slices.IndexFunc(records, func(r measure.Record) bool { return r.Type == measure.Answered })
		ok(t, j.Append(t.Context(), records[:begun+1]))
		open, err := j.Open(t.Context())
		ok(t, err)
		if len(open) != 2 || !slices.Contains(open, records[begun]) {
			t.Fatalf("%+v", open)
		}
		ok(t, j.Append(t.Context(), records[begun+1:]))
		open, err = j.Open(t.Context())
		ok(t, err)
		if len(open) != 1 || open[0].Type != measure.AgentState || open[0].State != routing.Ready {
			t.Fatalf("%+v", open)
		}
	})
}

func TestJournalErasesInBoundedBatches(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		j, ctx, a := s.Journal(), t.Context(), &trail{t: t, s: s}
		ok(t, j.Append(ctx, day("node1", 12)))
		before, end := morning().Add(90*time.Minute).Truncate(measure.Interval), morning().Add(24*time.Hour)
		kept, err := j.Rollups(ctx, before, end)
		ok(t, err)
		rounds := 0
		for n := 1; n > 0; rounds++ {
			n, err = j.Erase(ctx, before, 5)
			ok(t, err)
			if n > 15 {
				t.Fatal(n, "at once")
			}
			if n > 0 {
				a.left(centre.MeasuresErased)
			}
		}
		if rounds < 4 {
			t.Fatal(rounds, "rounds")
		}
		if all := measure.Differences(agree(t, j, before, end), kept); len(all) > 0 {
			t.Fatal(all[0])
		}
		old, err := j.Rollups(ctx, morning().Add(-time.Hour), before)
		ok(t, err)
		for _, r := range read(t, j.Records(ctx, morning().Add(-time.Hour), end)) {
			if r.At.Before(before) {
				t.Fatalf("still there: %+v", r)
			}
		}
		if len(old.Queues)+len(old.Agents) > 0 {
			t.Fatalf("still there: %+v", old)
		}
	})
}

func TestTwoOwnersAppendAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		j, done := s.Journal(), make(chan error, 2)
		for _, source := range []string{"node1", "node2"} {
			go func() {
				for batch := range slices.Chunk(day(source, 10), 9) {
					if err := j.Append(t.Context(), batch); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		ok(t, <-done)
		ok(t, <-done)
		agree(t, j, morning().Add(-time.Hour), morning().Add(24*time.Hour))
	})
}

// What a write of the dispatcher costs: a thousand records, of new calls.
func BenchmarkJournal(b *testing.B) {
	for name, dsn := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s, err := centre.Open(b.Context(), dsn(b), centre.Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			n := 0
			for b.Loop() {
				records := day(fmt.Sprint("node", n), 120)[:1000]
				n++
				if err := s.Journal().Append(b.Context(), records); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
