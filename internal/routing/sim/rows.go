package sim

import (
	"math"
	"slices"
	"time"
)

// figures are those of one day that Compare pairs.
type figures struct {
	service, abandonment share
	wait, p90, occupancy *float64
}

// figures wants the waits sorted.
func (d *day) figures() figures {
	f := figures{service: d.level(), abandonment: share{float64(d.abandoned), d.decided()}}
	if len(d.waits) > 0 {
		f.wait, f.p90 = new(mean(d.waits)), quantile(d.waits, 0.9)
	}
	f.occupancy, _ = d.occupancy()
	return f
}

func (t *tally) report() Report {
	p := t.plan
	r := Report{Day: p.Day, Days: p.Days, Seed: p.Seed, Agents: len(p.agents), Events: t.events, Refused: t.refused, PaidHours: p.paid().Hours()}
	r.Intervals, r.Total = t.rows(t.all, t.hours)
	for i, q := range p.Queues {
		of := QueueReport{Queue: q.ID, Within: p.within[i]}
		of.Intervals, of.Total = t.rows(t.queues[i], nil)
		r.Queues = append(r.Queues, of)
	}
	return r
}

// rows gives the rows of intervals and their total, without the warm-up. hours may be nil.
func (t *tally) rows(cells []cell, worked []hours) (rows []Row, total Row) {
	p := t.plan
	var sum cell
	var all hours
	first := int(p.Warmup / p.Interval)
	for i := range cells {
		from := time.Duration(i) * p.Interval
		var h *hours
		if worked != nil {
			h = &worked[i]
		}
		rows = append(rows, t.row(&cells[i], h, from, min(from+p.Interval, p.Length)))
		if i >= first {
			sum.add(&cells[i])
			if h != nil {
				all.add(*h)
			}
		}
	}
	if worked == nil {
		return rows, t.row(&sum, nil, p.Warmup, p.Length)
	}
	return rows, t.row(&sum, &all, p.Warmup, p.Length)
}

func (t *tally) row(x *cell, h *hours, from, to time.Duration) Row {
	days := float64(t.plan.Days)
	slices.Sort(x.waits)
	r := Row{
		Start: t.plan.Day.Add(from), Seconds: (to - from).Seconds(),
		Offered: float64(x.offered) / days, Answered: float64(x.answered) / days, Within: float64(x.within) / days,
		Abandoned: float64(x.abandoned) / days, ShortAbandoned: float64(x.short) / days, Overflowed: float64(x.overflowed) / days, Diverted: float64(x.diverted) / days,
		Callbacks: float64(x.callbacks) / days, Returned: float64(x.returned) / days, Lost: float64(x.lost) / days, Waiting: float64(x.waiting) / days,
		ServiceLevel: x.level().ratio(), Abandonment: share{float64(x.abandoned), x.decided()}.ratio(),
	}
	r.ServiceLow, r.ServiceHigh = interval(x.days)
	if n := len(x.waits); n > 0 {
		r.Wait, r.Longest = new(mean(x.waits)), new(x.waits[n-1].Seconds())
		r.P50, r.P90, r.P99 = quantile(x.waits, 0.5), quantile(x.waits, 0.9), quantile(x.waits, 0.99)
		r.AHT = new(x.handled.Seconds() / float64(n))
		r.Erlangs = x.handled.Seconds() / days / r.Seconds
	}
	if h != nil {
		r.Agents = h.work().Seconds() / days / r.Seconds
		r.Occupancy, r.Occupied = h.occupancy()
	}
	return r
}

func (s share) ratio() *float64 {
	if s.whole <= 0 {
		return nil
	}
	return new(s.part / s.whole)
}

// work is the time at work: on break and Not answering are none.
func (h *hours) work() time.Duration { return h.ready + h.ringing + h.busy + h.wrapUp }

// occupancy is handling time (and ringing) over the time at work.
func (h *hours) occupancy() (handling, withRinging *float64) {
	work := h.work().Seconds()
	return share{(h.busy + h.wrapUp).Seconds(), work}.ratio(), share{(h.busy + h.wrapUp + h.ringing).Seconds(), work}.ratio()
}

// paid is the time of all shifts.
func (p *plan) paid() (sum time.Duration) {
	for _, a := range p.agents {
		if len(a.spans) == 0 {
			sum += p.Length
		}
		for _, s := range a.spans {
			sum += max(0, min(s.To, p.Length)-s.From)
		}
	}
	return sum
}

// mean is in seconds.
func mean(waits []time.Duration) float64 {
	sum := 0.0
	for _, w := range waits {
		sum += w.Seconds()
	}
	return sum / float64(len(waits))
}

// quantile gives, in seconds, the least wait that so large a share does not exceed: the nearest rank. Waits are sorted.
func quantile(waits []time.Duration, q float64) *float64 {
	if len(waits) == 0 {
		return nil
	}
	rank := max(int(math.Ceil(q*float64(len(waits)))), 1)
	return new(waits[rank-1].Seconds())
}
