package voice

import (
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// closed is what is heard of media.Closed in a language whose announcement has this tone.
func closed(tone float64) float64 { return 1.5 * tone }

func toClosed() routing.Target {
	return routing.Target{Kind: routing.ToAnnouncement, Name: media.Closed}
}

// divert makes the only call's queue turn it away, as routing does.
func (h *house) divert(v state.View, to routing.Target) {
	h.Helper()
	h.disp.Remove(v.ID, routing.Overflowed)
	h.svc.Diverted(routing.Work{ID: v.ID, Queue: v.Queue}, to, "closed")
}

// The caller hears why and good-bye, then the call ends; nobody was asked to record it.
func TestDivertedHearsWhyAndIsHungUp(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.divert(v, toClosed())
	h.hears(caller, closed(toneFinnish))
	if v := h.state(state.Leaving); v.Agent != "" || v.Recording != tape.None {
		t.Errorf("%+v", v)
	}
	if _, err := h.svc.Caller(v.ID, "anna"); !errs.Is(err, errs.NotFound) {
		t.Errorf("the number of a caller who is turned away is anybody's: %v", err)
	}
	h.hears(caller, toneGoodbye)
	h.ended(caller)
	h.empty()
	deck.none(h)
	if n := h.svc.Stats(); n.Diverted != 1 || n.Abandoned != 0 || n.Failed != 0 || n.Answered != 0 {
		t.Errorf("%+v", n)
	}
}

// Who chose a language hears that one; who did not hears them all.
func TestDivertedInTheCallersLanguages(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(menuNumber, siptest.Config{})
	h.must(caller.SendDTMF(h.ctx(), "2"))
	h.divert(h.state(state.Waiting), toClosed())
	h.hears(caller, closed(toneSwedish))
	h.hears(caller, toneGoodbye)
	h.ended(caller)
	h.empty()

	caller = h.call(menuNumber, siptest.Config{})
	h.divert(h.state(state.Waiting), toClosed())
	for _, tone := range []float64{toneFinnish, toneSwedish, toneEnglish} {
		h.hears(caller, closed(tone))
		h.hears(caller, toneGoodbye)
	}
	h.ended(caller)
}

// An announcement that is not there, and what can't be carried out yet, still ends politely.
func TestDivertedToWhatIsNotThere(t *testing.T) {
	h := newHouse(t, plan{})
	for _, to := range []routing.Target{
		{Kind: routing.ToAnnouncement, Name: "nobody-recorded-this"},
		{Kind: routing.ToNumber, Name: "+358931000000"},
	} {
		caller := h.call(waterNumber, siptest.Config{})
		h.divert(h.state(state.Waiting), to)
		h.hears(caller, toneGoodbye)
		h.ended(caller)
		h.empty()
	}
}

// Without any prompt the call ends at once.
func TestDivertedWithoutAWord(t *testing.T) {
	h := newHouse(t, plan{mute: []string{media.Closed, media.Goodbye}})
	caller := h.call(waterNumber, siptest.Config{})
	h.divert(h.state(state.Waiting), toClosed())
	h.ended(caller)
	h.empty()
	if n := h.svc.Stats(); n.Diverted != 1 {
		t.Errorf("%+v", n)
	}
}

// A callback that nobody can offer leaves the caller in the queue: routing keeps the place until it is accepted.
func TestACallbackThatIsNotBuiltWaitsOn(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.svc.Diverted(routing.Work{ID: v.ID}, routing.Target{Kind: routing.ToCallback}, "waited")
	anna := h.answered(h.agent("anna", 1, siptest.Config{}))
	h.hears(anna, toneCaller)
	h.hears(caller, toneAgent)
}

func TestCallerLeavesTheFarewell(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.divert(v, toClosed())
	h.hears(caller, closed(toneFinnish))
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	h.checkGone(v.ID)
	if n := h.svc.Stats(); n.Diverted != 1 || n.Abandoned != 0 {
		t.Errorf("%+v", n)
	}
}

// Whoever hangs up at the very moment of the decision: the decision finds no call, or one that is ending.
func TestDivertedTooLate(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	h.divert(v, toClosed())
	h.svc.Moved(routing.Work{ID: v.ID}, "water-menu", "waited")
	h.svc.Expired(routing.Work{ID: v.ID})
	_, agent, talking := h.talking(siptest.Config{}, siptest.Config{})
	h.svc.Diverted(routing.Work{ID: talking.ID}, toClosed(), "closed")
	h.svc.Moved(routing.Work{ID: talking.ID}, "water-menu", "waited")
	h.hears(agent, toneCaller)
	if v := h.state(state.Talking); v.Queue != "water-main" {
		t.Errorf("a call in hand is moved: %+v", v)
	}
}

// While it rings, the ringing stops first.
func TestDivertedWhileItRings(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.agent("anna", 1, siptest.Config{Answer: -1})
	caller := h.call(waterNumber, siptest.Config{})
	rings := <-phone.Rings()
	v := h.state(state.Offered)
	h.svc.Diverted(routing.Work{ID: v.ID}, toClosed(), "queue_removed")
	<-rings.Done()
	h.hears(caller, closed(toneFinnish))
	h.ended(caller)
	if _, ok := h.book.find(func(e event.Event) bool { return e.To[0] == "anna" && e.Fields["state"] == state.Waiting }); !ok {
		t.Error("anna's desktop was not told that the offer is over")
	}
}

// A wrap-up lasts as long as dispatch says: extended, then cut short.
func TestWrapUpFollowsDispatch(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].WrapUp = time.Minute }})
	caller, _, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(caller.HangUp(h.ctx()))
	h.state(state.WrapUp)
	h.agentIs("anna", routing.WrapUp)
	h.must(h.disp.ExtendWrapUp("anna", time.Hour))
	over := time.After(3 * WrapUpLook)
	for looking := true; looking; h.breathe() {
		select {
		case <-over:
			looking = false
		default:
		}
		if now, err := h.svc.Call(v.ID); err != nil || now.State != state.WrapUp {
			t.Fatalf("%+v, %v", now, err)
		}
	}
	h.must(h.disp.WrapUpDone("anna"))
	h.empty()
}
