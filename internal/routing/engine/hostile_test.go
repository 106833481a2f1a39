package engine_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/plain"
)

// both runs f for the engine and for the plain scan.
func both(t *testing.T, f func(t *testing.T, s subject)) {
	t.Helper()
	t.Run("engine", func(t *testing.T) { f(t, engine.New(routing.Policy{})) })
	t.Run("plain", func(t *testing.T) { f(t, plain.New(routing.Policy{})) })
}

// refusal gives the reason for which the last decision refuses; "" if it does not.
func refusal(ds []routing.Decision) string {
	if len(ds) == 0 || ds[len(ds)-1].Type != routing.Refuse {
		return ""
	}
	return ds[len(ds)-1].Reason
}

// TestBadInputIsRefused goes through what nobody should send: each is refused for its reason and changes nothing.
func TestBadInputIsRefused(t *testing.T) {
	many := make([]string, routing.MaxNeeds+1)
	for i := range many {
		many[i] = fmt.Sprintf("s%d", i)
	}
	for name, c := range map[string]struct {
		ev   routing.Event
		want string
	}{
		"no event of the list":       {routing.Event{Type: 200}, routing.Invalid},
		"an agent without data":      {routing.Event{Type: routing.SignedIn}, routing.Invalid},
		"an agent without id":        {routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{}}, routing.Invalid},
		"work without data":          {routing.Event{Type: routing.Arrived}, routing.Invalid},
		"work without id":            {routing.Event{Type: routing.Arrived, Work: &routing.Work{Queue: "q"}}, routing.Invalid},
		"an unknown medium":          {routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: "w", Queue: "q", Kind: 9}}, routing.Invalid},
		"a priority of 10":           {routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: "w", Queue: "q", Priority: 10}}, routing.Invalid},
		"a priority below 0":         {routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: "w", Queue: "q", Priority: -1}}, routing.Invalid},
		"an unknown queue":           {routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: "w", Queue: "nowhere"}}, routing.Unknown},
		"too many skills":            {routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: "w", Queue: "q", Skills: many}}, routing.Impossible},
		"work that is there":         {routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: "c", Queue: "q"}}, routing.Duplicate},
		"removed, unknown":           {routing.Event{Type: routing.Removed, WorkID: "w"}, routing.Unknown},
		"accepted, not offered":      {routing.Event{Type: routing.Accepted, WorkID: "c", AgentID: "b"}, routing.NotOffered},
		"accepted by nobody":         {routing.Event{Type: routing.Accepted, WorkID: "c", AgentID: "nobody"}, routing.NotOffered},
		"declined, unknown":          {routing.Event{Type: routing.Declined, WorkID: "w", AgentID: "a"}, routing.NotOffered},
		"finished, not in hand":      {routing.Event{Type: routing.Finished, WorkID: "c", AgentID: "a"}, routing.Unknown},
		"a state of nobody":          {routing.Event{Type: routing.StateSet, AgentID: "nobody", State: routing.Ready}, routing.Unknown},
		"a state that is not chosen": {routing.Event{Type: routing.StateSet, AgentID: "a", State: routing.Busy}, routing.Invalid},
		"signed out twice":           {routing.Event{Type: routing.SignedOut, AgentID: "nobody"}, routing.Unknown},
		"no wrap-up to extend":       {routing.Event{Type: routing.Extended, AgentID: "a", By: time.Minute}, routing.Invalid},
		"extended by nothing":        {routing.Event{Type: routing.Extended, AgentID: "a"}, routing.Invalid},
		"restored to nobody":         {routing.Event{Type: routing.Restored, AgentID: "nobody", Work: &routing.Work{ID: "w", Queue: "q"}}, routing.Unknown},
		"reoffered to who rings":     {routing.Event{Type: routing.Reoffered, AgentID: "a", Work: &routing.Work{ID: "w", Queue: "q"}}, routing.Invalid},
		"a queue without data":       {routing.Event{Type: routing.QueueSet}, routing.Invalid},
		"a queue without id":         {routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{}}, routing.Invalid},
		"an unknown strategy":        {routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "q", Strategy: 99}}, routing.Invalid},
		"too many rings":             {routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "q", Rings: make([]routing.Ring, routing.MaxRings+1)}}, routing.Impossible},
		"too many rules":             {routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "q", Overflow: make([]routing.Overflow, routing.MaxOverflows+1)}}, routing.Impossible},
		"too many queues at once":    {routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "q", Also: make([]routing.Also, routing.MaxQueuesAtOnce)}}, routing.Impossible},
		"too many needs":             {routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "q", Needs: make([]routing.Need, routing.MaxNeeds+1)}}, routing.Impossible},
		"an unknown queue removed":   {routing.Event{Type: routing.QueueRemoved, QueueID: "nowhere"}, routing.Unknown},
		"an unknown queue opened":    {routing.Event{Type: routing.QueueOpened, QueueID: "nowhere"}, routing.Unknown},
		"converted, unknown":         {routing.Event{Type: routing.Converted, WorkID: "w", Work: &routing.Work{}}, routing.Unknown},
		"converted while it rings":   {routing.Event{Type: routing.Converted, WorkID: "c", Work: &routing.Work{}}, routing.Invalid},
		"transferred, not in hand":   {routing.Event{Type: routing.Transferred, WorkID: "c", AgentID: "a", Work: &routing.Work{Queue: "q"}}, routing.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, s subject) {
				small(s)
				before := fmt.Sprint(s.Agents(), s.Queues())
				c.ev.At = day.Add(-time.Hour) // and the time goes back
				if got := refusal(s.Apply(c.ev)); got != c.want {
					t.Errorf("refused as %q, want %q", got, c.want)
				}
				if after := fmt.Sprint(s.Agents(), s.Queues()); after != before {
					t.Errorf("changed\n%s\n%s", before, after)
				}
			})
		})
	}
}

