package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"santra/internal/errs"
	"santra/internal/identity"
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
		var p Problem
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
		var p Problem
		h.do("", "GET", "/api/me", nil, "Accept-Language", lang).want(http.StatusUnauthorized).into(&p)
		if p.Title != want {
			t.Errorf("%q: %q", lang, p.Title)
		}
	}
	var p Problem
	h.do("", "POST", "/api/login", `{}`, "Accept-Language", "fi").want(http.StatusUnprocessableEntity).into(&p)
	if p.Title != "Tarkista antamasi tiedot." || len(p.Errors) != 2 || p.Field == "" {
		t.Errorf("%+v", p)
	}
}

func TestEveryKindHasStatusAndWords(t *testing.T) {
	a := New(Deps{})
	for k := errs.Internal; k <= errs.Unavailable; k++ {
		p := a.problemOf("x", errs.At(k, "a.field", "hidden or told"))
		w := words()[k]
		if p.Status < 400 || p.Status != statuses()[k] || w.FI == "" || w.SV == "" || w.EN == "" || kindOfStatus(p.Status) != k {
			t.Errorf("%s: %+v", k, p)
		}
		if told := p.Detail != ""; told == (k == errs.Internal || k == errs.Unavailable) {
			t.Errorf("%s: detail %q", k, p.Detail)
		}
	}
	if p := a.problemOf("x", fmt.Errorf("a database error")); p.Status != 500 || p.Detail != "" {
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
	h.do("", "POST", "/api/login", `{"name":"`+strings.Repeat("x", MaxBody)+`","password":"p"}`).want(http.StatusRequestEntityTooLarge)
	h.person("anna", identity.Agent, "parks")
	long := `{"subject":"s","version":0,"text":"` + strings.Repeat("x", 2*MaxBody) + `"}`
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
	if !strings.Contains(string(a.body), `"openapi":"3.1.0"`) || a.header.Get("Content-Security-Policy") != policy || a.header.Get("Referrer-Policy") != "no-referrer" {
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

func TestWhoIsBehindAProxy(t *testing.T) {
	a := New(Deps{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, c := range []struct{ from, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "127.0.0.1", "192.0.2.1"}, // a stranger says it is somebody else
		{"10.1.1.1:5", "192.0.2.7", "192.0.2.7"},
		{"10.1.1.1:5", "127.0.0.1, 192.0.2.7", "192.0.2.7"}, // the client prepended something
		{"10.1.1.1:5", "192.0.2.7, 10.2.2.2", "192.0.2.7"},
		{"10.1.1.1:5", "nonsense", "10.1.1.1"},
		{"[::ffff:192.0.2.9]:5", "", "192.0.2.9"},
		{"[fe80::1%eth0]:5", "", "fe80::1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := a.remote(r); got.String() != c.want {
			t.Errorf("%s via %q: %s, want %s", c.from, c.forwarded, got, c.want)
		}
	}
}

func FuzzAcceptLanguage(f *testing.F) {
	f.Add("sv;q=0.3,fi")
	f.Fuzz(func(t *testing.T, accept string) {
		if l := languageOf(accept); l != "fi" && l != "sv" && l != "en" {
			t.Fatal(l)
		}
	})
}

func TestHumasErrorsLoseTheirValues(t *testing.T) {
	p := fromHuma(&huma.ErrorModel{Status: 422, Errors: []*huma.ErrorDetail{
		{Location: "body.name", Message: "expected string", Value: "secret"},
		{Location: "body.x", Message: "expected string to be RFC 4122 uuid: secret", Value: "secret"},
		{Location: "body.secret", Message: "unexpected property", Value: "secret"},
		{Location: "body", Message: "invalid character 's'", Value: "secret"},
	}})
	if text := fmt.Sprintf("%+v", p); strings.Contains(text, "secret") || strings.Contains(text, "'s'") || len(p.Errors) != 4 || p.Field != "body.name" {
		t.Error(text)
	}
}
