package measure

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/routing"
)

const published = "../../../docs/measures.md"

// block gives the fenced block of a name.
func block(t *testing.T, text, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "```"+name+"\n")
	body, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("%s has no block %s", published, name)
	}
	return body
}

func TestTheExampleOfTheDocumentation(t *testing.T) {
	text, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	p := newScript()
	for line := range strings.Lines(block(t, string(text), "events")) {
		if err := p.play(strings.TrimSpace(line)); err != nil {
			t.Fatalf("%s: %v", strings.TrimSpace(line), err)
		}
	}
	p.rec.Checkpoint(p.now)
	rows := Rollup(slices.Values(p.rec.Take(MaxPending)))
	if got, want := table(rows), block(t, string(text), "rows"); got != want {
		t.Fatalf("the rows are\n%s\nthe documentation says\n%s", got, want)
	}
	var sum QueueFigures
	for _, r := range rows.Queues {
		sum = sum.Plus(r.QueueFigures)
	}
	if sum.Offered != 5 || sum.Answered != 3 || sum.Abandoned+sum.ShortAbandoned != 2 || sum.OverflowedIn != sum.OverflowedOut || sum.Waiting() != 0 {
		t.Fatalf("%+v", sum)
	}
	if each, ok := sum.HandlingEach().Value(); !ok || each != ((sum.InHand+sum.WrapUp)/3).Truncate(time.Microsecond) {
		t.Fatal(each)
	}
}

// script plays readable lines: "09:00:10 B arrives at parking".
type script struct {
	rec   *Recorder
	now   time.Time
	agent map[string]string // by work
}

func newScript() *script {
	p := &script{rec: NewRecorder("example"), agent: map[string]string{}}
	for _, q := range []string{"parking", "permits"} {
		p.rec.Target(q, 20*time.Second, 5*time.Second)
	}
	return p
}

func (p *script) tell(ev routing.Event, ds ...routing.Decision) error {
	ev.At = p.now
	p.rec.Record(ev, ds)
	return nil
}

func is(agent string, s routing.State) routing.Decision {
	return routing.Decision{Type: routing.StateChange, AgentID: agent, State: s}
}

func (p *script) play(line string) error {
	clock, rest, _ := strings.Cut(line, " ")
	who, what, _ := strings.Cut(rest, " ")
	at, err := time.Parse(time.TimeOnly, clock)
	if err != nil {
		return err
	}
	p.now = time.Date(2026, 11, 24, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	what, wrapUp := strings.CutSuffix(what, ", wrap-up")
	after := routing.Ready
	if wrapUp {
		after = routing.WrapUp
	}
	agent := p.agent[who]
	verb, to, _ := strings.Cut(what, " to ")
	switch verb {
	case "ready":
		return p.ready(who)
	case "answered":
		return p.tell(routing.Event{Type: routing.Accepted, WorkID: who, AgentID: agent}, is(agent, routing.Busy))
	case "not answered":
		return p.tell(routing.Event{Type: routing.Tick}, routing.Decision{Type: routing.Withdraw, WorkID: who, AgentID: agent, Reason: routing.NoAnswer}, is(agent, routing.NotAnswering))
	case "held", "retrieved":
		p.rec.Hold(who, verb == "held", p.now)
		return nil
	case "ends":
		return p.tell(routing.Event{Type: routing.Finished, WorkID: who, AgentID: agent}, is(agent, after))
	case "gives up":
		return p.tell(routing.Event{Type: routing.Removed, WorkID: who})
	case "moves":
		return p.tell(routing.Event{Type: routing.Tick}, routing.Decision{Type: routing.Moved, WorkID: who, To: routing.Target{Name: to}, Reason: "waited"})
	case "transferred":
		return p.tell(routing.Event{Type: routing.Transferred, WorkID: who, AgentID: agent, Work: &routing.Work{Queue: to}}, is(agent, after))
	}
	return p.place(who, what)
}

func (p *script) ready(agent string) error {
	if p.rec.agents[agent] == nil {
		_ = p.tell(routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: agent}})
	}
	return p.tell(routing.Event{Type: routing.StateSet, AgentID: agent}, is(agent, routing.Ready))
}

func (p *script) place(work, what string) error {
	if queue, ok := strings.CutPrefix(what, "arrives at "); ok {
		return p.tell(routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: work, Queue: queue}})
	}
	if agent, ok := strings.CutPrefix(what, "rings at "); ok {
		p.agent[work] = agent
		return p.tell(routing.Event{Type: routing.Tick}, routing.Decision{Type: routing.Offer, WorkID: work, AgentID: agent}, is(agent, routing.Offered))
	}
	return fmt.Errorf("no such step: %q", what)
}

// table shows the figures that are not 0.
func table(rows Rows) string {
	var s strings.Builder
	for _, r := range rows.Queues {
		fmt.Fprintf(&s, "%s %s\n", r.Start.Format("15:04"), r.Queue)
		show(&s, r.List())
		fmt.Fprintf(&s, "  service_level = %d / %d\n", r.ServiceLevel().Part, r.ServiceLevel().Whole)
		for _, m := range []struct {
			name string
			Mean
		}{{"asa", r.ASA()}, {"aht", r.AHT()}} {
			if v, ok := m.Value(); ok {
				fmt.Fprintf(&s, "  %s = %s\n", m.name, v)
			}
		}
	}
	for _, r := range rows.Agents {
		fmt.Fprintf(&s, "%s %s\n", r.Start.Format("15:04"), r.Agent)
		show(&s, r.List())
		if v, ok := r.Occupancy().Value(); ok {
			fmt.Fprintf(&s, "  occupancy = %.4f\n", v)
		}
	}
	return s.String()
}

// show writes the figures that are not 0, some on a line.
func show(s *strings.Builder, figures []Figure) {
	line := " "
	for _, f := range figures {
		if f.Value == 0 {
			continue
		}
		text := fmt.Sprintf(" %s %d", f.Name, f.Value)
		if f.Duration {
			text = fmt.Sprintf(" %s %s", f.Name, time.Duration(f.Value)*time.Microsecond)
		}
		if len(line)+len(text) > 110 {
			s.WriteString(line + "\n")
			line = " "
		}
		line += text
	}
	s.WriteString(line + "\n")
}
