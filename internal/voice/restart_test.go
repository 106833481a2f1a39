package voice

import (
	"testing"

	pion "github.com/pion/webrtc/v4"

	"santra/internal/errs"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

// reoffer is what a browser says after restartIce().
func (b *browser) reoffer() string {
	b.h.Helper()
	offer, err := b.conn.CreateOffer(&pion.OfferOptions{ICERestart: true})
	b.h.must(err)
	gathered := pion.GatheringCompletePromise(b.conn)
	b.h.must(b.conn.SetLocalDescription(offer))
	<-gathered
	return b.conn.LocalDescription().SDP
}

// A browser whose network changes goes on in its call; nobody else's offer is taken for it, and no other call ends.
func TestBrowserRestarts(t *testing.T) {
	h := newHouse(t, plan{browsers: true})
	h.signIn("anna", 1)
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Offered)
	if _, err := h.svc.Restart(h.ctx(), v.ID, "anna", "offer"); !errs.Is(err, errs.Conflict) {
		t.Errorf("before the answer: %v", err)
	}
	b := newBrowser(h)
	answer, err := h.svc.AnswerBrowser(h.ctx(), v.ID, "anna", b.offer())
	h.must(err)
	b.answered(answer)
	h.state(state.Talking)
	h.hears(caller, toneAgent)
	again := b.reoffer()
	if _, err := h.svc.Restart(h.ctx(), v.ID, "bo", again); !errs.Is(err, errs.NotFound) {
		t.Errorf("another agent: %v", err)
	}
	if _, err := h.svc.RestartWatch(h.ctx(), v.ID, "w", "anna", again); !errs.Is(err, errs.NotFound) {
		t.Errorf("a watch that is not there: %v", err)
	}
	if _, err := h.svc.Restart(h.ctx(), v.ID, "anna", newBrowser(h).offer()); !errs.Is(err, errs.Invalid) {
		t.Errorf("another browser's offer: %v", err)
	}
	answer, err = h.svc.Restart(h.ctx(), v.ID, "anna", again)
	h.must(err)
	b.answered(answer)
	b.hears(toneCaller)
	h.hears(caller, toneAgent)
	if now := h.state(state.Talking); now.ID != v.ID {
		t.Errorf("%+v", now)
	}
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	if _, err := h.svc.Restart(h.ctx(), v.ID, "anna", again); !errs.Is(err, errs.Gone) {
		t.Errorf("after the end: %v", err)
	}
}

// How a call sounds is known while it runs, to those who may know, and counted when it has ended.
func TestQualityIsShownAndKept(t *testing.T) {
	h := newHouse(t, plan{})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	h.hears(caller, toneAgent)
	h.hears(agent, toneCaller)
	for person, supervisor := range map[string]bool{"anna": false, "sari": true} {
		legs, err := h.svc.Quality(v.ID, person, supervisor)
		h.must(err)
		if len(legs) != 2 || legs[0].Leg != leg.Customer || legs[1].Leg != leg.Agent || legs[0].MOS < 2 || legs[0].MOS > 4.5 || legs[0].Loss > 0.5 {
			t.Errorf("%+v", legs)
		}
	}
	for _, stranger := range []string{"bo", ""} {
		if _, err := h.svc.Quality(v.ID, stranger, false); !errs.Is(err, errs.NotFound) {
			t.Errorf("%q: %v", stranger, err)
		}
	}
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	var n uint64
	for _, class := range h.svc.Stats().Quality {
		n += class
	}
	if n != 2 {
		t.Errorf("%d legs are counted", n)
	}
	if _, err := h.svc.Quality(v.ID, "anna", false); !errs.Is(err, errs.Gone) {
		t.Errorf("%v", err)
	}
}
