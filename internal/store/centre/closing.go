package centre

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

// Closings is the store of emergency closings.
func (s *Store) Closings() agency.ClosingStore { return closingStore{s} }

type closingStore struct{ *Store }

// DoClosing implements agency.ClosingStore.
func (s closingStore) DoClosing(ctx context.Context, e audit.Entry, f func(agency.ClosingTx) error) error {
	return do(s.Store, ctx, e, func(q *db.Queries) agency.ClosingTx { return closingTx{q} }, f)
}

// Closings implements agency.ClosingStore.
func (s closingStore) Closings(ctx context.Context, now time.Time, limit int) ([]agency.Closing, error) {
	rows, err := s.queries().Closings(ctx, db.ClosingsParams{Now: store.Micros(now), Most: int32(limit)})
	return many(rows, err, func(r db.QueueClosing) agency.Closing {
		return agency.Closing{
			Queue: r.Queue, Agency: r.Agency, Reason: r.Reason, By: r.ClosedBy, Since: store.Time(r.Since), Until: store.Time(r.Until),
		}
	})
}

type closingTx struct{ q *db.Queries }

// SetClosing implements agency.ClosingTx.
func (t closingTx) SetClosing(ctx context.Context, c agency.Closing) error {
	return t.q.SetClosing(ctx, db.SetClosingParams{
		Queue: c.Queue, Agency: c.Agency, Reason: c.Reason, Since: store.Micros(c.Since), Until: store.Micros(c.Until), ClosedBy: c.By,
	})
}

// DropClosing implements agency.ClosingTx.
func (t closingTx) DropClosing(ctx context.Context, queue string, now time.Time) error {
	n, err := t.q.DropClosing(ctx, db.DropClosingParams{Queue: queue, Now: store.Micros(now)})
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "the queue is not closed in an emergency")
	}
	return err
}

// DropClosings implements agency.ClosingTx.
func (t closingTx) DropClosings(ctx context.Context, now time.Time) error {
	return t.q.DropClosings(ctx, store.Micros(now))
}
