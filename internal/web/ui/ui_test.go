package ui

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"santra/internal/errs"
)

func built() fstest.MapFS {
	return fstest.MapFS{
		"index.html":             {Data: []byte("<!doctype html>")},
		".gitkeep":               {Data: []byte("x")},
		"assets/app-abc.js":      {Data: []byte("plain")},
		"assets/app-abc.js.br":   {Data: []byte("brotli")},
		"assets/app-abc.js.gz":   {Data: []byte("gzipped")},
		"assets/style-abc.css":   {Data: []byte("c")},
		"assets/icon.unknownext": {Data: []byte("?")},
	}
}

func get(t *testing.T, method, path, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := New(built(), "http://127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestServes(t *testing.T) {
	for _, c := range []struct {
		method, path, encoding string
		status                 int
		body, cache, coding    string
	}{
		{"GET", "/", "", 200, "<!doctype html>", "no-cache", ""},
		{"GET", "/calls/abc", "", 200, "<!doctype html>", "no-cache", ""},
		{"GET", "/missing.js", "", 404, "", "", ""},
		{"GET", "/assets/none.js", "", 404, "", "", ""},
		{"GET", "/assets", "", 200, "<!doctype html>", "no-cache", ""},
		{"GET", "/.gitkeep", "", 404, "", "", ""},
		{"GET", "/../ui.go", "", 404, "", "", ""},
		{"POST", "/", "", 405, "", "", ""},
		{"GET", "/assets/app-abc.js", "", 200, "plain", immutable, ""},
		{"GET", "/assets/app-abc.js", "gzip, br", 200, "brotli", immutable, "br"},
		{"GET", "/assets/app-abc.js", "gzip", 200, "gzipped", immutable, "gzip"},
		{"GET", "/assets/app-abc.js", "br; q=0, gzip;q=0.5", 200, "gzipped", immutable, "gzip"},
		{"GET", "/assets/style-abc.css", "br", 200, "c", immutable, ""},
		{"GET", "/assets/icon.unknownext", "", 200, "?", immutable, ""},
	} {
		w := get(t, c.method, c.path, c.encoding)
		if w.Code != c.status || (c.body != "" && w.Body.String() != c.body) || (c.cache != "" && w.Header().Get("Cache-Control") != c.cache) ||
			w.Header().Get("Content-Encoding") != c.coding {
			t.Errorf("%s %s (%s): %d %q %v", c.method, c.path, c.encoding, w.Code, w.Body, w.Header())
		}
	}
}

func TestPolicyIsStrict(t *testing.T) {
	h := get(t, "GET", "/", "").Header()
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self' http://127.0.0.1:9;",
		"media-src 'self' http://127.0.0.1:9;", "require-trusted-types-for 'script'", "trusted-types dompurify santra-mail", "frame-ancestors 'none'", "base-uri 'none'",
	} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy lacks %s: %s", want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") || strings.Contains(csp, "https:;") {
		t.Error(csp)
	}
	if h.Get("Referrer-Policy") != "no-referrer" || !strings.HasPrefix(h.Get("Permissions-Policy"), "microphone=(self)") {
		t.Error(h)
	}
}

func TestOriginIsChecked(t *testing.T) {
	for _, bad := range []string{"recorder", "ftp://x", "https://x/path", "https://x; script-src *", "https://*", "//x", "https://x y"} {
		if _, err := New(built(), bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := New(Files(), ""); err != nil {
		t.Error(err)
	}
	if http.StatusOK != get(t, "HEAD", "/", "").Code {
		t.Error("HEAD refused")
	}
}
