package voice

import (
	"errors"
	"testing"

	"santra/internal/agency"
	"santra/internal/pii"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/state"
)

func TestDeskPhoneDialsOut(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	phone := h.agent("anna", 1, siptest.Config{})
	mine, err := phone.Call(h.ctx(), doctor, pii.Number{})
	h.must(err)
	called := h.answered(far)
	h.hears(called, toneAgent)
	h.hears(mine, toneDoctor)
	if v := h.state(state.Talking); v.Direction != state.Out || v.Agent != "anna" {
		t.Errorf("%+v", v)
	}
	h.must(called.HangUp(h.ctx()))
	h.ended(mine)
	h.empty()
}

func TestDeskPhoneIsRefused(t *testing.T) {
	h := newHouse(t, plan{})
	h.outside(doctor, siptest.Config{})
	phone := h.phone(h.phones, siptest.Config{User: "phone1", Password: "secret"})
	h.must(phone.Register(h.ctx()))
	for number, want := range map[string]int{doctor: 403, premium: 403} { // nobody sits there
		_, err := phone.Call(h.ctx(), number, pii.Number{})
		if r, ok := errors.AsType[*sip.Refused](err); !ok || r.Code != want {
			t.Errorf("%s: %v", number, err)
		}
	}
	h.signIn("anna", 1)
	_, err := phone.Call(h.ctx(), premium, pii.Number{})
	if r, ok := errors.AsType[*sip.Refused](err); !ok || r.Code != 403 {
		t.Errorf("%v", err)
	}
}

// 112 goes out from every telephone that is registered, also where nobody has taken the seat.
func TestEmergencyFromAnEmptySeat(t *testing.T) {
	h := newHouse(t, plan{})
	help := h.outside(emergency, siptest.Config{})
	phone := h.phone(h.phones, siptest.Config{User: "phone1", Password: "secret", Tone: toneAgent})
	h.must(phone.Register(h.ctx()))
	mine, err := phone.Call(h.ctx(), emergency, pii.Number{})
	h.must(err)
	called := h.answered(help)
	h.hears(called, toneAgent)
	h.hears(mine, toneDoctor)
	if v := h.state(state.Talking); !v.Emergency || v.Seat != "A11" || v.Agent != "" {
		t.Errorf("%+v", v)
	}
	h.must(mine.HangUp(h.ctx()))
	h.ended(called)
	h.empty()
}

func TestDeskPhoneTransfersBlindly(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	caller, anna, _ := h.talking(siptest.Config{}, siptest.Config{})
	h.must(anna.Transfer(h.ctx(), doctor))
	third := h.answered(far)
	h.hears(caller, toneDoctor)
	h.hears(third, toneCaller)
	h.state(state.Forwarded)
}

// A telephone holds, calls on its second line, and joins the two: an attended transfer as every desk phone does it.
func TestDeskPhoneTransfersAttended(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	phone := h.agent("anna", 1, siptest.Config{})
	caller := h.call(waterNumber, siptest.Config{})
	first := h.answered(phone)
	h.state(state.Talking)
	h.must(first.Hold(h.ctx()))
	h.state(state.Held)
	second, err := phone.Call(h.ctx(), doctor, pii.Number{})
	h.must(err)
	third := h.answered(far)
	h.hears(third, toneAgent)
	h.hears(second, toneDoctor)
	h.hears(caller, toneMusic)
	h.must(first.TransferTo(h.ctx(), second))
	h.hears(caller, toneDoctor)
	h.hears(third, toneCaller)
	h.state(state.Forwarded)
}

// A customer's telephone may not move the call.
func TestCustomerCannotTransfer(t *testing.T) {
	h := newHouse(t, plan{})
	h.outside(doctor, siptest.Config{})
	caller, _, _ := h.talking(siptest.Config{}, siptest.Config{})
	if err := caller.Transfer(h.ctx(), doctor); err == nil {
		t.Error("a customer moved the call")
	}
	h.state(state.Talking)
}

// Who talks on the desk phone about one agency's matter calls in that agency's name.
func TestDeskPhoneCallsInTheNameOfItsLastQueue(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[1].Record = false }})
	h.outside(doctor, siptest.Config{})
	phone := h.agent("anna", 1, siptest.Config{})
	caller := h.call(menuNumber, siptest.Config{})
	h.answered(phone)
	h.state(state.Talking)
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	_, err := phone.Call(h.ctx(), doctor, pii.Number{})
	h.must(err)
	if v := h.state(state.Talking); v.Queue != "water-menu" {
		t.Errorf("%+v", v)
	}
}
