package voice

import (
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/company"
	"santra/internal/voice/consult"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
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
	h.state(state.Talking)
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
	h.view("bob's", func(v state.View) bool { return v.Agent == "bob" && v.State == state.Talking })
}

// A consulted telephone's hold is not the customer's.
func TestConsultedTelephoneHoldsForItself(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	third := h.answered(far)
	h.stage(state.ConsultTalking)
	h.must(third.Hold(h.ctx()))
	h.do(func(c *call) {
		if c.deaf || !c.consult.Leg.Deaf {
			t.Errorf("the customer is taken for deaf: %v, the consulted telephone: %v", c.deaf, c.consult.Leg.Deaf)
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
	d, err := in.Answer(leg.SDPType, answer)
	h.must(err)
	h.state(state.Informing)
	h.stays(func() bool { return h.state(state.Informing).Recording == tape.None && h.svc.Stats().Announced == 0 })
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
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	third := h.answered(far)
	h.hears(third, toneAgent)
	h.must(h.svc.Join(v.ID, "anna"))
	h.stage(state.ConsultAnnouncing)
	told := h.svc.Stats().Announced
	h.must(third.Hold(h.ctx()))
	h.stays(func() bool { return h.stage(state.ConsultAnnouncing).Consult != nil && h.svc.Stats().Announced == told })
	h.must(third.Resume(h.ctx()))
	h.hears(third, toneFinnish)
	h.stage(state.ConsultJoined)
	if x := deck.next(h).meta.Extension; x.Outside() != 2 {
		t.Errorf("%+v", x)
	}
}

// The announcement to an outsider is not drowned by music, whatever the agent does meanwhile.
func TestAnnouncementToAnOutsiderPlaysOn(t *testing.T) {
	h := newHouse(t, plan{announcement: 1500 * time.Millisecond})
	far := h.outside(doctor, siptest.Config{})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	third := h.answered(far)
	h.hears(third, toneAgent)
	h.must(h.svc.Join(v.ID, "anna"))
	h.hears(third, toneFinnish)
	h.must(h.svc.Hold(v.ID, "anna"))
	h.must(h.svc.Resume(v.ID, "anna"))
	h.stage(state.ConsultJoined)
	h.do(func(c *call) {
		if c.consult.Tries != 1 || !c.consult.Pass.Valid() {
			t.Errorf("the announcement was begun %d times, pass %v", c.consult.Tries, c.consult.Pass.Valid())
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

// dialledSecond has anna, at her desk phone, hold a caller and dial a number on a second line.
func (h *house) dialledSecond(number string) (caller, first, second *siptest.Call) {
	h.Helper()
	phone := h.agent("anna", 1, siptest.Config{})
	caller = h.call(waterNumber, siptest.Config{})
	first = h.answered(phone)
	h.state(state.Talking)
	h.must(first.Hold(h.ctx()))
	h.state(state.Held)
	second, err := phone.Call(h.ctx(), number, pii.Number{})
	h.must(err)
	return caller, first, second
}

// The second line of a telephone that has given the customer away is nobody's any more: its end is not the customer's.
func TestAttendedTransferOutlivesTheSecondLine(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	caller, first, second := h.dialledSecond(doctor)
	third := h.answered(far)
	h.hears(second, toneDoctor)
	h.must(first.TransferTo(h.ctx(), second))
	v := h.state(state.Forwarded)
	_ = second.HangUp(h.ctx()) // we may have been quicker
	h.ended(second)
	c, err := h.svc.calls.Get(v.ID)
	h.must(err)
	h.must(c.mail.Ask(func() error {
		if c.state != state.Forwarded || c.consult.Line() != nil {
			t.Errorf("%s, line %v", c.state, c.consult.Line())
		}
		return nil
	}))
	caller.SetTone(toneBoss)
	h.hears(third, toneBoss)
}

// A colleague who is asked on a second line gets the customer, and that line is hung up.
func TestSecondLineToAColleagueIsHungUp(t *testing.T) {
	h := newHouse(t, plan{})
	caller, first, second := h.dialledSecond(waterNumber) // a number of the house
	bob := h.answered(h.agent("bob", 2, siptest.Config{Tone: toneBob}))
	h.hears(second, toneBob)
	h.must(first.TransferTo(h.ctx(), second))
	h.ended(second)
	h.ended(first)
	h.hears(caller, toneBob)
	h.hears(bob, toneCaller)
}

// What was paused stays paused for the colleague who takes over in the middle of it, and where that comes to nothing.
func TestPauseGoesWithTheCustomer(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	_, anna, bob, v := h.consulting()
	deck.next(h)
	h.must(h.svc.PauseRecording(v.ID, "anna"))
	c, err := h.svc.calls.Get(v.ID)
	h.must(err)
	gone := h.svc.newCall(c.queue, c.owner, pii.Number{})
	gone.mail.Close()
	h.must(c.mail.Ask(func() error {
		if err := c.handOver(gone); !errs.Is(err, errs.Conflict) || !c.rec.Paused {
			t.Errorf("%v, paused %v", err, c.rec.Paused)
		}
		return nil
	}))
	h.must(h.svc.SetNotes(h.svc.Calls("bob")[0].ID, "bob", "mine"))
	h.must(h.svc.SetNotes(v.ID, "anna", "hers"))
	h.must(h.svc.Complete(v.ID, "anna"))
	h.ended(anna)
	h.hears(bob, toneCaller)
	now := h.view("paused", func(v state.View) bool { return v.Agent == "bob" && v.Recording == tape.Held })
	if text, err := h.svc.Notes(now.ID, "bob"); err != nil || text != "hers\nmine" {
		t.Errorf("%q, %v", text, err)
	}
}

// Whoever gives a customer to a telephone outside writes up.
func TestWrapUpFollowsATransferOutside(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].WrapUp = 10 * time.Second }})
	far := h.outside(doctor, siptest.Config{})
	_, anna, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	h.answered(far)
	h.stage(state.ConsultTalking)
	h.must(h.svc.Complete(v.ID, "anna"))
	h.ended(anna)
	h.state(state.Forwarded)
	h.agentIs("anna", routing.WrapUp)
	if left := h.svc.Calls("anna"); len(left) != 1 || left[0].State != state.WrapUp {
		t.Errorf("%+v", left)
	}
}

// An actor that breaks leaves nobody waiting for its answer.
func TestBrokenActorAnswers(t *testing.T) {
	h := newHouse(t, plan{})
	h.panics = true
	h.talking(siptest.Config{}, siptest.Config{})
	if err := h.actor().mail.Ask(func() error { panic("broken") }); !errs.Is(err, errs.Internal) {
		t.Error(err)
	}
	h.empty()
}

// 112 is not asked to wait for the end of a consultation, nor for a seat, nor for a queue that is known.
func TestEmergencyIsTransferredInTheMiddleOfAConsultation(t *testing.T) {
	h := newHouse(t, plan{})
	help := h.outside(emergency, siptest.Config{})
	caller, _, bob, v := h.consulting()
	h.must(h.svc.Transfer(v.ID, "anna", consult.Whom{Number: emergency}))
	h.ended(bob)
	called := h.answered(help)
	h.hears(called, toneCaller)
	h.hears(caller, toneDoctor)
}

func TestEmergencyNeedsNoSeatAndNoQueue(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].Number, c.Queues[1].Number = "", "" }})
	help := h.outside(emergency, siptest.Config{Answer: -1})
	for _, queue := range []string{"water-main", "no-such"} {
		v, err := h.svc.CallOut(h.ctx(), "anna", Outgoing{Queue: queue, Number: emergency})
		h.must(err)
		if !v.Emergency || v.State != state.Dialling {
			t.Errorf("%+v", v)
		}
		h.must(h.svc.HangUp(v.ID, "anna"))
		h.empty()
	}
	phone := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	h.svc.last.Store("bob", "no-such") // the configuration has changed
	ringing, err := phone.Dial(h.ctx(), emergency, pii.Number{})
	h.must(err)
	<-help.Rings()
	ringing.Cancel()
}

