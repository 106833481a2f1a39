package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/lease"
	"santra/internal/routing"
)

// leased starts a dispatcher that needs a lease, with a room that announces.
func leased(t *testing.T, store lease.Store, owner string, r *room, more ...func(*Config)) *Dispatcher {
	t.Helper()
	cfg := Config{Log: slog.New(slog.DiscardHandler), Lease: lease.Config{Store: store, Owner: owner}}
	for _, m := range more {
		m(&cfg)
	}
	d := New(cfg)
	d.Handle(routing.Call, r)
	d.Handle(routing.Callback, r)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(context.Background()) })
	return d
}

func bring(t *testing.T, r *room, d *Dispatcher, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := r.bring(d, routing.Work{ID: id, Queue: "q", WrapUp: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait()
}

func agentIs(t *testing.T, d *Dispatcher, id string, want routing.State) {
	t.Helper()
	if v, ok := d.Agent(id); !ok || v.State != want {
		t.Fatalf("%s is %s (%t), not %s", id, v.State, ok, want)
	}
}

// lose cuts a dispatcher off until it knows that it has lost the lease.
func lose(s *door, owner string) {
	s.cutOff(owner, true)
	time.Sleep(lease.DefaultTTL)
	synctest.Wait()
}

// regain lets it have the lease again.
func regain(s *door, owner string) {
	s.cutOff(owner, false)
	time.Sleep(lease.DefaultTTL)
	synctest.Wait()
}

func TestWithoutTheLeaseNothingIsDecided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newDoor(), newRoom()
		d := leased(t, s, "one", r)
		ready(t, d, "a")
		bring(t, r, d, "c1", "c2")
		o := r.state("c1").offer
		lose(s, "one")
		if d.Deciding() {
			t.Fatal("it decides without a lease")
		}
		if err := d.Enqueue(routing.Work{ID: "c3", Queue: "q"}); !errs.Is(err, errs.Unavailable) {
			t.Error("enqueue:", err)
		}
		if err := r.answer(d, o); !errs.Is(err, errs.Unavailable) {
			t.Error("accept:", err)
		}
		if err := d.Transfer("c1", "a", routing.Work{}); !errs.Is(err, errs.Unavailable) {
			t.Error("transfer:", err)
		}
		if err := d.Convert("c2", routing.Work{}); !errs.Is(err, errs.Unavailable) {
			t.Error("convert:", err)
		}
		if err := d.ExtendWrapUp("a", time.Second); !errs.Is(err, errs.Unavailable) {
			t.Error("extend:", err)
		}
		if err := d.SetState("nobody", routing.Ready, ""); !errs.Is(err, errs.NotFound) {
			t.Error("state:", err)
		}
		if len(d.Agents()) != 1 || d.Queues()["q"].Calls != 2 {
			t.Error("it can't be looked at")
		}
	})
}

// What agents and customers do in the gap is done when somebody decides again.
func TestWhatHappensInTheGapIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newDoor(), newRoom()
		d := leased(t, s, "one", r)
		for _, id := range []string{"a", "b", "c"} {
			ready(t, d, id)
			time.Sleep(time.Second)
		}
		bring(t, r, d, "c1", "c2", "c3", "c4", "c5")
		for _, id := range []string{"c1", "c2"} {
			if err := r.answer(d, r.state(id).offer); err != nil {
				t.Fatal(err)
			}
		}
		lose(s, "one")
		r.finish(d, "c1")                                               // a hangs up
		r.with("c4", func(s *stay) { s.over = true })                   // a caller leaves
		d.Remove("c4", routing.Abandoned)                               //
		d.SignIn(routing.Agent{ID: "d", Seat: "S"})                     // somebody comes
		if err := d.SetState("d", routing.Break, "lunch"); err != nil { // and goes to lunch
			t.Fatal(err)
		}
		regain(s, "one")
		if !d.Deciding() {
			t.Fatal("it has not got the lease again")
		}
		agentIs(t, d, "a", routing.WrapUp)
		agentIs(t, d, "b", routing.Busy)
		agentIs(t, d, "c", routing.Offered)
		agentIs(t, d, "d", routing.Break)
		if v := d.Queues()["q"]; v.Calls != 2 || v.Talking != 1 {
			t.Fatalf("%+v", v)
		}
		o := r.state("c3").offer
		if o.Agent != "c" || o.Epoch != 1 || len(r.double) != 0 {
			t.Fatalf("c3 does not ring on: %+v %v", o, r.double)
		}
		stale := o
		stale.Epoch = 9
		if err := d.AcceptOffer(stale); !errs.Is(err, errs.Conflict) {
			t.Fatal("an offer of another epoch was accepted:", err)
		}
		if err := r.answer(d, o); err != nil {
			t.Fatal("the telephone that rang through the gap:", err)
		}
		if err := d.SetState("d", routing.Ready, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if o := r.state("c5").offer; o.Agent != "d" || o.Epoch != 2 {
			t.Fatalf("%+v", o)
		}
	})
}

