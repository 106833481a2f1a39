package dispatch

import (
	"maps"
	"slices"

	"santra/internal/agency"
	"santra/internal/routing"
)

// Queues gives the city's queues as routing takes them, in the city's order. The City is valid, as one in a Book is; of one
// that is not, what routing does not know is left out.
func Queues(c *agency.City) []routing.Queue {
	queues := make([]routing.Queue, 0, len(c.Queues))
	for i := range c.Queues {
		queues = append(queues, QueueOf(&c.Queues[i]))
	}
	return queues
}

// QueueOf gives one queue as routing takes it. Nothing of it is shared with q.
func QueueOf(q *agency.Queue) routing.Queue {
	strategy, _ := routing.ParseStrategy(q.Strategy)
	r := routing.Queue{
		ID: q.ID, Agency: q.Agency, Strategy: strategy, LanguageLevel: q.LanguageLevel, Weight: q.Weight, Within: q.ServiceWithin,
		Cap: q.Cap, Ring: q.NoAnswer, WrapUp: q.WrapUp, MaxWrapUp: q.MaxWrapUp, Preferred: q.PreferredFor,
		CallbackSpread: q.CallbackSpread, Evict: q.Evict,
	}
	if q.WrapUpUntilReady {
		r.WrapUp = routing.UntilReady
	}
	if q.Full != nil {
		r.Full = target(*q.Full)
	}
	for _, n := range q.AllNeeds() {
		r.Needs = append(r.Needs, routing.Need{Skill: n.Skill, Level: n.Level, Preferred: n.Preferred})
	}
	for _, ring := range q.Rings {
		r.Rings = append(r.Rings, routing.Ring{After: ring.After, Levels: maps.Clone(ring.Levels)})
	}
	for _, o := range q.Overflow {
		if when := slices.Index(agency.Conditions(), o.When); when >= 0 {
			r.Overflow = append(r.Overflow, routing.Overflow{When: routing.Condition(when), After: o.After, Length: o.Length, Estimate: o.Estimate, To: target(o.To)})
		}
	}
	for _, a := range q.Also {
		r.Also = append(r.Also, routing.Also{Queue: a.Queue, After: a.After})
	}
	return r
}

func target(t agency.Target) routing.Target {
	switch {
	case t.Queue != "":
		return routing.Target{Kind: routing.ToQueue, Name: t.Queue}
	case t.Number != "":
		return routing.Target{Kind: routing.ToNumber, Name: t.Number}
	case t.Callback:
		return routing.Target{Kind: routing.ToCallback}
	default:
		return routing.Target{Kind: routing.ToAnnouncement, Name: t.Announcement}
	}
}

// PolicyOf gives what the city says for all queues. The seed of strategy random is zero: who runs the engine draws one.
func PolicyOf(c *agency.City) routing.Policy {
	r := &c.Routing
	p := routing.Policy{Ageing: r.Ageing, Overtaken: r.Overtaken}
	if i := slices.Index(agency.Choices(), r.Choice); i >= 0 {
		p.Choice = routing.Choice(i)
	}
	if len(r.Channels) == 0 {
		return p
	}
	defaults := agency.DefaultChannels()
	p.Channels = new([routing.Kinds]routing.Channel)
	for i, name := range agency.Channels() {
		ch, ok := r.Channels[name]
		if !ok {
			ch = defaults[name]
		}
		p.Channels[i] = routing.Channel{Class: uint8(ch.Class), Weight: ch.Weight}
	}
	p.Channels[routing.Outgoing] = p.Channels[routing.Call] // one that was given on waits as a call does
	return p
}
