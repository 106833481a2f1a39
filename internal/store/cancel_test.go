package store_test

import (
	"context"
	"testing"
	"time"

	"santra/internal/store"
	"santra/internal/store/storetest"
)

// long adds a thing in a statement that takes its time.
const long = `insert into thing (name, n) with recursive c(i) as (select 1 union all select i + 1 from c where i < 40000) select 'a', max(i) from c`

// Whenever a context is cancelled, a transaction is done or leaves nothing, and the only writer is free at once.
func TestCancelledTransactionsLeaveNothing(t *testing.T) {
	for name, f := range map[string]func(t *testing.T, cancel func(), ctx context.Context, c store.Conn) error{
		"between two statements": func(t *testing.T, cancel func(), ctx context.Context, c store.Conn) error {
			if err := insert("a", 1)(c); err != nil {
				return err
			}
			cancel()
			_, err := c.ExecContext(ctx, `insert into thing (name, n) values ('b', 1)`)
			if err == nil {
				t.Error("a statement began after the end of its context")
			}
			return err
		},
		"within a statement": func(_ *testing.T, cancel func(), ctx context.Context, c store.Conn) error {
			time.AfterFunc(2*time.Millisecond, cancel)
			_, err := c.ExecContext(ctx, long)
			return err
		},
		"before the commit": func(_ *testing.T, cancel func(), _ context.Context, c store.Conn) error {
			err := insert("a", 1)(c)
			cancel()
			return err
		},
		"with a row that nobody reads": func(_ *testing.T, cancel func(), ctx context.Context, c store.Conn) error {
			if err := insert("a", 1)(c); err != nil {
				return err
			}
			_ = c.QueryRowContext(ctx, `select n from thing`)
			cancel()
			return ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, schema, func(t *testing.T, db *store.DB) {
				for range 3 { // the first time statements are not prepared
					ctx, cancel := context.WithCancel(t.Context())
					err := db.Write(ctx, func(c store.Conn) error { return f(t, cancel, ctx, c) })
					cancel()
					want := 0
					if err == nil {
						want = 1
					}
					free, done := context.WithTimeout(t.Context(), 10*time.Second)
					err = db.Write(free, func(c store.Conn) error {
						var n int
						if err := c.QueryRowContext(free, `select count(*) from thing`).Scan(&n); err != nil {
							return err
						}
						if n != want {
							t.Errorf("%d things, want %d", n, want)
						}
						_, err := c.ExecContext(free, `delete from thing`)
						return err
					})
					done()
					if err != nil {
						t.Fatal(err)
					}
				}
			})
		})
	}
}
