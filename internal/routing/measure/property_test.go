package measure

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const steps = 100 // of a world, so that calls cross several intervals

// play runs a world and closes what its agents are in.
func play(t *rapid.T, restarts bool) *world {
	w := newWorld(t)
	w.restarts = restarts
	for range steps {
		w.step()
	}
	for id := range w.agents {
		w.closeState(id)
	}
	w.checkpoint()
	return w
}

func same(t interface{ Fatalf(string, ...any) }, what string, got, want Rows) {
	if all := Differences(got, want); len(all) > 0 {
		t.Fatalf("%s: %s\n(%d in all)", what, all[0], len(all))
	}
}

func TestFiguresAreWhatTheirDefinitionsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := play(t, rapid.Bool().Draw(t, "restarts"))
		same(t, "roll-ups", Rollup(slices.Values(w.log)), w.naive())
	})
}

// Any split of the log, in any order, adds up to the same rows.
func TestAnySplitGivesTheSameSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := play(t, true)
		whole := Rollup(slices.Values(w.log))
		shuffled := rapid.Permutation(w.log).Draw(t, "order")
		parts := make([]Accumulator, rapid.IntRange(1, 5).Draw(t, "parts"))
		for _, r := range shuffled {
			parts[rapid.IntRange(0, len(parts)-1).Draw(t, "part")].Add(r)
		}
		var rows []Rows
		for i := range parts {
			rows = append(rows, parts[i].Rows())
		}
		same(t, "merged parts", Merge(rows...), whole)
	})
}

// What comes in is somewhere: in an outcome, or waiting. Nobody is in two places.
func TestEveryRowBalances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := play(t, rapid.Bool().Draw(t, "restarts"))
		waiting, transfers, open := map[QueueKey]int64{}, map[QueueKey]int64{}, map[QueueKey]int64{}
		for _, p := range w.work {
			k := QueueKey{Start(p.entered), p.queue, p.kind}
			waiting[k] += b(!p.taken && p.first)
			transfers[k] += b(!p.taken && !p.first)
			open[k] += b(p.taken)
		}
		var sum QueueFigures
		for _, r := range Rollup(slices.Values(w.log)).Queues {
			if r.Waiting() != waiting[r.QueueKey] || r.TransferWaiting() != transfers[r.QueueKey] || r.Open() != open[r.QueueKey] {
				t.Fatalf("waiting %d, %d, open %d, want %d, %d, %d: %+v", r.Waiting(), r.TransferWaiting(), r.Open(), waiting[r.QueueKey], transfers[r.QueueKey], open[r.QueueKey], r)
			}
			if r.InTime > r.Answered || r.AbandonedLate > r.Abandoned || r.Talk() < 0 && r.Open() == 0 {
				t.Fatalf("%+v", r)
			}
			sum = sum.Plus(r.QueueFigures)
		}
		if sum.Offered != int64(w.made) || sum.OverflowedIn != sum.OverflowedOut {
			t.Fatalf("%d pieces of work came: %+v", w.made, sum)
		}
	})
}

// Half-hours add up to days, and somebody who is there all the time fills each.
func TestIntervalsAddUpToTheDay(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Skip("missing: time zones")
	}
	rapid.Check(t, func(t *rapid.T) {
		w := play(t, rapid.Bool().Draw(t, "restarts"))
		rows := Rollup(slices.Values(w.log))
		for _, r := range rows.Agents {
			if r.SignedIn() > Interval || r.Mailing > r.Ready {
				t.Fatalf("%+v", r)
			}
		}
		total := map[string]time.Duration{}
		for _, s := range w.states {
			total[s.agent] += s.to.Sub(s.from)
		}
		for _, r := range rows.By(Day(zone)).Agents {
			total[r.Agent] -= r.SignedIn()
		}
		for _, agent := range slices.Sorted(maps.Keys(total)) {
			if total[agent] != 0 {
				t.Fatalf("%s: %s of the day are nowhere", agent, total[agent])
			}
		}
	})
}
