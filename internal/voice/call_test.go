package voice

import (
	"strings"
	"testing"
	"time"

	"santra/internal/protocol/sip"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/pii"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// The whole way: announcement, queue, agent's telephone, sound both ways, recording, wrap-up, nothing left.
func TestCallGoesAllTheWay(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	caller := h.call(waterNumber, siptest.Config{})
	h.hears(caller, toneMusic)
	if v := h.state(state.Waiting); v.Agent != "" || v.Recording != tape.None {
		t.Errorf("%+v", v)
	}
	anna := h.answered(h.agent("anna", 1, siptest.Config{}))
	h.hears(caller, toneAgent)
	h.hears(anna, toneCaller)

	v := h.view("recorded", func(v state.View) bool { return v.Recording == tape.On })
	if v.State != state.Talking || v.Agent != "anna" || v.Seat != "A11" || v.Why == "" {
		t.Errorf("%+v", v)
	}
	h.checkCaller(v.ID, "anna")
	reel := deck.next(h)
	h.checkTape(reel, v)

	h.must(caller.HangUp(h.ctx()))
	h.ended(anna)
	h.checkGone(v.ID)
	<-reel.dialog.Ended()
	h.empty()
	h.checkEvents(v.ID)
	if n := h.svc.Stats(); n.Announced != 1 || n.Answered != 1 || n.Ended != 1 || n.Recorded != 1 || n.Failed != 0 || n.Active != 0 {
		t.Errorf("%+v", n)
	}
}

func (h *house) checkCaller(id, agent string) {
	h.Helper()
	if n, err := h.svc.Caller(id, agent); err != nil || n.Reveal() != callerNumber {
		h.Errorf("the agent does not get the number: %v", err)
	}
	if n, err := h.svc.Caller(id, "bo"); !errs.Is(err, errs.NotFound) || !n.Withheld() {
		h.Errorf("another gets the number: %v", err)
	}
	if own := h.svc.Calls(agent); len(own) != 1 || len(h.svc.Calls("bo")) != 0 {
		h.Errorf("the agent's calls: %+v", own)
	}
}

func (h *house) checkTape(t *reel, v state.View) {
	h.Helper()
	x := t.meta.Extension
	if x.Part != 1 || x.Seat != "A11" || x.Queue != "water-main" || x.Agency != "water" || x.Fragment != "1234" || x.Language != "fi" {
		h.Errorf("metadata %+v", x)
	}
	if t.gate.Announcement != x.Announcement || t.gate.Queue != x.Queue || x.Session == v.ID || x.Session == "" {
		h.Errorf("gate %+v, metadata %+v", t.gate, x)
	}
	for _, canary := range []string{callerNumber[1:], callerNumber[4:], v.ID} {
		if strings.Contains(t.body, canary) {
			h.Errorf("the recorder is told %s", canary)
		}
	}
	for ctx := h.ctx(); !t.has(rtp.Customer, toneCaller) || !t.has(rtp.Agent, toneAgent); h.breathe() {
		if ctx.Err() != nil {
			h.Fatal("the two voices do not reach the recorder, each on its channel")
		}
	}
}

// checkGone: after the caller has left nobody gets the number.
func (h *house) checkGone(id string) {
	h.Helper()
	if _, err := h.svc.Caller(id, "anna"); !errs.Is(err, errs.Gone) {
		h.Errorf("the number outlives the call: %v", err)
	}
}

// checkEvents: each event has a higher version than the one before, is for the agent alone and says each state.
func (h *house) checkEvents(id string) {
	h.Helper()
	var last uint64
	var states []state.State
	h.book.find(func(e event.Event) bool {
		if e.ID != id || len(e.To) != 1 || e.To[0] != "anna" || e.Version <= last {
			h.Errorf("event %+v after version %d", e, last)
		}
		last = e.Version
		states = append(states, e.Fields["state"].(state.State))
		return false
	})
	if s := string(states[0]); s != "offered" || states[len(states)-1] != state.Ended {
		h.Errorf("states told: %v", states)
	}
}

// M4: who hangs up in the announcement leaves no recording, not even a message to the recorder.
func TestHangUpInTheAnnouncement(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, announcement: 10 * time.Second})
	h.signIn("anna", 1)
	caller := h.call(waterNumber, siptest.Config{})
	h.hears(caller, toneFinnish)
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	deck.none(h)
	if n := h.svc.Stats(); n.Announced != 0 || n.Abandoned != 1 {
		t.Errorf("%+v", n)
	}
	if q := h.disp.Queues()["water-main"]; q.Calls != 0 || q.Today.Offered != 0 {
		t.Errorf("it reached the queue: %+v", q)
	}
}

func TestCallerLeavesTheQueue(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(waterNumber, siptest.Config{})
	h.state(state.Waiting)
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	if q := h.disp.Queues()["water-main"]; q.Calls != 0 || q.Today.Abandoned+q.Today.Short != 1 {
		t.Errorf("%+v", q)
	}
}

