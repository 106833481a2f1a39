package figures

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"
)

// column is one of a table of measures.
type column struct {
	name string
	of   func(Measure) string
}

func columns() []column {
	count := func(name string, of func(Measure) int64) column {
		return column{name, func(m Measure) string { return strconv.FormatInt(of(m), 10) }}
	}
	figure := func(name string, of func(Measure) *float64) column {
		return column{name, func(m Measure) string { return decimal(of(m)) }}
	}
	sum := func(name string, of func(Measure) float64) column {
		return column{name, func(m Measure) string { return decimal(new(of(m))) }}
	}
	return []column{
		{"from", func(m Measure) string { return m.From.Format(time.RFC3339) }},
		{"to", func(m Measure) string { return m.To.Format(time.RFC3339) }},
		{"agency", func(m Measure) string { return m.Agency }},
		{"queue", func(m Measure) string { return m.Queue }},
		{"kind", func(m Measure) string { return m.Kind }},
		count("offered", func(m Measure) int64 { return m.Offered }),
		count("overflowed_in", func(m Measure) int64 { return m.OverflowedIn }),
		count("answered", func(m Measure) int64 { return m.Answered }),
		count("in_time", func(m Measure) int64 { return m.InTime }),
		count("abandoned", func(m Measure) int64 { return m.Abandoned }),
		count("short_abandoned", func(m Measure) int64 { return m.ShortAbandoned }),
		count("overflowed_out", func(m Measure) int64 { return m.OverflowedOut }),
		count("diverted", func(m Measure) int64 { return m.Diverted }),
		count("expired", func(m Measure) int64 { return m.Expired }),
		count("closed", func(m Measure) int64 { return m.Closed }),
		count("lost", func(m Measure) int64 { return m.Lost }),
		count("waiting", func(m Measure) int64 { return m.Waiting }),
		count("transferred_in", func(m Measure) int64 { return m.TransferredIn }),
		count("transferred_out", func(m Measure) int64 { return m.TransferredOut }),
		count("offers", func(m Measure) int64 { return m.Offers }),
		count("no_answers", func(m Measure) int64 { return m.NoAnswers }),
		count("declines", func(m Measure) int64 { return m.Declines }),
		count("handled", func(m Measure) int64 { return m.Handled }),
		figure("service_level", func(m Measure) *float64 { return m.ServiceLevel }),
		figure("abandonment", func(m Measure) *float64 { return m.Abandonment }),
		figure("asa_seconds", func(m Measure) *float64 { return m.ASA }),
		sum("longest_wait_seconds", func(m Measure) float64 { return m.LongestWait }),
		figure("aht_seconds", func(m Measure) *float64 { return m.AHT }),
		sum("talk_seconds", func(m Measure) float64 { return m.Talk }),
		sum("hold_seconds", func(m Measure) float64 { return m.Hold }),
		sum("wrap_up_seconds", func(m Measure) float64 { return m.WrapUp }),
		count("responded", func(m Measure) int64 { return m.Responded }),
		count("resolved", func(m Measure) int64 { return m.Resolved }),
		count("reopened", func(m Measure) int64 { return m.Reopened }),
		figure("first_response_seconds", func(m Measure) *float64 { return m.FirstResponse }),
		figure("resolution_seconds", func(m Measure) *float64 { return m.Resolution }),
	}
}

// decimal writes a number shortly and exactly; nothing where there is none.
func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

// tableOf writes measures as CSV (RFC 4180). Its texts are ids of the configuration, which no spreadsheet takes for formulas.
func tableOf(rows []Measure) ([]byte, error) {
	var out bytes.Buffer
	w, all := csv.NewWriter(&out), columns()
	w.UseCRLF = true
	line := make([]string, len(all))
	for i, c := range all {
		line[i] = c.name
	}
	_ = w.Write(line) // to memory; Error below
	for _, m := range rows {
		for i, c := range all {
			line[i] = c.of(m)
		}
		_ = w.Write(line)
	}
	w.Flush()
	return out.Bytes(), w.Error()
}
