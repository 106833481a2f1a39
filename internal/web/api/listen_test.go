package api

import (
	"net/http"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/identity"
	"santra/internal/registry"
)

func (h *house) audit(query string) []AuditEntry {
	h.t.Helper()
	var out struct{ Entries []AuditEntry }
	h.do("pia", "GET", "/api/audit"+query, nil).want(http.StatusOK).into(&out)
	return out.Entries
}

func TestListening(t *testing.T) {
	h := newHouse(t, nil)
	h.person("mari", identity.Manager, "parks")
	h.person("other", identity.Manager, "ports")
	h.person("eeva", identity.Expert, "")
	h.person("kaisa", identity.Controller, "")
	h.person("pia", identity.PrivacyOfficer, "")
	search := func(who, agency string) answer {
		return h.do(who, "POST", "/api/recordings/search", RecordingQuery{Agency: agency, Purpose: registry.Quality})
	}
	listen := func(who, id, agency string) answer {
		return h.do(who, "POST", "/api/recordings/"+id+"/listen", ListenRequest{Agency: agency, Purpose: registry.Quality})
	}
	search("mari", "parks").want(http.StatusForbidden) // M10: no grant yet
	listen("mari", "rec1", "parks").want(http.StatusForbidden)
	search("eeva", "parks").want(http.StatusOK)

	grant := func(person, agency string, until time.Time) answer {
		return h.do("kaisa", "POST", "/api/grants", ListenGrantRequest{Person: h.ids[person], Agency: agency, Until: until, Reason: "letter of 3 May"})
	}
	grant("mari", "ports", time.Now().Add(time.Hour)).want(http.StatusUnprocessableEntity)
	grant("mari", "parks", time.Now().Add(-time.Hour)).want(http.StatusUnprocessableEntity)
	grant("mari", "parks", time.Now().AddDate(2, 0, 0)).want(http.StatusUnprocessableEntity)
	var given ListenGrant
	grant("mari", "parks", time.Now().Add(time.Hour)).want(http.StatusOK).into(&given)
	grant("other", "ports", time.Now().Add(time.Hour)).want(http.StatusOK)

	var found struct{ Rows []Recording }
	search("mari", "parks").want(http.StatusOK).into(&found)
	if len(found.Rows) != 1 || found.Rows[0].Name != "2026-11-23-A1-4567" || found.Rows[0].Seconds != 90 {
		t.Errorf("%+v", found)
	}
	var l Listening
	listen("mari", "rec1", "parks").want(http.StatusOK).into(&l)
	if l.URL != "http://127.0.0.1:9/play" || time.Until(l.Expires) > time.Minute {
		t.Errorf("%+v", l)
	}
	search("other", "parks").want(http.StatusForbidden)
	listen("other", "rec1", "parks").want(http.StatusForbidden)
	listen("other", "rec1", "ports").want(http.StatusNotFound) // can't be guessed
	h.renewals(l)

	h.do("kaisa", "DELETE", "/api/grants/"+given.ID, nil).want(http.StatusNoContent)
	h.do("kaisa", "DELETE", "/api/grants/"+given.ID, nil).want(http.StatusGone)
	if len(h.recorder.revoked) != 1 || h.recorder.revoked[0].Person != h.ids["mari"] {
		t.Errorf("%+v", h.recorder.revoked)
	}
	h.do("mari", "POST", "/api/recordings/rec1/renew", Renewal{l.Grant}).want(http.StatusForbidden)
	h.traces(given)
}

func (h *house) renewals(l Listening) {
	h.t.Helper()
	var again Listening
	h.do("mari", "POST", "/api/recordings/rec1/renew", Renewal{l.Grant}).want(http.StatusOK).into(&again)
	if again.Grant == l.Grant {
		h.t.Error("the same grant twice")
	}
	h.do("mari", "POST", "/api/recordings/rec2/renew", Renewal{l.Grant}).want(http.StatusForbidden)
	h.do("eeva", "POST", "/api/recordings/rec1/renew", Renewal{l.Grant}).want(http.StatusForbidden)
	h.do("mari", "POST", "/api/recordings/rec1/renew", Renewal{"x.y"}).want(http.StatusForbidden)
}

