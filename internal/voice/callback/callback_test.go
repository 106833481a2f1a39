package callback_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/keys"
	"santra/internal/pii"
	"santra/internal/routing"
	"santra/internal/store"
	"santra/internal/voice/callback"
)

const number = "+358401234567"

func TestACallbackThatReaches(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		until, ok := h.Offerable("advice")
		if !ok || until.Before(time.Now().Add(49*time.Minute)) {
			t.Fatal(until, ok)
		}
		callID := id.New()
		view, err := h.Request(ctx, callID, "advice", pii.NewNumber(number), agency.Swedish, until)
		h.ok(err)
		if view.ID != callID || view.Queue != "advice" || view.Agency != "social" || view.Language != "sv" || view.State != callback.Waiting || view.Until.Sub(until).Abs() > time.Millisecond {
			t.Errorf("%+v", view)
		}
		work, err := h.Due(ctx)
		h.ok(err)
		if w := work[0]; len(work) != 1 || w.ID != callID || w.Kind != routing.Callback || w.Queue != "advice" || w.Language != "sv" || w.Once == "" ||
			w.Expires.Sub(view.Requested) != 20*time.Hour || !w.NotBefore.IsZero() || !w.Arrived.Equal(view.Requested) {
			t.Errorf("%+v", work)
		}
		h.holds(true)
		call, err := h.Open(ctx, callID, "p1")
		h.ok(err)
		if call.Number.Reveal() != number || call.Try != 1 || call.Language != agency.Swedish || call.Queue != "advice" {
			t.Errorf("%+v", call)
		}
		_, err = h.Open(ctx, callID, "p1")
		h.kind(err, errs.Conflict)
		h.kind(h.Done(ctx, callID, "p2"), errs.Conflict)
		h.kind(h.Cancel(ctx, callID, "boss"), errs.Conflict)
		h.ok(h.Done(ctx, callID, "p1"))
		h.nothing()
		h.kind(h.Done(ctx, callID, "p1"), errs.Gone)
		_, err = h.Open(ctx, callID, "p1")
		h.kind(err, errs.Gone)
		h.left("requested", "opened", "ended reached", "erased reached")
		h.holds(true)
	})
}

func TestTriesAreCountedAndPlanned(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		one := h.ask(number)
		for i, gap := range []time.Duration{callback.BusyGap, callback.SilentGap} {
			call, err := h.Open(ctx, one, "p1")
			h.ok(err)
			if call.Try != i+1 || call.Number.Reveal() != number {
				t.Errorf("%+v", call)
			}
			before := time.Now()
			again, next, err := h.Tried(ctx, one, "p1", []callback.Outcome{callback.Busy, callback.Silent}[i])
			h.ok(err)
			if !again || next.Before(before.Add(gap-time.Millisecond)) || next.After(time.Now().Add(gap)) {
				t.Errorf("try %d: %v %v", i+1, again, next)
			}
			w, err := h.Work(ctx, one)
			h.ok(err)
			if !w.NotBefore.Equal(next) {
				t.Errorf("%+v", w)
			}
		}
		_, err := h.Open(ctx, one, "p2")
		h.ok(err)
		_, _, err = h.Tried(ctx, one, "p2", callback.Reached)
		h.kind(err, errs.Invalid)
		again, _, err := h.Tried(ctx, one, "p2", callback.Failed)
		h.ok(err)
		if again {
			t.Error("a fourth try")
		}
		h.nothing()
		h.left("requested", "opened", "tried busy", "opened", "tried no_answer", "opened", "ended unreached", "erased unreached")
	})
}

