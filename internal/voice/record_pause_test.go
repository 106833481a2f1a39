package voice

import (
	"slices"
	"testing"

	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip/siptest"
)

func held(v View) bool { return v.Recording == RecordingHeld }

// until waits for what a tape comes to.
func (h *house) until(what string, is func() bool) {
	h.Helper()
	for ctx := h.ctx(); !is(); h.breathe() {
		if ctx.Err() != nil {
			h.Fatal("in vain awaited: " + what)
		}
	}
}

func offered(t *tape, want ...sdp.Direction) func() bool {
	return func() bool { return slices.Equal(t.offered(), want) }
}

// A pause stops the sound to the recorder before it is told, and the end of the pause is agreed before sound goes again. The
// conversation itself hears nothing of it.
func TestPauseIsToldToTheRecorder(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	tape := deck.next(h)
	h.until("sound", func() bool { return tape.has(rtp.Customer, toneCaller) })
	h.must(h.svc.PauseRecording(v.ID, "anna"))
	h.view("paused", held)
	h.until("the pause", offered(tape, sdp.Inactive))
	before := tape.length(rtp.Customer)
	h.hears(caller, toneAgent)
	h.hears(agent, toneCaller)
	if n := tape.length(rtp.Customer); n != before {
		t.Errorf("%d bytes came in the pause", n-before)
	}
	h.must(h.svc.ResumeRecording(v.ID, "anna"))
	h.view("on", on)
	h.until("the end of the pause", offered(tape, sdp.Inactive, sdp.SendOnly))
	h.until("sound again", func() bool { return tape.length(rtp.Customer) > before+8000 && tape.has(rtp.Customer, toneCaller) })
}

// Whatever the agent does in what order, the recorder is told one thing at a time and in the end what is.
func TestPausesInHaste(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	tape := deck.next(h)
	h.view("on", on)
	for range 3 {
		h.must(h.svc.PauseRecording(v.ID, "anna"))
		h.must(h.svc.ResumeRecording(v.ID, "anna"))
	}
	h.must(h.svc.PauseRecording(v.ID, "anna"))
	h.view("paused", held)
	h.until("the pause", func() bool {
		all := tape.offered()
		return len(all) > 0 && all[len(all)-1] == sdp.Inactive
	})
	for i, d := range tape.offered() {
		if want := []sdp.Direction{sdp.Inactive, sdp.SendOnly}[i%2]; d != want {
			t.Fatal(tape.offered())
		}
	}
}

// A recorder that takes no pauses gets no sound in them all the same, and sound after them.
func TestPauseWithoutTheRecorder(t *testing.T) {
	deck := newTapeDeck(t)
	deck.deaf = true
	h := newHouse(t, plan{recorder: deck})
	caller, _, v := h.talking(siptest.Config{}, siptest.Config{})
	tape := deck.next(h)
	h.until("sound", func() bool { return tape.has(rtp.Customer, toneCaller) })
	h.must(h.svc.PauseRecording(v.ID, "anna"))
	h.view("paused", held)
	h.hears(caller, toneAgent) // what was on its way has come
	before := tape.length(rtp.Customer)
	h.hears(caller, toneAgent)
	if n := tape.length(rtp.Customer); n != before {
		t.Errorf("%d bytes came in the pause", n-before)
	}
	h.must(h.svc.ResumeRecording(v.ID, "anna"))
	h.until("sound again", func() bool { return tape.length(rtp.Customer) > before+8000 })
}
