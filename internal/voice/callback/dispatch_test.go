package callback_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/routing"
	"santra/internal/voice/callback"
)

// desk notes what is offered.
type desk struct{ offers chan dispatch.Offer }

func (d desk) Offered(o dispatch.Offer)       { d.offers <- o }
func (desk) Withdrawn(dispatch.Offer, string) {}
func (d desk) next(t *testing.T) dispatch.Offer {
	t.Helper()
	select {
	case o := <-d.offers:
		return o
	case <-t.Context().Done():
		t.Fatal("nothing is offered")
	}
	return dispatch.Offer{}
}

func newDispatch(t *testing.T) (*dispatch.Dispatcher, desk) {
	t.Helper()
	d, k := dispatch.New(dispatch.Config{Log: slog.New(slog.DiscardHandler)}), desk{make(chan dispatch.Offer, 10)}
	d.Handle(routing.Call, k)
	d.Handle(routing.Callback, k)
	if err := d.SetQueues([]routing.Queue{{ID: "advice", Agency: "social"}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(t.Context()) })
	return d, k
}

// ready signs an agent in who takes calls.
func ready(t *testing.T, d *dispatch.Dispatcher, agent string) {
	t.Helper()
	d.SignIn(routing.Agent{ID: agent, Seat: "A1", Languages: []string{"sv"}})
	if err := d.SetState(agent, routing.Ready, ""); err != nil {
		t.Fatal(err)
	}
}

// TestACallbackInDispatch: a waiting call becomes a callback at its place, is offered, opened, tried, waits for its next try, and
// is there again after a restart.
func TestACallbackInDispatch(t *testing.T) {
	h := newHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"))
	ctx := t.Context()
	d, k := newDispatch(t)
	one, other := id.New(), id.New()
	h.ok(d.Enqueue(routing.Work{ID: one, Kind: routing.Call, Queue: "advice", Agency: "social", Language: "sv"}))
	h.ok(d.Enqueue(routing.Work{ID: other, Kind: routing.Call, Queue: "advice", Agency: "social", Language: "sv"}))
	_, err := h.request(h.Service, one, number)
	h.ok(err)
	work, err := h.Work(ctx, one)
	h.ok(err)
	h.ok(d.Convert(one, work))
	ready(t, d, "p1")
	o := k.next(t)
	if o.Work.ID != one || o.Work.Kind != routing.Callback {
		t.Fatalf("%+v is offered first", o.Work)
	}
	h.ok(d.AcceptOffer(o))
	call, err := h.Open(ctx, one, "p1")
	h.ok(err)
	if call.Number.Reveal() != number {
		t.Error("another number")
	}
	again, next, err := h.Tried(ctx, one, "p1", callback.Silent)
	h.ok(err)
	d.Finish(one, "p1")
	if work, err = h.Work(ctx, one); err != nil || !again || !work.NotBefore.Equal(next) {
		t.Fatalf("%v %+v %v", again, work, err)
	}
	h.ok(d.Enqueue(work))
	if o := k.next(t); o.Work.ID != other {
		t.Errorf("%+v is offered before its time", o.Work)
	}
	h.open()
	fresh, _ := newDispatch(t)
	due, err := h.Due(ctx)
	h.ok(err)
	if len(due) != 1 || due[0].ID != one {
		t.Fatalf("%+v", due)
	}
	h.ok(fresh.Enqueue(due[0]))
	h.kind(fresh.Enqueue(due[0]), errs.Conflict)
	if v, ok := fresh.Queue("advice"); !ok || v.Callbacks != 1 {
		t.Errorf("%+v", v)
	}
}

// TestAnAgentWasQuicker: a call that is answered before it could become a callback leaves no number.
func TestAnAgentWasQuicker(t *testing.T) {
	h := newHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"))
	d, k := newDispatch(t)
	one := id.New()
	h.ok(d.Enqueue(routing.Work{ID: one, Kind: routing.Call, Queue: "advice", Agency: "social", Language: "sv"}))
	_, err := h.request(h.Service, one, number)
	h.ok(err)
	ready(t, d, "p1")
	h.ok(d.AcceptOffer(k.next(t)))
	work, err := h.Work(t.Context(), one)
	h.ok(err)
	if err := d.Convert(one, work); err == nil {
		t.Fatal("a call that is talked became a callback")
	}
	h.ok(h.Cancel(t.Context(), one, audit.System))
	h.nothing()
}
