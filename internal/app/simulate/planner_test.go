package simulate

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/routing/sim"
)

// kept is measures of some days: 20 calls of 200 s in the half-hour from 10 to each queue, of which 5 hung up after 4 minutes.
type kept struct {
	days  map[string]int // date → calls from 10:00 to 10:30
	asked []string
	err   error
}

func (k *kept) Rollups(_ context.Context, from, to time.Time) (rows measure.Rows, err error) {
	k.asked = append(k.asked, from.Format(time.DateOnly))
	if !to.Equal(from.AddDate(0, 0, 1)) {
		return rows, errors.New("not a day")
	}
	n := int64(k.days[from.Format(time.DateOnly)])
	if n == 0 {
		return rows, k.err
	}
	for _, kind := range []routing.Kind{routing.Call, routing.Mail} {
		rows.Queues = append(rows.Queues, measure.QueueRow{
			QueueKey: measure.QueueKey{Start: from.Add(10 * time.Hour), Queue: "parking", Kind: kind},
			QueueFigures: measure.QueueFigures{
				Offered: n, Answered: n - 5, Abandoned: 5, Handled: n - 5, InHand: time.Duration(n-5) * 170 * time.Second, WrapUp: time.Duration(n-5) * 30 * time.Second,
				WaitAbandoned: 5 * 4 * time.Minute,
			},
		})
	}
	return rows, k.err
}

// notesText is the notes in English.
func notesText(a sim.Answer) string {
	var all []string
	for _, n := range a.Notes {
		all = append(all, n.String())
	}
	return strings.Join(all, "\n")
}

func planner(m Measures) *Planner {
	return &Planner{City: func() *agency.City { return city() }, Measures: m}
}

func request() sim.Request {
	return sim.Request{Date: "2026-11-24", Days: 3, Agents: 8, Queues: []sim.QueueRequest{{Queue: "parking", Rate: []float64{60}, AHT: 240, Patience: 180}}}
}

func TestPlanner(t *testing.T) {
	a, err := planner(nil).Simulate(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	if a.Report.Total.Offered < 300 || a.Report.Total.ServiceLevel == nil || a.Report.PaidHours != 56 || a.Comparison != nil || a.Staffing != nil {
		t.Errorf("%+v", a.Report.Total)
	}
	contains(t, notesText(a), "parking: open 08:00–12:00, 13:00–16:00.")
}

func TestPlannerSearchesAndCompares(t *testing.T) {
	r := request()
	r.Target = &sim.TargetRequest{Level: 0.8, Within: 20}
	r.Against = &sim.Variation{Fewer: 2, Choice: "breach", Rate: 1.1}
	a, err := planner(nil).Simulate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if a.Staffing == nil || a.Comparison == nil || a.Comparison.Base.Agents != 8 || a.Comparison.Other.Agents != 6 {
		t.Fatalf("%+v", a)
	}
	if more := a.Comparison.Other.Total.Offered / a.Comparison.Base.Total.Offered; more < 1.05 || more > 1.15 {
		t.Errorf("%v times the calls", more)
	}
	r.Target, r.Shifts = nil, []sim.ShiftRequest{{Count: 3, From: "08:00", To: "16:00"}, {Count: 1, From: "10:00", To: "14:00", Skills: map[string]int{"parking": 2}, Languages: []string{"sv"}}}
	if a, err = planner(nil).Simulate(t.Context(), r); err != nil || a.Comparison.Base.Agents != 4 || a.Comparison.Other.Agents != 2 {
		t.Fatalf("%v %+v", err, a)
	}
	r.Against = &sim.Variation{Shifts: []sim.ShiftRequest{{Count: 5, From: "08:00", To: "16:00"}}}
	if a, err = planner(nil).Simulate(t.Context(), r); err != nil || a.Comparison.Other.Agents != 5 {
		t.Fatalf("%v %+v", err, a)
	}
	r.Shifts, r.Agents, r.Against = nil, 0, &sim.Variation{Fewer: -3}
	if a, err = planner(nil).Simulate(t.Context(), r); err != nil || a.Comparison.Other.Agents != 3 {
		t.Fatalf("%v %+v", err, a)
	}
}

// TestCallsOfThePast: the same weekdays that have measures, not the day itself, half-hours by the clock.
func TestCallsOfThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is Saturday 1 January 2000
		m := &kept{days: map[string]int{"1999-12-28": 20, "1999-12-14": 40}}
		r := sim.Request{Date: "2000-01-04", Days: 200, Agents: 30, Weeks: 2}
		a, err := planner(m).Simulate(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if m.asked[0] != "1999-12-28" || m.asked[1] != "1999-12-21" || len(m.asked) != 3 {
			t.Errorf("asked for %v", m.asked)
		}
		total := a.Report.Total
		if total.Offered < 28 || total.Offered > 32 || *total.AHT < 190 || *total.AHT > 210 {
			t.Errorf("%v calls of %v s", total.Offered, *total.AHT)
		}
		if at10 := a.Report.Intervals[20].Offered; at10 != total.Offered {
			t.Errorf("%v of %v calls at 10", at10, total.Offered)
		}
		contains(t, notesText(a), "Calls as on 2 past Tuesdays.", "advice: nothing was measured")
	})
}

