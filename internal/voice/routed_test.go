package voice

import (
	"context"
	"iter"
	"sync"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/lease"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/voice/state"
)

func never(string, time.Time) (bool, time.Time) { return false, time.Time{} }

// openBut says that all queues are open but one.
func openBut(closed string) func(string, time.Time) (bool, time.Time) {
	return func(q string, _ time.Time) (bool, time.Time) { return q != closed, time.Time{} }
}

// ruled gives water-main a rule, among its neighbours.
func ruled(o agency.Overflow) func(*agency.City) {
	return func(c *agency.City) {
		neighbours(c)
		c.Queues[0].Overflow = []agency.Overflow{o}
	}
}

func overflowed(h *house, queue string) int { return h.disp.Queues()[queue].Today.Overflowed }

// A closed queue says so instead of the recording announcement, however long that is, and the measures have the call.
func TestAClosedQueueSaysSo(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, open: never, announcement: time.Hour})
	phone := h.agent("anna", 1, siptest.Config{})
	caller := h.call(menuNumber, siptest.Config{})
	h.must(caller.SendDTMF(h.ctx(), "3"))
	h.hears(caller, closed(toneEnglish))
	h.hears(caller, toneGoodbye)
	h.ended(caller)
	h.empty()
	deck.none(h)
	if n := h.svc.Stats(); n.Announced != 0 || n.Diverted != 1 || n.Abandoned != 0 {
		t.Errorf("%+v", n)
	}
	if n := overflowed(h, "water-menu"); n != 1 {
		t.Errorf("the measures have %d", n)
	}
	select {
	case <-phone.Rings():
		t.Error("an agent's telephone rang")
	default:
	}
}

// Closed, with a rule to an open queue: the announcement is heard, the other queue's agent answers, the recording is theirs.
func TestAClosedQueueThatHandsOver(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{
		recorder: deck, open: openBut("water-main"),
		city: ruled(agency.Overflow{When: agency.WhenClosed, To: agency.Target{Queue: "water-bills"}}),
	})
	phone := h.agent("anna", 1, siptest.Config{})
	caller := h.call(waterNumber, siptest.Config{})
	h.hears(h.answered(phone), toneCaller)
	h.hears(caller, toneAgent)
	if v := h.state(state.Talking); v.Queue != "water-bills" {
		t.Errorf("%+v", v)
	}
	if reel := deck.next(h); reel.gate.Queue != "water-bills" {
		t.Errorf("%+v", reel.gate)
	}
}

// Nobody of the queue is there: after a while the call rings in another one, and is answered there.
func TestOverflowOnWaitingTime(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) {
		ruled(agency.Overflow{When: agency.WhenWaited, After: 3 * time.Second, To: agency.Target{Queue: "tax-main"}})(c) // time to hear the music
		c.Queues[len(c.Queues)-1].Skills = []string{"tax"}
	}})
	phone := h.phone(h.phones, siptest.Config{User: "phone2", Password: "secret", Tone: toneAgent})
	h.must(phone.Register(h.ctx()))
	h.disp.SignIn(routing.Agent{ID: "bo", Seat: "A12", Skills: map[string]int{"tax": 1}, Agencies: []string{"tax"}})
	h.must(h.disp.SetState("bo", routing.Ready, ""))
	caller := h.call(waterNumber, siptest.Config{})
	h.hears(caller, toneMusic)
	h.hears(h.answered(phone), toneCaller)
	v := h.state(state.Talking)
	if v.Agent != "bo" || v.Queue != "tax-main" || v.Agency != "tax" {
		t.Errorf("%+v", v)
	}
	if e, ok := h.disp.Explain(v.ID); !ok || e.Queue != "tax-main" || !e.Taken {
		t.Errorf("%+v", e)
	}
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	if n := overflowed(h, "water-main"); n != 1 {
		t.Errorf("%d overflowed", n)
	}
}

// No place is left: the next caller hears "busy"; who waits keeps the place.
func TestAFullQueueIsBusy(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].Cap = 1 }})
	first := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	second := h.call(waterNumber, siptest.Config{})
	h.hears(second, toneBusy)
	h.ended(second)
	h.hears(first, toneMusic)
	if now, err := h.svc.Call(v.ID); err != nil || now.State != state.Waiting {
		t.Errorf("%+v, %v", now, err)
	}
}

// An emergency: who waits hears it at once where the queue says so, and who talks goes on talking.
func TestClosingInAnEmergency(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].Evict = true }})
	talker, agent, _ := h.talking(siptest.Config{}, siptest.Config{})
	waiter := h.call(waterNumber, siptest.Config{})
	h.state(state.Waiting)
	h.must(h.disp.Close("water-main", "water", time.Time{}))
	h.hears(waiter, closed(toneFinnish))
	h.ended(waiter)
	h.hears(talker, toneAgent)
	h.hears(agent, toneCaller)
	h.must(h.disp.Reopen("water-main"))
	h.call(waterNumber, siptest.Config{})
	h.state(state.Waiting)
}