// small has a queue q, agents a, at whom the call c rings, and b, who is ready.
func small(s subject) {
	s.Apply(routing.Event{Type: routing.QueueSet, At: day, Queue: &routing.Queue{ID: "q"}})
	for _, id := range []string{"a", "b"} {
		s.Apply(routing.Event{Type: routing.SignedIn, At: day, Agent: &routing.Agent{ID: id}})
		s.Apply(routing.Event{Type: routing.StateSet, At: day, AgentID: id, State: routing.Ready})
	}
	s.Apply(routing.Event{Type: routing.Arrived, At: day, Work: &routing.Work{ID: "c", Queue: "q"}})
}

// TestOverflowInCirclesEnds sends work round two queues that send everything on at once.
func TestOverflowInCirclesEnds(t *testing.T) {
	both(t, func(t *testing.T, s subject) {
		for i, id := range []string{"p", "q"} {
			other := []string{"q", "p"}[i]
			s.Apply(routing.Event{Type: routing.QueueSet, At: day, Queue: &routing.Queue{ID: id, Overflow: []routing.Overflow{{To: routing.Target{Name: other}}}}})
		}
		moves := 0
		for _, d := range s.Apply(routing.Event{Type: routing.Arrived, At: day, Work: &routing.Work{ID: "w", Queue: "p"}}) {
			if d.Type == routing.Moved {
				moves++
			}
		}
		if q := s.Queues()["p"]; moves != routing.MaxHops || q.Calls != 1 {
			t.Fatalf("%d moves, %+v", moves, q)
		}
	})
}

