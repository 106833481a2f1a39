package engine_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/plain"
)

// said writes decisions a line each, all that is in them.
func said(ds []routing.Decision) string {
	var s strings.Builder
	for _, d := range ds {
		why := d.Why
		d.Why = nil
		if d.Type == routing.Refuse {
			d = routing.Decision{Type: d.Type, Reason: d.Reason}
		}
		fmt.Fprintf(&s, "       → %s%s\n", d.Type, strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(short(reflect.ValueOf(d)), "{"), "}"), "Type:"+fmt.Sprint(d.Type), ""))
		if why != nil {
			fmt.Fprintf(&s, "         why %+v\n", *why)
		}
	}
	return s.String()
}

// pair is the engine beside its oracle.
type pair struct {
	engine *engine.Engine
	oracle *plain.Engine
}

func newPair(p routing.Policy) *pair { return &pair{engine.New(p), plain.New(p)} }

// apply gives the oracle's decisions, and where the two differ.
func (p *pair) apply(ev routing.Event) (ds []routing.Decision, differ string) {
	mine := copied(ev)
	got := p.engine.Apply(mine)
	scribble(mine)
	ds = p.oracle.Apply(copied(ev))
	if !slices.EqualFunc(got, ds, sameDecision) {
		return ds, fmt.Sprintf("engine:\n%splain:\n%s", said(got), said(ds))
	}
	return ds, p.compareViews()
}

