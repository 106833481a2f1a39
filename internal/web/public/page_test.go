package public

import (
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"santra/internal/registry"
)

func serve(t *testing.T, facts *registry.Facts) func(path, accept string) *http.Response {
	t.Helper()
	p, err := New(func(string) registry.Facts { return *facts }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	p.Routes(mux)
	return func(path, accept string) *http.Response {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Language", accept)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Result()
	}
}

func some() *registry.Facts {
	return &registry.Facts{
		City: "Esimerkkilä & <b>", Recorded: true, Months: 6, Digits: 4, Agencies: []string{"Puistot"},
		Controller: registry.Controller{Name: "Liikelaitos", Responsible: "Päällikkö", Contact: "Puhelinpalvelut", DPO: "dpo@example.org"},
	}
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatal(r.Status, err)
	}
	return string(b)
}

func TestLanguageIsChosen(t *testing.T) {
	get := serve(t, some())
	for _, c := range []struct{ path, accept, want string }{
		{"/register", "", "fi"},
		{"/register", "de,fr;q=0.5", "fi"},
		{"/register", "sv-FI,fi;q=0.8", "sv"},
		{"/register", "fi;q=0.1,en-GB;q=0.9", "en"},
		{"/register?lang=en", "sv", "en"},
		{"/register?lang=SV", "", "sv"},
		{"/register?lang=xx", "sv", "sv"},
		{"/register", "!!!", "fi"},
		{"/register", strings.Repeat("sv,", 5000), "fi"},
	} {
		body := text(t, get(c.path, c.accept))
		if !strings.Contains(body, `<html lang="`+c.want+`">`) {
			t.Errorf("%s with %.20q is not in %s", c.path, c.accept, c.want)
		}
	}
}

func TestPageIsPlainAndWhole(t *testing.T) {
	get := serve(t, some())
	for _, lang := range registry.Languages() {
		r := get("/register?lang="+lang, "")
		body := text(t, r)
		if strings.Contains(body, "<script") || strings.Contains(body, "http:") || strings.Contains(body, "style=") || strings.Contains(body, "<b>") {
			t.Error(lang, "holds what the page may not have")
		}
		if n := strings.Count(body, "<h2 "); n != registry.Sections+1 {
			t.Errorf("%s has %d sections", lang, n)
		}
		if !strings.Contains(body, "<h2 id=\"h15\">15. ") || !strings.Contains(body, `href="#gdpr"`) {
			t.Error(lang, "lacks its last sections")
		}
		wellFormed(t, body)
		if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Error(csp)
		}
	}
}

func wellFormed(t *testing.T, body string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(body))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := dec.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPageFollowsTheSetting(t *testing.T) {
	f := some()
	get := serve(t, f)
	if body := text(t, get("/register?lang=en", "")); !strings.Contains(body, "six (6) months") {
		t.Fatal("does not say six months")
	}
	f.Months = 3
	if body := text(t, get("/register?lang=en", "")); strings.Contains(body, "six (6) months") || !strings.Contains(body, "three (3) months") {
		t.Fatal("the setting changed, the page did not")
	}
}

func TestStyleSheet(t *testing.T) {
	r := serve(t, some())(cssPath, "")
	if css := text(t, r); r.Header.Get("Content-Type") != "text/css; charset=utf-8" || strings.Contains(css, "url(") || strings.Contains(css, "@import") {
		t.Fatal("the style sheet loads something")
	}
}

func FuzzChoose(f *testing.F) {
	f.Add("sv", "fi,en;q=0.1")
	f.Fuzz(func(t *testing.T, query, accept string) {
		if l := Choose(query, accept); l != "fi" && l != "sv" && l != "en" {
			t.Fatal(l)
		}
	})
}
