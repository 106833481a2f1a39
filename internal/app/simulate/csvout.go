package simulate

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"santra/internal/routing/sim"
)

// csvHeader names the columns of the figures. Shares are 0–1, times seconds; what can't be said is empty.
func csvHeader() []string {
	return []string{
		"configuration", "queue", "from", "seconds", "offered", "answered", "answered_within", "abandoned", "short_abandoned", "overflowed", "diverted",
		"callbacks", "returned", "lost", "waiting", "service_level", "service_low", "service_high", "abandonment", "wait_seconds", "p50_seconds",
		"p90_seconds", "p99_seconds", "longest_seconds", "aht_seconds", "erlangs", "agents", "occupancy", "agents_needed", "agents_erlang",
	}
}

// writeCSV writes a row for each half-hour of all queues together (queue "") and of each, the day last of each (from "day").
func writeCSV(w io.Writer, a sim.Answer) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader()); err != nil {
		return err
	}
	var needed []sim.HalfHour
	reports := map[string]sim.Report{"a": a.Report}
	order := []string{"a"}
	if a.Comparison != nil {
		reports["b"], order = a.Comparison.Other, append(order, "b")
	}
	if a.Staffing != nil {
		needed = a.Staffing.HalfHours
	}
	for _, name := range order {
		if err := writeReport(out, name, reports[name], needed); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func writeReport(out *csv.Writer, name string, r sim.Report, needed []sim.HalfHour) error {
	queues := append([]sim.QueueReport{{Total: r.Total, Intervals: r.Intervals}}, r.Queues...)
	for i, q := range queues {
		for k, row := range q.Intervals {
			fields := record(name, q.Queue, row.Start.Format(time.RFC3339), row)
			if i == 0 && k < len(needed) {
				fields[len(fields)-2], fields[len(fields)-1] = strconv.Itoa(needed[k].Agents), strconv.Itoa(needed[k].Erlang)
			}
			if err := out.Write(fields); err != nil {
				return err
			}
		}
		if err := out.Write(record(name, q.Queue, "day", q.Total)); err != nil {
			return err
		}
	}
	return nil
}

func record(name, queue, from string, r sim.Row) []string {
	fields := []string{name, queue, from}
	for _, x := range []float64{
		r.Seconds, r.Offered, r.Answered, r.Within, r.Abandoned, r.ShortAbandoned, r.Overflowed, r.Diverted, r.Callbacks, r.Returned, r.Lost, r.Waiting,
	} {
		fields = append(fields, decimal(x))
	}
	for _, x := range []*float64{
		r.ServiceLevel, r.ServiceLow, r.ServiceHigh, r.Abandonment, r.Wait, r.P50, r.P90, r.P99, r.Longest, r.AHT, &r.Erlangs, &r.Agents, r.Occupancy,
	} {
		if x == nil {
			fields = append(fields, "")
			continue
		}
		fields = append(fields, decimal(*x))
	}
	return append(fields, "", "")
}

// decimal writes six places at most, with a point.
func decimal(x float64) string {
	return strconv.FormatFloat(float64(int64(x*1e6+0.5))/1e6, 'f', -1, 64)
}
