package engine_test

import (
	"os"
	"testing"

	"santra/internal/routing"
)

// TestEveryInterleavingToTheEnd explores worlds so small that nothing is left to explore: every state that can be reached is held
// against the invariants. With SANTRA_NIGHTLY the worlds have two agents.
func TestEveryInterleavingToTheEnd(t *testing.T) {
	call := routing.Work{ID: "c0", Queue: "q", Ring: seconds(10)}
	worlds := []*universe{
		{works: []routing.Work{call}, skills: []string{"x"}},
		{works: []routing.Work{call}, skills: []string{"x"}, failures: 1},
		{works: []routing.Work{{ID: "m0", Kind: routing.Mail, Queue: "q", Ring: seconds(10)}}, skills: []string{"x"}},
	}
	if os.Getenv("SANTRA_NIGHTLY") != "" {
		worlds = append(worlds, &universe{works: []routing.Work{call}, skills: []string{"x", "y"}})
	}
	const endless = 1_000 // steps; the longest way to a state is far shorter
	for _, u := range worlds {
		u.queue.ID, u.depth = "q", endless
		states, transitions, wrong := u.explore()
		if wrong != "" {
			t.Fatal(wrong)
		}
		t.Logf("%d agents, %d pieces of work, %d fail-overs: all %d states, %d transitions", len(u.skills), len(u.works), u.failures, states, transitions)
	}
}
