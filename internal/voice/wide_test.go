package voice

import (
	"slices"
	"testing"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip/siptest"
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
	v := h.state(Talking)
	caller.hears(toneWide, 0.8)
	agent.hears(toneCaller, 0.8)
	tape := deck.next(h)
	for !tape.has(rtp.Customer, toneCaller) {
		h.breathe()
	}
	third := h.gear(h.trunk, gearing{codecs: wide(), hz: toneDoctor})
	h.world.put(doctor, third.ep)
	h.must(h.svc.Consult(v.ID, "anna", Whom{Number: doctor}))
	joined := third.answered()
	h.stage(ConsultTalking)
	joined.hears(toneWide, 0.8)
	h.must(h.svc.Join(v.ID, "anna"))
	h.stage(ConsultJoined)
	joined.forget()
	joined.hears(toneWide, 0.3)
	caller.forget()
	caller.hears(toneWide, 0.3)
}

// What both can is not transcoded, and nothing is wide that a narrow trunk could not pass on.
func TestNarrowSoundIsLeftAlone(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.gear(h.phones, gearing{codecs: houseCodecs(), hz: toneAgent, user: "phone1"})
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

func TestLikeTheOther(t *testing.T) {
	talks := func(c media.Codec) *leg { return &leg{codec: c, agreed: true} }
	for _, c := range []struct {
		other *leg
		want  []string
	}{
		{nil, []string{sdp.PCMA, sdp.PCMU, sdp.G722, sdp.Opus}},
		{&leg{codec: media.G722}, []string{sdp.PCMA, sdp.PCMU, sdp.G722, sdp.Opus}}, // not agreed yet
		{talks(media.PCMU), []string{sdp.PCMU, sdp.PCMA, sdp.G722, sdp.Opus}},
		{talks(media.G722), []string{sdp.G722, sdp.Opus, sdp.PCMA, sdp.PCMU}},
		{talks(media.Opus), []string{sdp.Opus, sdp.G722, sdp.PCMA, sdp.PCMU}},
	} {
		if got := like(houseCodecs(), c.other); !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
	if got := like(DefaultCodecs(), talks(media.Opus)); !slices.Equal(got, []string{sdp.G722, sdp.PCMA, sdp.PCMU}) {
		t.Errorf("%v", got)
	}
}

// Where the browser answers, the telephone is told so and shows no missed call; and an agent's own telephone is asked to answer
// by itself when its agent calls out.
func TestWhatATelephoneIsTold(t *testing.T) {
	h := newHouse(t, plan{browsers: true})
	phone := h.agent("anna", 1, siptest.Config{Answer: -1})
	caller := h.call(waterNumber, siptest.Config{})
	in := <-phone.Rings()
	v := h.state(Offered)
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
	h.state(Talking)
	legs, err := h.svc.Quality(v.ID, "anna", false)
	if err != nil || len(legs) != 2 || legs[0].Leg != RoleCustomer || legs[1].Leg != RoleAgent {
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
