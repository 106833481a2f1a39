package engine_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"santra/internal/routing"
)

// A scenario is a day at the queues as text (testdata/scenarios, whose README.md says how to write one). readScenario takes it apart.

// scenarioStep is one thing that happens, or is asked, and what is expected to come of it.
type scenarioStep struct {
	line   int
	text   string
	at     time.Time
	events []routing.Event
	quiet  bool     // the agent's own "is ready" is not said: the line says it already
	check  []string // what is asked instead: "explain c1"
	want   []string
}

type scenario struct {
	policy routing.Policy
	steps  []scenarioStep
}

// midnight is when the clock of a scenario is 0:00:00. A Tuesday.
func midnight() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }

func readScenario(text string) (*scenario, error) {
	s := &scenario{}
	at := midnight()
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.read(i+1, line, &at); err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", i+1, line, err)
		}
	}
	return s, nil
}

func (s *scenario) read(number int, line string, at *time.Time) error {
	for _, mark := range []string{"→ ", "= "} {
		if want, is := strings.CutPrefix(line, mark); is {
			return s.expect(want)
		}
	}
	first, rest, _ := strings.Cut(line, " ")
	if t, err := clockTime(first); err == nil {
		*at, line = t, strings.TrimSpace(rest)
	}
	if words, is := strings.CutPrefix(line, "policy; "); is {
		return readPolicy(&s.policy, words)
	}
	step, err := readStep(line)
	step.line, step.text, step.at = number, line, *at
	for i := range step.events {
		step.events[i].At = *at
	}
	s.steps = append(s.steps, step)
	return err
}

func (s *scenario) expect(want string) error {
	if len(s.steps) == 0 {
		return errors.New("nothing has happened that it could be expected of")
	}
	last := &s.steps[len(s.steps)-1]
	last.want = append(last.want, want)
	return nil
}

// readStep reads a line without its time: the verb, its words, and clauses after semicolons.
func readStep(line string) (scenarioStep, error) {
	head, clauses, _ := strings.Cut(line, "; ")
	words := strings.Fields(head)
	switch words[0] {
	case "queue":
		return queueStep(words, clauses)
	case "agent":
		return agentStep(words, clauses)
	case "call", "mail", "callback", "restored", "reoffered", "transfer", "convert":
		return workStep(words, clauses)
	case "explain", "estimate", "agents", "queues", "take-over":
		return scenarioStep{check: words}, nil
	}
	ev, err := plainEvent(words)
	return scenarioStep{events: []routing.Event{ev}}, err
}

// plainEvent reads an event that is one short sentence.
func plainEvent(words []string) (routing.Event, error) {
	args := append(words[1:len(words):len(words)], "", "", "")
	types := map[string]routing.EventType{
		"accept": routing.Accepted, "decline": routing.Declined, "finish": routing.Finished, "gone": routing.Removed, "sign-out": routing.SignedOut,
		"remove": routing.QueueRemoved, "open": routing.QueueOpened, "close": routing.QueueClosed, "tick": routing.Tick, "state": routing.StateSet,
		"force": routing.StateSet, "extend": routing.Extended,
	}
	t, known := types[words[0]]
	if !known {
		return routing.Event{}, errors.New("unknown verb")
	}
	switch ev := (routing.Event{Type: t}); t {
	case routing.Accepted, routing.Declined, routing.Finished:
		ev.WorkID, ev.AgentID = args[0], args[1]
		return ev, nil
	case routing.Removed:
		ev.WorkID, ev.Reason = args[0], args[1]
		return ev, nil
	case routing.SignedOut:
		ev.AgentID = args[0]
		return ev, nil
	case routing.StateSet:
		ev.AgentID, ev.State, ev.Reason, ev.Forced = args[0], routing.State(args[1]), args[2], words[0] == "force"
		return ev, nil
	case routing.Extended:
		by, err := time.ParseDuration(args[1])
		ev.AgentID, ev.By = args[0], by
		return ev, err
	default:
		ev.QueueID, ev.Reason = args[0], args[1]
		return ev, nil
	}
}

