package dispatch

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"santra/internal/audit"
	"santra/internal/lease"
	"santra/internal/routing/measure"
)

var errAway = errors.New("away")

// shelf is a journal in memory whose link can be cut.
type shelf struct {
	mu      sync.Mutex
	cut     bool
	slow    time.Duration // that Append takes
	records map[string]measure.Record
	appends int
	writing int // at once
	most    int
}

func newShelf() *shelf { return &shelf{records: map[string]measure.Record{}} }

func (s *shelf) away(cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = cut
}

func (s *shelf) Append(_ context.Context, records []measure.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing++
	s.most = max(s.most, s.writing)
	if s.slow > 0 {
		s.mu.Unlock()
		time.Sleep(s.slow)
		s.mu.Lock()
	}
	s.writing--
	if s.cut {
		return errAway
	}
	s.appends++
	for _, r := range records {
		if err := r.Check(); err != nil {
			return err
		}
		s.records[r.Source+"/"+time.Duration(r.Seq).String()] = r
	}
	return nil
}

func (s *shelf) all() []measure.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []measure.Record
	for _, r := range s.records {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b measure.Record) int {
		if c := a.At.Compare(b.At); c != 0 || a.Source != b.Source {
			return c
		}
		return int(a.Seq - b.Seq)
	})
	return all
}

func (s *shelf) Records(context.Context, time.Time, time.Time) iter.Seq2[measure.Record, error] {
	return func(yield func(measure.Record, error) bool) {
		for _, r := range s.all() {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (s *shelf) Open(context.Context) ([]measure.Record, error) {
	return s.all(), nil // more than is open; a Recorder forgets what has ended
}

func (s *shelf) Rollups(context.Context, time.Time, time.Time) (measure.Rows, error) {
	return measure.Rollup(slices.Values(s.all())), nil
}

func (s *shelf) Erase(context.Context, time.Time, int) (int, error) { return 0, nil }

// door is a lease store in memory; a cut owner does not reach it.
type door struct {
	mu  sync.Mutex
	row lease.Row
	cut map[string]bool
}

func newDoor() *door { return &door{cut: map[string]bool{}} }

func (s *door) cutOff(owner string, cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut[owner] = cut
}

func (s *door) Lease(_ context.Context, name string) (lease.Row, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.row.Name = name
	return s.row, nil
}

func (s *door) TakeLease(_ context.Context, _ audit.Entry, seen lease.Row, owner string) (lease.Row, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut[owner] || s.row != seen {
		return lease.Row{}, false, nil
	}
	s.row.Owner, s.row.Epoch, s.row.Beat = owner, seen.Epoch+1, seen.Beat+1
	return s.row, true, nil
}

func (s *door) BeatLease(_ context.Context, held lease.Row) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut[held.Owner] {
		return false, errAway
	}
	s.row.Beat++
	return s.row.Owner == held.Owner && s.row.Epoch == held.Epoch, nil
}

func (s *door) ReleaseLease(_ context.Context, held lease.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.row.Owner == held.Owner && s.row.Epoch == held.Epoch {
		s.row.Owner = ""
	}
	return nil
}