// A wrap-up until ready lasts until the agent says so.
func TestWrapUpUntilReady(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].WrapUp, c.Queues[0].WrapUpUntilReady = 0, true }})
	caller, _, _ := h.talking(siptest.Config{}, siptest.Config{})
	h.must(caller.HangUp(h.ctx()))
	h.state(state.WrapUp)
	h.agentIs("anna", routing.WrapUp)
	h.must(h.disp.WrapUpDone("anna"))
	h.empty()
	h.agentIs("anna", routing.Ready)
}

// journal keeps what the measures are made of.
type journal struct {
	mu   sync.Mutex
	kept []measure.Record
}

func (j *journal) Append(_ context.Context, records []measure.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.kept = append(j.kept, records...)
	return nil
}

func (j *journal) Records(context.Context, time.Time, time.Time) iter.Seq2[measure.Record, error] {
	return func(func(measure.Record, error) bool) {}
}
func (j *journal) Open(context.Context) ([]measure.Record, error) { return nil, nil }
func (j *journal) Rollups(context.Context, time.Time, time.Time) (measure.Rows, error) {
	return measure.Rows{}, nil
}
func (j *journal) Erase(context.Context, time.Time, int) (int, error) { return 0, nil }

// holds counts the holds of a call that are over.
func (j *journal) holds(id, agent string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.kept {
		if r.Type == measure.Retrieved && r.Work == id && r.Agent == agent && r.Since.Before(r.At) {
			n++
		}
	}
	return n
}

// The measures hear of a hold and its length, for AHT; also of one that lasts to the end of the call.
func TestHoldIsMeasured(t *testing.T) {
	kept := &journal{}
	h := newHouse(t, plan{journal: kept})
	caller, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Hold(v.ID, "anna"))
	h.hears(caller, toneMusic)
	h.must(h.svc.Resume(v.ID, "anna"))
	h.must(h.svc.Hold(v.ID, "anna"))
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	for ctx := h.ctx(); kept.holds(v.ID, "anna") < 2; h.breathe() {
		if ctx.Err() != nil {
			t.Fatalf("%d holds", kept.holds(v.ID, "anna"))
		}
	}
}

// leases keeps one lease in memory; it can be cut off.
type leases struct {
	mu  sync.Mutex
	row lease.Row
	cut bool
}

func (l *leases) do(f func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return errs.New(errs.Unavailable, "cut off")
	}
	f()
	return nil
}

func (l *leases) off(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
}

func (l *leases) Lease(_ context.Context, name string) (row lease.Row, err error) {
	err = l.do(func() { l.row.Name = name; row = l.row })
	return row, err
}

func (l *leases) TakeLease(_ context.Context, _ audit.Entry, _ lease.Row, owner string) (row lease.Row, ok bool, err error) {
	err = l.do(func() { l.row.Owner, l.row.Epoch = owner, l.row.Epoch+1; row, ok = l.row, true })
	return row, ok, err
}

func (l *leases) BeatLease(context.Context, lease.Row) (ok bool, err error) {
	err = l.do(func() { l.row.Beat++; ok = true })
	return ok, err
}
func (l *leases) ReleaseLease(context.Context, lease.Row) error { return nil }

// Routing loses its owner: a call that comes then has music and its place once somebody decides again, one that waits is
// answered then, one in hand stays, and nothing is lost.
func TestRoutingWithoutAnOwner(t *testing.T) {
	l := &leases{}
	h := newHouse(t, plan{lease: lease.Config{Store: l, Name: "routing", Owner: "test", TTL: 400 * time.Millisecond}})
	talker, agent, talking := h.talking(siptest.Config{}, siptest.Config{})
	h.call(waterNumber, siptest.Config{})
	waiting := h.state(state.Waiting)
	l.off(true)
	for ctx := h.ctx(); h.disp.Deciding() && ctx.Err() == nil; h.breathe() {
	}
	late := h.call(waterNumber, siptest.Config{})
	h.hears(late, toneMusic)
	if n := len(h.svc.Running("")); n != 3 {
		t.Fatalf("%d calls", n)
	}
	l.off(false)
	for ctx := h.ctx(); !h.disp.Deciding() && ctx.Err() == nil; h.breathe() {
	}
	h.hears(talker, toneAgent)
	h.hears(agent, toneCaller)
	h.agentIs("anna", routing.Busy)
	for ctx := h.ctx(); h.disp.Queues()["water-main"].Calls != 2; h.breathe() {
		if ctx.Err() != nil {
			t.Fatalf("%+v", h.disp.Queues()["water-main"])
		}
	}
	phone := h.agent("bo", 2, siptest.Config{})
	h.hears(h.answered(phone), toneCaller)
	v := h.view("bo's", func(v state.View) bool { return v.State == state.Talking && v.Agent == "bo" })
	if v.ID != waiting.ID || v.ID == talking.ID {
		t.Errorf("%+v before %+v", v, waiting)
	}
}
