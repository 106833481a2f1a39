package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
)

// until is open until a time, and closed from then on for an hour.
func until(closes time.Time) OpenFunc {
	return func(_ string, t time.Time) (bool, time.Time) {
		switch {
		case t.Before(closes):
			return true, closes
		case t.Before(closes.Add(time.Hour)):
			return false, closes.Add(time.Hour)
		}
		return true, time.Time{}
	}
}

func staffed(t *testing.T, queues []routing.Queue, open OpenFunc) (*Dispatcher, *room) {
	t.Helper()
	d, _ := start(t)
	r := newRoom()
	d.Handle(routing.Call, r)
	d.Handle(routing.Callback, r)
	d.Handle(routing.Mail, r)
	if err := d.SetQueues(queues, open); err != nil {
		t.Fatal(err)
	}
	return d, r
}

func expect(t *testing.T, r *room, notes ...string) {
	t.Helper()
	synctest.Wait()
	if got := r.noted(); !slices.Equal(got, notes) {
		t.Fatalf("got %q, want %q", got, notes)
	}
}

func TestQueuesOpenAndCloseToTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closes := time.Now().Add(90 * time.Minute)
		d, r := staffed(t, []routing.Queue{{ID: "q"}}, until(closes))
		if v, _ := d.Queue("q"); v.Closed || !v.Changes.Equal(closes) || !d.Changes("q").Equal(closes) || !d.Changes("none").IsZero() {
			t.Fatalf("%+v", v)
		}
		time.Sleep(90*time.Minute - time.Second)
		bring(t, r, d, "before")
		time.Sleep(time.Second)
		bring(t, r, d, "after")
		expect(t, r, "divert after announcement closed closed")
		if v, _ := d.Queue("q"); !v.Closed || v.Calls != 1 || !v.Changes.Equal(closes.Add(time.Hour)) {
			t.Fatalf("%+v", v)
		}
		time.Sleep(time.Hour)
		bring(t, r, d, "next")
		if v, _ := d.Queue("q"); v.Closed || v.Calls != 2 || !v.Changes.IsZero() {
			t.Fatalf("%+v", v)
		}
	})
}

func TestAnEmergencyClosesUntilItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{{ID: "q", Evict: true}}, nil)
		bring(t, r, d, "c1")
		if err := d.Close("nowhere", "", time.Time{}); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		if err := d.Close("q", "", time.Now()); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
		ends := time.Now().Add(10 * time.Second)
		if err := d.Close("q", "fire", ends); err != nil {
			t.Fatal(err)
		}
		expect(t, r, "divert c1 announcement closed closed")
		if v, _ := d.Queue("q"); !v.Closed || !v.Emergency || v.Reason != "fire" || !v.Changes.Equal(ends) {
			t.Fatalf("%+v", v)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if v, _ := d.Queue("q"); v.Closed || v.Emergency {
			t.Fatalf("%+v", v)
		}
		if err := d.Reopen("q"); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

// An emergency that ends outside the hours leaves the queue closed, and says when it opens.
func TestAfterAnEmergencyTheHoursHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closes := time.Now().Add(time.Minute)
		d, _ := staffed(t, []routing.Queue{{ID: "q"}}, until(closes))
		if err := d.Close("q", "fire", time.Now().Add(90*time.Second)); err != nil {
			t.Fatal(err)
		}
		if v, _ := d.Queue("q"); !v.Changes.Equal(closes.Add(time.Hour)) {
			t.Fatalf("%+v", v)
		}
		time.Sleep(90 * time.Second)
		synctest.Wait()
		if v, _ := d.Queue("q"); !v.Closed || v.Emergency {
			t.Fatalf("%+v", v)
		}
		if err := d.Close("q", "again", time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if v, _ := d.Queue("q"); !v.Closed || !v.Changes.IsZero() {
			t.Fatalf("without an end it lasts: %+v", v)
		}
		if err := d.Reopen("q"); err != nil {
			t.Fatal(err)
		}
		if v, _ := d.Queue("q"); v.Closed {
			t.Fatalf("%+v", v)
		}
	})
}

