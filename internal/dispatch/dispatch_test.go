package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/routing"
)

// desk is a worker and a publisher that writes down what it is told.
type desk struct {
	mu     sync.Mutex
	lines  []string
	events []event.Event
}

func (k *desk) write(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lines = append(k.lines, fmt.Sprintf(format, args...))
}
func (k *desk) Offered(o Offer) { k.write("offer %s %s", o.Work.ID, o.Agent) }
func (k *desk) Withdrawn(o Offer, reason string) {
	k.write("withdraw %s %s %s", o.Work.ID, o.Agent, reason)
}

func (k *desk) Publish(e event.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, e)
}

func (k *desk) take() []string {
	synctest.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	lines := k.lines
	k.lines = nil
	return lines
}

func start(t *testing.T) (*Dispatcher, *desk) {
	k := &desk{}
	d := New(Config{Log: slog.New(slog.DiscardHandler), Events: k, Epoch: 7})
	d.Handle(routing.Call, k)
	d.Handle(routing.Mail, k)
	if err := d.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(context.Background()) })
	return d, k
}

func ready(t *testing.T, d *Dispatcher, id string) {
	t.Helper()
	d.SignIn(routing.Agent{ID: id, Seat: "S"})
	if err := d.SetState(id, routing.Ready, ""); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, k *desk, lines ...string) {
	t.Helper()
	if got := k.take(); fmt.Sprint(got) != fmt.Sprint(lines) {
		t.Fatalf("got %q, want %q", got, lines)
	}
}

func TestACallThatNobodyAnswersGoesToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := start(t)
		ready(t, d, "a")
		time.Sleep(time.Second)
		ready(t, d, "b")
		if err := d.Enqueue(routing.Work{ID: "c1", Queue: "q", WrapUp: 5 * time.Second}); err != nil {
			t.Fatal(err)
		}
		want(t, k, "offer c1 a")
		time.Sleep(routing.DefaultRing)
		want(t, k, "withdraw c1 a no_answer", "offer c1 b")
		if v, _ := d.Agent("a"); v.State != routing.NotAnswering {
			t.Fatal(v)
		}
		if err := d.Accept("c1", "a"); !errs.Is(err, errs.Conflict) {
			t.Fatal("the first agent is too late:", err)
		}
		if err := d.Accept("c1", "b"); err != nil {
			t.Fatal(err)
		}
		d.Finish("c1", "b")
		if v, _ := d.Agent("b"); v.State != routing.WrapUp {
			t.Fatal(v)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if v, _ := d.Agent("b"); v.State != routing.Ready {
			t.Fatal(v)
		}
		if today := d.Queues()["q"].Today; today.Offered != 1 || today.Answered != 1 || today.InTime != 1 {
			t.Fatalf("%+v", today)
		}
	})
}

func TestTheCallerWhoLeavesIsCountedAbandoned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := start(t)
		ready(t, d, "a")
		_ = d.Enqueue(routing.Work{ID: "c1", Queue: "q"})
		if err := d.Enqueue(routing.Work{ID: "c1", Queue: "q"}); !errs.Is(err, errs.Conflict) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		d.Remove("c1", "abandoned")
		d.Remove("c1", "abandoned")
		want(t, k, "offer c1 a", "withdraw c1 a gone")
		if today := d.Queues()["q"].Today; today.Abandoned != 1 {
			t.Fatalf("%+v", today)
		}
	})
}

func TestWhatNobodyCanDoIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := start(t)
		if err := d.SetState("nobody", routing.Ready, ""); !errs.Is(err, errs.NotFound) {
			t.Fatal(err)
		}
		ready(t, d, "a")
		if err := d.SetState("a", routing.Busy, ""); !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		if err := d.WrapUpDone("a"); !errs.Is(err, errs.Conflict) {
			t.Fatal(err)
		}
		if err := d.Decline("c9", "a"); !errs.Is(err, errs.Conflict) {
			t.Fatal(err)
		}
	})
}

func TestBrowsersHearOfQueuesOnlyWhenTheyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k := start(t)
		_ = d.Enqueue(routing.Work{ID: "c1", Queue: "q"})
		time.Sleep(10 * QueuePublish)
		d.Remove("c1", "abandoned")
		time.Sleep(10 * QueuePublish)
		synctest.Wait()
		k.mu.Lock()
		defer k.mu.Unlock()
		if len(k.events) != 2 || k.events[0].Fields["waiting_calls"] != 1 || k.events[1].Fields["waiting_calls"] != 0 {
			t.Fatalf("%+v", k.events)
		}
	})
}