// A desk phone calls in the name of no agency whose work its agent does not do.
func TestDeskPhoneCallsForItsOwnAgencyOnly(t *testing.T) {
	h := newHouse(t, plan{city: neighbours})
	h.signIn("anna", 1)
	h.disp.SignIn(routing.Agent{ID: "anna", Seat: "A11", Skills: map[string]int{"water": 1}, Agencies: []string{"tax"}})
	h.svc.last.Store("anna", "water-main")
	q, _ := h.svc.cfg.Book.Queue(h.svc.cfg.Home("anna", h.svc.lastOf("anna")))
	if q.Agency == "water" {
		t.Errorf("%+v", q)
	}
	h.disp.SignIn(routing.Agent{ID: "anna", Seat: "A11", Skills: map[string]int{"water": 1}, Agencies: []string{"water"}})
	if got := h.svc.cfg.Home("anna", h.svc.lastOf("anna")); got != "water-main" {
		t.Errorf("%q", got)
	}
}

// A supervisor does not overhear somebody outside who was not told.
func TestSupervisorDoesNotHearWhoWasNotTold(t *testing.T) {
	h, caller, _, _, v := supervised(t)
	far := h.outside(doctor, siptest.Config{})
	b := newBrowser(h)
	_, answer, err := h.svc.Supervise(h.ctx(), v.ID, "sari", company.Barging, b.offerTone(toneBoss))
	h.must(err)
	b.answered(answer)
	h.hearsToo(caller, toneBoss)
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	third := h.answered(far)
	h.hears(third, toneAgent)
	h.do(func(c *call) {
		if len(c.audience()) != 0 || c.circle != (company.Company{Log: c.log}) { // something is mixed
			t.Errorf("%d supervisors with an outsider who was told nothing", len(c.audience()))
		}
	})
	h.must(h.svc.Join(v.ID, "anna"))
	h.stage(state.ConsultJoined)
	h.hearsToo(third, toneBoss)
}

