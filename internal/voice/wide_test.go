package voice

import (
	"testing"

	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/consult"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

func wide() []string { return []string{sdp.G722, sdp.PCMA} }

// Wide sound stays wide from a trunk that has it to the agent's telephone, and in a conference; the recorder gets A-law.
func TestWideSoundStaysWide(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	phone := h.gear(h.phones, gearing{codecs: wide(), hz: toneWide, user: "phone1"})
	h.signIn("anna", 1)
	caller, err := h.gear(h.trunk, gearing{codecs: []string{sdp.PCMA, sdp.G722}, hz: toneCaller}).dial(waterNumber)
	h.must(err)
	agent := phone.answered()
	if a, b := caller.agreed().Codec.Name, agent.agreed().Codec.Name; a != sdp.G722 || b != sdp.G722 {
		t.Fatalf("the caller talks %s, the agent %s", a, b)
	}
	v := h.state(state.Talking)
	caller.hears(toneWide, 0.8)
	agent.hears(toneCaller, 0.8)
	reel := deck.next(h)
	for !reel.has(rtp.Customer, toneCaller) {
		h.breathe()
	}
	third := h.gear(h.trunk, gearing{codecs: wide(), hz: toneDoctor})
	h.world.put(doctor, third.ep)
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	joined := third.answered()
	h.stage(state.ConsultTalking)
	joined.hears(toneWide, 0.8)
	h.must(h.svc.Join(v.ID, "anna"))
	h.stage(state.ConsultJoined)
	joined.forget()
	joined.hears(toneWide, 0.3)
	caller.forget()
	caller.hears(toneWide, 0.3)
}

// What both can is not transcoded, and nothing is wide that a narrow trunk could not pass on.
func TestNarrowSoundIsLeftAlone(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.gear(h.phones, gearing{codecs: []string{sdp.PCMA, sdp.PCMU, sdp.G722, sdp.Opus}, hz: toneAgent, user: "phone1"})
	h.signIn("anna", 1)
	caller, err := h.gear(h.trunk, gearing{codecs: []string{sdp.PCMU}, hz: toneCaller}).dial(waterNumber)
	h.must(err)
	agent := phone.answered()
	in := <-phone.in
	_, body := in.Body()
	offer, err := sdp.Parse(body)
	h.must(err)
	if first := offer.Media[0].Codecs[0].Name; first != sdp.PCMU || caller.agreed().Codec.Name != sdp.PCMU {
		t.Errorf("%s is offered first", first)
	}
	agent.hears(toneCaller, 0.5)
}

// Where the browser answers, the telephone is told so and shows no missed call; and an agent's own telephone is asked to answer
// by itself when its agent calls out.
func TestWhatATelephoneIsTold(t *testing.T) {
	h := newHouse(t, plan{browsers: true})
	phone := h.agent("anna", 1, siptest.Config{Answer: -1})
	caller := h.call(waterNumber, siptest.Config{})
	in := <-phone.Rings()
	v := h.state(state.Offered)
	if in.Header("Alert-Info") != "" {
		t.Error("a customer's call is answered by itself")
	}
	b := newBrowser(h)
	answer, err := h.svc.AnswerBrowser(h.ctx(), v.ID, "anna", b.offer())
	h.must(err)
	b.answered(answer)
	<-in.Done()
	if n := phone.Missed(); n != 0 {
		t.Errorf("%d missed calls are shown", n)
	}
	h.state(state.Talking)
	legs, err := h.svc.Quality(v.ID, "anna", false)
	if err != nil || len(legs) != 2 || legs[0].Leg != leg.Customer || legs[1].Leg != leg.Agent {
		t.Errorf("%+v, %v", legs, err)
	}
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	h.outside(doctor, siptest.Config{})
	h.callOut("anna", doctor)
	if in := <-phone.Rings(); in.Header("Alert-Info") == "" {
		t.Error("an agent who calls out must pick the telephone up")
	}
}
