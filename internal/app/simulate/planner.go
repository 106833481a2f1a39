package simulate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/routing/sim"
)

// Planner answers planners' questions about the running city.
type Planner struct {
	City     func() *agency.City // as it is now
	Measures Measures            // nil: requests for the last weeks are refused
}

// Measures gives what came in the past: measure.Journal.
type Measures interface {
	Rollups(ctx context.Context, from, to time.Time) (measure.Rows, error)
}

// Bounds of a Request; web/api has its own besides.
const (
	// MaxWeeks bounds how many past days a Request's calls are made of.
	MaxWeeks = 52
	// minAbandoned is from how many callers who hung up a patience is estimated; of fewer nobody hangs up.
	minAbandoned = 5
)

// Simulate runs the request's day. Errors of kind errs.Invalid and errs.TooLarge name the field at fault.
func (p *Planner) Simulate(ctx context.Context, r sim.Request) (sim.Answer, error) {
	day, err := time.Parse(time.DateOnly, r.Date)
	if err != nil {
		return sim.Answer{}, errs.At(errs.Invalid, "date", "want a date like 2026-11-27; have %q", r.Date)
	}
	city := p.City().WithDefaults()
	e := newCentre(&city, day)
	q := &question{centre: e, Request: r}
	s := &study{base: e.scenario()}
	s.base.Days, s.base.Seed = r.Days, r.Seed
	if r.Days == 0 {
		s.base.Days = sim.DefaultRequestDays
	}
	if err := q.traffic(ctx, p.Measures, &s.base); err != nil {
		return sim.Answer{}, err
	}
	s.notes, s.callers = q.notes, called(&s.base)
	if s.base.Agents, err = q.staff(s.callers); err != nil {
		return sim.Answer{}, err
	}
	if s.other, err = q.against(s.base, s.callers); err != nil {
		return sim.Answer{}, err
	}
	if r.Target != nil {
		s.target = &sim.Target{Level: r.Target.Level, Within: inSeconds(r.Target.Within)}
	}
	s.noteDay(e)
	s.notes = append(s.notes, e.lacks(s.base.Agents, s.callers)...)
	return s.answer(ctx)
}

// question is a Request being turned into scenarios.
type question struct {
	*centre
	sim.Request
	notes []sim.Note
}

func inSeconds(x float64) time.Duration {
	return time.Duration(min(max(x, 0), 1e9) * float64(time.Second))
}

// traffic takes the calls from the request, and what it leaves out from the past.
func (q *question) traffic(ctx context.Context, m Measures, s *sim.Scenario) error {
	past, err := q.past(ctx, m)
	if err != nil {
		return err
	}
	asked := q.Queues
	if len(asked) == 0 && q.Weeks > 0 {
		for _, id := range q.ids() {
			asked = append(asked, sim.QueueRequest{Queue: id})
		}
	}
	if len(asked) == 0 {
		return errs.At(errs.Invalid, "queues", "are missing: say how many calls come, or weeks for calls as in the past")
	}
	for i, one := range asked {
		t, err := q.one(fmt.Sprintf("queues[%d]", i), one, past[one.Queue])
		if err != nil {
			return err
		}
		if slices.ContainsFunc(s.Traffic, func(o sim.Traffic) bool { return o.Queue == t.Queue }) {
			return errs.At(errs.Invalid, fmt.Sprintf("queues[%d].queue", i), "%q is there twice", one.Queue)
		}
		if t.Talk.Mean > 0 { // else nothing is known of it, and nobody called
			s.Traffic = append(s.Traffic, t)
		}
	}
	if len(s.Traffic) == 0 {
		return errs.At(errs.Invalid, "weeks", "no calls were measured on %d past %ss", q.Weeks, q.day.Weekday())
	}
	return nil
}

