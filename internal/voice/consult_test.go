package voice

import (
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/token"
	"santra/internal/voice/consult"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

const toneBob = 1900.0

// consulting has anna, who talks with a caller, ask bob.
func (h *house) consulting() (caller, anna, bob *siptest.Call, v state.View) {
	h.Helper()
	caller, anna, v = h.talking(siptest.Config{}, siptest.Config{})
	phone := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Agent: "bob"}))
	bob = h.answered(phone)
	h.stage(state.ConsultTalking)
	return caller, anna, bob, v
}

func (h *house) stage(st state.Stage) state.View {
	h.Helper()
	return h.view(string(st), func(v state.View) bool { return v.Consult != nil && v.Consult.Stage == st })
}

func TestConsultedAgentHearsTheAgentAndNotTheCustomer(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	caller, anna, bob, v := h.consulting()
	h.hears(caller, toneMusic)
	h.hears(anna, toneBob)
	h.hears(bob, toneAgent)
	reel := deck.next(h)
	if reel.has(rtp.Agent, toneBob) {
		t.Error("a consultation is recorded")
	}
	inner := h.svc.Calls("bob")
	if len(inner) != 1 || inner[0].Direction != state.Inside || inner[0].From != "anna" || inner[0].Recording != tape.None {
		t.Errorf("%+v", inner)
	}
	if n, err := h.svc.Caller(inner[0].ID, "bob"); err != nil || n.Reveal() != "" {
		t.Errorf("who is only asked knows the number: %v", err)
	}
	h.must(h.svc.CancelConsult(v.ID, "anna"))
	h.ended(bob)
	h.hears(caller, toneAgent)
	h.hears(anna, toneCaller)
	if a, _ := h.disp.Agent("bob"); a.State != routing.Ready {
		t.Errorf("%+v", a)
	}
}

// Who is only asked has no customer to send keys to.
func TestConsultedAgentSendsNoKeys(t *testing.T) {
	h := newHouse(t, plan{})
	_, _, bob, _ := h.consulting()
	inner := h.svc.Calls("bob")
	if len(inner) != 1 {
		t.Fatalf("%+v", inner)
	}
	if err := h.svc.SendDTMF(inner[0].ID, "bob", "5"); !errs.Is(err, errs.Conflict) {
		t.Errorf("%v", err)
	}
	h.hears(bob, toneAgent)
}

func TestConsultedAgentGetsTheCustomer(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	caller, anna, bob, v := h.consulting()
	h.must(h.svc.SetNotes(v.ID, "anna", "needs a plumber"))
	first := deck.next(h)
	h.must(h.svc.Complete(v.ID, "anna"))
	h.ended(anna)
	h.hears(caller, toneBob)
	h.hears(bob, toneCaller)
	second := deck.next(h)
	for !second.has(rtp.Customer, toneCaller) || !second.has(rtp.Agent, toneBob) {
		h.breathe()
	}
	a, b := first.meta.Extension, second.meta.Extension
	if a.Session != b.Session || b.Part <= a.Part || b.Seat != "A12" || a.Seat != "A11" || first.gate.ID != second.gate.ID {
		t.Errorf("parts %+v and %+v", a, b)
	}
	now := h.view("bob's", func(v state.View) bool { return v.Agent == "bob" && v.State == state.Talking })
	if n, err := h.svc.Caller(now.ID, "bob"); err != nil || n.Reveal() != callerNumber {
		t.Errorf("%v", err)
	}
	if text, err := h.svc.Notes(now.ID, "bob"); err != nil || text != "needs a plumber" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := h.svc.Caller(v.ID, "anna"); !errs.Is(err, errs.Gone) {
		t.Errorf("anna still knows the number: %v", err)
	}
	h.must(caller.HangUp(h.ctx()))
	h.ended(bob)
	h.empty()
}

// An agent who hangs up a telephone in a consultation gives the customer away.
func TestHangingUpATelephoneCompletesTheTransfer(t *testing.T) {
	h := newHouse(t, plan{})
	caller, anna, bob, _ := h.consulting()
	h.must(anna.HangUp(h.ctx()))
	h.hears(caller, toneBob)
	h.hears(bob, toneCaller)
}

func TestSwapAndResume(t *testing.T) {
	h := newHouse(t, plan{})
	caller, anna, bob, v := h.consulting()
	h.must(h.svc.Swap(v.ID, "anna"))
	h.stage(state.ConsultWaiting)
	h.hears(caller, toneAgent)
	h.hears(anna, toneCaller)
	h.hears(bob, toneMusic)
	h.must(h.svc.Swap(v.ID, "anna"))
	h.hears(caller, toneMusic)
	h.hears(bob, toneAgent)
	h.must(bob.HangUp(h.ctx()))
	h.view("alone", func(v state.View) bool { return v.State == state.Held && v.Consult == nil })
	h.hears(caller, toneMusic)
	h.must(h.svc.Resume(v.ID, "anna"))
	h.hears(caller, toneAgent)
}

