package store

import (
	"context"
	"database/sql"
	"errors"

	"santra/internal/audit"
	"santra/internal/lease"
)

var _ lease.Store = (*DB)(nil)

// Lease implements lease.Store.
func (db *DB) Lease(ctx context.Context, name string) (lease.Row, error) {
	row, err := readLease(ctx, db.Read(), name)
	return row, Kind(err)
}

func readLease(ctx context.Context, c Conn, name string) (lease.Row, error) {
	row := lease.Row{Name: name}
	err := c.QueryRowContext(ctx, `select owner, epoch, beat from lease where name = $1`, name).Scan(&row.Owner, &row.Epoch, &row.Beat)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return row, err
}

// TakeLease implements lease.Store.
func (db *DB) TakeLease(ctx context.Context, e audit.Entry, seen lease.Row, owner string) (lease.Row, bool, error) {
	next := lease.Row{Name: seen.Name, Owner: owner, Epoch: seen.Epoch + 1, Beat: seen.Beat + 1}
	err := db.Do(ctx, []audit.Entry{e}, func(c Conn) error { return takeLease(ctx, c, seen, next) })
	if errors.Is(err, errMoved) {
		return lease.Row{}, false, nil
	}
	return next, err == nil, err
}

// errMoved rolls a take-over back, its audit entry with it.
var errMoved = errors.New("store: the lease moved on")

func takeLease(ctx context.Context, c Conn, seen, next lease.Row) error {
	now, err := readLease(ctx, c, seen.Name)
	if err != nil {
		return err
	}
	if now != seen {
		return errMoved
	}
	_, err = c.ExecContext(ctx, `insert into lease (name, owner, epoch, beat) values ($1, $2, $3, $4)
on conflict (name) do update set owner = excluded.owner, epoch = excluded.epoch, beat = excluded.beat`, next.Name, next.Owner, next.Epoch, next.Beat)
	return err
}

// BeatLease implements lease.Store.
func (db *DB) BeatLease(ctx context.Context, held lease.Row) (bool, error) {
	return db.setLease(ctx, held, `update lease set beat = beat + 1 where name = $1 and owner = $2 and epoch = $3`)
}

// ReleaseLease implements lease.Store.
func (db *DB) ReleaseLease(ctx context.Context, held lease.Row) error {
	_, err := db.setLease(ctx, held, `update lease set owner = '', beat = beat + 1 where name = $1 and owner = $2 and epoch = $3`)
	return err
}

func (db *DB) setLease(ctx context.Context, held lease.Row, query string) (changed bool, err error) {
	err = db.Write(ctx, func(c Conn) error {
		res, err := c.ExecContext(ctx, query, held.Name, held.Owner, held.Epoch)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		changed = n == 1
		return err
	})
	return changed, err
}
