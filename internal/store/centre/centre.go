// Package centre is the contact centre's database: a schema with its migrations, the queries that sqlc makes of
// queries/*.sql, and for each room an adapter that implements the room's own Store. It owns no rule: those are the rooms'.
//
// A room's reads take s.queries(); its changes go through do, which writes the audit entry in the same transaction. Tables
// and queries are written as package store says.
package centre

import (
	"context"
	"embed"
	"io/fs"

	"santra/internal/audit"
	"santra/internal/lease"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

//go:generate go tool -modfile=../../../tools.mod sqlc generate

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations gives the schema as Open applies it.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return migrations // never: the folder is embedded above
	}
	return sub
}

// Options are for what a Store needs beside its database.
type Options struct {
	AsIs bool // leave the schema as it is; queries fail where it is older
}

// Store is the open database with an adapter for each room.
type Store struct{ db *store.DB }

// Open opens the database ("sqlite:/path/file.db" or "postgres://…") and brings its schema up to date.
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	opened, err := store.Open(ctx, store.Config{DSN: dsn, Migrations: Migrations(), AsIs: o.AsIs})
	if err != nil {
		return nil, err
	}
	return &Store{opened}, nil
}

// DB gives the database beneath: for Ping, Scrub and the like.
func (s *Store) DB() *store.DB { return s.db }

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Audit is the audit log's store.
func (s *Store) Audit() audit.Store { return s.db }

// Lease is the leases' store.
func (s *Store) Lease() lease.Store { return s.db }

// queries gives what only reads.
func (s *Store) queries() *db.Queries { return db.New(s.db.Read()) }

// do makes one change of a room: f's writes through the room's Tx, which bind makes of the transaction's queries, and the
// audit entry, in one transaction (store.DB.Do: a zero entry is refused, a lease carried by ctx is checked, a collision is
// tried again). So f has no side effects but its writes.
func do[T any](s *Store, ctx context.Context, e audit.Entry, bind func(*db.Queries) T, f func(T) error) error {
	return doAll(s, ctx, []audit.Entry{e}, func(q *db.Queries, _ store.Conn) T { return bind(q) }, f)
}

// doAll is do for a change that several entries tell of (a batch of mails), whose Tx may need statements that sqlc does not
// know (full-text search): it gets the transaction too.
func doAll[T any](s *Store, ctx context.Context, entries []audit.Entry, bind func(*db.Queries, store.Conn) T, f func(T) error) error {
	return s.db.Do(ctx, entries, func(c store.Conn) error { return f(bind(db.New(c), c)) })
}

// one gives the kind of error of a query for one row, and its result through get.
func one[R, T any](row R, err error, get func(R) T) (T, error) {
	if err != nil {
		var none T
		return none, store.Kind(err)
	}
	return get(row), nil
}

// many is one for a list.
func many[R, T any](rows []R, err error, get func(R) T) ([]T, error) {
	if err != nil {
		return nil, store.Kind(err)
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = get(r)
	}
	return out, nil
}
