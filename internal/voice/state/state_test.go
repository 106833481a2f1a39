package state

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

func states() []State {
	return []State{Announcing, Waiting, Offered, Dialling, Informing, Talking, Held, Leaving, Forwarding, Forwarded, WrapUp, Ended}
}

// Whatever is asked of a call in whatever order: it only ever follows the table, it never leaves its end, an agent gets it
// only through the queue, and nobody talks who was not offered it first.
func TestStateFollowsTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]State{Announcing, Dialling}).Draw(t, "in or out")
		seen := []State{s}
		for _, to := range rapid.SliceOfN(rapid.SampledFrom(states()), 0, 60).Draw(t, "wishes") {
			got, err := s.Move(to)
			legal := slices.Contains(next(s), to)
			if legal != (err == nil) || (err != nil && (got != s || !errs.Is(err, errs.Conflict))) {
				t.Fatalf("%s → %s: %s, %v", s, to, got, err)
			}
			if err == nil {
				s, seen = got, append(seen, got)
			}
		}
		checkHistory(t, seen)
	})
}

func checkHistory(t *rapid.T, seen []State) {
	for i, s := range seen {
		switch {
		case s == Talking && seen[i-1] != Offered && seen[i-1] != Held && !seen[i-1].Placing():
			t.Fatalf("talking without an answer: %v", seen)
		case s == Offered && seen[i-1] != Waiting:
			t.Fatalf("offered without waiting: %v", seen)
		case s == Ended && i != len(seen)-1:
			t.Fatalf("life after the end: %v", seen)
		case s == WrapUp && !seen[i-1].Connected() && !seen[i-1].Placing():
			t.Fatalf("wrap-up without a talk: %v", seen)
		case s == Forwarded && seen[i-1] != Forwarding && !seen[i-1].Connected():
			t.Fatalf("forwarded by nobody: %v", seen)
		}
	}
}

func TestEveryStateCanEnd(t *testing.T) {
	for _, s := range states() {
		if s != Ended && !slices.Contains(next(s), Ended) {
			t.Errorf("%s can't end", s)
		}
	}
}

func TestStateGroups(t *testing.T) {
	for _, s := range states() {
		if s.Connected() && (s.Queued() || s.Placing()) || s.Queued() && !s.Live() || (s.Connected() || s.Placing()) && !s.Live() {
			t.Errorf("%s is in contradictory groups", s)
		}
	}
}
