// Package outcome counts how calls ended: by queue, half-hour and a code of the city's closed list. It is all that is kept of what
// was said in a call (M3); a count is of nobody. It owns the counts. It must not know calls, callers or agents.
package outcome

import (
	"cmp"
	"context"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/routing/measure"
)

// Limits of the room.
const (
	// SmallCell is the least count that leaves the centre: of fewer calls somebody may know whose they were.
	SmallCell = 5
	// MaxRows is what Table gives at most.
	MaxRows = 20_000
	// MaxSpan is the time that Table looks at in one go.
	MaxSpan = 62 * 24 * time.Hour
	// ActionErased is the audit entry for counts whose time (measure.Retention) was over.
	ActionErased = "outcomes.erased"
)

// Row is how many calls of a queue ended so in an interval.
type Row struct {
	Queue string    `json:"queue"`
	Start time.Time `json:"start"` // UTC, of the half-hour (measure.Start), or of the day after Daily
	Code  string    `json:"code"`
	N     int       `json:"n"`
}

// Cell is a Row as it may leave the centre: Hidden has no N.
type Cell struct {
	Queue  string    `json:"queue"`
	Start  time.Time `json:"start"`
	Code   string    `json:"code"`
	N      int       `json:"n,omitempty"`
	Hidden bool      `json:"hidden,omitempty"` // fewer than SmallCell, or what would tell such a one
}

// Store keeps the counts.
type Store interface {
	// Add counts one.
	Add(ctx context.Context, queue string, start time.Time, code string) error
	// Counts gives the rows of [from, to), by start, queue and code, up to limit.
	Counts(ctx context.Context, from, to time.Time, limit int) ([]Row, error)
	// Erase drops the rows from before a time, with an audit entry where there are any, and says how many.
	Erase(ctx context.Context, before time.Time) (int, error)
}

// Book is the running configuration; agency.Book implements it.
type Book interface {
	Current() *agency.City
	Queue(id string) (agency.Queue, bool)
}

// Service is the room.
type Service struct {
	store Store
	book  Book
}

// New makes the service.
func New(store Store, book Book) *Service { return &Service{store, book} }

// Count counts a call that ended at a time. errs.Invalid for a code that the queue's agency has not got, errs.NotFound for
// a queue that there is not.
func (s *Service) Count(ctx context.Context, queue, code string, at time.Time) error {
	q, ok := s.book.Queue(queue)
	if !ok {
		return errs.At(errs.NotFound, "queue", "there is no queue %q", queue)
	}
	is := func(o agency.Outcome) bool { return o.ID == code }
	if !slices.ContainsFunc(s.book.Current().OutcomesOf(q.Agency), is) {
		return errs.At(errs.Invalid, "outcome", "is none of city.outcomes that agency %s has", q.Agency)
	}
	return s.store.Add(ctx, queue, measure.Start(at), code)
}

// Table gives the counts of the half-hours that begin in [from, to), for people within the centre. errs.TooLarge over MaxSpan
// or MaxRows.
func (s *Service) Table(ctx context.Context, from, to time.Time) ([]Row, error) {
	if to.Sub(from) > MaxSpan {
		return nil, errs.At(errs.TooLarge, "to", "is over %d days after from: ask for less at once", int(MaxSpan/(24*time.Hour)))
	}
	rows, err := s.store.Counts(ctx, from, to, MaxRows+1)
	if len(rows) > MaxRows {
		return nil, errs.At(errs.TooLarge, "to", "there are over %d counts: ask for less at once", MaxRows)
	}
	return rows, err
}

// Erase drops what is older than the measures are kept, at now.
func (s *Service) Erase(ctx context.Context, now time.Time) (int, error) {
	return s.store.Erase(ctx, now.Add(-measure.Retention))
}

// Daily adds half-hours up to the days of a zone, sorted as they were.
func Daily(rows []Row, zone *time.Location) []Row {
	sums := map[Row]int{}
	for _, r := range rows {
		y, m, d := r.Start.In(zone).Date()
		sums[Row{Queue: r.Queue, Start: time.Date(y, m, d, 0, 0, 0, 0, zone).UTC(), Code: r.Code}] += r.N
	}
	var days []Row
	for r, n := range sums {
		r.N = n
		days = append(days, r)
	}
	slices.SortFunc(days, compare)
	return days
}

func compare(a, b Row) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Code, b.Code))
}

// Export gives counts as they may leave the centre: under SmallCell a count is hidden. Who knows how many calls the queue had
// can subtract what is shown, so with a hidden count the least of the others of its queue and interval are hidden too, until there
// are two that together have SmallCell calls. Half-hours and days of the same time let the one be reckoned from the other: who
// exports chooses one.
func Export(rows []Row) []Cell {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, compare)
	var cells []Cell
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Queue == rows[0].Queue && rows[n].Start.Equal(rows[0].Start) {
			n++
		}
		cells = append(cells, suppressed(rows[:n])...)
		rows = rows[n:]
	}
	return cells
}

// suppressed is Export of one queue and interval.
func suppressed(rows []Row) []Cell {
	cells, order := make([]Cell, len(rows)), make([]int, len(rows))
	for i, r := range rows {
		cells[i], order[i] = Cell{Queue: r.Queue, Start: r.Start, Code: r.Code, N: r.N}, i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rows[a].N, rows[b].N) })
	hidden, sum := 0, 0
	for _, i := range order {
		if rows[i].N >= SmallCell && (hidden == 0 || hidden > 1 && sum >= SmallCell) {
			break
		}
		cells[i].N, cells[i].Hidden = 0, true
		hidden, sum = hidden+1, sum+rows[i].N
	}
	return cells
}
