package voice

import (
	"slices"
	"testing"

	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

func held(v state.View) bool { return v.Recording == tape.Held }

// until waits for what a reel comes to.
func (h *house) until(what string, is func() bool) {
	h.Helper()
	for ctx := h.ctx(); !is(); h.breathe() {
		if ctx.Err() != nil {
			h.Fatal("in vain awaited: " + what)
		}
	}
}

func offered(t *reel, want ...sdp.Direction) func() bool {
	return func() bool { return slices.Equal(t.offered(), want) }
}

// A pause stops the sound to the recorder before it is told, and the end of the pause is agreed before sound goes again. The
// conversation itself hears nothing of it.
func TestPauseIsToldToTheRecorder(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	reel := deck.next(h)
	h.until("sound", func() bool { return reel.has(rtp.Customer, toneCaller) })
	h.must(h.svc.PauseRecording(v.ID, "anna"))
	h.view("paused", held)
	h.until("the pause", offered(reel, sdp.Inactive))
	before := reel.length(rtp.Customer)
	h.hears(caller, toneAgent)
	h.hears(agent, toneCaller)
	if n := reel.length(rtp.Customer); n != before {
		t.Errorf("%d bytes came in the pause", n-before)
	}
	h.must(h.svc.ResumeRecording(v.ID, "anna"))
	h.view("on", on)
	h.until("the end of the pause", offered(reel, sdp.Inactive, sdp.SendOnly))
	h.until("sound again", func() bool { return reel.length(rtp.Customer) > before+8000 && reel.has(rtp.Customer, toneCaller) })
}

// Whatever the agent does in what order, the recorder is told one thing at a time and in the end what is.
func TestPausesInHaste(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	reel := deck.next(h)
	h.view("on", on)
	for range 3 {
		h.must(h.svc.PauseRecording(v.ID, "anna"))
		h.must(h.svc.ResumeRecording(v.ID, "anna"))
	}
	h.must(h.svc.PauseRecording(v.ID, "anna"))
	h.view("paused", held)
	h.until("the pause", func() bool {
		all := reel.offered()
		return len(all) > 0 && all[len(all)-1] == sdp.Inactive
	})
	for i, d := range reel.offered() {
		if want := []sdp.Direction{sdp.Inactive, sdp.SendOnly}[i%2]; d != want {
			t.Fatal(reel.offered())
		}
	}
}

// A recorder that takes no pauses gets no sound in them all the same, and sound after them.
func TestPauseWithoutTheRecorder(t *testing.T) {
	deck := newTapeDeck(t)
	deck.deaf = true
	h := newHouse(t, plan{recorder: deck})
	caller, _, v := h.talking(siptest.Config{}, siptest.Config{})
	reel := deck.next(h)
	h.until("sound", func() bool { return reel.has(rtp.Customer, toneCaller) })
	h.must(h.svc.PauseRecording(v.ID, "anna"))
	h.view("paused", held)
	h.hears(caller, toneAgent) // what was on its way has come
	before := reel.length(rtp.Customer)
	h.hears(caller, toneAgent)
	if n := reel.length(rtp.Customer); n != before {
		t.Errorf("%d bytes came in the pause", n-before)
	}
	h.must(h.svc.ResumeRecording(v.ID, "anna"))
	h.until("sound again", func() bool { return reel.length(rtp.Customer) > before+8000 })
}
