package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"santra/internal/audit"
	"santra/internal/errs"
)

var _ audit.Store = (*DB)(nil)

const selectRow = `select id, at, action, actor, agency, object, purpose, success, salt, body, mac, coalesce(leaf, -1) from audit_entry `

// Pending implements audit.Store.
func (db *DB) Pending(ctx context.Context, limit int) ([]audit.Row, error) {
	return auditRows(ctx, db.Read(), selectRow+`where leaf is null order by seq limit $1`, limit)
}

// Waiting implements audit.Store.
func (db *DB) Waiting(ctx context.Context) (int64, time.Time, error) {
	var count, oldest int64
	err := db.Read().QueryRowContext(ctx, `select count(*), coalesce(min(at), 0) from audit_entry where leaf is null`).Scan(&count, &oldest)
	return count, Time(oldest), Kind(err)
}

// Integrate implements audit.Store.
func (db *DB) Integrate(ctx context.Context, b audit.Batch) error {
	return db.Write(ctx, func(c Conn) error {
		var size int64
		if err := c.QueryRowContext(ctx, `select coalesce(max(size), 0) from audit_checkpoint`).Scan(&size); err != nil {
			return err
		}
		if size != b.First {
			return errs.New(errs.Conflict, "store: the tree has grown to %d entries", size)
		}
		return integrate(ctx, c, b)
	})
}

func integrate(ctx context.Context, c Conn, b audit.Batch) error {
	for i, id := range b.IDs {
		res, err := c.ExecContext(ctx, `update audit_entry set leaf = $1 where id = $2 and leaf is null`, b.First+int64(i), id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n != 1 {
			return errs.New(errs.Conflict, "store: the entry is in the tree already")
		}
	}
	for i, h := range b.Hashes {
		if _, err := c.ExecContext(ctx, `insert into audit_hash (idx, hash) values ($1, $2)`, b.HashIndex+int64(i), h[:]); err != nil {
			return err
		}
	}
	_, err := c.ExecContext(ctx, `insert into audit_checkpoint (size, at, note) values ($1, $2, $3)`, b.Size, Micros(b.At), b.Checkpoint)
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, `delete from audit_checkpoint where size < $1`, b.First)
	return err
}

// Checkpoint implements audit.Store.
func (db *DB) Checkpoint(ctx context.Context) (string, error) {
	var note string
	err := Kind(db.Read().QueryRowContext(ctx, `select note from audit_checkpoint order by size desc limit 1`).Scan(&note))
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return note, err
}

// Hashes implements audit.Store.
func (db *DB) Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		var hash []byte
		err := Kind(db.Read().QueryRowContext(ctx, `select hash from audit_hash where idx = $1`, index).Scan(&hash))
		if err != nil {
			return nil, err
		}
		if len(hash) != tlog.HashSize {
			return nil, errs.New(errs.NotFound, "store: hash %d of the audit tree is damaged", index)
		}
		out[i] = tlog.Hash(hash)
	}
	return out, nil
}

// Leaves implements audit.Store.
func (db *DB) Leaves(ctx context.Context, from int64, limit int) ([]audit.Row, error) {
	return auditRows(ctx, db.Read(), selectRow+`where leaf >= $1 order by leaf limit $2`, from, limit)
}

// Row implements audit.Store.
func (db *DB) Row(ctx context.Context, id string) (audit.Row, error) {
	rows, err := auditRows(ctx, db.Read(), selectRow+`where id = $1`, id)
	if err == nil && len(rows) == 0 {
		err = errs.New(errs.NotFound, "no such audit entry")
	}
	if err != nil {
		return audit.Row{}, err
	}
	return rows[0], nil
}

// Search implements audit.Store.
func (db *DB) Search(ctx context.Context, f audit.Filter) ([]audit.Row, error) {
	where, args := conditions(f)
	args = append(args, f.Limit)
	return auditRows(ctx, db.Read(), fmt.Sprintf("%swhere %s order by seq desc limit $%d", selectRow, where, len(args)), args...)
}

// conditions builds the where clause of a filter; every value is an argument.
func conditions(f audit.Filter) (string, []any) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(use bool, clause string, value any) {
		if use {
			args = append(args, value)
			where = append(where, fmt.Sprintf(clause, len(args)))
		}
	}
	add(f.Action != "", "action = $%d", f.Action)
	add(f.Actor != "", "actor = $%d", f.Actor)
	add(f.Agency != "", "agency = $%d", f.Agency)
	add(f.Object != "", "object = $%d", f.Object)
	add(!f.From.IsZero(), "at >= $%d", Micros(f.From))
	add(!f.To.IsZero(), "at < $%d", Micros(f.To))
	add(f.Refused, "success = $%d", Bool(false))
	add(f.After != "", "seq < (select seq from audit_entry where id = $%d)", f.After)
	return strings.Join(where, " and "), args
}

// Erase implements audit.Store.
func (db *DB) Erase(ctx context.Context, e audit.Entry, id string) error {
	return db.Do(ctx, []audit.Entry{e}, func(c Conn) error {
		res, err := c.ExecContext(ctx, `update audit_entry set salt = null, body = null where id = $1`, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return errs.New(errs.NotFound, "no such audit entry")
	})
}

func auditRows(ctx context.Context, c Conn, query string, args ...any) ([]audit.Row, error) {
	rows, err := c.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, Kind(err)
	}
	defer rows.Close()
	var out []audit.Row
	for rows.Next() {
		r, err := scanAudit(rows)
		if err != nil {
			return nil, Kind(err)
		}
		out = append(out, r)
	}
	return out, Kind(rows.Err())
}

func scanAudit(rows *sql.Rows) (audit.Row, error) {
	var r audit.Row
	var at int64
	var success int16
	err := rows.Scan(&r.ID, &at, &r.Action, &r.Actor, &r.Agency, &r.Object, &r.Purpose, &success, &r.Salt, &r.Body, &r.MAC, &r.Leaf)
	r.At, r.Success = Time(at), success != 0
	return r, err
}
