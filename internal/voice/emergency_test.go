package voice

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/actor"
	"santra/internal/voice/consult"
	"santra/internal/voice/dial"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// helped is a registered telephone at a seat where nobody sits, and the emergency centre behind the trunk.
func (h *house) helped() (phone, help *siptest.Phone) {
	h.Helper()
	help = h.outside(emergency, siptest.Config{})
	phone = h.phone(h.phones, siptest.Config{User: "phone2", Password: "secret", Tone: toneAgent})
	h.must(phone.Register(h.ctx()))
	return phone, help
}

// connected calls the emergency centre from a telephone, and both hear each other.
func (h *house) connected(phone, help *siptest.Phone) *siptest.Call {
	h.Helper()
	mine, err := phone.Call(h.ctx(), emergency, pii.Number{})
	h.must(err)
	called := h.answered(help)
	h.hears(called, toneAgent)
	h.hears(mine, toneDoctor)
	return mine
}

// refusedWith503 calls as a customer and is refused.
func (h *house) refusedWith503() {
	h.Helper()
	_, err := h.phone(h.trunk, siptest.Config{}).Call(h.ctx(), waterNumber, pii.NewNumber(callerNumber))
	if r, ok := errors.AsType[*sip.Refused](err); !ok || r.Code != 503 {
		h.Errorf("%v", err)
	}
}

// Where no customer gets in any more, 112 goes out, from a desk phone and from the desktop.
func TestEmergencyPassesAFullHouse(t *testing.T) {
	h := newHouse(t, plan{maxCalls: 1})
	phone, help := h.helped()
	anna := h.agent("anna", 1, siptest.Config{})
	h.call(waterNumber, siptest.Config{})
	h.answered(anna)
	h.state(state.Talking)
	h.refusedWith503()
	h.connected(phone, help)
	v := h.callOut("anna", emergency)
	second, called := h.answered(anna), h.answered(help)
	h.hears(called, toneAgent)
	h.hears(second, toneDoctor)
	if !v.Emergency {
		t.Errorf("%+v", v)
	}
	h.outside(doctor, siptest.Config{})
	h.signIn("bo", 2)
	if _, err := h.svc.CallOut(h.ctx(), "bo", Outgoing{Queue: "water-main", Number: doctor}); !errs.Is(err, errs.Limited) {
		t.Errorf("another call out: %v", err)
	}
}

// While the house lets its calls end, before it stops.
func TestEmergencyPassesWhileDraining(t *testing.T) {
	h := newHouse(t, plan{})
	phone, help := h.helped()
	caller, _, _ := h.talking(siptest.Config{}, siptest.Config{})
	stopped := make(chan error, 1)
	ctx, cut := context.WithCancel(t.Context())
	defer cut()
	go func() { stopped <- h.svc.Stop(ctx) }()
	for !h.svc.calls.Full() {
		h.breathe()
	}
	h.refusedWith503()
	mine := h.connected(phone, help)
	h.must(caller.HangUp(h.ctx()))
	h.state(state.Talking) // the call for help goes on, and the house waits for it
	select {
	case err := <-stopped:
		t.Fatal("stopped in the midst of a call for help:", err)
	default:
	}
	h.must(mine.HangUp(h.ctx()))
	h.must(<-stopped)
	if err := h.svc.calls.Add(actor.Key{ID: "late"}, nil, true); !errs.Is(err, errs.Unavailable) {
		t.Error("a call after the end:", err)
	}
}

// A city without any queue that has a number, and a queue that there is not.
func TestEmergencyNeedsNoQueue(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) {
		for i := range c.Queues {
			c.Queues[i].Number = ""
		}
	}})
	phone, help := h.helped()
	h.must(h.connected(phone, help).HangUp(h.ctx()))
	h.empty()
	anna := h.agent("anna", 1, siptest.Config{})
	_, err := h.svc.CallOut(h.ctx(), "anna", Outgoing{Queue: "no-such", Number: emergency})
	h.must(err)
	h.hears(h.answered(help), toneAgent)
	h.hears(h.answered(anna), toneDoctor)
}

// A trunk that says nothing, not even that it is trying, does not hold up a call for help for the 32 s of a transaction.
func TestASilentTrunkIsNotWaitedFor(t *testing.T) {
	h := newHouse(t, plan{})
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	h.must(err)
	defer silent.Close() //nolint:errcheck // a test's socket
	at := silent.LocalAddr().(*net.UDPAddr).AddrPort()
	h.world.first = []dial.Route{{Trunk: "silent", Endpoint: h.trunk, Target: sip.Target{URI: "sip:112@" + at.String(), Route: at}}}
	phone, help := h.helped()
	began := time.Now()
	h.connected(phone, help)
	if took := time.Since(began); took < dial.HeardWithin || took > dial.HeardWithin+patience/2 {
		t.Error("it took", took)
	}
}

// A call for help that is given to a colleague stays one: it is marked, and never recorded.
func TestEmergencyStaysOneInOtherHands(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	help := h.outside(emergency, siptest.Config{})
	anna := h.agent("anna", 1, siptest.Config{})
	v := h.callOut("anna", emergency)
	h.answered(anna)
	called := h.answered(help)
	h.hears(called, toneAgent)
	bob := h.agent("bob", 2, siptest.Config{Tone: toneBob})
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Agent: "bob"}))
	h.answered(bob)
	h.stage(state.ConsultTalking)
	h.must(h.svc.Complete(v.ID, "anna"))
	h.hears(called, toneBob)
	h.view("bob's", func(v state.View) bool { return v.Agent == "bob" && v.Emergency && v.Recording == tape.None })
	deck.none(h)
}

// Where the ports of sound are used up by other calls, there are some left for 112: from a desk phone, and as a consultation.
func TestEmergencyHasPortsLeft(t *testing.T) {
	h := newHouse(t, plan{ports: 9200})
	phone, help := h.helped()
	anna := h.agent("anna", 1, siptest.Config{})
	h.call(waterNumber, siptest.Config{})
	h.answered(anna)
	v := h.state(state.Talking)
	for full := false; !full; { // customers who wait take the rest
		_, err := h.phone(h.trunk, siptest.Config{NoMedia: true}).Call(h.ctx(), waterNumber, pii.NewNumber(callerNumber))
		r, ok := errors.AsType[*sip.Refused](err)
		if full = ok && r.Code == sip.StatusServiceUnavailable; !full {
			h.must(err)
		}
	}
	h.connected(phone, help)
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: emergency}))
	h.hears(h.answered(help), toneAgent)
}