// Who answers in the gap is let go by the room; the call waits again, at its place.
func TestAnAnswerInTheGapComesToNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newDoor(), newRoom()
		d := leased(t, s, "one", r)
		ready(t, d, "a")
		bring(t, r, d, "c1")
		o := r.state("c1").offer
		lose(s, "one")
		if err := r.answer(d, o); err == nil {
			t.Fatal("accepted")
		}
		regain(s, "one")
		if again := r.state("c1").offer; again.Agent != "a" || again.Epoch != 2 {
			t.Fatalf("%+v", again)
		}
		if err := d.AcceptOffer(o); !errs.Is(err, errs.Conflict) {
			t.Fatal("the old epoch:", err)
		}
		if err := r.answer(d, r.state("c1").offer); err != nil || r.state("c1").answered != 1 {
			t.Fatal(err)
		}
	})
}

// An answer that comes while the rooms are asked is as one in the gap: nothing rings at who is not there.
func TestAnAnswerWhileTheRoomsAreAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newDoor(), newRoom()
		d := leased(t, s, "one", r)
		ready(t, d, "a")
		bring(t, r, d, "c1")
		o := r.state("c1").offer
		lose(s, "one")
		r.pause = make(chan struct{})
		regain(s, "one") // it asks, and the room takes its time
		if d.Deciding() {
			t.Fatal("it decides before it knows")
		}
		r.mu.Lock()
		r.has["c1"].offer = o
		r.mu.Unlock()
		if err := d.AcceptOffer(o); !errs.Is(err, errs.Unavailable) {
			t.Fatal(err)
		}
		close(r.pause)
		synctest.Wait()
		if again := r.state("c1").offer; again.Epoch != 2 {
			t.Fatalf("%+v", again)
		}
	})
}

// A room that does not announce is taken at what was remembered.
func TestARoomThatDoesNotAnnounce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := newDoor(), newRoom()
		d := leased(t, s, "one", r)
		k := &desk{}
		d.Handle(routing.Mail, k)
		ready(t, d, "a")
		for _, id := range []string{"m1", "m2"} {
			if err := d.Enqueue(routing.Work{ID: id, Kind: routing.Mail, Queue: "q", Ring: time.Hour}); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Accept("m1", "a"); err != nil {
			t.Fatal(err)
		}
		lose(s, "one")
		regain(s, "one")
		want(t, k, "offer m1 a", "offer m2 a")
		if v, _ := d.Agent("a"); v.Mails != 1 || v.State != routing.Offered {
			t.Fatalf("%+v", v)
		}
		if o, ok := d.Offer("m2"); !ok || o.Agent != "a" || o.Reasons.Queue != "q" {
			t.Fatalf("%+v", o)
		}
	})
}

func TestMergeTakesTheRoomsWord(t *testing.T) {
	w := func(id string, k routing.Kind) routing.Work { return routing.Work{ID: id, Kind: k, Queue: "q"} }
	past := &routing.Placement{Hops: 3}
	known := w("waits", routing.Call)
	known.Past = past
	mine := []Announcement{
		{Work: known}, {Work: w("forgotten", routing.Call)}, {Work: w("ended", routing.Call), Agent: "a"}, {Work: w("mail", routing.Mail)},
	}
	until := time.Now()
	told := report{by: map[routing.Kind]bool{routing.Call: true}, work: []Announcement{
		{Work: w("waits", routing.Call)},
		{Work: w("waits", routing.Call)},
		{Work: w("rings", routing.Call), Agent: "b", Until: until},
		{Work: w("refused", routing.Call), Agent: "c", Until: until},
		{Work: w("talks", routing.Call), Agent: "d"},
	}}
	g := newGap()
	g.ended["ended"], g.refused["refused"], g.refused["talks"] = true, true, true
	var got strings.Builder
	for _, a := range merge(mine, told, g) {
		got.WriteString(fmt.Sprintf("%s %d;", a.Work.ID, a.phase()))
		if a.Work.ID == "waits" && a.Work.Past != past {
			t.Error("its place is forgotten")
		}
	}
	if want := "talks 0;ended 0;rings 1;waits 2;refused 2;mail 2;"; got.String() != want {
		t.Fatalf("got %s, want %s", got.String(), want)
	}
}

