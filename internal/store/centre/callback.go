package centre

import (
	"context"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/store"
	"santra/internal/store/centre/db"
	"santra/internal/voice/callback"
)

// Callbacks is the store of callbacks that are owed.
func (s *Store) Callbacks() callback.Store { return callbackStore{s} }

type callbackStore struct{ *Store }

// Do implements callback.Store.
func (s callbackStore) Do(ctx context.Context, e audit.Entry, f func(callback.Tx) error) error {
	return do(s.Store, ctx, e, func(q *db.Queries) callback.Tx { return callbackTx{q} }, f)
}

// Callback implements callback.Store.
func (s callbackStore) Callback(ctx context.Context, id string) (callback.Record, error) {
	row, err := s.queries().Callback(ctx, id)
	return one(row, err, callbackRecord)
}

// Callbacks implements callback.Store.
func (s callbackStore) Callbacks(ctx context.Context, limit int) ([]callback.Record, error) {
	rows, err := s.queries().Callbacks(ctx, int32(limit))
	return many(rows, err, callbackRecord)
}

func callbackRecord(r db.Callback) callback.Record {
	return callback.Record{
		ID: r.ID, Ring: r.Ring, Queue: r.Queue, Agency: r.Agency, Language: agency.Lang(r.Language), State: callback.State(r.State),
		Outcome: callback.Outcome(r.Outcome), Agent: r.Agent, Requested: store.Time(r.Requested), Until: store.Time(r.Until),
		Expires: store.Time(r.Expires), NotBefore: store.Time(r.NotBefore), Tries: int(r.Tries), Sealed: r.Sealed, Once: r.Once,
	}
}

type callbackTx struct{ q *db.Queries }

// Add implements callback.Tx.
func (t callbackTx) Add(ctx context.Context, r callback.Record) error {
	return t.q.AddCallback(ctx, db.AddCallbackParams{
		ID: r.ID, Ring: r.Ring, Queue: r.Queue, Agency: r.Agency, Language: string(r.Language), State: string(r.State), Outcome: string(r.Outcome),
		Agent: r.Agent, Requested: store.Micros(r.Requested), Until: store.Micros(r.Until), Expires: store.Micros(r.Expires),
		NotBefore: store.Micros(r.NotBefore), Tries: int64(r.Tries), Sealed: r.Sealed, Once: r.Once,
	})
}

// Set implements callback.Tx.
func (t callbackTx) Set(ctx context.Context, r callback.Record, was callback.State) error {
	n, err := t.q.SetCallback(ctx, db.SetCallbackParams{
		ID: r.ID, Was: string(was), State: string(r.State), Outcome: string(r.Outcome), Agent: r.Agent,
		NotBefore: store.Micros(r.NotBefore), Tries: int64(r.Tries), Sealed: r.Sealed, Once: r.Once,
	})
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "callback %s is not %s any more", r.ID, was)
	}
	return err
}

// Drop implements callback.Tx.
func (t callbackTx) Drop(ctx context.Context, id string) error {
	_, err := t.q.DropCallback(ctx, id)
	return err
}
