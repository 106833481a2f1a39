package dispatch

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
)

func TestWorkMovesAndIsDiverted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{
			{ID: "q", Overflow: []routing.Overflow{{When: routing.WhenWaited, After: time.Minute, To: routing.Target{Kind: routing.ToQueue, Name: "next"}}}},
			{ID: "next", Cap: 1, Overflow: []routing.Overflow{
				{When: routing.WhenWaited, After: time.Minute, To: routing.Target{Kind: routing.ToNumber, Name: "+358100"}},
			}},
		}, nil)
		bring(t, r, d, "c1")
		time.Sleep(2 * time.Minute)
		expect(t, r, "move c1 q next waited", "divert c1 number +358100 waited")
		if len(d.items) != 0 || len(d.floor.work) != 0 {
			t.Fatal("it has left routing")
		}
		if today := d.Queues(); today["q"].Today.Overflowed != 1 || today["next"].Today.OverflowedIn != 1 || today["next"].Today.Overflowed != 1 {
			t.Fatalf("%+v", today)
		}
		if today := d.Queues(); today["q"].Today.Decided() != 0 || today["next"].Today.Diverted != 1 || today["next"].Today.Decided() != 1 {
			t.Fatalf("who goes to another queue is decided there: %+v", today)
		}
	})
}

func TestATransferKeepsItsPlaceAndCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{{ID: "q", WrapUp: time.Minute}, {ID: "other", Preferred: time.Minute}}, nil)
		ready(t, d, "a")
		bring(t, r, d, "c1")
		if err := d.Transfer("c1", "a", routing.Work{Queue: "other"}); !errs.Is(err, errs.Conflict) {
			t.Error("not in hand yet:", err)
		}
		if err := r.answer(d, r.state("c1").offer); err != nil {
			t.Fatal(err)
		}
		if err := d.Transfer("c1", "a", routing.Work{Queue: "nowhere"}); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		ready(t, d, "b")
		if err := d.Transfer("c1", "a", routing.Work{Queue: "other", Preferred: "b"}); err != nil {
			t.Fatal(err)
		}
		r.with("c1", func(s *stay) { s.agent = "" })
		synctest.Wait()
		o := r.state("c1").offer
		if o.Agent != "b" || !o.Work.Transferred || o.Work.Queue != "other" || !o.Reasons.Preferred {
			t.Fatalf("%+v", o)
		}
		agentIs(t, d, "a", routing.WrapUp)
		if err := r.answer(d, o); err != nil {
			t.Fatal(err)
		}
		q := d.Queues()
		if q["q"].Today.Answered != 1 || q["other"].Today.Answered != 0 || q["other"].Today.Offered != 0 || q["other"].Talking != 1 {
			t.Fatalf("%+v", q)
		}
	})
}

func TestATransferKeepsWhatIsNotAskedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{{ID: "q"}, {ID: "other"}}, nil)
		d.SignIn(routing.Agent{ID: "a", Skills: map[string]int{"tax": 3, routing.Language("sv"): 3}})
		if err := d.SetState("a", routing.Ready, ""); err != nil {
			t.Fatal(err)
		}
		if err := r.bring(d, routing.Work{ID: "c1", Queue: "q", Language: "sv", Skills: []string{"tax"}, Priority: 4}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := r.answer(d, r.state("c1").offer); err != nil {
			t.Fatal(err)
		}
		if err := d.Transfer("c1", "a", routing.Work{Queue: "other"}); err != nil {
			t.Fatal(err)
		}
		r.with("c1", func(s *stay) { s.agent = "" })
		synctest.Wait()
		if w := r.state("c1").offer.Work; w.Queue != "other" || w.Language != "sv" || len(w.Skills) != 1 || w.Priority != 4 {
			t.Fatalf("%+v", w)
		}
	})
}

func TestAWaitingCallBecomesACallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{{ID: "q"}}, nil)
		bring(t, r, d, "c1", "c2", "c3")
		cb := routing.Work{Once: "x", Expires: time.Now().Add(time.Minute)}
		if err := d.Convert("c1", cb); err != nil {
			t.Fatal(err)
		}
		if err := d.Convert("c2", cb); !errs.Is(err, errs.Conflict) {
			t.Error("a second one of the same:", err)
		}
		if err := d.Convert("c1", cb); !errs.Is(err, errs.Conflict) {
			t.Error("of a callback:", err)
		}
		if v, _ := d.Queue("q"); v.Calls != 2 || v.Callbacks != 1 {
			t.Fatalf("%+v", v)
		}
		if x, ok := d.Explain("c1"); !ok || x.Kind != routing.Callback {
			t.Fatalf("%+v", x)
		}
		if all := d.Explanations("q", 2); len(all) != 2 || all[0].WorkID != "c1" {
			t.Fatalf("%+v", all)
		}
		time.Sleep(time.Minute)
		expect(t, r, "expire c1")
	})
}