// traces checks that each listening, refusal and grant is in the log with its purpose (M8, M9, M10).
func (h *house) traces(given ListenGrant) {
	h.t.Helper()
	heard := h.audit("?action=" + registry.ActionListened)
	if len(heard) != 1 || heard[0].Actor != h.ids["mari"] || heard[0].Object != "rec1" || heard[0].Agency != "parks" || heard[0].Purpose != registry.Quality || heard[0].Detail["grant"] == "" {
		h.t.Errorf("%+v", heard)
	}
	if refused := h.audit("?refused=true&action=" + registry.ActionRefused); len(refused) < 3 {
		h.t.Errorf("%+v", refused)
	}
	granted := h.audit("?object=" + given.ID)
	if len(granted) != 2 || granted[0].Action != registry.ActionWithdrawn || granted[1].Reason != "letter of 3 May" {
		h.t.Errorf("%+v", granted)
	}
	if refused := h.audit("?action=" + ActionRefused); len(refused) != 1 || refused[0].Agency != "parks" || refused[0].Object != "recording-search" {
		h.t.Errorf("%+v", refused)
	}
	if reads := h.audit("?action=" + ActionAuditRead); len(reads) < 3 {
		h.t.Error("reading the log leaves no trace")
	}
	for _, who := range []string{"mari", "eeva", "kaisa"} {
		h.do(who, "GET", "/api/audit", nil).want(http.StatusForbidden)
	}
}

func TestListeningFromElsewhereIsRefusedAndLogged(t *testing.T) {
	h := newHouse(t, func(c *agency.City) { c.ListenNetworks = []string{"192.0.2.0/24"} })
	h.person("eeva", identity.Expert, "")
	h.person("pia", identity.PrivacyOfficer, "")
	h.do("eeva", "POST", "/api/recordings/rec1/listen", ListenRequest{Agency: "parks", Purpose: registry.Quality}).want(http.StatusForbidden)
	h.do("eeva", "POST", "/api/recordings/rec1/listen", ListenRequest{Agency: "parks", Purpose: registry.Quality}, "X-Forwarded-For", "192.0.2.1").want(http.StatusForbidden)
	h.do("eeva", "POST", "/api/recordings/rec1/listen", ListenRequest{Agency: "parks", Purpose: "curiosity"}).want(http.StatusUnprocessableEntity)
	refused := h.audit("?action=" + registry.ActionRefused)
	if len(refused) != 2 || refused[0].Success || refused[0].Detail["from"] != "127.0.0.1" {
		t.Errorf("%+v", refused)
	}
	if len(h.audit("?action="+registry.ActionListened)) != 0 {
		t.Error("a refused listening is logged as heard")
	}
}

func TestCandidatesAndGrantsAreListed(t *testing.T) {
	h := newHouse(t, nil)
	h.person("mari", identity.Manager, "parks")
	h.person("kaisa", identity.Controller, "")
	var c struct{ Candidates []Candidate }
	h.do("kaisa", "GET", "/api/grants/candidates", nil).want(http.StatusOK).into(&c)
	if len(c.Candidates) != 1 || c.Candidates[0].Agency != "parks" || c.Candidates[0].Person != h.ids["mari"] {
		t.Errorf("%+v", c)
	}
	h.do("kaisa", "POST", "/api/grants", ListenGrantRequest{Person: h.ids["mari"], Agency: "parks", Until: time.Now().Add(time.Hour)}).want(http.StatusOK)
	var g struct{ Grants []ListenGrant }
	h.do("kaisa", "GET", "/api/grants", nil).want(http.StatusOK).into(&g)
	if len(g.Grants) != 1 || g.Grants[0].Display != "Display mari" {
		t.Errorf("%+v", g)
	}
	h.do("mari", "GET", "/api/grants", nil).want(http.StatusForbidden)
}

func TestAttestationOverHTTP(t *testing.T) {
	h := newHouse(t, nil)
	h.person("pia", identity.PrivacyOfficer, "")
	var a Attestation
	h.do("pia", "POST", "/api/attest", nil).want(http.StatusOK).into(&a)
	if len(a.Promises) != 25 || a.Promises[17].ID != "M18" || a.Promises[17].State != "holds" || a.Promises[2].State != "fails" {
		t.Errorf("%+v", a)
	}
}