// The caller leaves while it rings: the telephone stops, the agent is ready again.
func TestCallerLeavesWhileItRings(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.agent("anna", 1, siptest.Config{Answer: -1})
	caller := h.call(waterNumber, siptest.Config{})
	rings := <-phone.Rings()
	v := h.state(state.Offered)
	h.must(caller.HangUp(h.ctx()))
	<-rings.Done()
	h.empty()
	h.agentIs("anna", routing.Ready)
	h.checkGone(v.ID)
	if _, err := h.svc.Call(v.ID); !errs.Is(err, errs.Gone) {
		t.Errorf("%v", err)
	}
}

func (h *house) agentIs(name string, want routing.State) {
	h.Helper()
	for ctx := h.ctx(); ctx.Err() == nil; h.breathe() {
		if a, ok := h.disp.Agent(name); ok && a.State == want {
			return
		}
	}
	a, _ := h.disp.Agent(name)
	h.Fatalf("%s is %s, not %s", name, a.State, want)
}

// No answer in time: the agent is not answering, the call goes to the next with its place kept.
func TestNoAnswerGoesToTheNext(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].NoAnswer = 1500 * time.Millisecond }})
	bo := h.agent("bo", 2, siptest.Config{Answer: -1})
	caller := h.call(waterNumber, siptest.Config{})
	rings := <-bo.Rings()
	first := h.state(state.Offered)
	<-rings.Done() // CANCEL
	h.agentIs("bo", routing.NotAnswering)
	h.hears(caller, toneMusic)
	anna := h.answered(h.agent("anna", 1, siptest.Config{}))
	h.hears(anna, toneCaller)
	if v := h.state(state.Talking); v.Agent != "anna" || !v.Arrived.Equal(first.Arrived) || v.Version <= first.Version {
		t.Errorf("%+v after %+v", v, first)
	}
	if _, err := h.svc.Caller(first.ID, "bo"); !errs.Is(err, errs.NotFound) {
		t.Errorf("who did not answer still gets the number: %v", err)
	}
	if _, ok := h.book.find(func(e event.Event) bool { return e.To[0] == "bo" && e.Fields["state"] == state.Waiting }); !ok {
		t.Error("bo's desktop was not told that the offer is over")
	}
}

func TestBusyPhoneDeclines(t *testing.T) {
	h := newHouse(t, plan{})
	h.agent("bo", 2, siptest.Config{Reject: sip.StatusBusyHere})
	h.call(waterNumber, siptest.Config{})
	h.agentIs("bo", routing.NotAnswering)
	h.answered(h.agent("anna", 1, siptest.Config{}))
	h.view("anna's", func(v state.View) bool { return v.State == state.Talking && v.Agent == "anna" })
}

func TestDeclineByTheDesktop(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.agent("bo", 2, siptest.Config{Answer: -1})
	h.call(waterNumber, siptest.Config{})
	rings := <-phone.Rings()
	v := h.state(state.Offered)
	if err := h.svc.Decline(v.ID, "anna"); !errs.Is(err, errs.NotFound) {
		t.Errorf("another declines: %v", err)
	}
	h.must(h.svc.Decline(v.ID, "bo"))
	<-rings.Done()
	h.state(state.Waiting)
	if err := h.svc.Decline(v.ID, "bo"); !errs.Is(err, errs.NotFound) {
		t.Errorf("declined twice: %v", err)
	}
}

// Hang-up from the agent's side, by telephone and by desktop.
func TestAgentHangsUp(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.agent("anna", 1, siptest.Config{})
	for _, by := range []string{"telephone", "desktop"} {
		caller := h.call(waterNumber, siptest.Config{})
		anna := h.answered(phone)
		v := h.state(state.Talking)
		if by == "telephone" {
			h.must(anna.HangUp(h.ctx()))
		} else {
			h.must(h.svc.HangUp(v.ID, "anna"))
			h.ended(anna)
		}
		h.ended(caller)
		h.empty()
		h.agentIs("anna", routing.Ready) // wrapped up
	}
}

func TestWithheldNumber(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	phone := h.agent("anna", 1, siptest.Config{})
	_, err := h.phone(h.trunk, siptest.Config{}).Call(h.ctx(), waterNumber, pii.Number{})
	h.must(err)
	ring := <-phone.Rings()
	if !ring.Caller().Withheld() || !strings.Contains(ring.Header("From"), "anonymous") {
		t.Errorf("the telephone is shown a caller: %s", ring.Header("From"))
	}
	if f := deck.next(h).meta.Extension.Fragment; f != "" {
		t.Errorf("fragment %q of a withheld number", f)
	}
	v := h.state(state.Talking)
	if n, err := h.svc.Caller(v.ID, "anna"); err != nil || !n.Withheld() {
		t.Errorf("%v", err)
	}
}

func TestTelephoneShowsTheCaller(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.agent("anna", 1, siptest.Config{})
	h.call(waterNumber, siptest.Config{})
	ring := <-phone.Rings()
	if got := ring.Caller().Reveal(); got != callerNumber {
		t.Errorf("the telephone shows %q", got)
	}
}
