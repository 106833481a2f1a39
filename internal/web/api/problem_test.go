package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"santra/internal/identity"
	"santra/internal/web/api/frame"
)

func TestValidationNeverRepeatsWhatWasSent(t *testing.T) {
	h := newHouse(t, nil)
	h.person("admin", identity.Administrator, "")
	h.person("anna", identity.Expert, "")
	const secret = "0401234567"
	for _, c := range []struct{ who, method, path, body string }{
		{"", "POST", "/api/login", `{"name":{"x":"` + secret + `"},"password":"p"}`},
		{"", "POST", "/api/login", `{"name":"n","password":"p","` + secret + `":1}`},
		{"", "POST", "/api/login", `{"name":"` + secret},
		{"", "POST", "/api/login", secret},
		{"", "POST", "/api/login", ``},
		{"anna", "POST", "/api/recordings/search", `{"agency":"parks","purpose":"quality","fragment":"` + secret + `"}`},
		{"anna", "POST", "/api/recordings/search", `{"agency":"parks","purpose":"` + secret + `"}`},
		{"anna", "POST", "/api/archive/search", `{"agency":"parks","purpose":"answering","from":"` + secret + `"}`},
		{"anna", "POST", "/api/archive/search", `{"agency":"` + secret + strings.Repeat("x", 100) + `","purpose":"answering"}`},
		{"anna", "PUT", "/api/cases/k/draft", `{"subject":"s","text":"t","version":"` + secret + `"}`},
		{"anna", "PUT", "/api/me/state", `{"state":"` + secret + `"}`},
		{"anna", "GET", "/api/cases?mine=" + secret, ""},
		{"anna", "GET", "/api/cases/k/messages/m/files/" + secret + "9999", ""},
		{"admin", "POST", "/api/people", `{"name":"` + secret + ` !","display":"d","password":"abcdefghijkl mn","roles":[]}`},
	} {
		var body any
		if c.body != "" {
			body = c.body
		}
		a := h.do(c.who, c.method, c.path, body, "Content-Type", "application/json")
		if a.status < 400 || a.status >= 500 || strings.Contains(string(a.body), secret) {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.status, a.body)
		}
		var p frame.Problem
		a.into(&p)
		if ct := a.header.Get("Content-Type"); ct != "application/problem+json" || p.Title == "" || p.Kind == "" || p.Status != a.status {
			t.Errorf("%s %s: %s %+v", c.method, c.path, ct, p)
		}
	}
	if strings.Contains(h.log.String(), secret) {
		t.Error("the log repeats what was sent")
	}
}

func TestProblemsSpeakTheCallersLanguage(t *testing.T) {
	h := newHouse(t, nil)
	for lang, want := range map[string]string{"fi": "Kirjaudu sisään.", "sv-FI,en;q=0.1": "Logga in.", "en": "Log in.", "": "Log in.", "de": "Log in.", "??": "Log in."} {
		var p frame.Problem
		h.do("", "GET", "/api/me", nil, "Accept-Language", lang).want(http.StatusUnauthorized).into(&p)
		if p.Title != want {
			t.Errorf("%q: %q", lang, p.Title)
		}
	}
	var p frame.Problem
	h.do("", "POST", "/api/login", `{}`, "Accept-Language", "fi").want(http.StatusUnprocessableEntity).into(&p)
	if p.Title != "Tarkista antamasi tiedot." || len(p.Errors) != 2 || p.Field == "" {
		t.Errorf("%+v", p)
	}
}

func TestPanicsStaySilent(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.calls.view.ID, h.calls.view.Agency, h.calls.view.Agent = "c", "parks", h.ids["anna"]
	h.calls.boom = "+358401234567"
	h.do("anna", "POST", "/api/calls/c/hold", nil).want(http.StatusInternalServerError)
	if log := h.log.String(); !strings.Contains(log, "panic") || strings.Contains(log, "0401234567") || strings.Contains(log, "358401234567") {
		t.Error(log)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	h := newHouse(t, nil)
	h.do("", "POST", "/api/login", `{"name":"`+strings.Repeat("x", frame.MaxBody)+`","password":"p"}`).want(http.StatusRequestEntityTooLarge)
	h.person("anna", identity.Agent, "parks")
	long := `{"subject":"s","version":0,"text":"` + strings.Repeat("x", 2*frame.MaxBody) + `"}`
	h.do("anna", "PUT", "/api/cases/k/draft", long).want(http.StatusOK)
}

func TestUnknownPaths(t *testing.T) {
	h := newHouse(t, nil)
	for _, path := range []string{"/api/", "/api/nothing", "/api/customers", "/api/docs", "/api/cases/x/../../.."} {
		if a := h.do("", "GET", path, nil); a.status != http.StatusNotFound && a.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	a := h.do("", "GET", "/api/openapi.json", nil).want(http.StatusOK)
	if !strings.Contains(string(a.body), `"openapi":"3.1.0"`) || a.header.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" || a.header.Get("Referrer-Policy") != "no-referrer" {
		t.Error(a.header)
	}
	h.do("", "GET", "/api/schemas/Me.json", nil).want(http.StatusOK)
	h.do("", "GET", "/healthz", nil).want(http.StatusOK)
}

func TestMissingServicesAnswer503(t *testing.T) {
	srv := httptest.NewServer(New(Deps{}))
	defer srv.Close()
	d, _ := described(t)
	for path, methods := range d.Paths {
		for method, o := range methods {
			r, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(method), srv.URL+fill(path), http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			res, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusServiceUnavailable && o.ID != "health" {
				t.Errorf("%s: %d", o.ID, res.StatusCode)
			}
		}
	}
}
