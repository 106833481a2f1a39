package voice

import (
	"testing"

	"santra/internal/agency"
	"santra/internal/event"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

func off(v state.View) bool { return v.State == state.Talking && v.Recording == tape.Off }
func on(v state.View) bool  { return v.State == state.Talking && v.Recording == tape.On }

// The recorder is not there: the call goes on, the agent sees it; when it comes back the next part is recorded.
func TestRecorderIsDown(t *testing.T) {
	deck := newTapeDeck(t)
	deck.off()
	h := newHouse(t, plan{recorder: deck})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	h.view("off", off)
	h.hears(caller, toneAgent)
	h.hears(agent, toneCaller)
	if _, ok := h.book.find(func(e event.Event) bool { return e.Fields["recording"] == tape.Off }); !ok {
		t.Error("the agent is not told")
	}
	deck.on(deck.addr)
	reel := deck.next(h)
	h.view("on", on)
	if x := reel.meta.Extension; x.Part < 2 || v.ID == x.Session {
		t.Errorf("%+v", x)
	}
}

// The recorder says BYE in the middle: off, then the next part under the same gate.
func TestRecorderHangsUp(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	caller, _, _ := h.talking(siptest.Config{}, siptest.Config{})
	first := deck.next(h)
	h.view("on", on)
	h.must(first.dialog.Bye(h.ctx()))
	h.view("off", off)
	second := deck.next(h)
	h.view("on", on)
	a, b := first.meta.Extension, second.meta.Extension
	if b.Part != a.Part+1 || b.Gate != a.Gate || b.Session != a.Session {
		t.Errorf("%+v, then %+v", a, b)
	}
	h.hears(caller, toneAgent)
}

// The recorder's process dies without a word, and another one starts: the agent sees that recording is off, then it goes on
// as the next part.
func TestRecorderDies(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	caller, _, _ := h.talking(siptest.Config{}, siptest.Config{})
	deck.next(h)
	h.view("on", on)
	deck.dies()
	h.view("off", off)
	h.hears(caller, toneAgent)
	deck.on(deck.addr)
	if second := deck.next(h); second.meta.Extension.Part < 2 {
		t.Errorf("%+v", second.meta.Extension)
	}
	h.view("on", on)
	if n := h.svc.Stats(); n.RecordLost != 1 {
		t.Errorf("%+v", n)
	}
}

func TestQueueThatIsNotRecorded(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: func(c *agency.City) { c.Queues[0].Record = false }})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	h.hears(caller, toneAgent)
	h.hears(agent, toneCaller)
	if v.Recording != tape.None {
		t.Errorf("%+v", v)
	}
	deck.none(h)
}

// What is on hold reaches nobody, the recorder included.
func TestHoldIsNotRecorded(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	reel := deck.next(h)
	h.view("on", on)
	h.must(h.svc.Hold(v.ID, "anna"))
	h.state(state.Held)
	if v, err := h.svc.Call(v.ID); err != nil || v.Recording != tape.On {
		t.Errorf("%+v, %v", v, err)
	}
	h.must(h.svc.Resume(v.ID, "anna"))
	for ctx := h.ctx(); !reel.has(rtp.Customer, toneCaller); h.breathe() {
		if ctx.Err() != nil {
			t.Fatal("the recording does not go on after the hold")
		}
	}
}
