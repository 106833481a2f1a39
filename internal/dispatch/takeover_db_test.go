package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/lease"
	"santra/internal/routing"
	"santra/internal/store"
	"santra/internal/store/storetest"
)

// link is a process's way to the database, which can be cut.
type link struct {
	lease.Store
	cut atomic.Bool
}

func (l *link) Lease(ctx context.Context, name string) (lease.Row, error) {
	if l.cut.Load() {
		return lease.Row{}, errAway
	}
	return l.Store.Lease(ctx, name)
}

func (l *link) TakeLease(ctx context.Context, e audit.Entry, seen lease.Row, owner string) (lease.Row, bool, error) {
	if l.cut.Load() {
		return lease.Row{}, false, errAway
	}
	return l.Store.TakeLease(ctx, e, seen, owner)
}

func (l *link) BeatLease(ctx context.Context, held lease.Row) (bool, error) {
	if l.cut.Load() {
		return false, errAway
	}
	return l.Store.BeatLease(ctx, held)
}

const (
	waitingCalls = 60
	quickTTL     = time.Second
)

// TestAnotherTakesOver: two dispatchers on one database; the owner is cut off and the other takes over what the room has. On
// real databases and their real time.
func TestAnotherTakesOver(t *testing.T) {
	storetest.Each(t, os.DirFS("../store/centre/migrations"), func(t *testing.T, db *store.DB) {
		p := newPair(t, db)
		p.beforeTheCut(t)
		p.first.link.cut.Store(true)
		p.secondDecides(t)
		p.nothingFromTheFirst(t)
		p.serveAll(t)
		p.firstStandsBy(t)
	})
}

// side is one process: a dispatcher and its link.
type side struct {
	*Dispatcher
	link *link
}

// pair is two processes and the room that both have their customers from.
type pair struct {
	first, second *side
	room          *room
	talking, rang Offer
}

func newPair(t *testing.T, db *store.DB) *pair {
	r := newRoom()
	r.rings = make(chan Offer, 10*waitingCalls)
	p, journal := &pair{room: r}, newShelf()
	for _, s := range []**side{&p.first, &p.second} {
		l := &link{Store: db}
		*s = &side{New(Config{
			Log: slog.New(slog.DiscardHandler), Journal: journal,
			Lease: lease.Config{Store: l, Owner: fmt.Sprintf("%p", l), TTL: quickTTL},
		}), l}
		(*s).Handle(routing.Call, r)
	}
	t.Cleanup(func() {
		_ = p.first.Stop(context.Background())
		_ = p.second.Stop(context.Background())
	})
	return p
}

// beforeTheCut has the first own routing, with one call in hand, one that rings, and the rest waiting.
func (p *pair) beforeTheCut(t *testing.T) {
	if err := p.first.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, d := range []*side{p.first, p.second} { // agents sit at both: their nodes tell both
		for _, id := range []string{"a", "b"} {
			d.SignIn(routing.Agent{ID: id, Seat: "S" + id})
			if err := d.SetState(id, routing.Ready, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range waitingCalls {
		if err := p.room.bring(p.first.Dispatcher, routing.Work{ID: fmt.Sprint("c", i), Queue: "q", Ring: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	p.talking, p.rang = <-p.room.rings, <-p.room.rings
	if err := p.room.answer(p.first.Dispatcher, p.talking); err != nil {
		t.Fatal(err)
	}
}

func (p *pair) secondDecides(t *testing.T) {
	if p.second.Deciding() {
		t.Fatal("two decide")
	}
	if err := p.second.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.first.Deciding() {
		t.Fatal("the first still decides")
	}
	if v := p.second.Queues()["q"]; v.Calls != waitingCalls-1 || v.Talking != 1 {
		t.Fatalf("the second has %+v of %d calls", v, waitingCalls)
	}
	agentIs(t, p.second.Dispatcher, p.talking.Agent, routing.Busy)
	agentIs(t, p.second.Dispatcher, p.rang.Agent, routing.Offered)
}

// nothingFromTheFirst: who is cut off gives and takes nothing more.
func (p *pair) nothingFromTheFirst(t *testing.T) {
	if err := p.first.AcceptOffer(p.rang); !errs.Is(err, errs.Unavailable) {
		t.Fatal("the first took an answer:", err)
	}
	if err := p.first.Enqueue(routing.Work{ID: "late", Queue: "q"}); !errs.Is(err, errs.Unavailable) {
		t.Fatal("the first took a call:", err)
	}
	stale := p.rang
	stale.Epoch += 5
	if err := p.second.AcceptOffer(stale); !errs.Is(err, errs.Conflict) {
		t.Fatal("an offer of a wrong epoch:", err)
	}
}

// serveAll answers everything at the second, in the order in which it came, each once.
func (p *pair) serveAll(t *testing.T) {
	d := p.second.Dispatcher
	p.room.finish(d, p.talking.Work.ID)
	offers := []Offer{p.rang}
	for done := 1; done < waitingCalls; done++ {
		if len(offers) == 0 {
			offers = append(offers, p.ring(t))
		}
		o := offers[0]
		offers = offers[1:]
		if err := p.room.answer(d, o); err != nil {
			t.Fatal(o.Work.ID, err)
		}
		if o.Work.ID != p.rang.Work.ID && o.Epoch != 2 {
			t.Fatalf("%s was offered under epoch %d", o.Work.ID, o.Epoch)
		}
		p.room.finish(d, o.Work.ID)
	}
	for i := range waitingCalls {
		if st := p.room.state(fmt.Sprint("c", i)); st.answered != 1 {
			t.Errorf("c%d was answered %d times", i, st.answered)
		}
	}
	if len(p.room.double) != 0 {
		t.Errorf("given twice: %v", p.room.double)
	}
}

func (p *pair) ring(t *testing.T) Offer {
	select {
	case o := <-p.room.rings:
		return o
	case <-time.After(10 * time.Second):
		t.Fatal("nothing rings, and there is work")
		return Offer{}
	}
}

// firstStandsBy: back on the database, the first waits until the second goes.
func (p *pair) firstStandsBy(t *testing.T) {
	p.first.link.cut.Store(false)
	if err := p.second.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	look := time.NewTicker(quickTTL / 10)
	defer look.Stop()
	for !p.first.Deciding() {
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatal("nobody decides")
		}
	}
	if n := p.first.Queues()["q"].Calls; n != 0 {
		t.Errorf("%d calls come back from before", n)
	}
}
