package voice

import (
	"errors"
	"strings"
	"testing"

	"santra/internal/voice/consult"

	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/dial"
	"santra/internal/voice/state"
)

func refusedWith(err error) int {
	r, ok := errors.AsType[*sip.Refused](err)
	if !ok {
		return 0
	}
	return r.Code
}

func narrow() []string { return []string{sdp.PCMA, sdp.PCMU} }

// A telephone that signals over TLS has its sound encrypted, ringing and dialling; new keys in the middle are taken, the clear
// is not gone back to.
func TestPhoneOverTLSIsEncrypted(t *testing.T) {
	h := newHouse(t, plan{tls: true})
	g := h.gear(h.phones, gearing{codecs: narrow(), security: sdp.Opportunistic, hz: toneAgent, tls: true, user: "phone1"})
	h.signIn("anna", 1)
	caller := h.call(waterNumber, siptest.Config{})
	agent := g.answered()
	h.state(state.Talking)
	agent.hears(toneCaller, 0.5)
	h.hears(caller, toneAgent)
	before := agent.agreed().Keys
	if !before.Valid() {
		t.Fatal("in the clear")
	}
	h.must(agent.ask(sdp.Opportunistic, nil))
	after := agent.agreed().Keys
	if after.Local.Equal(before.Local) || !after.Valid() {
		t.Error("no new keys")
	}
	agent.forget()
	agent.hears(toneCaller, 0.5)
	h.hears(caller, toneAgent)
	if code := refusedWith(agent.ask(sdp.Plain, nil)); code != sip.StatusNotAcceptableHere {
		t.Errorf("back to the clear: %d", code)
	}
	if n := h.svc.Stats(); n.Unsafe != 0 || n.NoCodec != 1 {
		t.Errorf("%+v", n)
	}
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	far := h.outside(doctor, siptest.Config{})
	mine, err := g.dial(doctor)
	h.must(err)
	h.answered(far)
	mine.hears(toneDoctor, 0.5)
	if !mine.agreed().Keys.Valid() {
		t.Error("a call of the telephone's is in the clear")
	}
}

// A telephone over TLS that is set to take nothing but RTP/SAVP refuses the first offer, and rings at the second: that of its
// agent, and one at a seat that nobody has taken.
func TestPhoneThatInsistsOnSRTP(t *testing.T) {
	h := newHouse(t, plan{tls: true})
	like := gearing{codecs: narrow(), security: sdp.Required, hz: toneAgent, tls: true, insists: true, user: "phone1"}
	g := h.gear(h.phones, like)
	h.signIn("anna", 1)
	caller := h.call(waterNumber, siptest.Config{})
	agent := g.answered()
	v := h.state(state.Talking)
	agent.hears(toneCaller, 0.5)
	h.hears(caller, toneAgent)
	if !agent.agreed().Keys.Valid() {
		t.Error("in the clear")
	}
	like.user, like.hz = "phone2", toneDoctor
	empty := h.gear(h.phones, like)
	h.must(h.svc.Transfer(v.ID, "anna", consult.Whom{Seat: "A12"}))
	taken := empty.answered()
	h.hears(caller, toneDoctor)
	if !taken.agreed().Keys.Valid() {
		t.Error("at the seat in the clear")
	}
}

// In the clear no keys are offered: they could be read on the way.
func TestPhoneInTheClearIsNotEncrypted(t *testing.T) {
	h := newHouse(t, plan{})
	g := h.gear(h.phones, gearing{codecs: narrow(), security: sdp.Opportunistic, hz: toneAgent, user: "phone1"})
	h.signIn("anna", 1)
	h.call(waterNumber, siptest.Config{})
	if agent := g.answered(); agent.agreed().Keys.Valid() {
		t.Error("keys went by UDP")
	}
	in := <-g.in
	if _, body := in.Body(); strings.Contains(string(body), "a=crypto") {
		t.Errorf("%s", body)
	}
	far := h.gear(h.phones, gearing{codecs: narrow(), security: sdp.Required, user: "phone2"})
	h.signIn("bob", 2)
	h.outside(doctor, siptest.Config{})
	if _, err := far.dial(doctor); refusedWith(err) != sip.StatusNotAcceptableHere {
		t.Error("SRTP by UDP is taken:", err)
	}
}

