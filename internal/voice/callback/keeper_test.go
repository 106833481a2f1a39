package callback_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/id"
	"santra/internal/lease"
	"santra/internal/store"
	"santra/internal/voice/callback"
)

// watched tells of each change that was made.
type watched struct {
	callback.Store
	done chan audit.Entry
}

func (w watched) Do(ctx context.Context, e audit.Entry, f func(callback.Tx) error) error {
	err := w.Store.Do(ctx, e, f)
	if err == nil {
		w.done <- e
	}
	return err
}

// until waits for an entry of an action.
func (w watched) until(t *testing.T, action string) audit.Entry {
	t.Helper()
	for {
		select {
		case e := <-w.done:
			if e.Action == action {
				return e
			}
		case <-t.Context().Done():
			t.Fatalf("no %s", action)
		}
	}
}

// TestTheKeeperPutsInLine: at its start what a crash has left, then what has expired, under its lease.
func TestTheKeeperPutsInLine(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		late, cut := h.ask(number), h.ask("+358401234568")
		_, err := h.Open(ctx, cut, "p")
		h.ok(err)
		h.ok(h.vault.Put("callbacks/stray", []byte("k")))
		h.ok(os.WriteFile(filepath.Join(h.dir, "callbacks", ".new-7"), []byte("half a key"), 0o600))
		h.ok(h.store.DB().Write(ctx, func(c store.Conn) error {
			_, err := c.ExecContext(ctx, `update callback set expires = $1 where id = $2`, store.Micros(time.Now().Add(-time.Second)), late)
			return err
		}))
		w := watched{h.store.Callbacks(), make(chan audit.Entry, 100)}
		k := &callback.Keeper{Service: h.serve(w, h.vault), Lease: lease.Config{Store: h.store.Lease(), Owner: id.New()}}
		h.ok(k.Start(ctx))
		if e := w.until(t, callback.ActionErased); e.Object != late || e.Detail["outcome"] != string(callback.Expired) {
			t.Errorf("%+v", e)
		}
		h.ok(k.Stop(ctx))
		r, err := h.store.Callbacks().Callback(ctx, cut)
		h.ok(err)
		if r.State != callback.Waiting || r.Tries != 1 || r.NotBefore.IsZero() {
			t.Errorf("%+v", r)
		}
		if records, secrets := h.kept(); records != 1 || secrets != 1 {
			t.Error(records, secrets)
		}
		if row, err := h.store.Lease().Lease(ctx, callback.LeaseName); err != nil || row.Owner != "" {
			t.Errorf("%+v %v", row, err)
		}
	})
}

// TestOfTwoKeepersOneErases: who has no lease leaves what has expired to who has it.
func TestOfTwoKeepersOneErases(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		held, err := lease.Acquire(ctx, lease.Config{Store: h.store.Lease(), Name: callback.LeaseName, Owner: "another"})
		h.ok(err)
		mine, cancel := held.Context(ctx)
		h.ask(number)
		h.ok(held.Release(ctx))
		next, err := lease.Acquire(ctx, lease.Config{Store: h.store.Lease(), Name: callback.LeaseName, Owner: "next"})
		h.ok(err)
		defer func() { _ = next.Release(context.WithoutCancel(ctx)) }()
		// the former owner was stopped in the middle and goes on: its changes are refused
		if _, err := h.EraseExpired(context.WithoutCancel(mine), time.Now().Add(24*time.Hour)); err == nil {
			t.Error("erased under a lease that has passed")
		}
		cancel()
		if records, secrets := h.kept(); records != 1 || secrets != 1 {
			t.Error(records, secrets)
		}
	})
}
