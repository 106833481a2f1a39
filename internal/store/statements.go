package store

import (
	"context"
	"database/sql"
	"sync"
)

// MaxStatements is how many statements are kept prepared; further ones (searches put together from conditions) are parsed
// each time.
const MaxStatements = 1024

// statements keeps what SQLite has parsed: to parse a statement costs it about as much as to run it. Its keys are statements
// in PostgreSQL's words. (The driver of PostgreSQL keeps its own.)
type statements struct {
	db    *sql.DB
	mu    sync.Mutex
	known map[string]*statement
}

// statement is one in SQLite's words; ready is nil until it was prepared.
type statement struct {
	text  string
	ready *sql.Stmt
}

func newStatements(db *sql.DB) *statements {
	return &statements{db: db, known: map[string]*statement{}}
}

// find gives a statement, ready or not.
func (s *statements) find(query string) statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.known[query]; ok {
		return *k
	}
	k := &statement{text: Rewrite(query)}
	if len(s.known) < MaxStatements {
		s.known[query] = k
	}
	return *k
}

// prepare makes a statement ready. It takes a connection, so within a transaction, which may have the only one, it must not
// be called. A statement that can't be prepared stays as it is: running it tells why.
func (s *statements) prepare(ctx context.Context, query string) *sql.Stmt {
	k := s.find(query)
	if k.ready != nil {
		return k.ready
	}
	ready, err := s.db.PrepareContext(ctx, k.text)
	if err != nil {
		return nil
	}
	return s.keep(query, ready)
}

// keep keeps the first that was prepared.
func (s *statements) keep(query string, ready *sql.Stmt) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.known[query]
	if !ok || k.ready != nil {
		_ = ready.Close() // nobody has used it
		if !ok {
			return nil
		}
		return k.ready
	}
	k.ready = ready
	return ready
}

// reading is a Conn on the readers, in PostgreSQL's words.
type reading struct {
	rewriting
	kept *statements
}

// ExecContext implements Conn.
func (r reading) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := r.kept.prepare(ctx, query); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return r.rewriting.ExecContext(ctx, query, args...)
}

// QueryContext implements Conn.
func (r reading) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := r.kept.prepare(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return r.rewriting.QueryContext(ctx, query, args...)
}

// QueryRowContext implements Conn.
func (r reading) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := r.kept.prepare(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return r.rewriting.QueryRowContext(ctx, query, args...)
}

// writing is a Conn in a transaction, in PostgreSQL's words. Statements that it has not met before are prepared after it.
// QueryContext is not kept: the same statement may run again while its rows are being read.
type writing struct {
	rewriting
	tx    *sql.Tx
	kept  *statements
	bound map[string]*sql.Stmt // of this transaction; nil: met, and not prepared yet
}

// stmt gives the prepared statement; nil where there is none yet.
func (w writing) stmt(ctx context.Context, query string) *sql.Stmt {
	if s, ok := w.bound[query]; ok {
		return s
	}
	var s *sql.Stmt
	if k := w.kept.find(query); k.ready != nil {
		s = w.tx.StmtContext(ctx, k.ready)
	}
	w.bound[query] = s
	return s
}

// whole lets a statement that has begun run to its end, however ctx ends: it is the transaction that ends with ctx. For each
// statement that may be interrupted SQLite's driver starts a goroutine and sets handlers, half of what a small one costs.
func whole(ctx context.Context) context.Context {
	if ctx.Err() != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// ExecContext implements Conn.
func (w writing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx = whole(ctx)
	if s := w.stmt(ctx, query); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return w.rewriting.ExecContext(ctx, query, args...)
}

// QueryRowContext implements Conn.
func (w writing) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ctx = whole(ctx)
	if s := w.stmt(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return w.rewriting.QueryRowContext(ctx, query, args...)
}

// learn prepares what a transaction has met and did not find, after its end.
func (s *statements) learn(ctx context.Context, bound map[string]*sql.Stmt) {
	for query, ready := range bound {
		if ready == nil {
			_ = s.prepare(ctx, query)
		}
	}
}