func agentStep(words []string, clauses string) (scenarioStep, error) {
	a := &routing.Agent{ID: word(words, 1), Seat: "S-" + word(words, 1)}
	step := scenarioStep{events: []routing.Event{{Type: routing.SignedIn, Agent: a}}}
	return step, eachClause(clauses, func(key, rest string) error {
		if key == "ready" {
			step.quiet = true
			step.events = append(step.events, routing.Event{Type: routing.StateSet, AgentID: a.ID, State: routing.Ready})
			return nil
		}
		return agentClause(a, key, rest)
	})
}

func agentClause(a *routing.Agent, key, rest string) (err error) {
	switch key {
	case "no", "mail", "mails", "undisturbed":
		err = capacityClause(&a.Capacity, strings.TrimSpace(key+" "+rest))
	case "skills":
		a.Skills, err = numbers(rest)
	case "tiers":
		a.Tiers, err = numbers(rest)
	case "weights":
		a.Weights, err = weights(rest)
	case "languages":
		a.Languages = items(rest)
	case "agencies":
		a.Agencies = items(rest)
	default:
		err = errors.New("no such thing is known of agents")
	}
	return err
}

func capacityClause(c *routing.Capacity, clause string) (err error) {
	switch clause {
	case "no calls":
		c.NoCalls = true
	case "mail during call":
		c.MailDuringCall = true
	case "undisturbed":
		c.Undisturbed = true
	case "mails none":
		c.Mails = -1
	default:
		_, err = fmt.Sscanf(clause, "mails %d", &c.Mails)
	}
	return err
}

func weights(text string) (map[string]float64, error) {
	all := map[string]float64{}
	levels, err := numbers(text)
	for id, n := range levels {
		all[id] = float64(n)
	}
	return all, err
}

// workStep reads "call c1 to q; …", "restored a call c1 to q; …", "reoffered a until 8:00:10 call c1 to q; …",
// "transfer c1 from a to r; …", "convert c1; …".
func workStep(words []string, clauses string) (scenarioStep, error) {
	ev, rest := routing.Event{Type: routing.Arrived, Work: &routing.Work{}}, words
	switch words[0] {
	case "restored":
		ev.Type, ev.AgentID, rest = routing.Restored, word(words, 1), words[2:]
	case "reoffered":
		until, err := clockTime(word(words, 3))
		if err != nil {
			return scenarioStep{}, err
		}
		ev.Type, ev.AgentID, ev.Until, rest = routing.Reoffered, word(words, 1), until, words[4:]
	case "transfer":
		ev.Type, ev.WorkID, ev.AgentID, ev.Work.Queue = routing.Transferred, word(words, 1), word(words, 3), word(words, 5)
	case "convert":
		ev.Type, ev.WorkID = routing.Converted, word(words, 1)
	}
	if ev.WorkID == "" {
		kind, err := kindOf(word(rest, 0))
		if err != nil {
			return scenarioStep{}, err
		}
		ev.Work.Kind, ev.Work.ID, ev.Work.Queue = kind, word(rest, 1), word(rest, 3)
	}
	step := scenarioStep{events: []routing.Event{ev}}
	return step, eachClause(clauses, func(key, rest string) error { return workClause(ev.Work, key, rest) })
}

func workClause(w *routing.Work, key, rest string) (err error) {
	switch key {
	case "agency":
		w.Agency = rest
	case "language":
		w.Language = rest
	case "once":
		w.Once = rest
	case "skills":
		w.Skills = items(rest)
	case "priority":
		w.Priority, err = strconv.Atoi(rest)
	default:
		err = workTime(w, key, rest)
	}
	return err
}