func TestConsultIsRefused(t *testing.T) {
	h := newHouse(t, plan{})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	for _, c := range []struct {
		to   consult.Whom
		want errs.Kind
	}{
		{consult.Whom{}, errs.Invalid},
		{consult.Whom{Agent: "bob", Queue: "water-main"}, errs.Invalid},
		{consult.Whom{Agent: "anna"}, errs.Invalid},
		{consult.Whom{Agent: "bob"}, errs.Conflict},
		{consult.Whom{Queue: "no-such"}, errs.NotFound},
		{consult.Whom{Seat: "A12"}, errs.Conflict},
		{consult.Whom{Number: premium}, errs.Denied},
	} {
		if err := h.svc.Consult(v.ID, "anna", c.to); !errs.Is(err, c.want) {
			t.Errorf("%+v: %v", c.to, err)
		}
	}
	if err := h.svc.Consult(v.ID, "bob", consult.Whom{Agent: "anna"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("another's call: %v", err)
	}
	if h.world.left() != 0 {
		t.Error("a way is still in use")
	}
}

func TestConsultedAgentWhoDoesNotAnswer(t *testing.T) {
	h := newHouse(t, plan{})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.agent("bob", 2, siptest.Config{Reject: 486})
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Agent: "bob"}))
	h.view("nobody", func(v state.View) bool { return v.Agent == "anna" && v.Consult == nil && v.State == state.Held })
}

func TestConferenceOfThree(t *testing.T) {
	h := newHouse(t, plan{})
	caller, anna, bob, v := h.consulting()
	h.must(h.svc.Join(v.ID, "anna"))
	h.stage(state.ConsultJoined)
	for _, c := range []struct {
		who  *siptest.Call
		what []float64
	}{{caller, []float64{toneAgent, toneBob}}, {anna, []float64{toneCaller, toneBob}}, {bob, []float64{toneCaller, toneAgent}}} {
		for _, hz := range c.what {
			h.hearsToo(c.who, hz)
		}
	}
	h.must(h.svc.Complete(v.ID, "anna"))
	h.ended(anna)
	h.hears(caller, toneBob)
	h.hears(bob, toneCaller)
}

// An outsider who joins a recorded call has heard the announcement to its end, and gets a pass of their own (M4).
func TestOutsiderIsToldBeforeJoining(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, announcement: time.Second})
	far := h.outside(doctor, siptest.Config{})
	caller, anna, v := h.talking(siptest.Config{}, siptest.Config{})
	first := deck.next(h)
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	third := h.answered(far)
	h.hears(third, toneAgent)
	h.hears(caller, toneMusic)
	h.must(h.svc.Join(v.ID, "anna"))
	h.stage(state.ConsultAnnouncing)
	h.hears(third, toneFinnish)
	h.hears(caller, toneAgent)
	h.stage(state.ConsultJoined)
	h.hearsToo(third, toneCaller)
	h.hearsToo(caller, toneDoctor)
	h.hearsToo(anna, toneDoctor)
	second := deck.next(h)
	if second.gate.ID != first.gate.ID || second.meta.Extension.Part <= first.meta.Extension.Part {
		t.Errorf("%+v, %+v", first.meta, second.meta)
	}
	var added token.Gate
	if x := second.meta.Extension; x.Outside() != 2 || len(x.Gates) != 1 {
		t.Errorf("%+v", x)
	} else if err := token.Open(deck.public, token.DomainGate, x.Gates[0], time.Now(), &added); err != nil || added.ID == first.gate.ID {
		t.Error("the added outsider has no pass of their own:", err)
	}
	h.must(third.HangUp(h.ctx()))
	h.view("two", func(v state.View) bool { return v.Consult == nil && v.State == state.Talking })
	h.hears(caller, toneAgent)
	if x := deck.next(h).meta.Extension; x.Outside() != 1 || x.Gates != nil {
		t.Errorf("%+v", x)
	}
}

func TestConsultedOutsiderGetsTheCustomer(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	caller, anna, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	third := h.answered(far)
	h.stage(state.ConsultTalking)
	h.must(h.svc.Complete(v.ID, "anna"))
	h.ended(anna)
	h.hears(caller, toneDoctor)
	h.hears(third, toneCaller)
	if v := h.state(state.Forwarded); v.Agent != "" || v.Recording != tape.None {
		t.Errorf("%+v", v)
	}
	h.must(caller.HangUp(h.ctx()))
	h.ended(third)
	h.empty()
	if h.world.left() != 0 {
		t.Error("the way is still in use")
	}
}

// The longest time of a call out holds for who is only asked, or added, as well: their part ends, the customer's goes on.
func TestConsultedOutsiderIsTimed(t *testing.T) {
	for name, join := range map[string]bool{"asked": false, "added": true} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, plan{})
			h.world.longest = 1500 * time.Millisecond
			far := h.outside(doctor, siptest.Config{})
			_, anna, v := h.talking(siptest.Config{}, siptest.Config{})
			h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
			third := h.answered(far)
			h.stage(state.ConsultTalking)
			if join {
				h.must(h.svc.Join(v.ID, "anna"))
			}
			h.ended(third)
			h.view("without", func(v state.View) bool { return v.Consult == nil && v.State.Connected() })
			if !join {
				h.must(h.svc.Resume(v.ID, "anna"))
			}
			h.hears(anna, toneCaller)
			if n := h.world.left(); n != 0 {
				t.Errorf("%d ways are still counted", n)
			}
		})
	}
}
