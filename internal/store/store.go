// Package store is the only room with SQL. This package is the shim on which its schemas (store/centre, store/recorder)
// stand: one set of queries in PostgreSQL's words for SQLite and PostgreSQL, one writer, migrations, retries, errors as the
// house's kinds; and the two tables that every database of the house has, the audit log and the leases, so that a change
// (Do) can't be made without its audit entry, nor under a lease that has passed to another.
//
// # Words that are portable
//
// Queries and migrations are written for PostgreSQL. Before SQLite sees them, $1 becomes ?1 (SQLite takes $1 for a name and
// numbers names by appearance: arguments would be swapped silently), `::type` is dropped, and so is `for update [skip
// locked]`, which a single writer does not need. Portable are ->>, returning, row values, on conflict, partial indexes.
// Not: arrays, cast(avg()), time zones, ilike, now(). Times are bigint microseconds UTC (Micros, Time), truth values
// smallint 0 or 1, bytes bytea.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"santra/internal/errs"
)

// Limits of the shim.
const (
	Readers     = 4               // connections that read SQLite
	Connections = 16              // connections to PostgreSQL for each of writing and reading
	busyTimeout = 5 * time.Second // that SQLite waits for another process's lock
	maxAttempts = 12              // of one transaction
	firstPause  = 2 * time.Millisecond
	maxPause    = 200 * time.Millisecond
)

// Dialect is the kind of database.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Config says which database, and what is in it.
type Config struct {
	DSN        string // "sqlite:/path/file.db" or "postgres://…"
	Migrations fs.FS  // goose files at its root, see Render; nil for none
	AsIs       bool   // the schema is left as it is: for who only reads
}

// Conn runs statements: a transaction within Write, the readers outside. It is the DBTX of sqlc's generated packages.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// DB is an open database.
type DB struct {
	dialect     Dialect
	write, read *sql.DB

	written, asked *statements // of SQLite
}

// Open opens the database, making a SQLite file where there is none, and brings its schema up to date unless AsIs.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db, err := connect(cfg.DSN)
	if err != nil {
		return nil, err
	}
	if cfg.AsIs {
		return db, nil
	}
	if err := db.migrate(ctx, cfg.Migrations); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func connect(dsn string) (*DB, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return connectSQLite(path)
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return connectPostgres(dsn)
	}
	return nil, errs.At(errs.Invalid, "dsn", "must begin with sqlite: or postgres://")
}

// connectSQLite opens one connection that writes and some that only read. secure_delete overwrites what is deleted
// (M3, M20); synchronous=FULL makes a commit durable before it returns.
func connectSQLite(path string) (*DB, error) {
	if path == "" || path == ":memory:" {
		return nil, errs.At(errs.Invalid, "dsn", "needs the path of a file")
	}
	open := func(pragmas ...string) (*sql.DB, error) {
		q := url.Values{"_pragma": append([]string{
			fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)",
			"secure_delete(1)", "foreign_keys(1)", "temp_store(MEMORY)",
		}, pragmas...)}
		q.Set("_txlock", "immediate")
		return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	}
	write, err := open()
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	read, err := open("query_only(1)")
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	write.SetMaxOpenConns(1)
	read.SetMaxOpenConns(Readers)
	read.SetMaxIdleConns(Readers)
	return &DB{SQLite, write, read, newStatements(write), newStatements(read)}, nil
}

func connectPostgres(dsn string) (*DB, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errs.At(errs.Invalid, "dsn", "is no PostgreSQL address") // the error may hold the password
	}
	open := func(readOnly string) *sql.DB {
		c := cfg.Copy()
		c.RuntimeParams["default_transaction_read_only"] = readOnly
		db := stdlib.OpenDB(*c)
		db.SetMaxOpenConns(Connections)
		db.SetMaxIdleConns(Connections)
		return db
	}
	return &DB{dialect: Postgres, write: open("off"), read: open("on")}, nil
}

// Dialect tells which database it is, for the few statements that have to differ (full-text search).
func (db *DB) Dialect() Dialect { return db.dialect }

// Read gives the readers. They see what is committed, and can't write.
func (db *DB) Read() Conn {
	if db.dialect == SQLite {
		return reading{rewriting{db.read}, db.asked}
	}
	return db.read
}

// Write runs f in one transaction and commits it, again and again while the database says that it collided with another, up
// to a bound. So f has no side effects but its statements, and resets what it returns through variables. On PostgreSQL the
// transaction is serializable, as it is on SQLite: f may read and then decide. Errors have their kind, see Kind.
func (db *DB) Write(ctx context.Context, f func(Conn) error) error {
	for attempt := range maxAttempts {
		err := db.once(ctx, f)
		if !collided(err) {
			return Kind(err)
		}
		if err := backoff(ctx, attempt); err != nil {
			return err
		}
	}
	return errs.New(errs.Unavailable, "store: the database is too busy")
}

func (db *DB) once(ctx context.Context, f func(Conn) error) error {
	if db.dialect == Postgres {
		return db.transact(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) error { return f(tx) })
	}
	bound := map[string]*sql.Stmt{}
	err := db.transact(ctx, nil, func(tx *sql.Tx) error {
		return f(writing{rewriting{tx}, tx, db.written, bound})
	})
	db.written.learn(ctx, bound)
	return err
}

func (db *DB) transact(ctx context.Context, opts *sql.TxOptions, f func(*sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing; in a panic it frees the only writer
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Scrub moves the write-ahead log of SQLite into the file and empties it, so that nothing deleted is left in it (M3, M20).
// PostgreSQL has no such thing: there only the destruction of a key is proof.
func (db *DB) Scrub(ctx context.Context) error {
	if db.dialect != SQLite {
		return nil
	}
	var busy, log, moved int
	err := db.write.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &log, &moved)
	if err == nil && busy != 0 {
		return errs.New(errs.Unavailable, "store: a reader holds the write-ahead log")
	}
	return Kind(err)
}

// Ping tells whether the database answers and takes writes.
func (db *DB) Ping(ctx context.Context) error { return Kind(db.write.PingContext(ctx)) }

// Close closes the connections; SQLite's last one empties the write-ahead log.
func (db *DB) Close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// Micros is a time as it is stored: microseconds since 1970 UTC, 0 for the zero time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the inverse of Micros, in UTC.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// Bool is a truth value as it is stored.
func Bool(b bool) int16 {
	if b {
		return 1
	}
	return 0
}