func TestPatienceOfThePast(t *testing.T) {
	h := &history{sum: measure.QueueFigures{Abandoned: 10, WaitAnswered: 10 * time.Minute, WaitAbandoned: 20 * time.Minute}}
	if p := h.patience(); p != 3*time.Minute {
		t.Errorf("patience %v", p)
	}
	h.sum.Abandoned = minAbandoned - 1
	if p := h.patience(); p != 0 {
		t.Errorf("patience of too few: %v", p)
	}
	if r := h.rate(); r != nil {
		t.Errorf("the rate of no days is %v", r)
	}
}

func TestRefusedRequests(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*sim.Request)
	}{
		{"date", func(r *sim.Request) { r.Date = "tomorrow" }},
		{"date", func(r *sim.Request) {
			r.Date, r.Agents, r.Target = "2026-11-25", 0, &sim.TargetRequest{Level: 0.8, Within: 20}
		}},
		{"queues", func(r *sim.Request) { r.Queues = nil }},
		{"queues[0].queue", func(r *sim.Request) { r.Queues[0].Queue = "nowhere" }},
		{"queues[1].queue", func(r *sim.Request) { r.Queues = append(r.Queues, r.Queues[0]) }},
		{"queues[0].rate", func(r *sim.Request) { r.Queues[0].Rate = nil }},
		{"queues[0].aht_seconds", func(r *sim.Request) { r.Queues[0].AHT = 0 }},
		{"queues[0].aht_seconds", func(r *sim.Request) { r.Queues[0].AHT = 20 }},
		{"traffic[0].rate", func(r *sim.Request) { r.Queues[0].Rate = []float64{1, 2} }},
		{"weeks", func(r *sim.Request) { r.Weeks = MaxWeeks + 1 }},
		{"weeks", func(r *sim.Request) { r.Weeks, r.Queues = 2, nil }},
		{"agents", func(r *sim.Request) { r.Agents = -1 }},
		{"shifts[0]", func(r *sim.Request) { r.Shifts = []sim.ShiftRequest{{Count: 1, From: "8", To: "9"}} }},
		{"against.choice", func(r *sim.Request) { r.Against = &sim.Variation{Choice: "best"} }},
		{"against.fewer", func(r *sim.Request) { r.Against = &sim.Variation{Fewer: 9} }},
		{"against.shifts[0]", func(r *sim.Request) { r.Against = &sim.Variation{Shifts: []sim.ShiftRequest{{}}} }},
		{"target", func(r *sim.Request) { r.Target = &sim.TargetRequest{Level: 1} }},
	} {
		r := request()
		c.change(&r)
		_, err := planner(&kept{}).Simulate(t.Context(), r)
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Field != c.field {
			t.Errorf("want an error of %s, have %v", c.field, err)
		}
	}
	r := request()
	r.Weeks = 1
	if _, err := planner(nil).Simulate(t.Context(), r); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := planner(&kept{err: io.ErrUnexpectedEOF}).Simulate(t.Context(), r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		tell, end := Progress(&out, true)
		tell("days", 1, 20)
		time.Sleep(1500 * time.Millisecond)
		tell("days", 2, 20)
		tell("days", 3, 20)
		end()
		if out.String() != "\r\x1b[Ksimulating: days, 2 of about 20\r\x1b[K" {
			t.Errorf("%q", out.String())
		}
	})
}
