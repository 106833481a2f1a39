package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

func openKept(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "x.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	err = db.Write(t.Context(), func(c Conn) error {
		_, err := c.ExecContext(context.Background(), `create table kept (id text primary key, n bigint)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

const (
	putKept = `insert into kept (n, id) values ($2, $1) on conflict (id) do update set n = kept.n + $2`
	getKept = `select n from kept where id = $1::text`
)

func TestStatementsAreKeptAndStillTakeTheirArguments(t *testing.T) {
	db := openKept(t)
	for i := range 5 {
		err := db.Write(t.Context(), func(c Conn) error {
			if _, err := c.ExecContext(t.Context(), putKept, "a", i); err != nil {
				return err
			}
			_, err := c.ExecContext(t.Context(), putKept, fmt.Sprint("b", i), 1) // twice in one transaction
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var n int
	for range 3 {
		if err := db.Read().QueryRowContext(t.Context(), getKept, "a").Scan(&n); err != nil || n != 0+1+2+3+4 {
			t.Fatal(n, err)
		}
	}
	for query, s := range map[string]*statements{putKept: db.written, getKept: db.asked} {
		if s.find(query).ready == nil {
			t.Errorf("%q is parsed each time", query)
		}
	}
}

func TestAChangedSchemaIsSeen(t *testing.T) {
	db := openKept(t)
	write := func(query string, args ...any) {
		t.Helper()
		err := db.Write(t.Context(), func(c Conn) error {
			_, err := c.ExecContext(t.Context(), query, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		write(putKept, "a", 1)
		write(`alter table kept rename to other`)
		write(`alter table other rename to kept`)
		var n int
		if err := db.Read().QueryRowContext(t.Context(), getKept, "a").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}

// The same question may be asked again while its rows are read.
func TestTheSameStatementTwiceAtOnce(t *testing.T) {
	db := openKept(t)
	const all = `select id from kept order by id`
	for range 3 {
		err := db.Write(t.Context(), func(c Conn) error {
			for _, id := range []string{"a", "b", "c"} {
				if _, err := c.ExecContext(t.Context(), putKept, id, 1); err != nil {
					return err
				}
			}
			if n := pairs(t, c, all); n != 9 {
				t.Errorf("%d pairs in a transaction", n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := pairs(t, db.Read(), all); n != 9 {
			t.Fatalf("%d pairs", n)
		}
	}
}

func pairs(t *testing.T, c Conn, query string) (n int) {
	outer, err := c.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer outer.Close()
	for outer.Next() {
		inner, err := c.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for inner.Next() {
			n++
		}
		_ = inner.Close()
	}
	return n
}

func TestAWrongStatementSaysWhy(t *testing.T) {
	db := openKept(t)
	for range 2 {
		if _, err := db.Read().QueryContext(t.Context(), `select nothing from nowhere`); err == nil {
			t.Fatal("a table that is not there is read")
		}
		err := db.Write(t.Context(), func(c Conn) error {
			_, err := c.ExecContext(t.Context(), `insert into nowhere values ($1)`, 1)
			return err
		})
		if err == nil {
			t.Fatal("a table that is not there is written")
		}
	}
}

func TestStatementsAreBounded(t *testing.T) {
	db := openKept(t)
	for i := range MaxStatements + 10 {
		var n int
		if err := db.Read().QueryRowContext(t.Context(), fmt.Sprintf(`select %d`, i)).Scan(&n); err != nil || n != i {
			t.Fatal(n, err)
		}
	}
	if n := len(db.asked.known); n != MaxStatements {
		t.Fatalf("%d are kept", n)
	}
}

func TestManyAtOncePrepareOne(t *testing.T) {
	db := openKept(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for i := range 20 {
				err := db.Write(t.Context(), func(c Conn) error {
					_, err := c.ExecContext(t.Context(), putKept, fmt.Sprint(i%3), 1)
					return err
				})
				var n int
				if err == nil {
					err = db.Read().QueryRowContext(t.Context(), getKept, fmt.Sprint(i%3)).Scan(&n)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestATransactionEndsWithItsContext, though a statement that has begun does not.
func TestATransactionEndsWithItsContext(t *testing.T) {
	db := openKept(t)
	for range 2 { // parsed, and kept
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Write(ctx, func(c Conn) error {
			if _, err := c.ExecContext(ctx, putKept, "a", 1); err != nil {
				t.Error(err)
			}
			cancel()
			_, err := c.ExecContext(ctx, putKept, "b", 1)
			if !errors.Is(err, context.Canceled) && !errors.Is(err, sql.ErrTxDone) {
				t.Error("a statement begins after the end:", err)
			}
			var n int
			if err := c.QueryRowContext(ctx, getKept, "a").Scan(&n); err == nil {
				t.Error("so does a question:", n)
			}
			return nil
		})
		if err == nil {
			t.Error("it is committed")
		}
		var n int
		if err := db.Read().QueryRowContext(t.Context(), getKept, "a").Scan(&n); !errors.Is(err, sql.ErrNoRows) {
			t.Error("something of it is kept:", n, err)
		}
	}
}

// BenchmarkWrite is a transaction of one statement, without waiting for the disk.
func BenchmarkWrite(b *testing.B) {
	db := openKept(b)
	if _, err := db.write.Exec(`pragma synchronous = off`); err != nil {
		b.Fatal(err)
	}
	for name, again := range map[string]bool{"parsed": false, "kept": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				err := db.Write(b.Context(), func(c Conn) error {
					if !again {
						c = c.(writing).rewriting
					}
					_, err := c.ExecContext(b.Context(), putKept, "a", 1)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