func TestOneForEachNumber(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		first := h.ask(number)
		again, err := h.request(h.Service, id.New(), number)
		h.kind(err, errs.Conflict)
		if again.ID != first || again.Until.IsZero() {
			t.Errorf("%+v", again)
		}
		h.ask("+358401234568")
		_, err = h.Request(ctx, id.New(), "other", pii.NewNumber(number), agency.Finnish, time.Now().Add(time.Hour))
		h.ok(err)
		if records, secrets := h.kept(); records != 3 || secrets != 3 {
			t.Error(records, secrets)
		}
		h.ok(h.Cancel(ctx, first, "boss"))
		h.ask(number) // the hash has died with its callback
		h.kind(h.Cancel(ctx, first, "boss"), errs.Gone)
		all, err := h.store.Callbacks().Callbacks(ctx, 10)
		h.ok(err)
		for i, r := range all {
			for _, o := range all[:i] {
				if slices.Equal(r.Once, o.Once) || len(r.Once) != 32 || len(r.Sealed) != len(o.Sealed) {
					t.Errorf("%x %x", r.Once, o.Once)
				}
			}
		}
	})
}

func TestWhatIsNotPromised(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, soon := t.Context(), time.Now().Add(time.Hour)
		for name, c := range map[string]struct {
			id, queue, number string
			until             time.Time
			want              errs.Kind
		}{
			"withheld":    {id.New(), "advice", "", soon, errs.Invalid},
			"too long":    {id.New(), "advice", "+" + strings.Repeat("1", 40), soon, errs.Invalid},
			"premium":     {id.New(), "advice", "+35860012345", soon, errs.Denied},
			"no queue":    {id.New(), "none", number, soon, errs.NotFound},
			"no id":       {"../../x", "advice", number, soon, errs.Invalid},
			"in the past": {id.New(), "advice", number, time.Now().Add(-time.Second), errs.Invalid},
			"too late":    {id.New(), "advice", number, time.Now().Add(21 * time.Hour), errs.Invalid},
		} {
			_, err := h.Request(ctx, c.id, c.queue, pii.NewNumber(c.number), agency.Finnish, c.until)
			if !errs.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
			if err != nil && c.number != "" && strings.Contains(err.Error(), c.number) {
				t.Errorf("%s: the error has the number", name)
			}
		}
		same := h.ask(number)
		_, err := h.request(h.Service, same, "+358401234599")
		h.kind(err, errs.Conflict) // an id is used once, and its key stays that of the first
		call, err := h.Open(ctx, same, "p")
		h.ok(err)
		if call.Number.Reveal() != number {
			t.Error("another number's key")
		}
		if _, ok := h.Offerable("none"); ok {
			t.Error("an unknown queue offers callbacks")
		}
		h.left("requested", "opened")
	})
}

func TestExpiredAreErased(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.ask(number)
		second := h.ask("+358401234568")
		_, err := h.Open(ctx, second, "p") // its agent calls: the number in the telephone's hands is all that is needed
		h.ok(err)
		n, err := h.EraseExpired(ctx, time.Now().Add(20*time.Hour-time.Minute))
		h.ok(err)
		if n != 0 {
			t.Fatal("erased before its time")
		}
		n, err = h.EraseExpired(ctx, time.Now().Add(20*time.Hour+time.Second))
		h.ok(err)
		if n != 2 {
			t.Fatal(n)
		}
		h.nothing()
		_, _, err = h.Tried(ctx, second, "p", callback.Busy)
		h.kind(err, errs.Gone)
		h.left("requested", "requested", "opened", "ended expired", "erased expired", "ended expired", "erased expired")
	})
}

func TestDispatchGivesOneUp(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		one := h.ask(number)
		h.ok(h.Expire(t.Context(), one))
		h.kind(h.Expire(t.Context(), one), errs.Gone)
		h.nothing()
	})
}

func TestListAndCountsShowNoNumber(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.ask(number)
		opened := h.ask("+358401234568")
		_, err := h.Open(ctx, opened, "p7")
		h.ok(err)
		all, err := h.List(ctx)
		h.ok(err)
		if len(all) != 2 || all[1].State != callback.Opened || all[1].Agent != "p7" {
			t.Errorf("%+v", all)
		}
		c, err := h.Counts(ctx, time.Now())
		h.ok(err)
		if c.Waiting != 1 || c.Opened != 1 || c.Overdue != 0 || !c.Oldest.Equal(all[0].Requested) {
			t.Errorf("%+v", c)
		}
		if c, err = h.Counts(ctx, time.Now().Add(2*time.Hour)); err != nil || c.Overdue != 2 {
			t.Errorf("%+v %v", c, err)
		}
	})
}