// sameDecision compares all of two decisions, the reasons too; of a refusal the reason alone.
func sameDecision(a, b routing.Decision) bool {
	if a.Type == routing.Refuse || (a.Why == nil) != (b.Why == nil) {
		return a.Type == b.Type && a.Reason == b.Reason && a.Why == b.Why
	}
	if a.Why != nil {
		x, y := *a.Why, *b.Why
		if !slices.Equal(x.Needs, y.Needs) {
			return false
		}
		x.Needs, y.Needs = nil, nil
		if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	a.Why, b.Why = nil, nil
	sameEnd := a.Until.Equal(b.Until)
	a.Until = b.Until
	return sameEnd && a == b
}

// compareViews asks that both show the same and want to be woken at the same time.
func (p *pair) compareViews() string {
	if g, w := p.engine.Agents(), p.oracle.Agents(); !reflect.DeepEqual(g, w) {
		return fmt.Sprintf("agents\nengine: %+v\nplain:  %+v", g, w)
	}
	if g, w := p.engine.Queues(), p.oracle.Queues(); !maps.Equal(g, w) {
		return fmt.Sprintf("queues\nengine: %+v\nplain:  %+v", g, w)
	}
	g, due := p.engine.Next()
	w, wanted := p.oracle.Next()
	if wanted && (!due || g.After(w)) { // waking too often does no harm
		return fmt.Sprintf("next\nengine: %v %v\nplain:  %v %v", g, due, w, wanted)
	}
	return ""
}

// scribble spoils what an event points to: an engine keeps nothing of it.
func scribble(ev routing.Event) {
	if ev.Work != nil {
		for i := range ev.Work.Skills {
			ev.Work.Skills[i] = "scribbled"
		}
		*ev.Work = routing.Work{ID: "scribbled"}
	}
	if ev.Agent != nil {
		for s := range ev.Agent.Skills {
			ev.Agent.Skills[s] = 10
		}
		for i := range ev.Agent.Agencies {
			ev.Agent.Agencies[i] = "scribbled"
		}
		clear(ev.Agent.Weights)
		clear(ev.Agent.Tiers)
	}
	if ev.Queue != nil {
		clear(ev.Queue.Needs)
		clear(ev.Queue.Also)
		clear(ev.Queue.Overflow)
		for _, r := range ev.Queue.Rings {
			clear(r.Levels)
		}
	}
}

// differ replays events and tells where the two differ first, with the events up to there.
func differ(p routing.Policy, evs []routing.Event) (upTo int, what string) {
	both := newPair(p)
	for i, ev := range evs {
		if _, what = both.apply(ev); what != "" {
			return i + 1, what
		}
	}
	return len(evs), ""
}

// compete generates a sequence by the oracle's decisions and plays it on both, until they differ.
func compete(g *generator, p routing.Policy, steps int) (evs []routing.Event, what string) {
	both := newPair(p)
	do := func(ev routing.Event) bool {
		evs = append(evs, ev)
		var ds []routing.Decision
		ds, what = both.apply(ev)
		g.follow(ev, ds)
		return what == ""
	}
	for _, ev := range g.prologue() {
		if !do(ev) {
			return evs, what
		}
	}
	punctual := g.pick(3) > 0
	for range steps {
		to := g.pass()
		for at, due := both.oracle.Next(); punctual && due && at.Before(to); at, due = both.oracle.Next() {
			if !do(routing.Event{Type: routing.Tick, At: at}) {
				return evs, what
			}
		}
		if !do(g.next()) {
			return evs, what
		}
	}
	return evs, ""
}

func smallestDifference(p routing.Policy, evs []routing.Event) string {
	small := shrunk(evs, func(evs []routing.Event) bool { _, what := differ(p, evs); return what != "" })
	small = simpler(small, func(evs []routing.Event) bool { _, what := differ(p, evs); return what != "" })
	n, what := differ(p, small)
	return fmt.Sprintf("%s\n%s%s", short(reflect.ValueOf(p)), told(small[:n]), what)
}

// simpler empties fields of the events that the sequence fails without.
func simpler(evs []routing.Event, fails func([]routing.Event) bool) []routing.Event {
	for i := range evs {
		for _, of := range []func(*routing.Event) any{
			func(ev *routing.Event) any { return ev.Work }, func(ev *routing.Event) any { return ev.Agent }, func(ev *routing.Event) any { return ev.Queue },
		} {
			if v := reflect.ValueOf(of(&evs[i])); !v.IsNil() {
				evs = withoutFields(evs, i, of, v.Elem().NumField(), fails)
			}
		}
	}
	return evs
}

func withoutFields(evs []routing.Event, i int, of func(*routing.Event) any, fields int, fails func([]routing.Event) bool) []routing.Event {
	for f := range fields {
		try := slices.Clone(evs)
		try[i] = copied(try[i])
		field := reflect.ValueOf(of(&try[i])).Elem().Field(f)
		if field.IsZero() || f == 0 {
			continue
		}
		if field.Kind() == reflect.Slice && field.Len() > 1 {
			field.Set(field.Slice(0, field.Len()-1))
		} else {
			field.SetZero()
		}
		if fails(try) {
			evs = try
		}
	}
	return evs
}

// TestBothDecideTheSame holds the engine against the plain scan: decisions with their reasons, views and alarms.
func TestBothDecideTheSame(t *testing.T) {
	seeds(t, 400, func(seed uint64) {
		g := newGenerator(dice(seed))
		p := g.policy()
		if evs, what := compete(g, p, 150); what != "" {
			t.Fatalf("seed %d: %s", seed, smallestDifference(p, evs))
		}
	})
}

// TestSameEventsGiveTheSameDecisions plays each sequence twice.
func TestSameEventsGiveTheSameDecisions(t *testing.T) {
	seeds(t, 30, func(seed uint64) {
		var first []string
		for run := range 2 {
			g := newGenerator(dice(seed))
			e, n := engine.New(g.policy()), 0
			do := func(ev routing.Event) {
				ds := e.Apply(copied(ev))
				g.follow(ev, ds)
				s := said(ds)
				if run == 0 {
					first = append(first, s)
				} else if first[n] != s {
					t.Fatalf("seed %d, event %d: first\n%sthen\n%s", seed, n, first[n], s)
				}
				n++
			}
			for _, ev := range g.prologue() {
				do(ev)
			}
			for range 150 {
				g.pass()
				do(g.next())
			}
		}
	})
}