func TestASupervisorForces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, r := staffed(t, []routing.Queue{{ID: "q", WrapUp: time.Hour}}, nil)
		ready(t, d, "a")
		bring(t, r, d, "c1")
		if err := d.Force("a", routing.Break, "meeting"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if v, _ := d.Agent("a"); v.State != routing.Break || v.Reason != "meeting" || r.state("c1").offer.Agent != "" {
			t.Fatalf("%+v", v)
		}
		if err := d.Force("a", routing.Ready, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := r.answer(d, r.state("c1").offer); err != nil {
			t.Fatal(err)
		}
		if err := d.Force("a", routing.Offline, ""); err != nil {
			t.Fatal(err)
		}
		agentIs(t, d, "a", routing.Busy)
		r.finish(d, "c1")
		agentIs(t, d, "a", routing.Offline)
		if err := d.Force("a", routing.WrapUp, ""); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
		if err := d.Force("nobody", routing.Ready, ""); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}

// What somebody has who is away is theirs again when they come.
func TestWorkInHandOfSomebodyWhoIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := staffed(t, []routing.Queue{{ID: "q"}}, nil)
		m := routing.Work{ID: "m1", Kind: routing.Mail, Queue: "q"}
		if err := d.Restore(m, "a"); err != nil {
			t.Fatal(err)
		}
		if err := d.Restore(m, "a"); !errs.Is(err, errs.Conflict) {
			t.Error(err)
		}
		d.SignIn(routing.Agent{ID: "a", Seat: "S", Capacity: routing.Capacity{Mails: 1}})
		if err := d.SetState("a", routing.Ready, ""); err != nil {
			t.Fatal(err)
		}
		if err := d.Enqueue(routing.Work{ID: "m2", Kind: routing.Mail, Queue: "q"}); err != nil {
			t.Fatal(err)
		}
		if v, _ := d.Agent("a"); v.Mails != 1 || v.State != routing.Ready {
			t.Fatalf("over the capacity: %+v", v)
		}
		d.Finish("m1", "a")
		if v, _ := d.Agent("a"); v.Mails != 0 || v.Work != "m2" {
			t.Fatalf("%+v", v)
		}
	})
}

func TestHoldsAndMailsAreRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d, r := newRoomed(t, s)
		ready(t, d, "a")
		bring(t, r, d, "c1")
		d.Held("c1", true) // not in hand: none
		if err := r.answer(d, r.state("c1").offer); err != nil {
			t.Fatal(err)
		}
		d.Held("c1", true)
		d.Held("c1", true)
		time.Sleep(5 * time.Second)
		d.Held("c1", false)
		r.finish(d, "c1")
		w := routing.Work{ID: "m1", Queue: "q", Agency: "x", Arrived: time.Now().Add(-time.Hour)}
		d.Mail(FirstResponse, w, "a")
		d.Mail(Resolved, w, "a")
		d.Mail(Reopened, w, "")
		time.Sleep(time.Second)
		synctest.Wait()
		rows := measure.Rollup(func(yield func(measure.Record) bool) {
			for _, rec := range s.all() {
				if !yield(rec) {
					return
				}
			}
		})
		var sum measure.QueueFigures
		for _, row := range rows.Queues {
			sum.Hold += row.Hold
			sum.Responded += row.Responded
			sum.Resolved += row.Resolved
			sum.Reopened += row.Reopened
			sum.Response += row.Response
		}
		if sum.Hold != 5*time.Second || sum.Responded != 1 || sum.Resolved != 1 || sum.Reopened != 1 || sum.Response != time.Hour {
			t.Fatalf("%+v", sum)
		}
	})
}

// Explaining a long queue stops routing for no more than one piece of work at a time, and gives the oldest.
func TestALongQueueIsExplainedInBoundedSteps(t *testing.T) {
	d := New(Config{})
	begin := time.Now()
	for i := range 20_000 {
		w := routing.Work{ID: fmt.Sprintf("c%05d", i), Queue: "q", Arrived: begin.Add(-time.Duration(i) * time.Millisecond)}
		if err := d.Enqueue(w); err != nil {
			t.Fatal(err)
		}
	}
	all := d.waiting("q", 50)
	for i, s := range all {
		if want := fmt.Sprintf("c%05d", 20_000-1-i); s.id != want {
			t.Fatalf("%d. is %s, not %s", i+1, s.id, want)
		}
	}
	if x := d.Explanations("q", 50); len(all) != 50 || len(x) != 50 || x[0].WorkID != all[0].id || x[49].WorkID != all[49].id {
		t.Fatal(len(all), len(x))
	}
	if n := len(d.Explanations("q", 0)) + len(d.Explanations("other", 5)); n != 0 {
		t.Fatal(n)
	}
	if held := testing.AllocsPerRun(1, func() { d.waiting("q", 50) }); held > 100 {
		t.Errorf("%g allocations to find 50 of 20,000: it is not bounded", held)
	}
}