// workTime reads what has a time in it.
func workTime(w *routing.Work, key, rest string) (err error) {
	switch key {
	case "ring":
		w.Ring, err = time.ParseDuration(rest)
	case "wrap-up":
		w.WrapUp, err = wrapUp(rest)
	case "arrived":
		w.Arrived, err = clockTime(rest)
	case "expires":
		w.Expires, err = clockTime(rest)
	case "not":
		w.NotBefore, err = clockTime(strings.TrimPrefix(rest, "before "))
	case "preferred":
		err = preferred(w, rest)
	default:
		err = errors.New("no such thing is known of work")
	}
	return err
}

// preferred reads "a for 1m", or "a".
func preferred(w *routing.Work, text string) (err error) {
	who, long, found := strings.Cut(text, " for ")
	if w.Preferred = who; found {
		w.PreferredFor, err = time.ParseDuration(long)
	}
	return err
}

func readPolicy(p *routing.Policy, clauses string) error {
	return eachClause(clauses, func(key, rest string) (err error) {
		switch key {
		case "overtaken":
			p.Overtaken, err = strconv.Atoi(rest)
		case "ageing":
			p.Ageing, err = time.ParseDuration(rest)
		case "seed":
			p.Seed, err = strconv.ParseUint(rest, 10, 64)
		case "choice":
			p.Choice = map[string]routing.Choice{"breach": routing.Breach}[rest]
		case "channels":
			p.Channels, err = channels(rest)
		default:
			err = errors.New("no such policy")
		}
		return err
	})
}

// channels reads "call 0 × 2, mail 0 × 1": class and weight.
func channels(text string) (*[routing.Kinds]routing.Channel, error) {
	var all [routing.Kinds]routing.Channel
	for _, item := range items(text) {
		var kind string
		var class uint8
		var weight float64
		if _, err := fmt.Sscanf(item, "%s %d × %g", &kind, &class, &weight); err != nil {
			return nil, err
		}
		k, err := kindOf(kind)
		if err != nil {
			return nil, err
		}
		all[k] = routing.Channel{Class: class, Weight: weight}
	}
	return &all, nil
}

func kindOf(name string) (routing.Kind, error) {
	for k := range routing.Kind(routing.Kinds) {
		if k.String() == name {
			return k, nil
		}
	}
	return 0, errors.New("neither call, mail nor callback")
}

// eachClause calls f with the first word and the rest of each clause, the empty list of clauses has none.
func eachClause(clauses string, f func(key, rest string) error) error {
	for clause := range strings.SplitSeq(clauses, ";") {
		clause = strings.TrimSpace(clause)
		if clause == "" {
			continue
		}
		key, rest, _ := strings.Cut(clause, " ")
		if err := f(key, rest); err != nil {
			return fmt.Errorf("in %q: %w", clause, err)
		}
	}
	return nil
}

// word gives a word that may be missing: the engine is told the empty one then.
func word(words []string, i int) string {
	if i < len(words) {
		return words[i]
	}
	return ""
}

func items(text string) []string { return strings.Split(text, ", ") }

// numbers reads "parking 3, dogs 2"; 1 where there is no number.
func numbers(text string) (map[string]int, error) {
	all := map[string]int{}
	for _, item := range items(text) {
		name, number, found := strings.Cut(item, " ")
		all[name] = 1
		if !found {
			continue
		}
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, err
		}
		all[name] = n
	}
	return all, nil
}

// clockTime reads 8:00:30.
func clockTime(text string) (time.Time, error) {
	var h, m, s int
	if n, err := fmt.Sscanf(text, "%d:%d:%d", &h, &m, &s); n != 3 || err != nil {
		return time.Time{}, fmt.Errorf("%q is no time like 8:00:30", text)
	}
	return midnight().Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second), nil
}

func wrapUp(text string) (time.Duration, error) {
	if text == "until ready" {
		return routing.UntilReady, nil
	}
	return time.ParseDuration(text)
}
