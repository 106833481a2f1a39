package sim

import (
	"fmt"
	"math"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
)

// plan is a checked Scenario with what is the same on each of its days.
type plan struct {
	Scenario
	queues    map[string]int
	within    []time.Duration // by queue
	intervals int
	agents    []planned
	segments  [][]segment // by Traffic
	changes   []change    // openings and closings
}

// planned is one agent with the times of shifts, since the day began.
type planned struct {
	agent routing.Agent
	spans []Span // empty: always
	stays bool
}

// segment is a time of constant rate.
type segment struct {
	from, to time.Duration
	rate     float64 // calls per nanosecond
}

// change is a queue that opens or closes.
type change struct {
	at    time.Duration
	queue int
	open  bool
}

// maxChanges bounds how often a queue opens and closes in one day.
const maxChanges = 1000

func newPlan(s Scenario) (*plan, error) {
	p := &plan{Scenario: s, queues: map[string]int{}}
	for _, step := range []func() error{p.times, p.takeQueues, p.checkTraffic, p.checkCalls, p.takeAgents} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	p.opening()
	for _, t := range p.Traffic {
		p.segments = append(p.segments, p.rates(t))
	}
	return p, p.size()
}

func (p *plan) times() error {
	if p.Day.IsZero() {
		return errs.At(errs.Invalid, "day", "is missing")
	}
	if y := p.Day.Year(); y < MinYear || y > MaxYear {
		return errs.At(errs.Invalid, "day", "must be of the years %d to %d; have %d", MinYear, MaxYear, y)
	}
	if p.Length == 0 {
		p.Length = p.Day.AddDate(0, 0, 1).Sub(p.Day)
	}
	p.Interval, p.Days, p.Staff.Back = or(p.Interval, DefaultInterval), or(p.Days, 1), or(p.Staff.Back, DefaultBack)
	switch {
	case p.Length < 0 || p.Interval < 0 || p.Staff.Back < 0:
		return errs.At(errs.Invalid, "length", "and other times must not be negative")
	case p.Days < 0 || p.Days > MaxDays:
		return errs.At(errs.TooLarge, "days", "must be between 1 and %d", MaxDays)
	case p.Warmup < 0 || p.Warmup >= p.Length || p.Warmup%p.Interval != 0:
		return errs.At(errs.Invalid, "warmup", "must be whole intervals and shorter than the length")
	case p.Length/p.Interval >= MaxIntervals:
		return errs.At(errs.TooLarge, "length", "has more than %d intervals", MaxIntervals)
	case !(p.Staff.Missed >= 0 && p.Staff.Missed < 1):
		return errs.At(errs.Invalid, "staff.missed", "must be at least 0 and under 1")
	}
	p.intervals = int((p.Length + p.Interval - 1) / p.Interval)
	return p.Staff.Pickup.check("staff.pickup")
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

func (p *plan) takeQueues() error {
	if len(p.Queues) == 0 {
		return errs.At(errs.Invalid, "queues", "are none: there is nothing to simulate")
	}
	for i, q := range p.Queues {
		if _, twice := p.queues[q.ID]; twice {
			return errs.At(errs.Invalid, fmt.Sprintf("queues[%d]", i), "%q is there twice", q.ID)
		}
		p.queues[q.ID] = i
		p.within = append(p.within, or(q.Within, routing.DefaultWithin))
	}
	return nil
}

func (p *plan) checkTraffic() error {
	for i, t := range p.Traffic {
		at := fmt.Sprintf("traffic[%d]", i)
		if _, ok := p.queues[t.Queue]; !ok {
			return errs.At(errs.Invalid, at+".queue", "%q is none of the queues", t.Queue)
		}
		if len(t.Rate) != 1 && len(t.Rate) != HalfHours {
			return errs.At(errs.Invalid, at+".rate", "must be one figure or %d, by half-hour; have %d", HalfHours, len(t.Rate))
		}
		if slices.ContainsFunc(t.Rate, func(r float64) bool { return !(r >= 0) || math.IsInf(r, 0) }) {
			return errs.At(errs.Invalid, at+".rate", "must not be negative")
		}
		if t.Talk.IsZero() {
			return errs.At(errs.Invalid, at+".talk", "is missing: how long a call takes")
		}
		for _, err := range []error{t.Talk.check(at + ".talk"), t.Patience.check(at + ".patience"), checkShares(at, t.Languages), checkWrapUp(at, t.WrapUp)} {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func checkWrapUp(at string, d time.Duration) error {
	if d != routing.UntilReady && (d < 0 || d > MaxMean) {
		return errs.At(errs.Invalid, at+".wrap_up", "must be between 0s and %v", MaxMean)
	}
	return nil
}

func checkShares(at string, shares []Share) error {
	for i, s := range shares {
		if !(s.Part > 0) || math.IsInf(s.Part, 0) {
			return errs.At(errs.Invalid, fmt.Sprintf("%s.languages[%d].part", at, i), "must be over 0")
		}
	}
	return nil
}

func (p *plan) checkCalls() error {
	for i, c := range p.Calls {
		at := fmt.Sprintf("calls[%d]", i)
		switch _, ok := p.queues[c.Queue]; {
		case !ok:
			return errs.At(errs.Invalid, at+".queue", "%q is none of the queues", c.Queue)
		case c.At < 0 || c.At >= p.Length:
			return errs.At(errs.Invalid, at+".at", "%v is not within the day", c.At)
		}
		for _, err := range []error{c.Talk.check(at + ".talk"), c.Patience.check(at + ".patience"), checkWrapUp(at, c.WrapUp)} {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// takeAgents makes one planned agent of each that is alike.
func (p *plan) takeAgents() error {
	ids := map[string]bool{}
	for i, a := range p.Agents {
		at := fmt.Sprintf("agents[%d]", i)
		if a.Count < 0 || len(p.agents)+a.Count > MaxAgents {
			return errs.At(errs.TooLarge, at+".count", "makes the agents negative or over %d", MaxAgents)
		}
		spans, err := p.shifts(at, a.Shifts)
		if err != nil {
			return err
		}
		for n := range or(a.Count, 1) {
			one := planned{a.Agent, spans, a.Stays}
			one.agent.ID = agentID(a.Agent.ID, n)
			one.agent.Seat = or(one.agent.Seat, one.agent.ID)
			if one.agent.ID == "" || ids[one.agent.ID] {
				return errs.At(errs.Invalid, at+".id", "%q is empty or there twice", one.agent.ID)
			}
			ids[one.agent.ID] = true
			p.agents = append(p.agents, one)
		}
	}
	return nil
}

// agentID is that of the n-th alike, from 0.
func agentID(id string, n int) string {
	if n == 0 || id == "" {
		return id
	}
	return fmt.Sprintf("%s-%d", id, n+1)
}

// shifts turns hours of the clock into time since the day began, in order, and joins those that touch.
func (p *plan) shifts(at string, in []Span) ([]Span, error) {
	var out []Span
	for _, s := range slices.SortedFunc(slices.Values(in), func(a, b Span) int { return int(a.From - b.From) }) {
		if s.From < 0 || s.To <= s.From {
			return nil, errs.At(errs.Invalid, at+".shifts", "must begin before they end; have %v to %v", s.From, s.To)
		}
		from, to := p.clock(s.From), p.clock(s.To)
		switch last := len(out) - 1; {
		case last >= 0 && from < out[last].To:
			return nil, errs.At(errs.Invalid, at+".shifts", "overlap at %v", s.From)
		case last >= 0 && from == out[last].To:
			out[last].To = to
		case to > from: // a shift within the hour that the clock skips is none
			out = append(out, Span{from, to})
		}
	}
	return out, nil
}

// clock gives the time passed since the day began when the clock shows so much.
func (p *plan) clock(d time.Duration) time.Duration {
	y, m, day := p.Day.Date()
	h, minute, sec := p.Day.Clock()
	sec += int(d / time.Second)
	return time.Date(y, m, day, h, minute, sec, int(d%time.Second), p.Day.Location()).Sub(p.Day)
}

// opening lists when queues open and close; a queue that is closed when the day begins has a change at 0.
func (p *plan) opening() {
	if p.Open == nil {
		return
	}
	for i, q := range p.Queues {
		was := true // a new queue is open
		at := time.Duration(0)
		for range maxChanges {
			open, until := p.Open(q.ID, p.Day.Add(at))
			if open != was {
				p.changes = append(p.changes, change{at, i, open})
				was = open
			}
			if until.IsZero() || until.Sub(p.Day) <= at || until.Sub(p.Day) >= p.Length {
				break
			}
			at = until.Sub(p.Day)
		}
	}
}

// rates cuts the day into times of constant rate, without those in which the queue is closed.
func (p *plan) rates(t Traffic) []segment {
	var out []segment
	for _, s := range p.openSpans(p.queues[t.Queue]) {
		for from := s.From; from < s.To; {
			to, rate := s.To, t.Rate[0]
			if len(t.Rate) == HalfHours {
				c := p.Day.Add(from)
				slot := c.Hour()*2 + c.Minute()/30
				rate = t.Rate[slot]
				into := time.Duration(c.Minute()%30)*time.Minute + time.Duration(c.Second())*time.Second + time.Duration(c.Nanosecond())
				to = min(to, from+30*time.Minute-into)
			}
			if rate > 0 {
				out = append(out, segment{from, to, rate / float64(time.Hour)})
			}
			from = to
		}
	}
	return out
}

func (p *plan) openSpans(queue int) []Span {
	var out []Span
	from, open := time.Duration(0), true
	for _, c := range p.changes {
		if c.queue != queue {
			continue
		}
		if open && c.at > from {
			out = append(out, Span{from, c.at})
		}
		from, open = c.at, c.open
	}
	if open {
		out = append(out, Span{from, p.Length})
	}
	return out
}

// size refuses what would not end in reasonable time.
func (p *plan) size() error {
	expected := float64(len(p.Calls))
	for _, segments := range p.segments {
		for _, s := range segments {
			expected += s.rate * float64(s.to-s.from)
		}
	}
	switch {
	case expected > MaxCalls:
		return errs.At(errs.TooLarge, "traffic", "is %.0f calls a day; at most %d", expected, MaxCalls)
	case expected*float64(p.Days) > MaxCallsInAll:
		return errs.At(errs.TooLarge, "days", "times calls are %.0f; at most %d: take fewer days", expected*float64(p.Days), MaxCallsInAll)
	}
	return nil
}
