package voice

import (
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/gate"
	"santra/internal/voice/state"
)

// talking brings two people together.
func (h *house) talking(callerCfg, agentCfg siptest.Config) (caller, agent *siptest.Call, v state.View) {
	h.Helper()
	phone := h.agent("anna", 1, agentCfg)
	caller = h.call(waterNumber, callerCfg)
	agent = h.answered(phone)
	return caller, agent, h.state(state.Talking)
}

func TestHoldByTheDesktop(t *testing.T) {
	h := newHouse(t, plan{})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	h.hears(caller, toneAgent)
	h.must(h.svc.Hold(v.ID, "anna"))
	h.hears(caller, toneMusic)
	if v := h.state(state.Held); v.Agent != "anna" {
		t.Errorf("%+v", v)
	}
	if err := h.svc.Hold(v.ID, "anna"); !errs.Is(err, errs.Conflict) {
		t.Errorf("held twice: %v", err)
	}
	h.must(h.svc.Resume(v.ID, "anna"))
	h.hears(caller, toneAgent)
	h.hears(agent, toneCaller)
	if err := h.svc.Resume(v.ID, "anna"); !errs.Is(err, errs.Conflict) {
		t.Errorf("resumed twice: %v", err)
	}
	h.must(h.svc.Hold(v.ID, "anna"))
	h.must(caller.HangUp(h.ctx()))
	h.ended(agent)
	h.empty()
}

func TestHoldByTheTelephone(t *testing.T) {
	h := newHouse(t, plan{})
	caller, agent, _ := h.talking(siptest.Config{}, siptest.Config{})
	h.hears(agent, toneCaller)
	h.must(agent.Hold(h.ctx()))
	h.state(state.Held)
	h.hears(caller, toneMusic)
	h.must(agent.Resume(h.ctx()))
	h.state(state.Talking)
	h.hears(caller, toneAgent)
}

func TestMute(t *testing.T) {
	h := newHouse(t, plan{})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	h.hears(caller, toneAgent)
	h.must(h.svc.Mute(v.ID, "anna", true))
	h.view("muted", func(v state.View) bool { return v.Muted })
	h.must(caller.WaitHears(h.ctx(), 0)) // silence, not a stream that stops
	h.hears(agent, toneCaller)
	h.must(h.svc.Mute(v.ID, "anna", false))
	h.hears(caller, toneAgent)
}

func TestKeysPassBothWays(t *testing.T) {
	h := newHouse(t, plan{})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	h.must(caller.SendDTMF(h.ctx(), "12#"))
	h.digits(agent, "12#")
	h.must(agent.SendDTMF(h.ctx(), "*9"))
	h.digits(caller, "*9")
	h.must(h.svc.SendDTMF(v.ID, "anna", "a70"))
	h.digits(caller, "A70")
	h.must(agent.Dialog().Info(h.ctx(), "application/dtmf-relay", []byte("Signal=4\r\nDuration=160\r\n")))
	h.digits(caller, "4")
	h.must(caller.Dialog().Info(h.ctx(), "application/dtmf", []byte("6")))
	h.digits(agent, "6")
	for _, bad := range []string{"", "12x", "000000000000000000000000000000000"} {
		if err := h.svc.SendDTMF(v.ID, "anna", bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func (h *house) digits(c *siptest.Call, want string) {
	h.Helper()
	got := ""
	for len(got) < len(want) {
		select {
		case d := <-c.Digits():
			got += string(d)
		case <-h.ctx().Done():
			h.Fatalf("keys %q of %q", got, want)
		}
	}
	if got != want {
		h.Errorf("keys %q, want %q", got, want)
	}
}

func TestDifferentCodecsAreTranscoded(t *testing.T) {
	h := newHouse(t, plan{})
	caller, agent, _ := h.talking(siptest.Config{Codecs: []string{"PCMU"}}, siptest.Config{Codecs: []string{"PCMA"}})
	h.hears(caller, toneAgent)
	h.hears(agent, toneCaller)
}

func TestLanguageMenu(t *testing.T) {
	h := newHouse(t, plan{announcement: 1500 * time.Millisecond})
	caller := h.call(menuNumber, siptest.Config{})
	h.must(caller.SendDTMF(h.ctx(), "2"))
	h.hears(caller, toneSwedish)
	v := h.state(state.Waiting)
	if v.Language != "sv" {
		t.Errorf("%+v", v)
	}
	h.must(caller.SendDTMF(h.ctx(), "1")) // too late
	anna := h.answered(h.agent("anna", 1, siptest.Config{}))
	h.hears(anna, toneCaller)
	if v := h.state(state.Talking); v.Language != "sv" {
		t.Errorf("%+v", v)
	}
}

// Who presses nothing, or a key of no language, hears the announcement in every language of the number.
func TestLanguageMenuTimesOut(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{announcement: 1200 * time.Millisecond, recorder: deck})
	caller := h.call(menuNumber, siptest.Config{})
	h.must(caller.SendDTMF(h.ctx(), "7"))
	for _, tone := range []float64{toneFinnish, toneSwedish, toneEnglish} {
		h.hears(caller, tone)
	}
	if v := h.state(state.Waiting); v.Language != "" || time.Since(v.Arrived) < agency.DefaultLanguageTime {
		t.Errorf("%+v", v)
	}
	h.agent("anna", 1, siptest.Config{})
	if x := deck.next(h).meta.Extension; x.Language != gate.Several || len(strings.Split(x.Announcement, ".")) != 3 {
		t.Errorf("%+v", x)
	}
}

// A caller who has us on hold hears nothing: the announcement begins again when the caller listens (M4).
func TestAnnouncementToADeafCaller(t *testing.T) {
	h := newHouse(t, plan{announcement: 1500 * time.Millisecond})
	caller := h.call(waterNumber, siptest.Config{})
	h.must(caller.Hold(h.ctx()))
	held := time.Now()
	for time.Since(held) < 2*time.Second {
		if v := h.state(state.Announcing); v.State != state.Announcing {
			t.Fatalf("%+v", v)
		}
	}
	h.must(caller.Resume(h.ctx()))
	back := time.Now()
	h.state(state.Waiting)
	if took := time.Since(back); took < 1400*time.Millisecond {
		t.Errorf("only %v of the announcement played after the hold", took)
	}
}
