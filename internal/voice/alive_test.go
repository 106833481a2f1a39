package voice

import (
	"testing"

	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/state"
)

// A silent caller is asked and answers: the call goes on.
func TestSilentCallerIsAsked(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(waterNumber, siptest.Config{NoMedia: true})
	v := h.state(state.Waiting)
	c, err := h.svc.calls.Get(v.ID)
	h.must(err)
	before := h.trunk.Stats().Responses
	for h.trunk.Stats().Responses == before {
		h.must(c.mail.Ask(func() error { c.lookAtLegs(); return nil }))
		h.breathe()
	}
	h.state(state.Waiting)
	h.must(caller.HangUp(h.ctx()))
	h.empty()
}
