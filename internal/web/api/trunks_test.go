package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"santra/internal/agency/dialplan"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/voice/lines"
	"santra/internal/web/api/frame"
)

// playedTrunks are two, one of which has a wrong password.
type playedTrunks struct{}

func trunksSince() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

func (playedTrunks) States() []lines.State {
	return []lines.State{
		{Name: "main", Up: true, Emergency: true, Asked: true, Answers: true, Since: trunksSince()},
		{Name: "spare", Registers: true, Why: "sip: refused with 403", Since: trunksSince()},
	}
}

// Everybody who works here may see why no call goes out; who is not logged in may not.
func TestTrunksAreShown(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	var out struct{ Trunks []TrunkState }
	h.do("anna", "GET", "/api/trunks", nil).want(http.StatusOK).into(&out)
	want := []TrunkState{
		{Name: "main", Up: true, Emergency: true, Asked: true, Answers: true, Since: trunksSince()},
		{Name: "spare", Registers: true, Why: "sip: refused with 403", Since: trunksSince()},
	}
	if len(out.Trunks) != 2 || out.Trunks[0] != want[0] || out.Trunks[1] != want[1] {
		t.Errorf("%+v", out)
	}
	h.do("", "GET", "/api/trunks", nil).want(http.StatusUnauthorized)
}

// A call out that is not made says why in the caller's language, by a code, and when it may be tried again.
func TestARefusedCallOutSaysWhy(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.calls.view.Agent = h.ids["anna"]
	until := time.Now().Add(10 * time.Minute).UTC().Truncate(time.Second)
	for _, c := range []struct {
		kind     errs.Kind
		why      dialplan.Refusal
		status   int
		lang, in string
	}{
		{errs.Denied, dialplan.Refusal{Reason: dialplan.PremiumRate, Country: "358"}, http.StatusForbidden, "fi", "palvelunumeroihin"},
		{errs.Denied, dialplan.Refusal{Reason: dialplan.CountryRefused, Country: "1"}, http.StatusForbidden, "sv", "+1"},
		{
			errs.Limited,
			dialplan.Refusal{Reason: dialplan.CapReached, Scope: dialplan.ScopeAgent, Window: dialplan.WindowHour, Limit: 60, Until: until},
			http.StatusTooManyRequests, "en", "(60); it frees at ",
		},
		{errs.Unavailable, dialplan.Refusal{Reason: dialplan.NoTrunk}, http.StatusServiceUnavailable, "en", "No trunk"},
	} {
		h.calls.err = errs.At(c.kind, "number", "%w", &c.why)
		var p frame.Problem
		h.do("anna", "POST", "/api/calls", OutgoingCall{"parks-main", "0401234567"}, "Accept-Language", c.lang).want(c.status).into(&p)
		if p.Code != c.why.Reason || !strings.Contains(p.Title, c.in) || (p.Until == nil) != c.why.Until.IsZero() || p.Until != nil && !p.Until.Equal(until) {
			t.Errorf("%s: %+v", c.why.Reason, p)
		}
	}
	h.calls.err = errs.New(errs.Conflict, "choose a seat first")
	var p frame.Problem
	h.do("anna", "POST", "/api/calls", OutgoingCall{"parks-main", "0401234567"}, "Accept-Language", "fi").want(http.StatusConflict).into(&p)
	if p.Code != "" || !strings.HasPrefix(p.Title, "Tilanne") {
		t.Errorf("%+v", p)
	}
}
