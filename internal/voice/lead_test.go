package voice

import (
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/state"
)

const flowNumber = "+358931012399"

// flowing gives the city a number with a flow of these steps.
func flowing(steps ...agency.Step) func(*agency.City) {
	return func(c *agency.City) {
		c.Numbers = []agency.Number{{Number: flowNumber, Flow: "desk"}}
		c.Flows = []agency.Flow{{ID: "desk", Agency: "water", Languages: []agency.Lang{"fi"}, Steps: steps}}
	}
}

// The menu of a flow leads to the announcement and the queue, where the call is recorded.
func TestFlowLeadsToTheQueue(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: flowing(
		agency.Step{ID: "ask", Menu: &agency.MenuStep{Prompt: "busy", Keys: map[string]string{"2": "told"}, Otherwise: "bye"}},
		agency.Step{ID: "told", Announce: &agency.AnnounceStep{}, Next: "wait"},
		agency.Step{ID: "wait", Queue: &agency.QueueStep{Queue: "water-main"}},
		agency.Step{ID: "bye", HangUp: &agency.HangUpStep{}},
	)})
	phone := h.agent("anna", 1, siptest.Config{})
	caller := h.call(flowNumber, siptest.Config{})
	h.hears(caller, toneBusy)
	h.must(caller.SendDTMF(h.ctx(), "2"))
	h.answered(phone)
	h.hears(caller, toneAgent)
	reel := deck.next(h)
	if reel.gate.Queue != "water-main" || reel.gate.Agency != "water" {
		t.Errorf("%+v", reel.gate)
	}
	for !reel.has(rtp.Customer, toneCaller) {
		h.breathe()
	}
}

// A flow whose menu hears nothing says good-bye and hangs up; nobody counts as having abandoned.
func TestFlowEndsByItself(t *testing.T) {
	h := newHouse(t, plan{city: flowing(
		agency.Step{ID: "ask", Menu: &agency.MenuStep{Prompt: "busy", Keys: map[string]string{"2": "bye"}, Timeout: time.Second, Tries: 1, Otherwise: "bye"}},
		agency.Step{ID: "bye", HangUp: &agency.HangUpStep{Prompt: "announcement"}},
	), announcement: 2 * time.Second})
	caller := h.call(flowNumber, siptest.Config{})
	h.hears(caller, toneFinnish)
	h.ended(caller)
	h.empty()
	if n := h.svc.Stats(); n.Abandoned != 0 || n.Diverted != 1 {
		t.Errorf("%+v", n)
	}
}

// A flow connects its caller to another telephone, and goes on where nobody is reached.
func TestFlowConnectsElsewhere(t *testing.T) {
	for name, busy := range map[string]bool{"reached": false, "busy": true} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, plan{city: flowing(
				agency.Step{ID: "over", Transfer: &agency.TransferStep{Number: doctor, Otherwise: "bye"}},
				agency.Step{ID: "bye", HangUp: &agency.HangUpStep{Prompt: "announcement"}},
			), announcement: 2 * time.Second})
			cfg := siptest.Config{}
			if busy {
				cfg.Reject = 486
			}
			far := h.outside(doctor, cfg)
			caller := h.call(flowNumber, siptest.Config{})
			if busy {
				h.hears(caller, toneFinnish)
				h.ended(caller)
			} else {
				third := h.answered(far)
				h.hears(caller, toneDoctor)
				h.hears(third, toneCaller)
				h.state(state.Forwarded)
				h.must(third.HangUp(h.ctx()))
				h.ended(caller)
			}
			h.empty()
			if h.world.left() != 0 {
				t.Error("the way is still in use")
			}
		})
	}
}

// A queue that sends its calls away leads on by the flow.
func TestFlowGoesOnFromAQueueThatTurnsAway(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) {
		c.Queues[0].Overflow = []agency.Overflow{{When: agency.WhenNobody, To: agency.Target{Announcement: "busy"}}}
		flowing(
			agency.Step{ID: "told", Announce: &agency.AnnounceStep{}, Next: "wait"},
			agency.Step{ID: "wait", Queue: &agency.QueueStep{Queue: "water-main", Otherwise: "ask"}},
			agency.Step{ID: "ask", Menu: &agency.MenuStep{Prompt: "busy", Keys: map[string]string{"1": "again"}, Otherwise: "bye"}},
			agency.Step{ID: "again", Queue: &agency.QueueStep{Queue: "water-menu"}},
			agency.Step{ID: "bye", HangUp: &agency.HangUpStep{}},
		)(c)
	}})
	caller := h.call(flowNumber, siptest.Config{})
	h.hears(caller, toneBusy)
	h.state(state.Announcing)
	h.must(caller.SendDTMF(h.ctx(), "1"))
	if v := h.state(state.Waiting); v.Queue != "water-menu" {
		t.Errorf("%+v", v)
	}
	phone := h.agent("anna", 1, siptest.Config{})
	h.answered(phone)
	h.hears(caller, toneAgent)
}
