package engine_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"santra/internal/routing"
	"santra/internal/routing/engine"
)

// rebuilt makes an engine from what another announces, and objects if that decides anything or is refused.
func rebuilt(p routing.Policy, e *engine.Engine) (fresh *engine.Engine, evs []routing.Event, wrong string) {
	fresh = engine.New(p)
	for ev := range e.Announce {
		ev = copied(ev)
		evs = append(evs, ev)
		for _, d := range fresh.Apply(ev) {
			if d.Type != routing.StateChange {
				wrong += fmt.Sprintf("%s is answered by\n%s", ev.Type, said([]routing.Decision{d}))
			}
		}
	}
	return fresh, evs, wrong
}

// sameView compares what two engines show, but for estimates, which begin anew at a take-over.
func sameView(a, b *engine.Engine) string {
	if x, y := a.Agents(), b.Agents(); !reflect.DeepEqual(x, y) {
		return fmt.Sprintf("agents\nbefore: %+v\nafter:  %+v", x, y)
	}
	x, y := a.Queues(), b.Queues()
	for id := range x {
		v, w := x[id], y[id]
		v.Estimate, w.Estimate = routing.Estimate{}, routing.Estimate{}
		if v != w {
			return fmt.Sprintf("queues\nbefore: %+v\nafter:  %+v", v, w)
		}
	}
	return ""
}

// loses tells whether anything depends on what a take-over does not carry over: estimates.
func loses(evs []routing.Event) bool {
	return slices.ContainsFunc(evs, func(ev routing.Event) bool {
		return ev.Queue != nil && slices.ContainsFunc(ev.Queue.Overflow, func(o routing.Overflow) bool { return o.When == routing.WhenEstimate })
	})
}

// takeOver plays events, rebuilds the engine after the first n from its announcements, and plays the rest on both.
func takeOver(p routing.Policy, evs []routing.Event, n int) string {
	e := engine.New(p)
	for _, ev := range evs[:n] {
		e.Apply(copied(ev))
	}
	e.Apply(routing.Event{Type: routing.Tick})
	fresh, announced, wrong := rebuilt(p, e)
	if wrong == "" {
		wrong = sameView(e, fresh)
	}
	if wrong != "" {
		return fmt.Sprintf("after %d events:\n%sannounced\n%s%s", n, told(evs[:n]), told(announced), wrong)
	}
	if loses(evs) {
		return ""
	}
	for i, ev := range evs[n:] {
		want, got := e.Apply(copied(ev)), fresh.Apply(copied(ev))
		if slices.EqualFunc(got, want, sameDecision) {
			continue
		}
		return fmt.Sprintf("%sannounced\n%sthen\n%sbefore:\n%safter:\n%s", told(evs[:n]), told(announced), told(evs[n:n+i+1]), said(want), said(got))
	}
	return ""
}

// TestATakeOverChangesNothing rebuilds an engine at any moment: the same is shown, and decided from then on.
func TestATakeOverChangesNothing(t *testing.T) {
	seeds(t, 300, func(seed uint64) {
		g := newGenerator(dice(seed))
		p := g.policy()
		evs := generated(g, p, 80)
		for range 6 {
			n := g.pick(len(evs))
			if takeOver(p, evs, n) == "" {
				continue
			}
			head, tail := evs[:n], evs[n:]
			tail = shrunk(tail, func(tail []routing.Event) bool { return takeOver(p, slices.Concat(head, tail), len(head)) != "" })
			head = shrunk(head, func(head []routing.Event) bool { return takeOver(p, slices.Concat(head, tail), len(head)) != "" })
			all := simpler(slices.Concat(head, tail), func(evs []routing.Event) bool { return takeOver(p, evs, len(head)) != "" })
			t.Fatalf("seed %d, %+v\n%s", seed, p, strings.TrimSpace(takeOver(p, all, len(head))))
		}
	})
}

// generated gives a sequence of events as an engine's decisions lead to it.
func generated(g *generator, p routing.Policy, steps int) []routing.Event {
	e := engine.New(p)
	var evs []routing.Event
	do := func(ev routing.Event) {
		evs = append(evs, ev)
		g.follow(ev, e.Apply(copied(ev)))
	}
	for _, ev := range g.prologue() {
		do(ev)
	}
	for range steps {
		to := g.pass()
		for at, due := e.Next(); due && at.Before(to); at, due = e.Next() {
			do(routing.Event{Type: routing.Tick, At: at})
		}
		do(routing.Event{Type: routing.Tick, At: to})
		do(g.next())
	}
	return evs
}
