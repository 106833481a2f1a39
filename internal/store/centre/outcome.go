package centre

import (
	"context"
	"strconv"
	"time"

	"santra/internal/audit"
	"santra/internal/store"
	"santra/internal/store/centre/db"
	"santra/internal/voice/outcome"
)

// Outcomes is the store of how calls ended.
func (s *Store) Outcomes() outcome.Store { return outcomeStore{s} }

type outcomeStore struct{ *Store }

// Add implements outcome.Store. It is a count and no change that somebody makes, so it leaves no audit entry.
func (s outcomeStore) Add(ctx context.Context, queue string, start time.Time, code string) error {
	return s.db.Write(ctx, func(c store.Conn) error {
		return db.New(c).AddOutcome(ctx, db.AddOutcomeParams{Queue: queue, Start: store.Micros(start), Code: code})
	})
}

// Counts implements outcome.Store.
func (s outcomeStore) Counts(ctx context.Context, from, to time.Time, limit int) ([]outcome.Row, error) {
	rows, err := s.queries().Outcomes(ctx, db.OutcomesParams{Since: from.UnixMicro(), Until: to.UnixMicro(), Most: int32(limit)})
	return many(rows, err, func(r db.OutcomeCount) outcome.Row {
		return outcome.Row{Queue: r.Queue, Start: store.Time(r.Start), Code: r.Code, N: int(r.N)}
	})
}

// Erase implements outcome.Store.
func (s outcomeStore) Erase(ctx context.Context, before time.Time) (n int, err error) {
	old, err := s.Counts(ctx, time.Unix(0, 0), before, 1)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	e := audit.Entry{
		Action: outcome.ActionErased, Actor: audit.System, Success: true, Detail: map[string]string{"before": strconv.FormatInt(before.Unix(), 10)},
	}
	err = do(s.Store, ctx, e, func(q *db.Queries) *db.Queries { return q }, func(q *db.Queries) error {
		dropped, err := q.DropOutcomes(ctx, store.Micros(before))
		n = int(dropped)
		return err
	})
	return n, err
}
