package voice

import (
	"testing"

	"santra/internal/errs"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/callback"
	"santra/internal/voice/flow"
	"santra/internal/voice/state"
)

// An agent who hangs up while a promised call rings has not kept it: the customer is called again.
func TestCallbackOfAnAgentWhoHangsUpIsStillOwed(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	far := h.outside(callerNumber, siptest.Config{Answer: -1})
	h.promised()
	bob := h.answered(h.agent("bob", 2, siptest.Config{Tone: toneBob}))
	rings := <-far.Rings()
	h.must(bob.HangUp(h.ctx()))
	<-rings.Done()
	h.until("owed again", func() bool {
		all := h.owed()
		if len(all) != 1 || all[0].State != callback.Waiting || all[0].Tries != 1 {
			return false
		}
		_, ok := h.disp.Explain(all[0].ID)
		return ok
	})
	h.empty()
	if h.world.left() != 0 {
		t.Error("the way is still in use")
	}
}

// So is one whose number could not even be read.
func TestCallbackThatCannotBeOpenedIsStillOwed(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	h.promised()
	id := h.owed()[0].ID
	h.svc.owed.Tried(id, "bob", callback.Failed) // it was never opened
	if x, ok := h.disp.Explain(id); !ok {
		t.Errorf("%+v", x)
	}
	h.disp.Remove(id, routing.Closed)
	h.svc.owed.Tried(id, "bob", callback.Failed)
	h.until("lined up", func() bool { _, ok := h.disp.Explain(id); return ok })
}

// What a take-over is told of a callback that rings is nothing: as a call it would be lost with the next refusal.
func TestCallbackIsNoCallAtATakeOver(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	h.promised()
	h.agent("bob", 2, siptest.Config{Answer: -1})
	h.state(state.Offered)
	if all := h.svc.Announce(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// A caller who was promised a callback before, and presses the key again while an agent takes the call, stays that agent's.
func TestSecondPromiseTakesNoCallFromAnAgent(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: inviting})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.do(func(c *call) {
		c.promised(flow.Promise{Queue: "water-main", Keep: true}, callback.View{ID: "earlier"}, routing.Work{}, nil)
	})
	h.agentIs("anna", routing.Busy)
	if now := h.state(state.Talking); now.ID != v.ID || h.svc.Stats().Promised != 0 {
		t.Errorf("%+v", now)
	}
	if _, err := h.svc.Caller(v.ID, "anna"); errs.Is(err, errs.Gone) {
		t.Error(err)
	}
}

// A word of the flow does not make a caller's wait for a place be forgotten.
func TestFlowDoesNotCancelTheWaitForAPlace(t *testing.T) {
	h := newHouse(t, plan{})
	h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.do(func(c *call) {
		h.disp.Remove(c.job, routing.Closed) // as if there had been no room for it
		c.again.Set(JoinAgain, c.join)
		c.carryOut([]flow.Action{flow.Collect{Within: patience}})
	})
	h.until("placed", func() bool { _, ok := h.disp.Explain(v.ID); return ok })
}