func TestAFullHouseOffersNoMore(t *testing.T) {
	h := newHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"))
	full := h.serve(crowded{h.store.Callbacks()}, h.vault)
	_, err := h.request(full, id.New(), number)
	h.kind(err, errs.Limited)
	h.nothing()
}

// crowded says that a queue owes as many callbacks as it may.
type crowded struct{ callback.Store }

func (crowded) Callbacks(_ context.Context, limit int) ([]callback.Record, error) {
	return slices.Repeat([]callback.Record{{Queue: "advice", Ring: "another", State: callback.Waiting}}, min(limit, callback.MaxOwedByQueue)), nil
}

// TestTwoNodes: each has its own keys. One never opens, ends or sweeps the other's but for what has expired.
func TestTwoNodes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ring, err := keys.Open(filepath.Join(t.TempDir(), "other"))
		h.ok(err)
		other := h.serve(h.store.Callbacks(), ring)
		one := h.ask(number)
		if work, err := other.Due(ctx); err != nil || len(work) != 0 {
			t.Fatal(work, err)
		}
		_, err = other.Open(ctx, one, "p")
		h.kind(err, errs.Conflict)
		if swept, err := other.Sweep(ctx); err != nil || swept != (callback.Swept{}) {
			t.Fatal(swept, err)
		}
		if _, err := other.EraseExpired(ctx, time.Now().Add(21*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if records, secrets := h.kept(); records != 0 || secrets != 1 {
			t.Fatal(records, secrets)
		}
		h.holds(false) // a key without its callback, until
		if swept, err := h.Sweep(ctx); err != nil || swept.Keys != 1 {
			t.Fatal(swept, err)
		}
		h.nothing()
		h.holds(true)
	})
}

// TestWitness: what is wrong is told.
func TestWitness(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		if w := h.Witness(); w.ID() != "M3" {
			t.Error(w.ID())
		}
		h.holds(true)
		one := h.ask(number)
		h.holds(true)
		h.ok(h.vault.Destroy("callbacks/" + one))
		h.holds(false)
		_, err := h.Sweep(ctx)
		h.ok(err)
		h.holds(true)
		h.ok(h.vault.Put("callbacks/stray", []byte("key")))
		h.holds(false)
		h.ok(os.WriteFile(filepath.Join(h.dir, "callbacks", ".new-1"), []byte("half a key"), 0o600))
		swept, err := h.Sweep(ctx)
		h.ok(err)
		if swept.Keys != 2 {
			t.Error(swept)
		}
		h.holds(true)
		h.nothing()
	})
}

// TestAnAlteredRecordIsNoNumber: a sealed number that was exchanged or altered is not called.
func TestAnAlteredRecordIsNoNumber(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		one, two := h.ask(number), h.ask("+358401234568")
		h.ok(exchange(ctx, h, one, two))
		for _, x := range []string{one, two} {
			_, err := h.Open(ctx, x, "p")
			h.kind(err, errs.Gone)
		}
		h.nothing()
	})
}

// exchange puts each one's sealed number into the other's row.
func exchange(ctx context.Context, h *house, one, two string) error {
	a, errA := h.store.Callbacks().Callback(ctx, one)
	b, errB := h.store.Callbacks().Callback(ctx, two)
	return errors.Join(errA, errB, h.store.DB().Write(ctx, func(c store.Conn) error {
		_, err := c.ExecContext(ctx, `update callback set sealed = $1 where id = $2`, b.Sealed, one)
		if err == nil {
			_, err = c.ExecContext(ctx, `update callback set sealed = $1 where id = $2`, a.Sealed, two)
		}
		return err
	}))
}

func TestNewAsksForItsParts(t *testing.T) {
	if _, err := callback.New(callback.Config{}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