// A flood of keys by INFO is not a flood of goroutines, and who is only consulted presses no keys at the customer.
func TestFloodOfInfoKeysIsBounded(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{})
	caller, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.do(func(c *call) {
		for range 1000 {
			c.relay(c.customer, '5')
		}
		if n := c.relayed.Load(); n > maxRelayed {
			t.Errorf("%d keys are on their way", n)
		}
	})
	h.until("sent", func() bool { return h.actor().relayed.Load() == 0 })
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	h.answered(far)
	h.stage(state.ConsultTalking)
	h.must(h.svc.Resume(v.ID, "anna"))
	h.do(func(c *call) {
		c.relay(c.consult.Leg, '7')
		if n := c.relayed.Load(); n != 0 {
			t.Errorf("a consulted telephone's key goes to %v", caller.LocalMedia())
		}
	})
}

// Whom a call is only offered says nothing of what it was about.
func TestOfferedCallHasNoOutcome(t *testing.T) {
	h := newHouse(t, plan{})
	h.agent("anna", 1, siptest.Config{Answer: -1})
	h.call(waterNumber, siptest.Config{})
	v := h.state(state.Offered)
	if err := h.svc.SetOutcome(v.ID, "anna", "advised"); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
}

// In a promised call too the desk phone's second line consults.
func TestSecondLineOfACallback(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	far, other := h.outside(callerNumber, siptest.Config{}), h.outside(doctor, siptest.Config{})
	h.promised()
	phone := h.agent("anna", 1, siptest.Config{})
	h.answered(phone)
	h.hears(h.answered(far), toneAgent)
	h.state(state.Talking)
	_, err := phone.Call(h.ctx(), doctor, pii.Number{})
	h.must(err)
	h.answered(other)
	h.stage(state.ConsultTalking)
}

// M4: a hold that comes in an ACK, as the answer to our own offer, is a hold too (RFC 3261 14.2).
func TestHoldInTheACKIsNotTold(t *testing.T) {
	h := newHouse(t, plan{announcement: time.Second})
	caller, err := h.gear(h.trunk, gearing{codecs: narrow(), hz: toneCaller}).dial(waterNumber)
	h.must(err)
	caller.hears(toneFinnish, 0.5)
	h.must(caller.dialog.Solicit(h.ctx(), func(offer []byte) ([]byte, error) {
		o, err := sdp.Parse(offer)
		if err != nil {
			return nil, err
		}
		body, _, err := sdp.Answer(sdp.Options{Version: 2}, o, caller.udp.Local(), nil, sdp.SendOnly)
		return body, err
	}))
	h.stays(func() bool { return h.svc.Stats().Announced == 0 })
	h.state(state.Announcing)
}

// A telephone that refreshes its session does not end a hold that its agent began at the desktop.
func TestRefreshEndsNoHold(t *testing.T) {
	h := newHouse(t, plan{})
	caller, anna, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(h.svc.Hold(v.ID, "anna"))
	h.must(anna.Resume(h.ctx())) // the description that holds already
	h.do(func(*call) {})
	if now, err := h.svc.Call(v.ID); err != nil || now.State != state.Held {
		t.Errorf("%+v, %v", now, err)
	}
	h.hears(caller, toneMusic)
}
