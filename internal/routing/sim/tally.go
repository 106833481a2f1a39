package sim

import (
	"slices"
	"time"

	"santra/internal/routing"
)

// cell is the sums of an interval, over all days.
type cell struct {
	offered, answered, within, abandoned, short, overflowed, diverted, callbacks, returned, lost, waiting int

	handled time.Duration
	waits   []time.Duration // of the answered
	days    []share         // the service level of each day
	was     share           // at the last day's end
}

// share is a part of a whole.
type share struct{ part, whole float64 }

func (x *cell) answer(waited, handled time.Duration, within bool) {
	x.answered++
	if within {
		x.within++
	}
	x.waits = append(x.waits, waited)
	x.handled += handled
}

// level is the sums of the service level so far.
func (x *cell) level() share { return share{float64(x.within), x.decided()} }

// decided is measure.QueueFigures.Decided.
func (x *cell) decided() float64 { return float64(x.answered + x.abandoned + x.diverted + x.lost) }

func (x *cell) endDay() {
	now := x.level()
	x.days = append(x.days, share{now.part - x.was.part, now.whole - x.was.whole})
	x.was = now
}

func (x *cell) add(y *cell) {
	x.offered += y.offered
	x.answered += y.answered
	x.within += y.within
	x.abandoned += y.abandoned
	x.short += y.short
	x.overflowed += y.overflowed
	x.diverted += y.diverted
	x.callbacks += y.callbacks
	x.returned += y.returned
	x.lost += y.lost
	x.waiting += y.waiting
	x.handled += y.handled
	x.waits = append(x.waits, y.waits...)
	for i, d := range y.days {
		if i == len(x.days) {
			x.days = append(x.days, share{})
		}
		x.days[i].part += d.part
		x.days[i].whole += d.whole
	}
}

// hours is what agents did in an interval, over all days.
type hours struct{ ready, ringing, busy, wrapUp, away time.Duration }

func (h *hours) add(o hours) {
	h.ready += o.ready
	h.ringing += o.ringing
	h.busy += o.busy
	h.wrapUp += o.wrapUp
	h.away += o.away
}

func (h *hours) of(s routing.State) *time.Duration {
	switch s {
	case routing.Ready:
		return &h.ready
	case routing.Offered:
		return &h.ringing
	case routing.Busy:
		return &h.busy
	case routing.WrapUp:
		return &h.wrapUp
	case routing.NotAnswering:
		return &h.away
	default:
		return nil
	}
}

// tally adds up all days of a plan.
type tally struct {
	plan    *plan
	all     []cell   // by interval
	queues  [][]cell // by queue, by interval
	hours   []hours  // by interval
	events  int64
	refused int64
	days    []figures
	day     day
}

// day is what is added up for one day alone, for differences of paired days.
type day struct {
	cell
	hours
}

func newTally(p *plan) *tally {
	t := &tally{plan: p, all: make([]cell, p.intervals), hours: make([]hours, p.intervals)}
	for range p.Queues {
		t.queues = append(t.queues, make([]cell, p.intervals))
	}
	return t
}

// book enters a call's outcome, whose only one it is, into its queue's row and that of all.
func (t *tally) book(c *live, enter func(*cell)) {
	t.bookQueue(c, enter)
	one := !c.callback
	for _, x := range []*cell{&t.all[c.at/t.plan.Interval], t.today(c.at)} {
		if one {
			x.offered++
		}
		enter(x)
	}
}

// bookQueue enters what became of a call into its queue's row alone.
func (t *tally) bookQueue(c *live, enter func(*cell)) {
	x := &t.queues[c.queue][min(int(c.entered/t.plan.Interval), t.plan.intervals-1)]
	if !c.callback {
		x.offered++
	}
	enter(x)
}

// today is the day's own sums; what belongs to the warm-up goes nowhere.
func (t *tally) today(at time.Duration) *cell {
	if at < t.plan.Warmup {
		return &cell{}
	}
	return &t.day.cell
}

// worked adds a time in a state to the intervals that it touches.
func (t *tally) worked(s routing.State, from, to time.Duration) {
	to = min(to, t.plan.Length)
	for from < to {
		i := from / t.plan.Interval
		until := min(to, (i+1)*t.plan.Interval)
		if d := t.hours[i].of(s); d != nil {
			*d += until - from
			if from >= t.plan.Warmup {
				*t.day.of(s) += until - from
			}
		}
		from = until
	}
}

func (t *tally) endDay() {
	for i := range t.all {
		t.all[i].endDay()
		for q := range t.queues {
			t.queues[q][i].endDay()
		}
	}
	slices.Sort(t.day.waits)
	t.days = append(t.days, t.day.figures())
	t.day = day{cell: cell{waits: t.day.waits[:0]}}
}