func TestQueuesFollowTheConfiguration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{{ID: "old"}, {ID: "kept", Ring: 5 * time.Second}}, nil)
		for _, q := range []string{"old", "kept"} {
			if err := r.bring(d, routing.Work{ID: "in-" + q, Queue: q}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Close("old", "fire", time.Time{}); err != nil {
			t.Fatal(err)
		}
		bad := routing.Queue{ID: "bad", Strategy: 99}
		err := d.SetQueues([]routing.Queue{{ID: "kept", Ring: 7 * time.Second}, bad, {ID: "new"}}, nil)
		if !errs.Is(err, errs.Invalid) {
			t.Error("a queue that is none:", err)
		}
		expect(t, r, "divert in-old announcement closed queue_removed")
		ready(t, d, "a")
		synctest.Wait()
		if o := r.state("in-kept").offer; !o.Expires.Equal(time.Now().Add(7 * time.Second)) {
			t.Errorf("%+v", o)
		}
		var got strings.Builder
		for _, id := range []string{"old", "kept", "new", "bad"} {
			_, ok := d.engine.Queue(id)
			got.WriteString(fmt.Sprint(ok, " "))
		}
		if got.String() != "false true true false " {
			t.Error(got.String())
		}
	})
}

// A queue that nobody configured is there while there is work in it.
func TestALentQueueGoesWithItsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{{ID: "q"}}, until(time.Now()))
		bring2 := func(id string) {
			if err := r.bring(d, routing.Work{ID: id, Queue: "lent", Agency: "guest"}); err != nil {
				t.Fatal(err)
			}
		}
		bring2("c1")
		bring2("c2")
		d.Remove("c1", routing.Abandoned)
		if _, ok := d.engine.Queue("lent"); !ok || d.Closed("lent") {
			t.Fatal("it went with the first, or is closed")
		}
		d.SignIn(routing.Agent{ID: "g", Agencies: []string{"guest"}})
		if err := d.SetState("g", routing.Ready, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := r.answer(d, r.state("c2").offer); err != nil {
			t.Fatal(err)
		}
		r.finish(d, "c2")
		if _, ok := d.engine.Queue("lent"); ok || len(d.floor.work) != 0 {
			t.Fatal("it is still there")
		}
		bring2("c3")
		if err := d.SetQueues([]routing.Queue{{ID: "q"}, {ID: "lent", Agency: "guest"}}, nil); err != nil {
			t.Fatal(err)
		}
		d.Remove("c3", routing.Abandoned)
		if _, ok := d.engine.Queue("lent"); !ok {
			t.Fatal("it is configured now")
		}
	})
}

// Another policy takes effect at once; nobody notices otherwise.
func TestAnotherPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{{ID: "q"}, {ID: "other"}}, nil)
		ready(t, d, "a")
		ready(t, d, "b")
		bring(t, r, d, "c1", "c2", "c3")
		if err := r.answer(d, r.state("c1").offer); err != nil {
			t.Fatal(err)
		}
		before := r.state("c2").offer
		p := routing.Policy{Choice: routing.Breach}
		d.SetPolicy(p)
		d.SetPolicy(p)
		synctest.Wait()
		if v, _ := d.Queue("q"); d.policy.Choice != routing.Breach || v.Calls != 2 || v.Talking != 1 {
			t.Fatalf("%+v", v)
		}
		if err := r.answer(d, before); err != nil || len(r.double) != 0 {
			t.Fatal(err, r.double)
		}
		r.finish(d, "c1")
		synctest.Wait()
		if today := d.Queues()["q"].Today; today.Offered != 3 || today.Answered != 2 {
			t.Fatalf("%+v", today)
		}
	})
}
