package voice

import (
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/state"
)

// actor finds the only call's actor.
func (h *house) actor() *call {
	h.Helper()
	all := h.svc.calls.All()
	if len(all) != 1 {
		h.Fatalf("%d calls", len(all))
	}
	return all[0]
}

// do runs f in the only call's actor.
func (h *house) do(f func(c *call)) {
	h.Helper()
	c := h.actor()
	h.must(c.mail.Ask(func() error { f(c); return nil }))
}

// M4: an announcement that can't be played to its end leads to the queue, and never to a recording.
func TestBrokenAnnouncementIsNeverRecorded(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, announcement: 10 * time.Second})
	h.call(waterNumber, siptest.Config{})
	for tries := 1; tries <= AnnouncementTries; tries++ {
		for playing := false; !playing; h.breathe() {
			h.do(func(c *call) { playing = c.way.notice != nil && c.way.tries == tries })
		}
		h.do(func(c *call) { c.customer.Media.StopPlay() })
	}
	h.state(state.Waiting)
	h.agent("anna", 1, siptest.Config{})
	h.view("off", off)
	deck.none(h)
	if n := h.svc.Stats(); n.Announced != 0 || n.Answered != 1 {
		t.Errorf("%+v", n)
	}
}

// The telephone answers just when dispatch has taken the offer back: it is let go, the caller keeps the place.
func TestAnsweredTooLate(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.agent("anna", 1, siptest.Config{Answer: -1})
	h.call(waterNumber, siptest.Config{})
	rings := <-phone.Rings()
	v := h.state(state.Offered)
	h.do(func(c *call) {
		if err := h.disp.Decline(v.ID, "anna"); err != nil {
			t.Error(err)
		}
		c.accept()
	})
	<-rings.Done()
	if got := h.state(state.Waiting); got.Agent != "" {
		t.Errorf("%+v", got)
	}
	h.agentIs("anna", routing.NotAnswering)
	if err := h.svc.Hold(v.ID, "anna"); !errs.Is(err, errs.NotFound) {
		t.Errorf("%v", err)
	}
}

// A mailbox that overflows ends its call, loudly, and nobody is left behind.
func TestJammedCallEnds(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(waterNumber, siptest.Config{})
	h.state(state.Waiting)
	h.do(func(c *call) {
		for c.mail.Must(func() {}) {
		}
	})
	h.ended(caller)
	h.empty()
	if n := h.svc.Stats(); n.Failed != 1 {
		t.Errorf("%+v", n)
	}
}

// A broken actor takes its own call with it and nothing else, and what broke it is not printed.
func TestPanicEndsOneCall(t *testing.T) {
	h := newHouse(t, plan{})
	h.panics = true
	other := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	caller := h.call(waterNumber, siptest.Config{})
	h.view("second", func(w state.View) bool { return w.ID != v.ID && w.State == state.Waiting })
	for _, c := range h.svc.calls.All() {
		if c.id != v.ID {
			c.mail.Must(func() { panic("do not print " + c.caller.Reveal()) })
		}
	}
	h.ended(caller)
	h.until("the other call alone", func() bool { // its BYE may be quicker than its end
		got := h.svc.Running("")
		return len(got) == 1 && got[0].ID == v.ID
	})
	h.must(other.HangUp(h.ctx()))
	h.empty()
	if q := h.disp.Queues()["water-main"]; q.Calls != 0 {
		t.Errorf("a broken call waits on: %+v", q)
	}
	for ctx := h.ctx(); !strings.Contains(h.book.all(), "msg=panic"); h.breathe() {
		if ctx.Err() != nil {
			t.Fatal("nobody was told")
		}
	}
}

// A browser that answers and never connects has not answered.
func TestBrowserNeverConnects(t *testing.T) {
	h := newHouse(t, plan{browsers: true, connect: 300 * time.Millisecond})
	h.signIn("anna", 1)
	h.call(waterNumber, siptest.Config{})
	v := h.state(state.Offered)
	_, err := h.svc.AnswerBrowser(h.ctx(), v.ID, "anna", newBrowser(h).offer())
	h.must(err)
	h.state(state.Waiting)
	h.agentIs("anna", routing.NotAnswering)
}

// Who asked something of a call that breaks over it gets an answer, and the house goes on.
func TestACallThatBreaksAnswers(t *testing.T) {
	h := newHouse(t, plan{})
	h.panics = true
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	err := h.svc.command(v.ID, "anna", func(*call) error { panic("broken") })
	if !errs.Is(err, errs.Internal) {
		t.Errorf("%v", err)
	}
	h.empty()
}
