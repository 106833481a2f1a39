package sim

import (
	"context"
	"slices"
	"time"
)

// halfHours searches how many each half-hour needs. It begins with what Erlang's formula says of each alone, which overlooks what
// one half-hour leaves to the next, simulates the day, raises those that miss the target until none does, and then lowers those that
// can spare somebody (after Feldman, Mandelbaum, Massey, Whitt, Management Science 54, 2008, whose loop this simplifies).
func (f *search) halfHours(out *Staffing) error {
	p, err := newPlan(f.scenario)
	if err != nil {
		return err
	}
	h := &perHalfHour{search: f, plan: p}
	if h.erlang, err = p.erlang(f.ctx, f.target, out.Report); err != nil {
		return err
	}
	h.agents = slices.Clone(h.erlang)
	f.rounds = f.tried + maxRounds/2 + lowerings*apart
	if err := h.raise(); err != nil {
		return err
	}
	if err := h.lower(); err != nil {
		return err
	}
	for i, r := range h.report.Intervals {
		out.HalfHours = append(out.HalfHours, HalfHour{r.Start, r.Offered, h.agents[i], h.erlang[i], r.ServiceLevel})
	}
	out.ByHalfHour = &h.report
	return nil
}

// perHalfHour is the search of halfHours.
type perHalfHour struct {
	*search
	plan   *plan
	agents []int // by interval
	erlang []int
	report Report
}

// erlang gives the formula's staffing for each interval.
func (p *plan) erlang(ctx context.Context, target Target, r Report) ([]int, error) {
	out := make([]int, p.intervals)
	patience := p.patience()
	for i, load := range p.loads() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if load <= 0 {
			continue
		}
		handling := 1.0
		if aht := r.Intervals[i].AHT; aht != nil {
			handling = *aht
		} else if r.Total.AHT != nil {
			handling = *r.Total.AHT
		}
		within := target.Within
		if within == 0 {
			within = p.within[0]
		}
		out[i] = Needed(load, patience.Seconds()/handling, target.Level, within.Seconds()/handling)
	}
	return out, nil
}

// patience is the mean of all traffic, by calls expected; 0 where somebody waits for ever.
func (p *plan) patience() time.Duration {
	sum, calls := 0.0, 0.0
	for i, t := range p.Traffic {
		if t.Patience.IsZero() {
			return 0
		}
		for k := range p.intervals {
			n := p.expected(p.segments[i], k)
			sum += n * float64(t.Patience.Mean)
			calls += n
		}
	}
	for _, c := range p.Calls {
		if c.Patience.IsZero() {
			return 0
		}
		sum += float64(c.Patience.Mean)
		calls++
	}
	if calls == 0 {
		return 0
	}
	return time.Duration(sum / calls)
}

// expected gives the mean number of calls in an interval.
func (p *plan) expected(segments []segment, interval int) (n float64) {
	from := time.Duration(interval) * p.Interval
	for _, s := range segments {
		if overlap := min(s.to, from+p.Interval) - max(s.from, from); overlap > 0 {
			n += s.rate * float64(overlap)
		}
	}
	return n
}

// run simulates the day with so many agents in each interval.
func (h *perHalfHour) run(agents []int) (Report, error) {
	p := *h.plan
	p.agents = nil
	for n := range slices.Max(agents) {
		one := planned{agent: h.plan.Agents[0].Agent, spans: spansOver(agents, n, p.Interval), stays: h.plan.Agents[0].Stays}
		one.agent.ID = agentID(one.agent.ID, n)
		one.agent.Seat = one.agent.ID
		p.agents = append(p.agents, one)
	}
	h.step("half-hours")
	t, err := p.run(h.ctx)
	if err != nil {
		return Report{}, err
	}
	return t.report(), nil
}

// spansOver gives the time in which more than n agents are needed.
func spansOver(agents []int, n int, interval time.Duration) []Span {
	var out []Span
	for i, a := range agents {
		from := time.Duration(i) * interval
		switch last := len(out) - 1; {
		case a <= n:
		case last >= 0 && out[last].To == from:
			out[last].To += interval
		default:
			out = append(out, Span{from, from + interval})
		}
	}
	return out
}

func (h *perHalfHour) raise() (err error) {
	for range maxRounds {
		if h.report, err = h.run(h.agents); err != nil {
			return err
		}
		enough := true
		for i, r := range h.report.Intervals {
			if !h.reached(r) {
				h.agents[i] += 1 + h.agents[i]/20
				enough = false
			}
		}
		if enough {
			return nil
		}
	}
	h.report, err = h.run(h.agents)
	return err
}

// lower tries one agent less in every third half-hour at once and takes back what made that one or one of the next two miss.
func (h *perHalfHour) lower() error {
	for round := range lowerings * apart {
		tried := slices.Clone(h.agents)
		for i := round % apart; i < len(tried); i += apart {
			if tried[i] > 1 && h.reached(h.report.Intervals[i]) {
				tried[i]--
			}
		}
		r, err := h.run(tried)
		if err != nil {
			return err
		}
		for i := range tried {
			if !h.reached(r.Intervals[i]) && h.reached(h.report.Intervals[i]) {
				h.takeBack(tried, i)
			}
		}
		if slices.Equal(tried, h.agents) {
			continue
		}
		if r, err = h.run(tried); err != nil {
			return err
		}
		if h.noWorse(r) {
			h.agents, h.report = tried, r
		}
	}
	return nil
}

// takeBack restores the half-hours that can have made one miss.
func (h *perHalfHour) takeBack(tried []int, i int) {
	for k := max(0, i-apart+1); k <= i; k++ {
		tried[k] = h.agents[k]
	}
}

func (h *perHalfHour) noWorse(r Report) bool {
	for i := range r.Intervals {
		if !h.reached(r.Intervals[i]) && h.reached(h.report.Intervals[i]) {
			return false
		}
	}
	return true
}
