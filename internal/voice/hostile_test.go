package voice

import (
	"testing"
	"time"

	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip/siptest"
)

// What a hostile or careless party may try. Each of these tests has failed once.

// A called party who puts us on hold and comes back is still in the call: a flow that there never was does not end it.
func TestCalledPartyHoldsAndResumes(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	phone := h.agent("anna", 1, siptest.Config{})
	h.callOut("anna", doctor)
	h.answered(phone)
	called := h.answered(far)
	h.hears(called, toneAgent)
	h.must(called.Hold(h.ctx()))
	h.must(called.Resume(h.ctx()))
	h.do(func(*call) {}) // the actor has seen it
	h.state(Talking)
	h.hears(called, toneAgent)
}

// So is a customer whom a colleague has taken over.
func TestCustomerWhoWasGivenAwayHoldsAndResumes(t *testing.T) {
	h := newHouse(t, plan{})
	caller, anna, bob, v := h.consulting()
	h.must(h.svc.Complete(v.ID, "anna"))
	h.ended(anna)
	h.hears(bob, toneCaller)
	h.must(caller.Hold(h.ctx()))
	h.must(caller.Resume(h.ctx()))
	h.hears(bob, toneCaller)
	h.view("bob's", func(v View) bool { return v.Agent == "bob" && v.State == Talking })
}

// A consulted telephone's hold is not the customer's.
func TestConsultedTelephoneHoldsForItself(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Consult(v.ID, "anna", Whom{Number: doctor}))
	third := h.answered(far)
	h.stage(ConsultTalking)
	h.must(third.Hold(h.ctx()))
	h.do(func(c *call) {
		if c.deaf || !c.consult.leg.deaf {
			t.Errorf("the customer is taken for deaf: %v, the consulted telephone: %v", c.deaf, c.consult.leg.deaf)
		}
	})
}

// M4: who answers with us on hold hears no announcement, so it has not ended for them.
func TestCalledPartyWhoAnswersOnHoldIsNotRecorded(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	far := h.outside(doctor, siptest.Config{Answer: -1})
	phone := h.agent("anna", 1, siptest.Config{})
	h.callOut("anna", doctor)
	h.answered(phone)
	in := <-far.Rings()
	_, body := in.Body()
	offer, err := sdp.Parse(body)
	h.must(err)
	media := h.phone(h.trunk, siptest.Config{}).Addr() // where nothing listens to sound
	answer, _, err := sdp.Answer(sdp.Options{}, offer, media, nil, sdp.SendOnly)
	h.must(err)
	d, err := in.Answer(sdpType, answer)
	h.must(err)
	h.state(Informing)
	h.stays(func() bool { return h.state(Informing).Recording == RecordingNone && h.svc.Stats().Announced == 0 })
	deck.none(h)
	h.must(d.Bye(h.ctx()))
	h.empty()
}

// M4: an outsider who puts us on hold while the announcement plays has not heard it; it begins anew for them.
func TestOutsiderOnHoldIsToldAnew(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, announcement: 1500 * time.Millisecond})
	far := h.outside(doctor, siptest.Config{})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	deck.next(h)
	h.must(h.svc.Consult(v.ID, "anna", Whom{Number: doctor}))
	third := h.answered(far)
	h.hears(third, toneAgent)
	h.must(h.svc.Join(v.ID, "anna"))
	h.stage(ConsultAnnouncing)
	told := h.svc.Stats().Announced
	h.must(third.Hold(h.ctx()))
	h.stays(func() bool { return h.stage(ConsultAnnouncing).Consult != nil && h.svc.Stats().Announced == told })
	h.must(third.Resume(h.ctx()))
	h.hears(third, toneFinnish)
	h.stage(ConsultJoined)
	if x := deck.next(h).meta.Extension; x.Outside() != 2 {
		t.Errorf("%+v", x)
	}
}

// The announcement to an outsider is not drowned by music, whatever the agent does meanwhile.
func TestAnnouncementToAnOutsiderPlaysOn(t *testing.T) {
	h := newHouse(t, plan{announcement: 1500 * time.Millisecond})
	far := h.outside(doctor, siptest.Config{})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Consult(v.ID, "anna", Whom{Number: doctor}))
	third := h.answered(far)
	h.hears(third, toneAgent)
	h.must(h.svc.Join(v.ID, "anna"))
	h.hears(third, toneFinnish)
	h.must(h.svc.Hold(v.ID, "anna"))
	h.must(h.svc.Resume(v.ID, "anna"))
	h.stage(ConsultJoined)
	h.do(func(c *call) {
		if c.consult.tries != 1 || !c.consult.pass.Valid() {
			t.Errorf("the announcement was begun %d times, pass %v", c.consult.tries, c.consult.pass.Valid())
		}
	})
}

// stays looks for two seconds, longer than the announcements of these tests, that something holds.
func (h *house) stays(is func() bool) {
	h.Helper()
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); h.breathe() {
		if !is() {
			h.Fatal("it does not stay so")
		}
	}
}
