package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"santra/internal/errs"
)

// SQLSTATEs of PostgreSQL that we act on.
const (
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
	pgUnique        = "23505"
	pgForeignKey    = "23503"
)

const primaryCode = 0xff // SQLite's extended result codes hold the primary one in their low byte

// Kind gives a database error its kind: NotFound for no row, Conflict for a value that must be unique or a row that others
// refer to, Unavailable for a full disk, a lost connection or a database that is down. Other errors and nil pass as they are.
// Write does this by itself; who reads calls it.
func Kind(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errs.New(errs.NotFound, "no such thing")
	}
	kind := errs.Internal
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		kind = postgresKind(pg.Code)
	} else if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		kind = sqliteKind(lite.Code())
	} else if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		kind = errs.Unavailable
	}
	if kind == errs.Internal {
		return err
	}
	return errs.New(kind, "store: %w", redact(err))
}

// redact keeps PostgreSQL's message without its detail, which shows values.
func redact(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return &pgconn.PgError{Severity: pg.Severity, Code: pg.Code, Message: pg.Message, TableName: pg.TableName, ConstraintName: pg.ConstraintName}
	}
	return err
}

// postgresKind reads a SQLSTATE: class 08 connection, 53 no resources (53100 disk full), 57P going down, 58 system.
func postgresKind(code string) errs.Kind {
	switch {
	case code == pgUnique || code == pgForeignKey:
		return errs.Conflict
	case strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57P") || strings.HasPrefix(code, "58"):
		return errs.Unavailable
	}
	return errs.Internal
}

func sqliteKind(code int) errs.Kind {
	switch code {
	case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errs.Conflict
	}
	switch code & primaryCode {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR, lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_NOMEM:
		return errs.Unavailable
	}
	return errs.Internal
}

// collided tells whether a transaction failed only because of another one.
func collided(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == pgSerialization || pg.Code == pgDeadlock
	}
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && (lite.Code()&primaryCode == lib.SQLITE_BUSY || lite.Code()&primaryCode == lib.SQLITE_LOCKED)
}

// backoff waits before attempt+1, longer each time, at random so that two that collided do not do so again.
func backoff(ctx context.Context, attempt int) error {
	limit := min(maxPause, firstPause<<attempt)
	t := time.NewTimer(limit/2 + rand.N(limit/2))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