// TestAQueueThatNobodyCanServeWaits: no agents, skills that nobody has, levels beyond reach.
func TestAQueueThatNobodyCanServeWaits(t *testing.T) {
	both(t, func(t *testing.T, s subject) {
		small(s)
		s.Apply(routing.Event{Type: routing.QueueSet, At: day, Queue: &routing.Queue{ID: "high", Needs: []routing.Need{{Skill: "x", Level: math.MaxInt}}}})
		s.Apply(routing.Event{Type: routing.SignedIn, At: day, Agent: &routing.Agent{ID: "b", Skills: map[string]int{"x": math.MaxInt, "y": math.MinInt}}})
		for _, w := range []routing.Work{{ID: "1", Queue: "high"}, {ID: "2", Queue: "q", Skills: []string{"y"}}, {ID: "3", Queue: "q", Language: "xx"}} {
			if ds := s.Apply(routing.Event{Type: routing.Arrived, At: day, Work: &w}); len(ds) != 0 {
				t.Errorf("%s: %v", w.ID, ds)
			}
		}
	})
}

// TestTimesAtTheirEnds: the zero time, the far future, durations that run over.
func TestTimesAtTheirEnds(t *testing.T) {
	far := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	both(t, func(t *testing.T, s subject) {
		s.Apply(routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{
			ID: "q", Ring: math.MaxInt64, WrapUp: math.MaxInt64 - 1, MaxWrapUp: math.MaxInt64, Preferred: math.MaxInt64, CallbackSpread: math.MaxInt64,
			Rings: []routing.Ring{{After: math.MaxInt64}, {After: math.MinInt64}}, Overflow: []routing.Overflow{{After: math.MaxInt64}, {When: routing.WhenLong, After: math.MinInt64}},
			Also: []routing.Also{{Queue: "q", After: math.MaxInt64}},
		}})
		for i, at := range []time.Time{{}, time.Unix(0, 0), day, far, {}} {
			id := fmt.Sprint(i)
			s.Apply(routing.Event{Type: routing.SignedIn, At: at, Agent: &routing.Agent{ID: id}})
			s.Apply(routing.Event{Type: routing.StateSet, At: at, AgentID: id, State: routing.Ready})
			s.Apply(routing.Event{Type: routing.Arrived, At: at, Work: &routing.Work{ID: id, Queue: "q", Preferred: id, Arrived: far}})
			s.Apply(routing.Event{Type: routing.Accepted, At: at, WorkID: id, AgentID: id})
			s.Apply(routing.Event{Type: routing.Finished, At: at, WorkID: id, AgentID: id})
			s.Apply(routing.Event{Type: routing.Extended, At: at, AgentID: id, By: math.MaxInt64})
			s.Apply(routing.Event{Type: routing.Tick, At: at})
		}
		if n := len(s.Agents()); n != 5 {
			t.Fatalf("%d agents", n)
		}
	})
}

// TestManyEventsAtOneInstant is what an engine gets after a pause: all with the same time.
func TestManyEventsAtOneInstant(t *testing.T) {
	if testing.Short() {
		t.Skip("a million events")
	}
	s := engine.New(routing.Policy{})
	s.Apply(routing.Event{Type: routing.QueueSet, At: day, Queue: &routing.Queue{ID: "q", Overflow: []routing.Overflow{{After: time.Second, To: routing.Target{Kind: routing.ToAnnouncement, Name: "x"}}}}})
	const n = 100_000
	decided := 0
	for i := range n {
		decided += len(s.Apply(routing.Event{Type: routing.Arrived, At: day, Work: &routing.Work{ID: fmt.Sprint(i), Queue: "q"}}))
	}
	for i := range n / 2 {
		decided += len(s.Apply(routing.Event{Type: routing.Removed, At: day, WorkID: fmt.Sprint(i)}))
	}
	ended := len(s.Apply(routing.Event{Type: routing.Tick, At: day.Add(time.Hour)})) / 2
	if q := s.Queues()["q"]; decided != n/2 || ended != n/2 || q.Calls != 0 {
		t.Fatalf("%d decided, %d ended late, %+v", decided, ended, q)
	}
}

