package sim

import (
	"context"
	"maps"
	"slices"

	"santra/internal/errs"
)

const (
	// maxTrimmed bounds how many agents a search takes away one by one after it has found how many are enough in all.
	maxTrimmed = 60
	// maxRounds bounds the rounds in which the half-hours are raised.
	maxRounds = 12
	// lowerings is how often each half-hour is tried with one agent less.
	lowerings = 2
	// apart is how far half-hours lie from each other that are lowered at once: what one lacks shows in the next.
	apart = 3
)

// Staff searches the least staffing that reaches the target on the whole day. With one AgentPlan it searches its Count; with several
// it scales all Counts together, then takes away one by one what is not needed. With one, whatever its shifts, it also
// searches how many each half-hour needs so that each reaches the target by itself.
func Staff(ctx context.Context, s Scenario, target Target) (Staffing, error) {
	if !(target.Level > 0 && target.Level < 1) || target.Within < 0 || !(target.Abandon >= 0 && target.Abandon <= 1) {
		return Staffing{}, errs.At(errs.Invalid, "target", "must be a share over 0 and under 1 within a time, as in 80/20")
	}
	if len(s.Agents) == 0 {
		return Staffing{}, errs.At(errs.Invalid, "agents", "are none: the search needs to know who there could be")
	}
	f := &search{ctx: ctx, scenario: s, target: target, progress: s.Progress, tries: map[int]Try{}}
	f.prepare()
	out, err := f.whole()
	if err == nil && out.Reached && len(s.Agents) == 1 {
		err = f.halfHours(&out)
	}
	out.Tried = f.tried * max(s.Days, 1)
	for _, n := range slices.Sorted(maps.Keys(f.tries)) {
		out.Tries = append(out.Tries, f.tries[n])
	}
	return out, err
}

// search is a staffing being looked for.
type search struct {
	ctx      context.Context
	scenario Scenario
	target   Target
	progress func(string, int, int)
	rounds   int
	tried    int
	tries    map[int]Try
}

func (f *search) prepare() {
	s := &f.scenario
	s.Progress = nil
	s.Queues = slices.Clone(s.Queues)
	for i := range s.Queues {
		s.Queues[i].Within = or(f.target.Within, s.Queues[i].Within)
	}
}

// reached tells whether a row is good enough. One without callers is.
func (f *search) reached(r Row) bool {
	if r.ServiceLevel == nil {
		return true
	}
	return *r.ServiceLevel >= f.target.Level && (f.target.Abandon == 0 || *r.Abandonment <= f.target.Abandon)
}

// try simulates the plan with so many of each.
func (f *search) try(counts []int) (Report, error) {
	s := f.scenario
	s.Agents = nil
	for i, n := range counts {
		if n > 0 {
			a := f.scenario.Agents[i]
			a.Count = n
			s.Agents = append(s.Agents, a)
		}
	}
	f.step("agents")
	return Run(f.ctx, s)
}

// day simulates so many in all.
func (f *search) day(all int) (Report, error) {
	r, err := f.try(f.spread(all))
	f.tries[all] = Try{all, r.Total.ServiceLevel, r.Total.Abandonment, r.Total.P90, r.Total.Occupancy}
	return r, err
}

func (f *search) step(doing string) {
	f.tried++
	if f.progress != nil {
		f.progress(doing, f.tried, max(f.rounds, f.tried))
	}
}

// spread gives so many agents in all the proportions of the plan's counts: largest remainders.
func (f *search) spread(all int) []int {
	counts, sum := make([]int, len(f.scenario.Agents)), 0
	for _, a := range f.scenario.Agents {
		sum += max(a.Count, 1)
	}
	given := 0
	for i, a := range f.scenario.Agents {
		counts[i] = all * max(a.Count, 1) / sum
		given += counts[i]
	}
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return all*max(f.scenario.Agents[j].Count, 1)%sum - all*max(f.scenario.Agents[i].Count, 1)%sum
	})
	for _, i := range order[:all-given] {
		counts[i]++
	}
	return counts
}

// whole searches the plan's counts.
func (f *search) whole() (Staffing, error) {
	out := Staffing{Target: f.target, Seconds: f.target.Within.Seconds()}
	start, err := f.guess()
	if err != nil {
		return out, err
	}
	f.rounds = 12
	enough, report, err := f.least(start)
	if err != nil {
		return out, err
	}
	out.Plan, out.Report, out.Reached = f.spread(enough), report, f.reached(report.Total)
	if out.Reached && len(out.Plan) > 1 {
		err = f.trim(&out)
	}
	for _, n := range out.Plan {
		out.Agents += n
	}
	return out, err
}

// guess gives about as many agents as the day's work needs, if it came evenly.
func (f *search) guess() (int, error) {
	p, err := newPlan(f.scenario)
	if err != nil {
		return 0, err
	}
	work, busiest := 0.0, 0.0
	for _, load := range p.loads() {
		work += load
		busiest = max(busiest, load)
	}
	return max(1, min(MaxAgents/2, int((busiest+work/float64(p.intervals))/2))), nil
}

// loads gives the erlangs that come in each interval.
func (p *plan) loads() []float64 {
	out := make([]float64, p.intervals)
	for i, t := range p.Traffic {
		handling := float64(t.Talk.Mean + fixed(t.WrapUp, p.Queues[p.queues[t.Queue]].WrapUp))
		for k := range out {
			out[k] += p.expected(p.segments[i], k) * handling / float64(p.Interval)
		}
	}
	for _, c := range p.Calls {
		out[c.At/p.Interval] += float64(c.Talk.Mean+fixed(c.WrapUp, p.Queues[p.queues[c.Queue]].WrapUp)) / float64(p.Interval)
	}
	return out
}

// least searches the least number for which the day is good enough: from a guess by doubling steps, then by halves. Common random
// numbers make it all but monotone. Where nothing is enough it gives the most that was tried.
func (f *search) least(start int) (int, Report, error) {
	low, high, step := -1, start, 1
	var good Report
	for { // upwards to a number that is enough
		r, err := f.day(high)
		if err != nil {
			return 0, r, err
		}
		if good = r; f.reached(r.Total) {
			break
		}
		if high >= f.most(start) {
			return high, r, nil
		}
		low = high
		high = min(high+step, f.most(start))
		step *= 2
	}
	for step = 1; low < 0; step *= 2 { // downwards to one that is not
		n := max(0, high-step)
		r, err := f.day(n)
		if err != nil {
			return 0, r, err
		}
		if !f.reached(r.Total) || n == 0 {
			low = n
		}
		if f.reached(r.Total) {
			high, good = n, r
		}
	}
	for low+1 < high {
		n := (low + high) / 2
		r, err := f.day(n)
		if err != nil {
			return 0, r, err
		}
		if f.reached(r.Total) {
			high, good = n, r
		} else {
			low = n
		}
	}
	return high, good, nil
}

// most bounds the search: who is not served by so many is not served by more.
func (f *search) most(start int) int { return min(MaxAgents, 8*start+100) }

// trim takes away agents of one kind after another while the target is kept.
func (f *search) trim(out *Staffing) error {
	for again := true; again && f.tried < maxTrimmed; {
		again = false
		for i := range out.Plan {
			if out.Plan[i] == 0 {
				continue
			}
			fewer := slices.Clone(out.Plan)
			fewer[i]--
			r, err := f.try(fewer)
			if err != nil {
				return err
			}
			if f.reached(r.Total) {
				out.Plan, out.Report, again = fewer, r, true
			}
		}
	}
	return nil
}
