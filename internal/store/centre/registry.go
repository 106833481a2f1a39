package centre

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/registry"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

// Registry is the store of published descriptions and grants to listen.
func (s *Store) Registry() registry.Store { return registryStore{s} }

type registryStore struct{ *Store }

// Do implements registry.Store.
func (s registryStore) Do(ctx context.Context, e audit.Entry, f func(registry.Tx) error) error {
	return do(s.Store, ctx, e, func(q *db.Queries) registry.Tx { return registryTx{q} }, f)
}

// Published implements registry.Store.
func (s registryStore) Published(ctx context.Context) (registry.Published, error) {
	row, err := s.queries().NewestPublished(ctx)
	return one(row, err, func(r db.RegistryPublished) registry.Published {
		return registry.Published{
			Version: int(r.Version), Months: int(r.Months), Digits: int(r.Digits), Published: store.Time(r.Published),
			First: r.FirstBy, Second: r.SecondBy,
		}
	})
}

// Grants implements registry.Store.
func (s registryStore) Grants(ctx context.Context, now time.Time) ([]registry.Grant, error) {
	rows, err := s.queries().ListenGrants(ctx, db.ListenGrantsParams{Until: store.Micros(now), Limit: registry.MaxGrants})
	return many(rows, err, listenGrant)
}

// GrantTo implements registry.Store.
func (s registryStore) GrantTo(ctx context.Context, person, agencyID string, now time.Time) (bool, error) {
	n, err := s.queries().CountListenGrants(ctx, db.CountListenGrantsParams{Person: person, Agency: agencyID, Until: store.Micros(now)})
	return n > 0, store.Kind(err)
}

// Grant implements registry.Store.
func (s registryStore) Grant(ctx context.Context, id string) (registry.Grant, error) {
	row, err := s.queries().ListenGrant(ctx, id)
	return one(row, err, listenGrant)
}

func listenGrant(r db.RegistryGrant) registry.Grant {
	return registry.Grant{ID: r.ID, Person: r.Person, Agency: r.Agency, Until: store.Time(r.Until), Granted: store.Time(r.Granted), By: r.GrantedBy}
}

type registryTx struct{ q *db.Queries }

// AddPublished implements registry.Tx.
func (t registryTx) AddPublished(ctx context.Context, p registry.Published) error {
	return t.q.AddPublished(ctx, db.AddPublishedParams{
		Version: int64(p.Version), Months: int64(p.Months), Digits: int64(p.Digits),
		Published: store.Micros(p.Published), FirstBy: p.First, SecondBy: p.Second,
	})
}

// AddGrant implements registry.Tx.
func (t registryTx) AddGrant(ctx context.Context, g registry.Grant) error {
	return t.q.AddListenGrant(ctx, db.AddListenGrantParams{
		ID: g.ID, Person: g.Person, Agency: g.Agency, Until: store.Micros(g.Until),
		Granted: store.Micros(g.Granted), GrantedBy: g.By,
	})
}

// WithdrawGrant implements registry.Tx.
func (t registryTx) WithdrawGrant(ctx context.Context, id, by string, at time.Time) error {
	n, err := t.q.WithdrawListenGrant(ctx, db.WithdrawListenGrantParams{Withdrawn: store.Micros(at), WithdrawnBy: by, ID: id})
	if err == nil && n == 0 {
		err = errs.New(errs.Gone, "the grant was withdrawn already")
	}
	return err
}
