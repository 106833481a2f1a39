package rehearse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
)

// Limits of a script.
const (
	MaxScript    = 1 << 20 // bytes
	MaxScenarios = 1000
	maxPosition  = 100000
)

// ClockForm is how a scenario writes a time, by the clock of the city.
const ClockForm = "2006-01-02T15:04"

// Scenario is a made-up call and what must come of it.
type Scenario struct {
	At     int // line of the script
	Number string
	Call   Call
	Wants  []Want
}

// Want is one expectation, a line of the script.
type Want struct {
	At   int    // line
	What string // hears, hears-not, queue or ends
	Text string
}

// ParseStrokes reads keys and waits between commas or spaces: "1,w5s,2".
func ParseStrokes(text string) (all []Stroke, err error) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if len(all) == MaxStrokes {
			return nil, errs.At(errs.Invalid, "keys", "are over %d", MaxStrokes)
		}
		if wait, ok := strings.CutPrefix(word, "w"); ok {
			d, err := time.ParseDuration(wait)
			if err != nil || d < 0 {
				return nil, errs.At(errs.Invalid, "keys", "has %q: a wait is w and a time, w5s", word)
			}
			all = append(all, Stroke{Wait: d})
			continue
		}
		for _, k := range word {
			if !strings.ContainsRune(agency.MenuKeys, k) {
				return nil, errs.At(errs.Invalid, "keys", "has %q: keys are 0–9, * and #, and w5s is a wait of 5 s", word)
			}
			all = append(all, Stroke{Key: k})
		}
	}
	if len(all) > MaxStrokes {
		return nil, errs.At(errs.Invalid, "keys", "are over %d", MaxStrokes)
	}
	return all, nil
}

// ReadScript reads scenarios. Each begins with a line "number", goes on with how the call is (at, lang, keys, position, estimate, wait,
// divert, no-callback, no-answer) and then says what must come of it (hears, hears-not, queue, ends). now is when a call begins that does not
// say at; times are in its zone. errs.Invalid names the line.
func ReadScript(text []byte, now time.Time) ([]Scenario, error) {
	if len(text) > MaxScript {
		return nil, errs.New(errs.TooLarge, "the script is over %d bytes", MaxScript)
	}
	var all []Scenario
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		var err error
		all, err = read(all, i+1, word, strings.TrimSpace(rest), now)
		if err != nil {
			return nil, errs.New(errs.Invalid, "line %d: %w", i+1, err)
		}
	}
	if len(all) == 0 {
		return nil, errs.New(errs.Invalid, "the script has no scenario: begin with a line like: number +358912340100")
	}
	return all, nil
}

func read(all []Scenario, at int, word, rest string, now time.Time) ([]Scenario, error) {
	if word == "number" {
		if len(all) == MaxScenarios {
			return nil, errs.New(errs.Invalid, "more than %d scenarios", MaxScenarios)
		}
		return append(all, Scenario{At: at, Number: rest, Call: Call{At: now}}), nil
	}
	if len(all) == 0 {
		return nil, errs.New(errs.Invalid, "a scenario begins with number")
	}
	s := &all[len(all)-1]
	switch word {
	case "hears", "hears-not", "queue", "ends":
		if rest == "" {
			return nil, errs.New(errs.Invalid, "%s what?", word)
		}
		s.Wants = append(s.Wants, Want{at, word, strings.Trim(rest, `"`)})
		return all, nil
	}
	if len(s.Wants) > 0 {
		return nil, errs.New(errs.Invalid, "%q comes after what is expected: say first how the call is; a new scenario begins with number", word)
	}
	return all, s.Call.set(word, rest)
}

// set reads one setting.
func (c *Call) set(word, rest string) (err error) {
	switch word {
	case "at":
		c.At, err = time.ParseInLocation(ClockForm, rest, c.At.Location())
	case "lang":
		c.Lang = agency.Lang(rest)
		if !slices.Contains(agency.Langs(), c.Lang) {
			err = errs.New(errs.Invalid, "lang is fi, sv or en")
		}
	case "keys":
		c.Strokes, err = ParseStrokes(rest)
	case "position":
		c.Position, err = strconv.Atoi(rest)
		if err == nil && (c.Position < 0 || c.Position > maxPosition) {
			err = errs.New(errs.Invalid, "position is 0 to %d", maxPosition)
		}
	case "estimate":
		c.Estimate, err = duration(rest)
	case "wait":
		c.Wait, err = duration(rest)
	case "divert":
		c.Divert = rest
	case "no-callback":
		c.NoCallback = true
	case "no-answer":
		c.NoAnswer = true
	default:
		err = errs.New(errs.Invalid, "%q is none of number, at, lang, keys, position, estimate, wait, divert, no-callback, no-answer, hears, hears-not, queue and ends", word)
	}
	return err
}

// maxWait bounds waits and estimates.
const maxWait = 12 * time.Hour

func duration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil && (d < 0 || d > maxWait) {
		err = errs.New(errs.Invalid, "must be between 0s and %v", maxWait)
	}
	return d, err
}

// Check compares a course with what was expected; each problem is a sentence.
func (s Scenario) Check(c Course) (problems []string) {
	next := 0 // line of the course from which on the next is looked for
	for _, w := range s.Wants {
		found := slices.IndexFunc(c.Lines[next:], w.met)
		switch {
		case w.What == "ends":
			if c.ends() != w.Text {
				problems = append(problems, fmt.Sprintf("line %d: the call ends %q, not %q", w.At, c.ends(), w.Text))
			}
		case w.What == "hears-not":
			if slices.ContainsFunc(c.Lines, w.met) {
				problems = append(problems, fmt.Sprintf("line %d: %q is heard", w.At, w.Text))
			}
		case found < 0:
			problems = append(problems, fmt.Sprintf("line %d: %s %q does not come, or not there", w.At, w.What, w.Text))
		default:
			next += found // several may be met by one line
		}
	}
	if len(c.Left) > 0 {
		problems = append(problems, fmt.Sprintf("line %d: nothing asked for %d of the keys", s.At, len(c.Left)))
	}
	return problems
}

// ends is how the call ended; a callback is a good end of its own.
func (c Course) ends() string {
	if slices.ContainsFunc(c.Lines, func(l Line) bool { return l.What == CallBack }) {
		return CallBack
	}
	return c.End
}

// met tells whether a line is what is wanted: a prompt's name, words, or "queue ID recorded".
func (w Want) met(l Line) bool {
	if w.What == "queue" {
		id, how, asked := strings.Cut(w.Text, " ")
		return l.What == Queued && l.Name == id && (!asked || strings.HasPrefix(l.Text, how))
	}
	return (l.What == Says || l.What == Notice) && (l.Name == w.Text || strings.Contains(l.Text, w.Text))
}
