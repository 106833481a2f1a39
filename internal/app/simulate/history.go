package simulate

import (
	"context"
	"fmt"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/routing/sim"
)

// history is what came to a queue on some past days together.
type history struct {
	days    int
	offered [sim.HalfHours]float64 // by the clock
	sum     measure.QueueFigures
}

// past adds up the last same weekdays before the day and before today. Days on which nobody called anywhere count for nothing:
// the house was closed, or there are no measures of them.
func (q *question) past(ctx context.Context, m Measures) (map[string]*history, error) {
	if q.Weeks == 0 {
		return nil, nil
	}
	if m == nil {
		return nil, errs.At(errs.Invalid, "weeks", "there are no measures here: say how many calls come")
	}
	if q.Weeks < 0 || q.Weeks > MaxWeeks {
		return nil, errs.At(errs.TooLarge, "weeks", "must be 0 to %d", MaxWeeks)
	}
	all, days := map[string]*history{}, 0
	for day := q.lastLike(time.Now()); days < q.Weeks && day.After(q.lastLike(time.Now()).AddDate(0, 0, -7*2*q.Weeks)); day = day.AddDate(0, 0, -7) {
		rows, err := m.Rollups(ctx, day, day.AddDate(0, 0, 1))
		if err != nil {
			return nil, fmt.Errorf("measures of %s: %w", day.Format(time.DateOnly), err)
		}
		if addDay(all, rows, q.zone) {
			days++
		}
	}
	for _, h := range all {
		h.days = days
	}
	if days > 0 {
		q.notes = append(q.notes, sim.Note{Code: sim.NotePast, Days: days, Weekday: (int(q.day.Weekday())+6)%7 + 1})
	}
	return all, nil
}

// lastLike is the last same weekday before the day and before today.
func (q *question) lastLike(now time.Time) time.Time {
	day := q.day.AddDate(0, 0, -7)
	for !day.Before(midnight(now.In(q.zone))) {
		day = day.AddDate(0, 0, -7)
	}
	return day
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// addDay adds a day's calls; false where there were none.
func addDay(all map[string]*history, rows measure.Rows, zone *time.Location) (some bool) {
	for _, r := range rows.Queues {
		if r.Kind != routing.Call {
			continue
		}
		h := all[r.Queue]
		if h == nil {
			h = &history{}
			all[r.Queue] = h
		}
		at := r.Start.In(zone)
		h.offered[at.Hour()*2+at.Minute()/30] += float64(r.Offered)
		h.sum.Handled += r.Handled
		h.sum.InHand += r.InHand
		h.sum.WrapUp += r.WrapUp
		h.sum.Abandoned += r.Abandoned
		h.sum.WaitAnswered += r.WaitAnswered
		h.sum.WaitAbandoned += r.WaitAbandoned
		some = some || r.Offered > 0
	}
	return some
}

// rate is calls per hour by half-hours; nil without any.
func (h *history) rate() []float64 {
	if h.days == 0 {
		return nil
	}
	out, sum := make([]float64, sim.HalfHours), 0.0
	for i, n := range h.offered {
		out[i] = 2 * n / float64(h.days)
		sum += n
	}
	if sum == 0 {
		return nil
	}
	return out
}

// aht is talk and wrap-up of a call; 0 where none was handled.
func (h *history) aht() time.Duration {
	d, _ := h.sum.AHT().Value()
	return d
}

// patience is the mean of an exponential one, of which the waits of those who were answered are censored observations: all
// waiting by those who hung up (Brown et al., JASA 100, 2005, 5.1). 0, for ever, where too few did.
func (h *history) patience() time.Duration {
	if h.sum.Abandoned < minAbandoned {
		return 0
	}
	return min((h.sum.WaitAnswered+h.sum.WaitAbandoned)/time.Duration(h.sum.Abandoned), sim.MaxMean)
}
