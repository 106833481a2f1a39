package voice

import (
	"context"
	"errors"
	"testing"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
)

// refused dials and gives the code of the refusal.
func (h *house) refused(server *sip.Endpoint, number string, cfg siptest.Config) int {
	h.Helper()
	_, err := h.phone(server, cfg).Call(h.ctx(), number, pii.NewNumber(callerNumber))
	refused, ok := errors.AsType[*sip.Refused](err)
	if !ok {
		h.Fatalf("not refused: %v", err)
	}
	return refused.Code
}

func TestTrunkRefuses(t *testing.T) {
	h := newHouse(t, plan{})
	if code := h.refused(h.trunk, "+358931099999", siptest.Config{}); code != sip.StatusNotFound {
		t.Errorf("unknown number: %d", code)
	}
	if code := h.refused(h.trunk, waterNumber, siptest.Config{Codecs: []string{"opus"}}); code != sip.StatusNotAcceptableHere {
		t.Errorf("no common codec: %d", code)
	}
	if n := h.svc.Stats(); n.UnknownCalls != 1 || n.NoCodec != 1 || n.Active != 0 {
		t.Errorf("%+v", n)
	}
}

func TestNumberAsTrunksWriteIt(t *testing.T) {
	h := newHouse(t, plan{})
	for _, number := range []string{waterNumber, "00" + waterNumber[1:], "0" + waterNumber[4:], waterNumber[1:]} {
		h.must(h.call(number, siptest.Config{}).HangUp(h.ctx()))
	}
	h.empty()
}

func TestFullAndDraining(t *testing.T) {
	h := newHouse(t, plan{maxCalls: 1})
	caller := h.call(waterNumber, siptest.Config{})
	if code := h.refused(h.trunk, waterNumber, siptest.Config{}); code != sip.StatusServiceUnavailable {
		t.Errorf("full: %d", code)
	}
	stopped := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { stopped <- h.svc.Stop(ctx) }()
	for !h.svc.draining() {
		h.breathe()
	}
	select {
	case <-caller.Ended():
		t.Error("a call does not go on while the room drains")
	case <-time.After(3 * drainLook):
	}
	cancel()
	h.must(<-stopped)
	h.ended(caller)
}

func TestDrainingWaitsForTheLast(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(waterNumber, siptest.Config{})
	stopped := make(chan error)
	go func() { stopped <- h.svc.Stop(h.ctx()) }()
	h.must(caller.HangUp(h.ctx()))
	h.must(<-stopped)
	if n := h.svc.Stats(); n.Active != 0 || n.Abandoned != 1 {
		t.Errorf("%+v", n)
	}
}

// A stranger who found the telephones' port calls nobody, 112 neither: only a telephone with a password is a telephone.
func TestStrangersCallNobody(t *testing.T) {
	h := newHouse(t, plan{})
	for _, number := range []string{"+358401111111", emergency} {
		if code := h.refused(h.phones, number, siptest.Config{User: "phone1", Password: "secret"}); code != sip.StatusForbidden {
			t.Errorf("%s: %d", number, code)
		}
	}
}

func TestRegistrationNeedsThePassword(t *testing.T) {
	h := newHouse(t, plan{})
	p := h.phone(h.phones, siptest.Config{User: "phone1", Password: "guess"})
	if refused, ok := errors.AsType[*sip.Refused](p.Register(h.ctx())); !ok {
		t.Errorf("registered with a wrong password: %v", refused)
	}
}
