package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/lease"
	"santra/internal/store"
	"santra/internal/store/storetest"
)

var schema = fstest.MapFS{"0001_test.sql": {Data: []byte(`-- +goose Up
create table thing (
  seq  bigint generated always as identity primary key,
  name text not null unique,
  n    bigint not null,
  data bytea
);
create index thing_hash on thing using hash (name); -- postgres
-- sqlite: create table only_here (x text);
`)}}

func insert(name string, n int64) func(store.Conn) error {
	return func(c store.Conn) error {
		_, err := c.ExecContext(context.Background(), `insert into thing (n, name) values ($2, $1)`, name, n)
		return err
	}
}

func numberOf(t *testing.T, c store.Conn, name string) int64 {
	t.Helper()
	var n int64
	if err := c.QueryRowContext(t.Context(), `select n from thing where name = $1`, name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestArgumentsKeepTheirNumbers(t *testing.T) {
	storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
		if err := db.Write(t.Context(), insert("a", 7)); err != nil {
			t.Fatal(err)
		}
		if n := numberOf(t, db.Read(), "a"); n != 7 {
			t.Fatal(n)
		}
		var again string
		err := db.Read().QueryRowContext(t.Context(), `select name from thing where n = $2::bigint and name = $1::text`, "a", 7).Scan(&again)
		if err != nil || again != "a" {
			t.Fatal(again, err)
		}
	})
}

func TestDoubleIsAConflictAndNothingIsNotFound(t *testing.T) {
	storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
		if err := db.Write(t.Context(), insert("a", 1)); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), insert("a", 2)); !errs.Is(err, errs.Conflict) {
			t.Fatal(err)
		}
		var n int64
		err := store.Kind(db.Read().QueryRowContext(t.Context(), `select n from thing where name = 'b'`).Scan(&n))
		if !errs.Is(err, errs.NotFound) {
			t.Fatal(err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
		if err := insert("a", 1)(db.Read()); err == nil {
			t.Fatal("a reader wrote")
		}
	})
}

func TestFailureRollsBack(t *testing.T) {
	storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
		broken := errors.New("broken")
		err := db.Write(t.Context(), func(c store.Conn) error { return errors.Join(insert("a", 1)(c), broken) })
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), insert("a", 2)); err != nil {
			t.Fatal("the first insert was kept:", err)
		}
	})
}

func TestPanicFreesTheWriter(t *testing.T) {
	storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
		func() {
			defer func() { _ = recover() }()
			_ = db.Write(t.Context(), func(store.Conn) error { panic("no") })
		}()
		if err := db.Write(t.Context(), insert("a", 2)); err != nil {
			t.Fatal(err)
		}
	})
}

// Read-then-write from many goroutines loses no step: collisions are tried again.
func TestConcurrentStepsAreAllCounted(t *testing.T) {
	const workers, steps = 4, 5
	storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
		if err := db.Write(t.Context(), insert("a", 0)); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range steps {
					step(t, db)
				}
			})
		}
		wg.Wait()
		if n := numberOf(t, db.Read(), "a"); n != workers*steps {
			t.Fatalf("%d of %d steps", n, workers*steps)
		}
	})
}

func step(t *testing.T, db *store.DB) {
	ctx := t.Context()
	err := errs.New(errs.Unavailable, "first")
	for errs.Is(err, errs.Unavailable) { // too busy is an honest answer: the caller asks again
		err = db.Write(ctx, func(c store.Conn) error {
			var n int64
			if err := c.QueryRowContext(ctx, `select n from thing where name = 'a' for update skip locked`).Scan(&n); errors.Is(err, sql.ErrNoRows) {
				return errs.New(errs.Unavailable, "locked")
			} else if err != nil {
				return err
			}
			_, err := c.ExecContext(ctx, `update thing set n = $1 where name = 'a'`, n+1)
			return err
		})
	}
	if err != nil {
		t.Error(err)
	}
}

