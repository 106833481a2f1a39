package store

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/lease"
)

// Do makes one change: f's statements and the audit entries that tell of it, in one transaction. No entry, or one that tells
// nothing, is refused before anything happens (errs.Invalid). Where ctx carries a lease (lease.With) whose epoch has passed,
// nothing is changed (errs.Conflict). f may run several times, see Write; nil makes the entries alone.
func (db *DB) Do(ctx context.Context, entries []audit.Entry, f func(Conn) error) error {
	if len(entries) == 0 {
		return errs.At(errs.Invalid, "audit", "a change without an audit entry")
	}
	rows := make([]audit.Row, len(entries))
	for i, e := range entries {
		row, err := audit.Prepare(e, time.Now())
		if err != nil {
			return err
		}
		rows[i] = row
	}
	return db.Write(ctx, func(c Conn) error {
		if err := fenced(ctx, c); err != nil {
			return err
		}
		if f != nil {
			if err := f(c); err != nil {
				return err
			}
		}
		return appendRows(ctx, c, rows)
	})
}

// fenced checks the lease that ctx carries.
func fenced(ctx context.Context, c Conn) error {
	fence, ok := lease.From(ctx)
	if !ok {
		return nil
	}
	row, err := readLease(ctx, c, fence.Name)
	if err == nil && row.Epoch != fence.Epoch {
		err = errs.New(errs.Conflict, "store: lease %q has passed to another", fence.Name)
	}
	return err
}

const insertEntry = `insert into audit_entry (id, at, action, actor, agency, object, purpose, success, salt, body, mac)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

func appendRows(ctx context.Context, c Conn, rows []audit.Row) error {
	for _, r := range rows {
		_, err := c.ExecContext(ctx, insertEntry, r.ID, Micros(r.At), r.Action, r.Actor, r.Agency, r.Object, r.Purpose, Bool(r.Success), r.Salt, r.Body, r.MAC)
		if err != nil {
			return err
		}
	}
	return nil
}