// A trunk that must encrypt: both ways it does, or there is no call.
func TestTrunkMustEncrypt(t *testing.T) {
	h := newHouse(t, plan{srtp: sdp.Required})
	h.agent("anna", 1, siptest.Config{})
	if code := h.refused(h.trunk, waterNumber, siptest.Config{}); code != sip.StatusNotAcceptableHere {
		t.Errorf("in the clear: %d", code)
	}
	g := h.gear(h.trunk, gearing{codecs: narrow(), security: sdp.Required, hz: toneCaller})
	caller, err := g.dial(waterNumber)
	h.must(err)
	h.state(state.Talking)
	caller.hears(toneAgent, 0.5)
	if !caller.agreed().Keys.Valid() {
		t.Error("in the clear")
	}
	h.must(caller.dialog.Bye(h.ctx()))
	h.empty()

	far := h.gear(h.trunk, gearing{codecs: narrow(), security: sdp.Required, hz: toneDoctor})
	h.world.put(doctor, far.ep)
	h.callOut("anna", doctor)
	called := far.answered()
	if !called.agreed().Keys.Valid() {
		t.Error("a call out is in the clear")
	}
	h.must(called.dialog.Bye(h.ctx()))
	h.empty()
	h.world.put(doctor, h.gear(h.trunk, gearing{codecs: narrow(), hz: toneDoctor}).ep)
	v := h.callOut("anna", doctor)
	h.view("refused", func(now state.View) bool { return now.ID == v.ID && now.Failed == dial.Unavailable })
}

// What a description must not name: nothing is sent there, the call is refused and counted.
func TestHostileDescriptions(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.agent("anna", 1, siptest.Config{})
	honest := h.gear(h.trunk, gearing{codecs: narrow(), hz: toneCaller})
	caller, err := honest.dial(waterNumber)
	h.must(err)
	h.answered(phone)
	own := caller.agreed().Remote.String() // a socket of ours
	hostile := []string{"224.0.0.1:4000", "169.254.169.254:4000", "255.255.255.255:4000", own}
	for i, addr := range hostile {
		g := h.gear(h.trunk, gearing{codecs: narrow(), alter: at(addr)})
		if _, err := g.dial(waterNumber); refusedWith(err) != sip.StatusNotAcceptableHere {
			t.Errorf("%s is taken: %v", addr, err)
		}
		if code := refusedWith(caller.ask(sdp.Plain, at(addr))); code != sip.StatusNotAcceptableHere {
			t.Errorf("%s is taken in a re-INVITE: %d", addr, code)
		}
		if n := h.svc.Stats().Unsafe; n != uint64(2*(i+1)) {
			t.Errorf("%s: %d are counted", addr, n)
		}
	}
	caller.hears(toneAgent, 0.5)
	h.world.put(doctor, h.gear(h.trunk, gearing{codecs: narrow(), alter: at("239.1.2.3:4000")}).ep)
	v := h.view("talking", func(v state.View) bool { return v.State == state.Talking })
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	h.view("refused", func(v state.View) bool { return v.Consult == nil && v.Failed == dial.Unavailable })
}

// A re-INVITE without an offer gets ours; its answer in the ACK holds from then on (RFC 3261 14.2), or, where it must not, the
// call ends, for nobody knows what holds.
func TestAnswerInTheACK(t *testing.T) {
	h := newHouse(t, plan{})
	h.agent("anna", 1, siptest.Config{})
	caller, err := h.gear(h.trunk, gearing{codecs: narrow(), hz: toneCaller}).dial(waterNumber)
	h.must(err)
	h.state(state.Talking)
	caller.hears(toneAgent, 0.5)
	answer := func(alter func([]byte) []byte) func([]byte) ([]byte, error) {
		return func(offer []byte) ([]byte, error) {
			o, err := sdp.Parse(offer)
			if err != nil {
				return nil, err
			}
			body, choice, err := sdp.Answer(sdp.Options{Version: 2}, o, caller.udp.Local(), []string{sdp.PCMU}, sdp.SendRecv)
			if err != nil {
				return nil, err
			}
			caller.begin(caller.dialog, choice)
			return alter(body), nil
		}
	}
	h.must(caller.dialog.Solicit(h.ctx(), answer(func(b []byte) []byte { return b })))
	caller.forget()
	caller.hears(toneAgent, 0.5)
	if name := caller.agreed().Codec.Name; name != sdp.PCMU {
		t.Error(name)
	}
	h.must(caller.dialog.Solicit(h.ctx(), answer(at("239.1.2.3:4000"))))
	select {
	case <-caller.dialog.Ended():
	case <-h.ctx().Done():
		t.Fatal("the call goes on")
	}
	h.empty()
	if n := h.svc.Stats().Unsafe; n != 1 {
		t.Errorf("%d are counted", n)
	}
}
