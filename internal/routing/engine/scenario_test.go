package engine_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/plain"
)

// decider is what a scenario asks of an implementation of DESIGN.md.
type decider interface {
	Apply(routing.Event) []routing.Decision
	Agents() []routing.AgentView
	Queues() map[string]routing.QueueView
}

// TestScenarios plays each scenario on the engine and on the plain scan beside it. What is expected was reasoned from DESIGN.md.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			s := scenarioIn(t, file)
			newStage(s.policy).play(t, s)
		})
	}
}

func scenarioIn(t *testing.T, file string) *scenario {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := readScenario(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return s
}

// stage has both implementations play the same.
type stage struct {
	policy routing.Policy
	engine *engine.Engine
	scan   *plain.Engine
}

func newStage(p routing.Policy) *stage { return &stage{p, engine.New(p), plain.New(p)} }

func (s *stage) play(t *testing.T, what *scenario) {
	t.Helper()
	for _, step := range what.steps {
		for name, got := range s.outcome(&step) {
			if !expected(got, step.want) {
				t.Errorf("line %d: %s\n%s gives\n  %s\nexpected\n  %s", step.line, step.text, name,
					strings.Join(got, "\n  "), strings.Join(step.want, "\n  "))
			}
		}
	}
}

// outcome does a step and gives what came of it, by implementation.
func (s *stage) outcome(step *scenarioStep) map[string][]string {
	out := map[string][]string{}
	if step.check != nil && step.check[0] == "take-over" {
		return s.takeOver(step.at)
	}
	for name, d := range map[string]decider{"engine": s.engine, "plain": s.scan} {
		if step.check == nil {
			out[name] = decided(d, step)
		} else if shown, can := s.shown(d, step.check); can {
			out[name] = shown
		}
	}
	return out
}

// decided gives the decisions in words. That an agent who signs in as ready is ready goes without saying.
func decided(d decider, step *scenarioStep) []string {
	var out []string
	for _, ev := range step.events {
		for _, dec := range d.Apply(ev) {
			out = append(out, inWords(dec))
		}
	}
	if step.quiet && len(out) > 0 && out[0] == step.events[0].Agent.ID+" ready" {
		out = out[1:]
	}
	return out
}

// takeOver goes on, at a time, with new engines that know what the engine announces; nothing is to be decided by that.
func (s *stage) takeOver(at time.Time) map[string][]string {
	fresh, out := newStage(s.policy), map[string][]string{}
	for ev := range s.engine.Announce {
		ev.At = at
		step := scenarioStep{events: []routing.Event{ev}}
		out["engine"] = append(out["engine"], decided(fresh.engine, &step)...)
		out["plain"] = append(out["plain"], decided(fresh.scan, &step)...)
	}
	*s = *fresh
	return out
}

// expected compares; an end ("until …") or explanation ("(…)") that is not written is not asked for.
func expected(got, want []string) bool {
	return slices.EqualFunc(got, want, func(g, w string) bool {
		whole, _, _ := strings.Cut(g, " (")
		moment, _, _ := strings.Cut(whole, " until ")
		why := strings.TrimPrefix(g, whole)
		return w == g || w == whole || w == moment || w == moment+why
	})
}

// inWords says a decision.
func inWords(d routing.Decision) string {
	switch d.Type {
	case routing.Offer:
		return fmt.Sprintf("offer %s to %s%s (%s)", d.WorkID, d.AgentID, until(d.Until), d.Why)
	case routing.Withdraw:
		return fmt.Sprintf("withdraw %s from %s: %s", d.WorkID, d.AgentID, d.Reason)
	case routing.Refuse:
		return "refuse: " + d.Reason
	case routing.Moved:
		return fmt.Sprintf("%s moves from %s to %s: %s", d.WorkID, d.Queue, d.To.Name, d.Reason)
	case routing.Divert:
		return fmt.Sprintf("%s goes to %s: %s", d.WorkID, strings.TrimSpace(d.To.Kind.String()+" "+d.To.Name), d.Reason)
	case routing.Ended:
		return fmt.Sprintf("%s ends: %s%s", d.WorkID, d.Reason, part(" by ", d.AgentID))
	default:
		return fmt.Sprintf("%s %s%s%s", d.AgentID, d.State, part(" for ", d.Reason), until(d.Until))
	}
}

// part gives a part of a sentence, or nothing where there is no value.
func part(before, value string) string {
	if value == "" {
		return ""
	}
	return before + value
}

func until(t time.Time) string { return since(" until ", t) }

func onClock(t time.Time) string {
	return fmt.Sprintf("%d:%02d:%02d", t.Hour(), t.Minute(), t.Second())
}

// shown gives what a check asks for, in words; false where only the engine can say it.
func (s *stage) shown(d decider, check []string) ([]string, bool) {
	switch check[0] {
	case "agents":
		return agentsInWords(d.Agents()), true
	case "queues":
		return queuesInWords(d.Queues()), true
	case "estimate":
		if q, known := d.Queues()[check[1]]; known {
			return s.estimate(d, check[1], q.Estimate), true
		}
	}
	x, known := s.engine.Explain(check[1])
	if d != s.engine || !known {
		return []string{"unknown"}, d == s.engine
	}
	if check[0] == "estimate" {
		return []string{estimateInWords(x.Estimate)}, true
	}
	return []string{explained(&x)}, true
}

// estimate gives a queue's estimate as its view has it, and as the engine says it if asked, where that is another.
func (s *stage) estimate(d decider, queue string, viewed routing.Estimate) []string {
	lines := []string{estimateInWords(viewed)}
	if asked := s.engine.Estimate(queue); d == s.engine && asked != viewed {
		lines = append(lines, estimateInWords(asked))
	}
	return lines
}

func agentsInWords(all []routing.AgentView) (lines []string) {
	for _, a := range all {
		lines = append(lines, agentInWords(a))
	}
	return lines
}

func queuesInWords(all map[string]routing.QueueView) (lines []string) {
	for _, id := range slices.Sorted(maps.Keys(all)) {
		lines = append(lines, queueInWords(all[id]))
	}
	return lines
}

func agentInWords(v routing.AgentView) string {
	words := fmt.Sprintf("%s %s%s%s", v.ID, v.State, part(" for ", v.Reason), part(" with ", v.Work))
	words += part(", mails ", nonZero(v.Mails)) + part(", handled ", nonZero(v.Handled)) + part(", next ", string(v.Next))
	return words
}

func nonZero(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func queueInWords(v routing.QueueView) string {
	words := v.Queue + " open"
	if v.Closed {
		words = v.Queue + " closed"
	}
	counts := []struct {
		what string
		n    int
	}{
		{"calls", v.Calls}, {"mails", v.Mails}, {"callbacks", v.Callbacks}, {"talking", v.Talking}, {"in hand", v.Open}, {"staff", v.Staffed}, {"ready", v.Ready},
	}
	for _, c := range counts {
		words += part(", "+c.what+" ", nonZero(c.n))
	}
	return words + since(", oldest call ", v.OldestCall) + since(", oldest mail ", v.OldestMail)
}

func since(before string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return before + onClock(t)
}

func estimateInWords(e routing.Estimate) string {
	if !e.Known {
		return fmt.Sprintf("place %d, unknown: %s", e.Place, e.Why)
	}
	return fmt.Sprintf("place %d, %s to %s", e.Place, e.Low.Round(time.Second), e.High.Round(time.Second))
}

// explained says an Explanation, without its estimate.
func explained(x *routing.Explanation) string {
	if x.Offered != "" {
		return fmt.Sprintf("%s %s", cmp.Or(map[bool]string{true: "in hand of"}[x.Taken], "rings at"), x.Offered)
	}
	parts := []string{fmt.Sprintf("waits in %s for %s", x.Queue, x.Waited)}
	add := func(says bool, format string, args ...any) {
		if says {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(x.Closed, "closed")
	add(!x.NotBefore.IsZero(), "not before %s", onClock(x.NotBefore))
	add(x.KeptFor != "", "kept for %s until %s", x.KeptFor, onClock(x.KeptUntil))
	add(inLine(x), "place %d", x.Place)
	add(x.Ring > 0, "ring %d", x.Ring)
	add(!x.NextRing.IsZero(), "next ring at %s", onClock(x.NextRing))
	for _, n := range x.Needs {
		parts = append(parts, n.String())
	}
	for _, s := range slices.Sorted(maps.Keys(x.Able)) {
		parts = append(parts, fmt.Sprintf("%d able %s", x.Able[s], s))
	}
	add(len(x.Missing) > 0, "nobody has %s", strings.Join(x.Missing, ", "))
	return strings.Join(parts, "; ")
}

// inLine tells whether the work is neither kept nor parked: only then it has a place among others.
func inLine(x *routing.Explanation) bool {
	return x.KeptFor == "" && x.NotBefore.IsZero() && !(x.Closed && x.Kind == routing.Callback)
}

// TestScenariosAreReadStrictly: what can't be read is said with its line.
func TestScenariosAreReadStrictly(t *testing.T) {
	for _, line := range []string{
		"→ anna ready", "dance anna", "queue q; colour red", "queue q; strategy best", "queue q; when bored to queue r", "queue q; when waited 1m to moon",
		"queue q; when waited soon to queue r", "queue q; cap many", "queue q; needs x y", "queue q; wrap-up never", "queue q; after x 1", "queue q; when closed 3 to queue r",
		"agent a; mails some", "agent a; tall", "agent a; weights v heavy", "call c1 to q; arrived noon", "call c1 to q; sung", "call c1 to q; priority high",
		"restored a fax c1 to q", "reoffered a until then call c1 to q", "extend a soon", "policy; overtaken often", "policy; channels fax 1 × 1", "policy; luck 1",
	} {
		if _, err := readScenario("# one\n" + line); err == nil || !strings.HasPrefix(err.Error(), "line 2: ") && !strings.HasPrefix(line, "→") {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// TestWhatIsNotWrittenIsNotAsked: an end and an explanation may be left out, and nothing else.
func TestWhatIsNotWrittenIsNotAsked(t *testing.T) {
	const got = "offer c1 to a until 8:00:20 (queue q: agent free)"
	for want, ok := range map[string]bool{
		got: true, "offer c1 to a": true, "offer c1 to a until 8:00:20": true, "offer c1 to a (queue q: agent free)": true,
		"offer c1 to b": false, "offer c1 to a until 8:00:21": false, "offer c1 to a (queue q)": false, "offer c1": false, "": false,
	} {
		if expected([]string{got}, []string{want}) != ok {
			t.Errorf("%q: %v", want, !ok)
		}
	}
	if expected([]string{got}, nil) || expected(nil, []string{got}) {
		t.Error("a decision too many or too few is not noticed")
	}
}
