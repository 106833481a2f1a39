package voice

import (
	"testing"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/state"
)

// dialLate calls without an offer: ours comes with the 200, the gear's answer goes with the ACK (RFC 3261 13.2.1).
func (g *gear) dialLate(number string, direction sdp.Direction) (*gearCall, error) {
	g.Helper()
	c := g.open()
	var choice sdp.Choice
	out, err := g.ep.Invite(g.ctx(), g.target(number), sip.InviteOptions{
		From: pii.NewNumber(callerNumber),
		AnswerOffer: func(body []byte) ([]byte, error) {
			offer, err := sdp.Parse(body)
			if err != nil {
				return nil, err
			}
			answer, chosen, err := sdp.Answer(sdp.Options{Security: g.security}, offer, c.udp.Local(), g.codecs, direction)
			choice = chosen
			return g.says(answer), err
		},
	})
	if err != nil {
		return nil, err
	}
	d, err := out.Wait(g.ctx())
	if err != nil {
		return nil, err
	}
	c.begin(d, choice)
	return c, nil
}

// A caller whose INVITE offers nothing gets our offer, and hears and is heard as any other: in the clear, encrypted, in a wide band.
func TestCallerWithoutAnOffer(t *testing.T) {
	for name, x := range map[string]struct {
		gearing
		trunk sdp.Security
		codec string
	}{
		"narrow":    {gearing{codecs: narrow(), hz: toneCaller}, sdp.Plain, sdp.PCMA},
		"wide":      {gearing{codecs: []string{sdp.G722, sdp.PCMA}, hz: toneCaller}, sdp.Plain, sdp.G722},
		"encrypted": {gearing{codecs: narrow(), hz: toneCaller, security: sdp.Required}, sdp.Required, sdp.PCMA},
	} {
		t.Run(name, func(t *testing.T) {
			deck := newTapeDeck(t)
			h := newHouse(t, plan{recorder: deck, srtp: x.trunk, announcement: 1500 * time.Millisecond})
			phone := h.agent("anna", 1, siptest.Config{})
			caller, err := h.gear(h.trunk, x.gearing).dialLate(waterNumber, sdp.SendRecv)
			h.must(err)
			caller.hears(toneFinnish, 0.5) // from its start: nothing is said before the ACK
			agent := h.answered(phone)
			h.hears(agent, toneCaller)
			caller.hears(toneAgent, 0.5)
			if got := caller.agreed().Codec.Name; got != x.codec {
				t.Errorf("they talk %s", got)
			}
			if x := deck.next(h).meta.Extension; x.Outside() != 1 {
				t.Errorf("%+v", x)
			}
			h.must(caller.dialog.Bye(h.ctx()))
			h.empty()
		})
	}
}

// M4: who answers our offer with us on hold has not heard the announcement, which waits.
func TestCallerWithoutAnOfferOnHold(t *testing.T) {
	h := newHouse(t, plan{announcement: 1500 * time.Millisecond})
	phone := h.agent("anna", 1, siptest.Config{})
	caller, err := h.gear(h.trunk, gearing{codecs: narrow(), hz: toneCaller}).dialLate(waterNumber, sdp.SendOnly)
	h.must(err)
	h.stays(func() bool {
		return h.state(state.Announcing).State == state.Announcing && h.svc.Stats().Announced == 0
	})
	h.must(caller.ask(sdp.Plain, nil))
	caller.hears(toneFinnish, 0.5)
	h.hears(h.answered(phone), toneCaller)
	h.must(caller.dialog.Bye(h.ctx()))
	h.empty()
}

// An answer that leads the sound where it must not go, or none at all, ends the call.
func TestCallerWhoseAnswerIsOfNoUse(t *testing.T) {
	for name, alter := range map[string]func([]byte) []byte{
		"a group's address": at("239.1.2.3:4000"),
		"none":              func([]byte) []byte { return nil },
		"no description":    func([]byte) []byte { return []byte("hello") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, plan{})
			caller, err := h.gear(h.trunk, gearing{codecs: narrow(), hz: toneCaller, alter: alter}).dialLate(waterNumber, sdp.SendRecv)
			h.must(err)
			<-caller.dialog.Ended()
			h.empty()
			if s := h.svc.Stats(); s.Announced != 0 || s.NoCodec != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A desk phone may dial so as well.
func TestDeskPhoneWithoutAnOffer(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{Tone: toneCaller})
	h.agent("anna", 1, siptest.Config{})
	desk := h.gear(h.phones, gearing{codecs: narrow(), hz: toneAgent, user: "phone1"})
	call, err := desk.dialLate(doctor, sdp.SendRecv)
	h.must(err)
	called := h.answered(far)
	h.hears(called, toneAgent)
	call.hears(toneCaller, 0.5)
	h.must(called.HangUp(h.ctx()))
	h.view("over", func(v state.View) bool { return v.State == state.WrapUp })
}

// What a caller asks before anybody has looked at its ACK comes after it.
func TestRequestAfterTheLateAnswer(t *testing.T) {
	h := newHouse(t, plan{announcement: 1500 * time.Millisecond})
	caller, err := h.gear(h.trunk, gearing{codecs: narrow(), hz: toneCaller}).dialLate(waterNumber, sdp.SendRecv)
	h.must(err)
	h.must(caller.ask(sdp.Plain, func(b []byte) []byte { return b }))
	caller.hears(toneFinnish, 0.5)
	h.must(caller.dialog.Bye(h.ctx()))
	h.empty()
}
