package voice

import (
	"testing"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/company"
	"santra/internal/voice/state"
)

const toneBoss = 2300.0

// supervised is a house in which live listening is announced, and a recorded call that anna has.
func supervised(t *testing.T) (h *house, caller, anna *siptest.Call, reel *reel, v state.View) {
	deck := newTapeDeck(t)
	h = newHouse(t, plan{recorder: deck, browsers: true, city: func(c *agency.City) { c.Queues[0].Listening = true }})
	caller, anna, v = h.talking(siptest.Config{}, siptest.Config{})
	return h, caller, anna, deck.next(h), v
}

// A supervisor who listens hears both and is heard by nobody; who whispers is heard by the agent alone, and not recorded; who
// barges in is heard by all.
func TestSupervisorListensWhispersAndBargesIn(t *testing.T) {
	h, caller, anna, reel, v := supervised(t)
	b := newBrowser(h)
	watch, answer, err := h.svc.Supervise(h.ctx(), v.ID, "sari", company.Listening, b.offerTone(toneBoss))
	h.must(err)
	b.answered(answer)
	b.hearsToo(toneCaller)
	b.hearsToo(toneAgent)
	if v := h.view("listened to", func(v state.View) bool { return v.Supervised == string(company.Listening) }); v.State != state.Talking {
		t.Errorf("%+v", v)
	}
	h.hears(caller, toneAgent)
	h.hears(anna, toneCaller)
	h.must(h.svc.SetMode(v.ID, watch, "sari", company.Whispering))
	h.hearsToo(anna, toneBoss)
	h.hears(caller, toneAgent)
	if reel.has(rtp.Agent, toneBoss) {
		t.Error("a whisper is recorded")
	}
	h.must(h.svc.SetMode(v.ID, watch, "sari", company.Barging))
	h.hearsToo(caller, toneBoss)
	if err := h.svc.SetMode(v.ID, watch, "toni", company.Listening); !errs.Is(err, errs.NotFound) {
		t.Errorf("another's watch: %v", err)
	}
	h.must(h.svc.SetMode(v.ID, watch, "sari", ""))
	h.hears(caller, toneAgent)
	h.hears(anna, toneCaller)
	h.view("alone", func(v state.View) bool { return v.Supervised == "" })
}

// Nobody listens to a customer who was not told, to a call without an agent, or to the own call.
func TestSupervisingIsRefused(t *testing.T) {
	h := newHouse(t, plan{browsers: true})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	for _, c := range []struct {
		who  string
		mode company.Mode
		want errs.Kind
	}{{"sari", company.Listening, errs.Denied}, {"anna", company.Listening, errs.Invalid}, {"sari", "spy", errs.Invalid}} {
		if _, _, err := h.svc.Supervise(h.ctx(), v.ID, c.who, c.mode, "offer"); !errs.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// The supervisor's browser goes away, and the two talk on; the call ends, and the supervisor is let go.
func TestSupervisorLeaves(t *testing.T) {
	h, caller, _, _, v := supervised(t)
	for range 2 {
		b := newBrowser(h)
		_, answer, err := h.svc.Supervise(h.ctx(), v.ID, "sari", company.Listening, b.offerTone(toneBoss))
		h.must(err)
		b.answered(answer)
		b.hearsToo(toneCaller)
		h.must(b.conn.Close())
		h.view("alone", func(v state.View) bool { return v.Supervised == "" })
		h.hears(caller, toneAgent)
	}
	b := newBrowser(h)
	_, answer, err := h.svc.Supervise(h.ctx(), v.ID, "sari", company.Listening, b.offerTone(toneBoss))
	h.must(err)
	b.answered(answer)
	b.hearsToo(toneCaller)
	h.must(caller.HangUp(h.ctx()))
	h.empty()
}

// hearsToo waits until a tone is a good part of the last half second.
func (b *browser) hearsToo(hz float64) {
	b.h.Helper()
	const window = media.SampleRate / 2
	for ctx := b.h.ctx(); ctx.Err() == nil; b.h.breathe() {
		b.mu.Lock()
		s := b.heard[max(0, len(b.heard)-window):]
		ok := len(s) == window && media.ToneLevel(s, media.PCMA, hz) > 0.4*media.Level(s, media.PCMA)
		b.mu.Unlock()
		if ok {
			return
		}
	}
	b.h.Fatalf("the browser does not hear %v Hz", hz)
}

// A customer who came by a queue without listening, and was told nothing of it, is not listened to in another.
func TestListeningNeedsItsOwnAnnouncement(t *testing.T) {
	h := newHouse(t, plan{browsers: true, mute: []string{media.AnnouncementListening}, city: func(c *agency.City) { c.Queues[0].Listening = true }})
	_, _, v := h.talking(siptest.Config{}, siptest.Config{})
	if _, _, err := h.svc.Supervise(h.ctx(), v.ID, "sari", company.Listening, "offer"); !errs.Is(err, errs.Denied) {
		t.Errorf("%v", err)
	}
}
