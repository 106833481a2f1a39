package telephone

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"
	"time"

	"santra/internal/voice/outcome"
)

// OutcomeCount is how many calls of a queue ended so.
type OutcomeCount struct {
	Queue  string    `json:"queue"`
	Start  time.Time `json:"start" doc:"Of the half-hour, or of the day in the city's time zone."`
	Code   string    `json:"code"`
	N      int       `json:"n" doc:"0 where it is hidden."`
	Hidden bool      `json:"hidden" doc:"Fewer than 5, or what would tell such a count (M17)."`
}

// Counted gives counts as who works in the centre may know them.
func Counted(rows []outcome.Row) []OutcomeCount {
	out := make([]OutcomeCount, 0, len(rows))
	for _, r := range rows {
		out = append(out, OutcomeCount{Queue: r.Queue, Start: r.Start, Code: r.Code, N: r.N})
	}
	return out
}

// Shown gives counts as they may leave the centre: small ones hidden.
func Shown(rows []outcome.Row) []OutcomeCount {
	cells := outcome.Export(rows)
	out := make([]OutcomeCount, 0, len(cells))
	for _, c := range cells {
		out = append(out, OutcomeCount(c))
	}
	return out
}

// Only keeps the rows of which keep says so of the queue.
func Only(rows []outcome.Row, keep func(queue string) bool) []outcome.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r outcome.Row) bool { return !keep(r.Queue) })
}

// InOrder puts counts together by time, queue and code.
func InOrder(parts ...[]OutcomeCount) []OutcomeCount {
	all := slices.Concat(parts...)
	slices.SortFunc(all, func(a, b OutcomeCount) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Code, b.Code))
	})
	return append([]OutcomeCount{}, all...)
}

// OutcomeTable writes counts as CSV (RFC 4180): day of the zone, queue, code, calls; a hidden count is empty and says so by its
// last column. Its texts are ids of the configuration, which no spreadsheet takes for formulas.
func OutcomeTable(rows []OutcomeCount, zone *time.Location) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	_ = w.Write([]string{"day", "queue", "outcome", "calls", "hidden"}) // to memory; Error below
	for _, r := range rows {
		calls := strconv.Itoa(r.N)
		if r.Hidden {
			calls = ""
		}
		_ = w.Write([]string{r.Start.In(zone).Format(time.DateOnly), r.Queue, r.Code, calls, strconv.FormatBool(r.Hidden)})
	}
	w.Flush()
	return out.Bytes(), w.Error()
}
