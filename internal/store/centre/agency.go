package centre

import (
	"context"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

// Agency is the store of the city's configuration.
func (s *Store) Agency() agency.Store { return agencyStore{s} }

type agencyStore struct{ *Store }

// Do implements agency.Store.
func (s agencyStore) Do(ctx context.Context, e audit.Entry, f func(agency.Tx) error) error {
	return do(s.Store, ctx, e, func(q *db.Queries) agency.Tx { return agencyTx{q} }, f)
}

type agencyTx struct{ q *db.Queries }

// Add implements agency.Tx.
func (t agencyTx) Add(ctx context.Context, v agency.Version, body []byte) error {
	return t.q.AddCityVersion(ctx, db.AddCityVersionParams{Number: int64(v.Number), At: store.Micros(v.At), Actor: v.Actor, Body: body})
}

// Newest implements agency.Store.
func (s agencyStore) Newest(ctx context.Context) (agency.Version, []byte, error) {
	row, err := s.queries().NewestCityVersion(ctx)
	return cityVersion(row), row.Body, store.Kind(err)
}

// Body implements agency.Store.
func (s agencyStore) Body(ctx context.Context, number int) (agency.Version, []byte, error) {
	row, err := s.queries().CityVersion(ctx, int64(number))
	return cityVersion(row), row.Body, store.Kind(err)
}

// Versions implements agency.Store.
func (s agencyStore) Versions(ctx context.Context, limit int) ([]agency.Version, error) {
	rows, err := s.queries().CityVersions(ctx, int32(limit))
	return many(rows, err, func(r db.CityVersionsRow) agency.Version {
		return agency.Version{Number: int(r.Number), At: store.Time(r.At), Actor: r.Actor}
	})
}

func cityVersion(r db.CityVersion) agency.Version {
	return agency.Version{Number: int(r.Number), At: store.Time(r.At), Actor: r.Actor}
}