// TestAnyLossLeavesItSound loses and regains the lease at random between random steps: nothing that waits is lost, nothing is
// given twice, and at the end everything has been answered once.
func TestAnyLossLeavesItSound(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { anyLoss(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func anyLoss(t *testing.T, rnd *rand.Rand) {
	s, r := newDoor(), newRoom()
	d := leased(t, s, "one", r)
	for i := range 4 {
		ready(t, d, fmt.Sprint("a", i))
	}
	calls := 0
	for range 150 {
		switch rnd.IntN(8) {
		case 0, 1:
			if r.bring(d, routing.Work{ID: fmt.Sprint("c", calls), Queue: fmt.Sprint("q", rnd.IntN(2))}) == nil {
				calls++
			}
		case 2, 3:
			r.some(rnd, func(st stay) bool { return st.offer.Agent != "" }, func(st stay) { _ = r.answer(d, st.offer) })
		case 4:
			r.some(rnd, func(st stay) bool { return st.agent != "" }, func(st stay) { r.finish(d, st.work.ID) })
		case 5:
			s.cutOff("one", rnd.IntN(2) == 0)
			time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
		case 6:
			_ = d.SetState(fmt.Sprint("a", rnd.IntN(4)), []routing.State{routing.Ready, routing.Break}[rnd.IntN(2)], "")
		case 7:
			time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
		}
		synctest.Wait()
	}
	s.cutOff("one", false)
	serveOut(t, d, r, calls)
	if len(r.double) != 0 {
		t.Fatalf("given twice: %v", r.double)
	}
	for i := range calls {
		if st := r.state(fmt.Sprint("c", i)); st.answered != 1 || !st.over {
			t.Fatalf("c%d was answered %d times: %+v", i, st.answered, st)
		}
	}
	if n := len(d.items); n != 0 {
		t.Fatalf("%d pieces of work are remembered that are over", n)
	}
}

// serveOut lets the agents answer all that there is.
func serveOut(t *testing.T, d *Dispatcher, r *room, calls int) {
	t.Helper()
	for range 10 * (calls + 5) {
		time.Sleep(time.Second)
		for i := range 4 {
			_ = d.SetState(fmt.Sprint("a", i), routing.Ready, "")
		}
		synctest.Wait()
		for i := range calls {
			switch st := r.state(fmt.Sprint("c", i)); {
			case st.agent != "":
				r.finish(d, st.work.ID)
			case st.offer.Agent != "" && !st.over:
				_ = r.answer(d, st.offer)
			}
		}
	}
}

// some does f to one of the stays that fit, chosen by rnd.
func (r *room) some(rnd *rand.Rand, fits func(stay) bool, f func(stay)) {
	r.mu.Lock()
	var all []stay
	for i := range len(r.has) {
		if st := r.has[fmt.Sprint("c", i)]; st != nil && fits(*st) {
			all = append(all, *st)
		}
	}
	r.mu.Unlock()
	if len(all) > 0 {
		f(all[rnd.IntN(len(all))])
	}
}

// Who waits in a queue that has closed meanwhile goes on waiting, wherever routing is decided.
func TestWhoWaitsInAClosedQueueIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom()
		r.has["c1"] = &stay{work: routing.Work{ID: "c1", Queue: "q", Arrived: time.Now()}}
		d := New(Config{Log: slog.New(slog.DiscardHandler)})
		d.Handle(routing.Call, r)
		if err := d.SetQueues([]routing.Queue{{ID: "q"}}, until(time.Now())); err != nil {
			t.Fatal(err)
		}
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Stop(context.Background()) })
		if v, _ := d.Queue("q"); !v.Closed || v.Calls != 1 {
			t.Fatalf("%+v", v)
		}
		expect(t, r)
	})
}

// Today's counts are the same after a take-over, whether the journal has the records already or not.
func TestATakeOverCountsNothingTwice(t *testing.T) {
	for _, away := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, r, j := newDoor(), newRoom(), newShelf()
			d := leased(t, s, "one", r, func(c *Config) { c.Journal = j })
			ready(t, d, "a")
			bring(t, r, d, "c1", "c2")
			time.Sleep(time.Second)
			j.away(away)
			bring(t, r, d, "c3")
			if err := r.answer(d, r.state("c1").offer); err != nil {
				t.Fatal(err)
			}
			before := d.Queues()["q"].Today
			lose(s, "one")
			regain(s, "one")
			if after := d.Queues()["q"].Today; after != before || after.Offered != 3 || after.Answered != 1 {
				t.Fatalf("away %t: %+v, before %+v", away, after, before)
			}
			j.away(false)
			d.Settled()
			r.finish(d, "c1")
			time.Sleep(time.Minute)
			if after := d.Queues()["q"].Today; after.Offered != 3 || after.Answered != 1 {
				t.Fatalf("away %t: %+v", away, after)
			}
		})
	}
}