// TestMoreSkillsThanAreKnownAreRefused fills the engine with skills; what has been asked before goes on being served.
func TestMoreSkillsThanAreKnownAreRefused(t *testing.T) {
	both(t, func(t *testing.T, s subject) {
		small(s)
		for i := range routing.MaxSkills {
			w := routing.Work{ID: fmt.Sprint(i), Queue: "q", Skills: []string{fmt.Sprintf("s%d", i)}}
			if why := refusal(s.Apply(routing.Event{Type: routing.Arrived, At: day, Work: &w})); why != "" {
				t.Fatalf("skill %d is refused: %s", i, why)
			}
			s.Apply(routing.Event{Type: routing.Removed, At: day, WorkID: w.ID})
		}
		over := routing.Work{ID: "over", Queue: "q", Skills: []string{"one more"}}
		if why := refusal(s.Apply(routing.Event{Type: routing.Arrived, At: day, Work: &over})); why != routing.Impossible {
			t.Fatalf("refused as %q", why)
		}
		known := routing.Work{ID: "known", Queue: "q", Skills: []string{"s7"}}
		if why := refusal(s.Apply(routing.Event{Type: routing.Arrived, At: day, Work: &known})); why != "" {
			t.Fatal(why)
		}
	})
}

// TestAbilitiesThatComeAndGo makes more lines and profiles than are kept, so that those without use are dropped, and holds the
// engine against the plain scan meanwhile.
func TestAbilitiesThatComeAndGo(t *testing.T) {
	p := newPair(routing.Policy{Overtaken: 3})
	do := func(ev routing.Event) {
		ev.At = day
		if _, differ := p.apply(ev); differ != "" {
			t.Fatal(differ)
		}
	}
	for i := range 3 {
		do(routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: fmt.Sprintf("q%d", i), Also: []routing.Also{{Queue: fmt.Sprintf("q%d", (i+1)%3)}}}})
	}
	for i := range 2500 {
		id := fmt.Sprintf("%04d", i)
		agent := fmt.Sprintf("a%d", i%5)
		do(routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: agent, Agencies: []string{id, "A"}, Tiers: map[string]int{"q1": i}}})
		do(routing.Event{Type: routing.StateSet, AgentID: agent, State: []routing.State{routing.Ready, routing.Break}[i%2]})
		do(routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: id, Queue: fmt.Sprintf("q%d", i%3), Agency: strings.Repeat("A", i%2) + id[:i%4], Priority: i % 10}})
		if i >= 20 {
			do(routing.Event{Type: routing.Removed, WorkID: fmt.Sprintf("%04d", i-20)})
		}
	}
}

// TestACrowdIsNotPredicted lets more calls wait than anything is said about, after enough has been learnt.
func TestACrowdIsNotPredicted(t *testing.T) {
	p, at := newPair(routing.Policy{}), day
	do := func(ev routing.Event) {
		ev.At = at
		if _, differ := p.apply(ev); differ != "" {
			t.Fatal(differ)
		}
	}
	do(routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "q"}})
	do(routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: "a"}})
	arrive := func(i int) {
		do(routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: fmt.Sprint(i), Queue: "q"}})
	}
	const first = 40
	for i := range first {
		arrive(i)
	}
	for i := range 3 * first {
		do(routing.Event{Type: routing.StateSet, AgentID: "a", State: routing.Ready})
		do(routing.Event{Type: routing.Accepted, WorkID: fmt.Sprint(i), AgentID: "a"})
		arrive(first + i)
		at = at.Add(10 * time.Second)
		do(routing.Event{Type: routing.Finished, WorkID: fmt.Sprint(i), AgentID: "a"})
	}
	known := p.engine.Queues()["q"].Estimate.Known
	for i := range routing.MaxPredicted {
		arrive(4*first + i)
	}
	if crowd := p.engine.Queues()["q"].Estimate; !known || crowd.Known || crowd.Why != routing.NotReliable {
		t.Fatalf("known before: %v; of a crowd: %+v", known, crowd)
	}
}
