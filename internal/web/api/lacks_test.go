package api

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/agency"
)

// staffed is a floor whose staff is known as given.
func staffed(t *testing.T, all []agency.Staff) *house {
	h := floor(t)
	deps := h.deps
	deps.Staff = func(context.Context) ([]agency.Staff, error) { return all, nil }
	h.srv.Config.Handler = New(deps)
	return h
}

func TestSupervisorsSeeWhatNobodyCan(t *testing.T) {
	h := staffed(t, []agency.Staff{{Skills: map[string]int{"ports": 1}, Languages: agency.Langs()}})
	lacks := h.state("sari", "parks-main").Lacks
	if len(lacks) != 1 || lacks[0].Kind != "skill" || len(lacks[0].Needs) != 1 || lacks[0].Needs[0] != (Need{"parks", 1, false}) {
		t.Errorf("%+v", lacks)
	}
	if lacks := h.state("pete", "ports-main").Lacks; lacks == nil || len(lacks) != 0 {
		t.Errorf("%+v", lacks)
	}
	if lacks := h.state("anna", "parks-main").Lacks; lacks == nil || len(lacks) != 0 {
		t.Errorf("an agent sees %+v", lacks)
	}
}

func TestLacksOfAnotherAgencysStaff(t *testing.T) {
	h := staffed(t, []agency.Staff{{Skills: map[string]int{"parks": 1}, Agencies: []string{"ports"}}})
	if lacks := h.state("all", "parks-main").Lacks; len(lacks) != 1 || lacks[0].Kind != "agency" || len(lacks[0].Needs) != 0 {
		t.Errorf("%+v", lacks)
	}
	if lacks := h.state("all", "ports-main").Lacks; len(lacks) != 1 || lacks[0].Kind != "skill" {
		t.Errorf("%+v", lacks)
	}
}

// Without anybody, or without knowing, nothing is said.
func TestNothingIsSaidOfAnUnknownStaff(t *testing.T) {
	if lacks := staffed(t, []agency.Staff{}).state("all", "parks-main").Lacks; len(lacks) != 0 {
		t.Errorf("%+v", lacks)
	}
	h := floor(t)
	if lacks := h.state("all", "parks-main").Lacks; lacks == nil || len(lacks) != 0 {
		t.Errorf("%+v", lacks)
	}
}

func TestTheStaffIsReadNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s staff
		reads, fails := 0, errors.New("away")
		read := func(context.Context) ([]agency.Staff, error) { reads++; return make([]agency.Staff, reads), fails }
		if _, err := s.known(t.Context(), read); !errors.Is(err, fails) {
			t.Error(err)
		}
		fails = nil
		for range 3 {
			if all, err := s.known(t.Context(), read); err != nil || len(all) != 2 {
				t.Errorf("%d, %v", len(all), err)
			}
		}
		time.Sleep(LacksAge)
		if all, _ := s.known(t.Context(), read); len(all) != 3 || reads != 3 {
			t.Errorf("%d of %d reads", len(all), reads)
		}
	})
}

func TestMeTellsTheBreaksReason(t *testing.T) {
	h := floor(t)
	for _, c := range []struct{ state, reason, want string }{{"break", "lunch", "lunch"}, {"break", "", ""}, {"ready", "", ""}} {
		var m Me
		h.do("anna", "PUT", "/api/me/state", StateChange{c.state, c.reason}).want(http.StatusOK)
		h.do("anna", "GET", "/api/me", nil).want(http.StatusOK).into(&m)
		if m.State != c.state || m.Reason != c.want {
			t.Errorf("%+v: %s %q", c, m.State, m.Reason)
		}
	}
}
