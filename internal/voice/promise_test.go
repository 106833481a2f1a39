package voice

import (
	"path/filepath"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/pii"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
	"santra/internal/voice/callback"
	"santra/internal/voice/state"
)

// promises is the room that keeps numbers, on a database and keys of its own.
func (h *house) promises(book *agency.Book) *callback.Service {
	h.Helper()
	db, err := centre.Open(h.Context(), storetest.SQLite(h), centre.Options{})
	h.must(err)
	h.Cleanup(func() { _ = db.Close() })
	ring, err := keys.Open(filepath.Join(h.TempDir(), "keys"))
	h.must(err)
	s, err := callback.New(callback.Config{
		Store: db.Callbacks(), Vault: ring, Queue: book.Queue,
		Open:     func(string, time.Time) (bool, time.Time) { return true, time.Time{} },
		Estimate: func(string) callback.Estimate { return callback.Estimate{High: time.Minute, Known: true} },
		May:      func(string, pii.Number) error { return nil },
	})
	h.must(err)
	return s
}

// inviting lets the queue offer callbacks to who has waited a second.
func inviting(c *agency.City) {
	c.Queues[0].Overflow = []agency.Overflow{{When: agency.WhenWaited, After: time.Second, To: agency.Target{Callback: true}}}
}

// promised has a caller who waits take the offer of a callback, and hear until when we call.
func (h *house) promised() {
	h.Helper()
	caller := h.call(waterNumber, siptest.Config{})
	h.hears(caller, toneOffer)
	h.must(caller.SendDTMF(h.ctx(), "1"))
	h.hears(caller, toneConfirm)
	h.ended(caller)
	h.empty()
}

func (h *house) owed() []callback.View {
	h.Helper()
	all, err := h.callbacks.List(h.Context())
	h.must(err)
	return all
}

// A promised callback keeps its place, is offered to an agent as a call is, and ends the keeping of the number when the
// customer answers, who hears the announcement before anything is recorded.
func TestCallbackIsPromisedAndKept(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, callbacks: true, city: inviting, announcement: 1500 * time.Millisecond})
	far := h.outside(callerNumber, siptest.Config{})
	h.promised()
	owed := h.owed()
	if len(owed) != 1 || owed[0].Queue != "water-main" {
		t.Fatalf("%+v", owed)
	}
	phone := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	bob := h.answered(phone)
	called := h.answered(far)
	h.hears(called, toneFinnish)
	if len(h.owed()) != 0 {
		t.Error("the number is still kept")
	}
	h.hears(called, toneBob)
	h.hears(bob, toneDoctor)
	v := h.state(state.Talking)
	if n, err := h.svc.Caller(v.ID, "bob"); err != nil || n.Reveal() != callerNumber || v.Direction != state.Out {
		t.Errorf("%+v, %v", v, err)
	}
	if reel := deck.next(h); reel.meta.Extension.Seat != "A12" {
		t.Errorf("%+v", reel.meta)
	}
	h.must(called.HangUp(h.ctx()))
	h.ended(bob)
	h.empty()
	if a, _ := h.disp.Agent("bob"); a.State != routing.Ready {
		t.Errorf("%+v", a)
	}
}

// A customer who is busy is called again later: the number stays, the agent is free.
func TestCallbackOfABusyCustomerIsTriedAgain(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	h.outside(callerNumber, siptest.Config{Reject: 486})
	h.promised()
	phone := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	h.ended(h.answered(phone))
	h.empty()
	for ctx := h.ctx(); ; h.breathe() {
		if all := h.owed(); len(all) == 1 && all[0].Tries == 1 && all[0].State == callback.Waiting {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("%+v", h.owed())
		}
	}
	if x, ok := h.disp.Explain(h.owed()[0].ID); !ok || x.NotBefore.IsZero() {
		t.Errorf("no other try is lined up: %+v", x)
	}
}

// An agent who pushes a callback away leaves it owed, and it goes to the next.
func TestDeclinedCallbackGoesOn(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	far := h.outside(callerNumber, siptest.Config{})
	h.promised()
	h.agent("anna", 1, siptest.Config{Reject: 486})
	phone := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	h.answered(phone)
	called := h.answered(far)
	h.hears(called, toneBob)
}

// A callback that goes to the next agent while the call in which the first was asked is just ending is not forgotten with it.
func TestCallbackIsOfferedWhileItsCallEnds(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	h.outside(callerNumber, siptest.Config{})
	h.promised()
	phone := h.agent("anna", 1, siptest.Config{Answer: -1})
	<-phone.Rings()
	h.do(func(c *call) {
		o := c.offer
		c.dropAgent()
		c.over() // declined: it is not out of the table yet
		callbacks{h.svc}.Offered(o)
	})
	select {
	case <-phone.Rings():
	case <-h.ctx().Done():
		t.Fatal("it rings no more")
	}
	if _, ok := h.disp.Explain(h.owed()[0].ID); !ok {
		t.Error("routing has forgotten it")
	}
}

// Nothing is offered to a caller whose number is withheld: there is nobody to call.
func TestNoCallbackWithoutANumber(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	phone := h.phone(h.trunk, siptest.Config{Tone: toneCaller})
	caller, err := phone.Call(h.ctx(), waterNumber, pii.Number{})
	h.must(err)
	h.state(state.Waiting)
	for range 10 {
		h.must(caller.SendDTMF(h.ctx(), "1"))
	}
	if len(h.owed()) != 0 {
		t.Error("a callback to nobody")
	}
	if v := h.state(state.Waiting); v.State != state.Waiting {
		t.Errorf("%+v", v)
	}
	if _, err := h.callbacks.Request(h.Context(), "x", "water-main", pii.Number{}, "fi", time.Now().Add(time.Hour)); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

// What is owed from before a start is made after it.
func TestCallbacksOutliveTheProcess(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	far := h.outside(callerNumber, siptest.Config{})
	h.promised()
	id := h.owed()[0].ID
	h.disp.Remove(id, routing.Closed) // the memory of a process that is gone
	h.svc.owed.Start()
	phone := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	h.answered(phone)
	h.hears(h.answered(far), toneBob)
}

// A callback that a supervisor cancels is owed no more and waits no more; a second time there is nothing to cancel.
func TestCancelledCallbackLeavesTheQueue(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	h.promised()
	id := h.owed()[0].ID
	if _, waits := h.disp.Explain(id); !waits {
		t.Fatal("the callback does not wait")
	}
	h.must(h.svc.CancelCallback(h.ctx(), id, "boss"))
	if _, waits := h.disp.Explain(id); waits || len(h.owed()) != 0 {
		t.Error("it waits still", h.owed())
	}
	if err := h.svc.CancelCallback(h.ctx(), id, "boss"); !errs.Is(err, errs.Gone) {
		t.Error(err)
	}
}