// one makes the traffic of a queue.
func (q *question) one(at string, r sim.QueueRequest, h *history) (sim.Traffic, error) {
	of := q.queue(r.Queue)
	if of == nil {
		return sim.Traffic{}, errs.At(errs.Invalid, at+".queue", "%q is no queue of the city", r.Queue)
	}
	t := sim.Traffic{Queue: r.Queue, Rate: r.Rate, Priority: of.Priority}
	handling, patience := inSeconds(r.AHT), inSeconds(r.Patience)
	if h != nil {
		if len(t.Rate) == 0 {
			t.Rate = h.rate()
		}
		if handling == 0 {
			handling = h.aht()
		}
		if patience == 0 {
			patience = h.patience()
		}
	}
	switch {
	case len(t.Rate) == 0 && q.Weeks == 0:
		return t, errs.At(errs.Invalid, at+".rate", "is missing: calls per hour, one figure or %d by half-hour", sim.HalfHours)
	case handling == 0 && q.Weeks == 0:
		return t, errs.At(errs.Invalid, at+".aht_seconds", "is missing: how long a call takes, talk and wrap-up")
	case len(t.Rate) == 0 || handling == 0:
		q.notes = append(q.notes, sim.Note{Code: sim.NoteUnmeasured, Queues: []string{r.Queue}})
		return t, nil
	}
	var ok bool
	if t.Talk, ok = talk(of, sim.Distribution{Mean: handling}); !ok {
		return t, errs.At(errs.Invalid, at+".aht_seconds", "%v has no time to talk: the queue's wrap-up is %v", handling, of.WrapUp)
	}
	t.Patience = sim.Distribution{Mean: patience}
	return t, nil
}

// staff is who works.
func (q *question) staff(queues []string) ([]sim.AgentPlan, error) {
	switch {
	case len(q.Shifts) > 0:
		return q.plans("shifts", q.Shifts)
	case q.Agents < 0 || q.Agents > sim.MaxAgents:
		return nil, errs.At(errs.TooLarge, "agents", "must be 0 to %d", sim.MaxAgents)
	case q.Agents == 0 && q.Target != nil:
		one := q.everybody(1, queues)
		if one == nil {
			return nil, errs.At(errs.Invalid, "date", "all queues are closed that day: there is nobody to search for")
		}
		return one, nil
	default:
		return q.everybody(q.Agents, queues), nil
	}
}

func (q *question) plans(field string, shifts []sim.ShiftRequest) (out []sim.AgentPlan, err error) {
	for i, s := range shifts {
		from, ok := parseClock(s.From)
		to, ok2 := parseClock(s.To)
		if !ok || !ok2 || to <= from || s.Count < 1 {
			return nil, errs.At(errs.Invalid, fmt.Sprintf("%s[%d]", field, i), "want a count over 0 from a time to a later one, as in 08:00 to 16:00")
		}
		out = append(out, sim.AgentPlan{
			Agent: q.agent(fmt.Sprintf("shift%d", i+1), s.Skills, s.Languages), Count: s.Count, Shifts: []sim.Span{{From: from, To: to}}, Stays: true,
		})
	}
	return out, nil
}

// against makes the other configuration; nil where none is asked for.
func (q *question) against(base sim.Scenario, queues []string) (*sim.Scenario, error) {
	v := q.Against
	if v == nil {
		return nil, nil
	}
	other := base
	var err error
	if len(v.Shifts) > 0 {
		other.Agents, err = q.plans("against.shifts", v.Shifts)
	} else {
		other.Agents, err = fewer(base.Agents, v.Fewer)
	}
	if err != nil {
		return nil, err
	}
	if len(other.Agents) == 0 && v.Fewer < 0 {
		other.Agents = q.everybody(-v.Fewer, queues)
	}
	if v.Choice != "" {
		i := slices.Index(agency.Choices(), v.Choice)
		if i < 0 {
			return nil, errs.At(errs.Invalid, "against.choice", "want one of %v; have %q", agency.Choices(), v.Choice)
		}
		other.Policy.Choice = routing.Choice(i)
	}
	if v.Rate != 0 {
		other.Traffic = scaled(base.Traffic, v.Rate)
	}
	return &other, nil
}

// fewer takes agents away, each from the largest of those alike; or adds them to the first.
func fewer(plans []sim.AgentPlan, n int) ([]sim.AgentPlan, error) {
	out := slices.Clone(plans)
	if n < 0 && len(out) > 0 {
		out[0].Count = max(out[0].Count, 1) - n
	}
	for range n {
		largest := -1
		for i := range out {
			if largest < 0 || out[i].Count > out[largest].Count {
				largest = i
			}
		}
		if largest < 0 {
			return nil, errs.At(errs.Invalid, "against.fewer", "is more than there are")
		}
		if out[largest].Count--; out[largest].Count <= 0 {
			out = slices.Delete(out, largest, largest+1)
		}
	}
	return out, nil
}

func scaled(traffic []sim.Traffic, by float64) []sim.Traffic {
	out := slices.Clone(traffic)
	for i := range out {
		out[i].Rate = slices.Clone(out[i].Rate)
		for k := range out[i].Rate {
			out[i].Rate[k] *= by
		}
	}
	return out
}
