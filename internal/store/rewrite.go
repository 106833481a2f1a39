package store

import (
	"context"
	"database/sql"
	"strings"
)

// rewriting is a Conn to SQLite that takes PostgreSQL's words.
type rewriting struct{ Conn }

// ExecContext implements Conn.
func (r rewriting) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.Conn.ExecContext(ctx, Rewrite(query), args...)
}

// PrepareContext implements Conn.
func (r rewriting) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return r.Conn.PrepareContext(ctx, Rewrite(query))
}

// QueryContext implements Conn.
func (r rewriting) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.Conn.QueryContext(ctx, Rewrite(query), args...)
}

// QueryRowContext implements Conn.
func (r rewriting) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.Conn.QueryRowContext(ctx, Rewrite(query), args...)
}

// Rewrite turns a statement for PostgreSQL into one for SQLite: $N → ?N, without ::type casts and for update clauses. Strings,
// quoted names and comments stay as they are.
func Rewrite(query string) string {
	var out strings.Builder
	out.Grow(len(query))
	for i := 0; i < len(query); {
		n, text := token(query[i:])
		out.WriteString(text)
		i += n
	}
	return out.String()
}

// token reads the next piece of a statement: its length, and what SQLite gets for it.
func token(s string) (length int, text string) {
	switch c := s[0]; {
	case c == '\'' || c == '"':
		n := quoted(s, c)
		return n, s[:n]
	case strings.HasPrefix(s, "--"):
		n := until(s, "\n")
		return n, s[:n]
	case strings.HasPrefix(s, "/*"):
		n := until(s, "*/")
		return n, s[:n]
	case c == '$' && len(s) > 1 && digit(s[1]):
		return 1, "?"
	case strings.HasPrefix(s, "::"):
		return 2 + span(s[2:], word), ""
	case word(c):
		return phrase(s)
	}
	return 1, s[:1]
}

// phrase reads a word, or a whole `for update` clause, which is dropped.
func phrase(s string) (length int, text string) {
	n := span(s, word)
	if !strings.EqualFold(s[:n], "for") {
		return n, s[:n]
	}
	rest, ok := keyword(s[n:], "update")
	if !ok {
		return n, s[:n]
	}
	if after, ok := keyword(rest, "skip"); ok {
		if after, ok = keyword(after, "locked"); ok {
			rest = after
		}
	} else if after, ok := keyword(rest, "nowait"); ok {
		rest = after
	}
	return len(s) - len(rest), ""
}

// keyword reads blanks and one given word off s.
func keyword(s, want string) (rest string, ok bool) {
	rest = strings.TrimLeft(s, " \t\r\n")
	n := span(rest, word)
	return rest[n:], len(rest) < len(s) && strings.EqualFold(rest[:n], want)
}

// quoted is the length of a string or name in quotes; a doubled quote stands for itself.
func quoted(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 == len(s) || s[i+1] != quote {
			return i + 1
		}
		i++
	}
	return len(s)
}

func until(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

func span(s string, is func(byte) bool) int {
	n := 0
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func word(c byte) bool {
	return digit(c) || c == '_' || c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z'
}
