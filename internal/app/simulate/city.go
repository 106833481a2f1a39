// Package simulate asks the simulator (routing/sim) what planners ask: on the command line about configurations and files of
// calls, on the desktop about the running city. It turns a city into a Scenario, reads CSV, and writes tables, CSV and a page. It
// must not decide who gets what, nor add up figures: both are routing's.
package simulate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/routing"
	"santra/internal/routing/sim"
)

// centre is a city as the simulator takes it, on one day.
type centre struct {
	city    *agency.City
	zone    *time.Location
	day     time.Time // its midnight
	queues  []routing.Queue
	hours   map[string]*agency.Hours // by queue; nil: always open
	callers map[string]*agency.Queue // queues that have a number, by id
}

// newCentre wants a valid city with its defaults.
func newCentre(c *agency.City, day time.Time) *centre {
	e := &centre{city: c, zone: c.Location(), queues: dispatch.Queues(c), hours: map[string]*agency.Hours{}, callers: map[string]*agency.Queue{}}
	y, m, d := day.Date()
	e.day = time.Date(y, m, d, 0, 0, 0, 0, e.zone)
	for i := range c.Queues {
		q := &c.Queues[i]
		e.hours[q.ID] = c.HoursOf(q.ID)
		if q.Number != "" {
			e.callers[q.ID] = q
		}
	}
	return e
}

// scenario is the city's part of a Scenario: traffic and agents are still to come.
func (e *centre) scenario() sim.Scenario {
	s := sim.Scenario{Day: e.day, Queues: e.queues, Policy: dispatch.PolicyOf(e.city), Open: e.open, ShortAbandon: map[string]time.Duration{}}
	for i := range e.city.Queues {
		s.ShortAbandon[e.city.Queues[i].ID] = e.city.Queues[i].ShortAbandon
	}
	return s
}

func (e *centre) open(queue string, at time.Time) (bool, time.Time) {
	return e.hours[queue].Open(at, e.zone)
}

// queue finds a queue; nil where there is none.
func (e *centre) queue(id string) *agency.Queue {
	i := slices.IndexFunc(e.city.Queues, func(q agency.Queue) bool { return q.ID == id })
	if i < 0 {
		return nil
	}
	return &e.city.Queues[i]
}

// ids lists the queues that have a number, in the city's order.
func (e *centre) ids() []string {
	var ids []string
	for _, q := range e.city.Queues {
		if q.Number != "" {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

// handyman can do everything that the city's queues ask, at the highest level.
func (e *centre) handyman(id string) routing.Agent {
	a := routing.Agent{ID: id, Skills: map[string]int{}}
	for _, l := range agency.Langs() {
		a.Languages = append(a.Languages, string(l))
		a.Skills[routing.Language(string(l))] = routing.MaxLevel
	}
	for _, q := range e.queues {
		for _, n := range q.Needs {
			a.Skills[n.Skill] = routing.MaxLevel
		}
	}
	return a
}

// openSpans gives the hours of the clock in which any of the queues is open.
func (e *centre) openSpans(queues []string) []sim.Span {
	var all []sim.Span
	for _, q := range queues {
		all = append(all, e.spansOf(q)...)
	}
	slices.SortFunc(all, func(a, b sim.Span) int { return cmp.Compare(a.From, b.From) })
	var out []sim.Span
	for _, s := range all {
		if last := len(out) - 1; last >= 0 && s.From <= out[last].To {
			out[last].To = max(out[last].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// maxSpans bounds how often a queue opens on one day.
const maxSpans = 100

func (e *centre) spansOf(queue string) (out []sim.Span) {
	end := e.day.AddDate(0, 0, 1)
	at := e.day
	for range maxSpans {
		open, until := e.open(queue, at)
		if until.IsZero() || until.After(end) {
			until = end
		}
		if open {
			out = append(out, sim.Span{From: e.clock(at), To: e.clock(until)})
		}
		if at = until; !at.Before(end) {
			break
		}
	}
	return out
}

// clock is what the clock shows at a time of the day; 24 hours at its end.
func (e *centre) clock(t time.Time) time.Duration {
	if t = t.In(e.zone); t.Day() != e.day.Day() {
		return 24 * time.Hour
	}
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

// holiday names the day where it is one, by language; else nil.
func (e *centre) holiday() map[string]string {
	for _, h := range agency.Holidays(e.day.Year()) {
		if string(h.Date) == e.day.Format(time.DateOnly) {
			names := map[string]string{}
			for _, l := range agency.Langs() {
				names[string(l)] = h.Name.In(l)
			}
			return names
		}
	}
	return nil
}

// talk is a handling time without the queue's wrap-up, which the engine adds.
func talk(q *agency.Queue, handling sim.Distribution) (sim.Distribution, bool) {
	if !q.WrapUpUntilReady {
		handling.Mean -= q.WrapUp
	}
	return handling, handling.Mean > 0
}

// skillsOf lists what queues ask for, for messages.
func (e *centre) skillsOf() []string {
	skills := map[string]bool{}
	for _, q := range e.queues {
		for _, n := range q.Needs {
			skills[n.Skill] = true
		}
	}
	return slices.Sorted(maps.Keys(skills))
}