func TestFullDiskIsUnavailable(t *testing.T) {
	dsn := storetest.SQLite(t)
	db, err := store.Open(t.Context(), store.Config{DSN: dsn, Migrations: schema})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Write(t.Context(), func(c store.Conn) error {
		if _, err := c.ExecContext(t.Context(), `pragma max_page_count = 1`); err != nil { // SQLite's own way to be full
			return err
		}
		_, err := c.ExecContext(t.Context(), `insert into thing (name, n, data) values ('a', 1, zeroblob(1000000))`)
		return err
	})
	if !errs.Is(err, errs.Unavailable) {
		t.Fatal(err)
	}
}

func TestDeletedIsGoneFromTheFiles(t *testing.T) {
	db, dir := openSQLite(t)
	secret := "canary-7f3a91"
	for i := range 50 {
		_ = db.Write(t.Context(), insert(fmt.Sprint(secret, i), 1))
	}
	_ = db.Write(t.Context(), func(c store.Conn) error {
		_, err := c.ExecContext(t.Context(), `delete from thing`)
		return err
	})
	if err := db.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := traces(t, dir, secret); n != 0 {
		t.Fatalf("%d traces", n)
	}
}

func TestOpenTwiceKeepsTheSchema(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		for range 2 {
			db, err := store.Open(t.Context(), store.Config{DSN: dsn, Migrations: schema})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(db.Ping(t.Context()), db.Close()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestBadAddressShowsNoPassword(t *testing.T) {
	for _, dsn := range []string{"", "mysql://x", "sqlite:", "sqlite::memory:", "postgres://u:secretword@h:port/x"} {
		_, err := store.Open(t.Context(), store.Config{DSN: dsn})
		if !errs.Is(err, errs.Invalid) || errors.Is(err, sql.ErrConnDone) {
			t.Errorf("%q: %v", dsn, err)
		}
		if err != nil && contains(err.Error(), "secretword") {
			t.Error("the password is in the error")
		}
	}
}

var entry = audit.Entry{Action: "thing.made", Actor: audit.System, Success: true}

func TestDoWritesChangeAndEntryOrNeither(t *testing.T) {
	storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
		if err := db.Do(t.Context(), []audit.Entry{entry}, insert("a", 1)); err != nil {
			t.Fatal(err)
		}
		if n, oldest, err := db.Waiting(t.Context()); n != 1 || err != nil || time.Since(oldest) > time.Minute {
			t.Fatal(n, oldest, err)
		}
		if err := db.Do(t.Context(), []audit.Entry{entry}, insert("a", 1)); !errs.Is(err, errs.Conflict) {
			t.Fatal(err)
		}
		if n, _, _ := db.Waiting(t.Context()); n != 1 {
			t.Fatal("a refused change left an entry")
		}
		for _, entries := range [][]audit.Entry{nil, {{}}, {entry, {}}} {
			if err := db.Do(t.Context(), entries, insert("b", 1)); !errs.Is(err, errs.Invalid) {
				t.Fatal("unlogged change:", err)
			}
		}
		if err := db.Write(t.Context(), insert("b", 1)); err != nil {
			t.Fatal("an unlogged change was kept:", err)
		}
	})
}

func TestDoRefusesAPassedLease(t *testing.T) {
	storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
		first, ok, err := db.TakeLease(t.Context(), entry, lease.Row{Name: "routing"}, "one")
		if err != nil || !ok || first.Epoch != 1 {
			t.Fatal(first, ok, err)
		}
		old := lease.With(t.Context(), "routing", first.Epoch)
		if err := db.Do(old, []audit.Entry{entry}, insert("a", 1)); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := db.TakeLease(t.Context(), entry, first, "two"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := db.Do(old, []audit.Entry{entry}, insert("b", 1)); !errs.Is(err, errs.Conflict) {
			t.Fatal("a stale owner wrote:", err)
		}
	})
}
