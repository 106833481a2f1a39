package engine_test

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"santra/internal/routing"
)

// queueStep reads "queue q; strategy tiers; needs parking 3; after 30s parking 1; when waited 1m to queue r; …".
func queueStep(words []string, clauses string) (scenarioStep, error) {
	q := &routing.Queue{ID: word(words, 1)}
	step := scenarioStep{events: []routing.Event{{Type: routing.QueueSet, Queue: q}}}
	return step, eachClause(clauses, func(key, rest string) error { return queueClause(q, key, rest) })
}

func queueClause(q *routing.Queue, key, rest string) (err error) {
	switch key {
	case "agency":
		q.Agency = rest
	case "strategy":
		var known bool
		if q.Strategy, known = routing.ParseStrategy(rest); !known {
			err = errors.New("no such strategy")
		}
	case "needs", "prefers":
		err = needs(q, rest, key == "prefers")
	case "language":
		q.LanguageLevel, err = strconv.Atoi(strings.TrimPrefix(rest, "level "))
	case "weight":
		q.Weight, err = strconv.ParseFloat(rest, 64)
	case "cap":
		q.Cap, err = strconv.Atoi(rest)
	case "full":
		q.Full, err = target(strings.TrimPrefix(rest, "to "))
	case "evict":
		q.Evict = true
	case "when":
		err = overflow(q, rest)
	case "after":
		err = ring(q, rest)
	case "also":
		err = also(q, rest)
	default:
		err = queueTime(q, key, rest)
	}
	return err
}

// queueTime reads a setting that is a time.
func queueTime(q *routing.Queue, key, rest string) error {
	if key == "max" {
		key, rest = "max wrap-up", strings.TrimPrefix(rest, "wrap-up ")
	}
	settings := map[string]*time.Duration{
		"within": &q.Within, "ring": &q.Ring, "wrap-up": &q.WrapUp, "max wrap-up": &q.MaxWrapUp, "preferred": &q.Preferred, "spread": &q.CallbackSpread,
	}
	set, known := settings[key]
	if !known {
		return errors.New("no such thing is known of queues")
	}
	long, err := wrapUp(rest)
	*set = long
	return err
}

// needs keeps the order in which they are written.
func needs(q *routing.Queue, text string, preferred bool) error {
	for _, item := range items(text) {
		levels, err := numbers(item)
		if err != nil {
			return err
		}
		for skill, level := range levels {
			q.Needs = append(q.Needs, routing.Need{Skill: skill, Level: level, Preferred: preferred})
		}
	}
	return nil
}

// ring reads "30s parking 2, language 0".
func ring(q *routing.Queue, text string) error {
	when, levels, _ := strings.Cut(text, " ")
	after, err := time.ParseDuration(when)
	if err != nil {
		return err
	}
	r := routing.Ring{After: after}
	r.Levels, err = numbers(levels)
	q.Rings = append(q.Rings, r)
	return err
}

// also reads "r after 30s", or "r".
func also(q *routing.Queue, text string) (err error) {
	name, when, found := strings.Cut(text, " after ")
	further := routing.Also{Queue: name}
	if found {
		further.After, err = time.ParseDuration(when)
	}
	q.Also = append(q.Also, further)
	return err
}

// overflow reads "waited 1m to queue r", "length 2 after 10s to callback", "no_agents to number +3585551234".
func overflow(q *routing.Queue, text string) (err error) {
	condition, to, _ := strings.Cut(text, " to ")
	words := strings.Fields(condition)
	o := routing.Overflow{}
	if o.To, err = target(to); err != nil {
		return err
	}
	if o.When, err = conditionNamed(words[0]); err != nil {
		return err
	}
	err = limit(&o, words[1:])
	q.Overflow = append(q.Overflow, o)
	return err
}

func conditionNamed(name string) (routing.Condition, error) {
	for c := routing.WhenWaited; c <= routing.WhenClosed; c++ {
		if c.String() == name {
			return c, nil
		}
	}
	return 0, errors.New("no such condition")
}

// limit reads what follows a condition: "1m", "2", "2 after 10s".
func limit(o *routing.Overflow, words []string) (err error) {
	if n := len(words); n >= 2 && words[n-2] == "after" {
		if o.After, err = time.ParseDuration(words[n-1]); err != nil {
			return err
		}
		words = words[:n-2]
	}
	if len(words) == 0 {
		return nil
	}
	return value(o, words[0])
}

func value(o *routing.Overflow, text string) (err error) {
	switch o.When {
	case routing.WhenWaited:
		o.After, err = time.ParseDuration(text)
	case routing.WhenLong:
		o.Length, err = strconv.Atoi(text)
	case routing.WhenEstimate:
		o.Estimate, err = time.ParseDuration(text)
	default:
		err = errors.New("the condition has no value")
	}
	return err
}

// target reads "queue r", "announcement busy", "callback", "number +3585551234".
func target(text string) (routing.Target, error) {
	kind, name, _ := strings.Cut(text, " ")
	for k := routing.ToQueue; k <= routing.ToNumber; k++ {
		if k.String() == kind {
			return routing.Target{Kind: k, Name: name}, nil
		}
	}
	return routing.Target{}, errors.New("no such target")
}
