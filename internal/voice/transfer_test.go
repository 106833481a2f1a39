package voice

import (
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/consult"
	"santra/internal/voice/state"
)

func TestBlindTransferToAnAgent(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: func(c *agency.City) { c.Queues[0].WrapUp = 10 * time.Second }})
	caller, anna, v := h.talking(siptest.Config{}, siptest.Config{})
	deck.next(h)
	h.must(h.svc.SetNotes(v.ID, "anna", "knows bob"))
	h.must(h.svc.SetOutcome(v.ID, "anna", "referred"))
	phone := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	h.must(h.svc.Transfer(v.ID, "anna", consult.Whom{Agent: "bob"}))
	h.ended(anna)
	bob := h.answered(phone)
	h.hears(caller, toneBob)
	h.hears(bob, toneCaller)
	if reel := deck.next(h); reel.meta.Extension.Seat != "A12" {
		t.Errorf("%+v", reel.meta)
	}
	got := h.view("bob's", func(v state.View) bool { return v.Agent == "bob" && v.State == state.Talking })
	if text, _ := h.svc.Notes(got.ID, "bob"); got.ID != v.ID || text != "knows bob" || got.Outcome != "" {
		t.Errorf("%+v %q", got, text)
	}
	left := h.svc.Calls("anna")
	if len(left) != 1 || left[0].State != state.WrapUp || left[0].Outcome != "referred" {
		t.Fatalf("%+v", left)
	}
	if text, err := h.svc.Notes(left[0].ID, "anna"); err != nil || text != "knows bob" {
		t.Errorf("%q, %v", text, err)
	}
	h.must(h.disp.WrapUpDone("anna"))
	h.view("anna is done", func(state.View) bool { return len(h.svc.Calls("anna")) == 0 })
	for h.world.outcomes.all() != "anna:referred" {
		h.breathe()
	}
}

func TestBlindTransferToAQueue(t *testing.T) {
	h := newHouse(t, plan{})
	caller, anna, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.disp.SetState("anna", routing.Break, "lunch"))
	h.must(h.svc.Transfer(v.ID, "anna", consult.Whom{Queue: "water-menu"}))
	h.ended(anna)
	h.hears(caller, toneMusic)
	if v := h.state(state.Waiting); v.Queue != "water-menu" || v.Agent != "" {
		t.Errorf("%+v", v)
	}
	phone := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	h.answered(phone)
	h.hears(caller, toneBob)
}

func TestBlindTransferOutside(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{Answer: 2 * time.Second})
	caller, anna, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Transfer(v.ID, "anna", consult.Whom{Number: doctor}))
	h.ended(anna)
	h.hears(caller, toneMusic)
	third := h.answered(far)
	h.hears(caller, toneDoctor)
	h.hears(third, toneCaller)
	h.must(third.HangUp(h.ctx()))
	h.ended(caller)
	h.empty()
}

// A customer whom nobody outside takes comes back to who gave them away.
func TestBlindTransferComesBack(t *testing.T) {
	h := newHouse(t, plan{})
	h.outside(doctor, siptest.Config{Reject: 486})
	phone := h.agent("anna", 1, siptest.Config{})
	caller := h.call(waterNumber, siptest.Config{})
	first := h.answered(phone)
	v := h.state(state.Talking)
	h.must(h.svc.Transfer(v.ID, "anna", consult.Whom{Number: doctor}))
	h.ended(first)
	again := h.answered(phone)
	h.hears(caller, toneAgent)
	h.hears(again, toneCaller)
	if now := h.state(state.Talking); now.ID != v.ID {
		t.Errorf("%+v", now)
	}
}

func TestTransferToASeatsTelephone(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.phone(h.phones, siptest.Config{User: "phone2", Password: "secret", Tone: toneBob})
	h.must(phone.Register(h.ctx()))
	caller, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Transfer(v.ID, "anna", consult.Whom{Seat: "A12"}))
	h.answered(phone)
	h.hears(caller, toneBob)
	h.state(state.Forwarded)
}

func TestTransferIsRefused(t *testing.T) {
	h := newHouse(t, plan{})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	for _, c := range []struct {
		to   consult.Whom
		want errs.Kind
	}{
		{consult.Whom{Agent: "anna"}, errs.Invalid},
		{consult.Whom{Agent: "bob"}, errs.NotFound},
		{consult.Whom{Queue: "no-such"}, errs.NotFound},
		{consult.Whom{Number: premium}, errs.Denied},
	} {
		if err := h.svc.Transfer(v.ID, "anna", c.to); !errs.Is(err, c.want) {
			t.Errorf("%+v: %v", c.to, err)
		}
	}
	h.state(state.Talking)
	if err := h.svc.Complete(v.ID, "anna"); !errs.Is(err, errs.Conflict) {
		t.Errorf("%v", err)
	}
}

func TestNotesEndWithTheWrapUp(t *testing.T) {
	h := newHouse(t, plan{})
	caller, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.SetNotes(v.ID, "anna", "secret"))
	c := h.actor()
	var text []byte
	h.do(func(c *call) { text = c.notes.Text })
	if err := h.svc.SetOutcome(v.ID, "anna", "no-such"); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
	h.must(h.svc.SetOutcome(v.ID, "anna", "advised"))
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	<-c.ctx.Done()
	if _, err := h.svc.Notes(v.ID, "anna"); !errs.Is(err, errs.Gone) {
		t.Errorf("%v", err)
	}
	for _, b := range text {
		if b != 0 {
			t.Fatalf("the notes are still in memory: %q", text)
		}
	}
	if got := h.world.outcomes.all(); got != "anna:advised" {
		t.Errorf("%q", got)
	}
}
