package play_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/media"
	"santra/internal/recorder"
	"santra/internal/remote"
	"santra/internal/token"
	"santra/internal/web/play"
)

func TestRangesOverHTTP(t *testing.T) {
	r := newRig(t)
	row := r.record("water")
	b := r.browser()
	o, code := r.openPlay(b, r.grant(row))
	if code != 200 || !strings.HasPrefix(o.URL, "/play/") {
		t.Fatal(code, o)
	}
	res, whole, err := r.fetch(b, o.URL, "")
	must(t, err)
	want := map[string]string{
		"Content-Type": "audio/wav", "Content-Disposition": "inline", "Cache-Control": "no-store",
		"Accept-Ranges": "bytes", "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-site",
	}
	for name, value := range want {
		if got := res.Header.Get(name); got != value {
			t.Errorf("%s: %q", name, got)
		}
	}
	for rng, part := range map[string][]byte{"bytes=0-99": whole[:100], "bytes=16000-33333": whole[16000:33334], "bytes=-10": whole[len(whole)-10:]} {
		res, got, err := r.fetch(b, o.URL, rng)
		if err != nil || res.StatusCode != http.StatusPartialContent || !bytes.Equal(got, part) {
			t.Errorf("%s: %d, %v", rng, res.StatusCode, err)
		}
	}
	if res, _, err := r.fetch(b, o.URL, "bytes=999999-"); err != nil || res.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Error(res.StatusCode, err)
	}
	if r.entries("recording.played") != 1 {
		t.Error("one play, one entry")
	}
}

func TestPeaksOverHTTP(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	o, _ := r.openPlay(b, r.grant(r.record("water")))
	res, body, err := r.fetch(b, o.Peaks, "")
	must(t, err)
	if res.StatusCode != 200 || !strings.Contains(string(body), `"seconds":2.5,"per_second":10,"customer":[`) {
		t.Fatal(res.StatusCode, string(body))
	}
}

// TestCookie: the random path alone is not enough; the cookie is the browser's that opened it, and no script's.
func TestCookie(t *testing.T) {
	r := newRig(t)
	row := r.record("water")
	o, _ := r.openPlay(r.browser(), r.grant(row))
	if res, _, err := r.fetch(r.browser(), o.URL, ""); err != nil || res.StatusCode != 403 {
		t.Error("another browser:", res.StatusCode, err)
	}
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, "/play", strings.NewReader(`{"grant":"`+r.sign(token.DomainPlay, r.grant(row))+`"}`))
	req.RemoteAddr = "127.0.0.1:1"
	play.New(r.s, play.Config{CentreOrigin: centreOrigin, Secure: true}).ServeHTTP(rec, req)
	c := rec.Result().Cookies()[0]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || !strings.HasPrefix(c.Path, "/play/") || c.MaxAge != 0 {
		t.Errorf("%+v", c)
	}
}

// TestGrants: each of these is refused and logged.
func TestGrants(t *testing.T) {
	r := newRig(t)
	row := r.record("water")
	used := r.grant(row)
	if _, code := r.openPlay(r.browser(), used); code != 200 {
		t.Fatal(code)
	}
	for name, c := range map[string]struct {
		spoil func(*token.Play)
		code  int
	}{
		"used":             {func(g *token.Play) { *g = used }, 403},
		"another agency":   {func(g *token.Play) { g.Agency = "parks" }, 404},
		"no such":          {func(g *token.Play) { g.Recording = id.New() }, 404},
		"expired":          {func(g *token.Play) { g.Expires = time.Now() }, 403},
		"lives long":       {func(g *token.Play) { g.Expires = time.Now().Add(time.Hour) }, 403},
		"no purpose":       {func(g *token.Play) { g.Purpose = "" }, 403},
		"no person":        {func(g *token.Play) { g.Person = "" }, 403},
		"no audit entry":   {func(g *token.Play) { g.Audit = "" }, 403},
		"a renewal":        {func(g *token.Play) { g.Renews = used.ID }, 403},
		"no recording":     {func(g *token.Play) { g.Recording = "" }, 404},
		"injection":        {func(g *token.Play) { g.Recording = "' or 1=1 --" }, 404},
		"another's domain": {nil, 403},
	} {
		g := r.grant(row)
		if c.spoil == nil {
			if code := r.post(r.browser(), "/play", map[string]string{"grant": r.sign(token.DomainAsk, g)}, nil); code != c.code {
				t.Errorf("%s: %d", name, code)
			}
			continue
		}
		c.spoil(&g)
		if _, code := r.openPlay(r.browser(), g); code != c.code {
			t.Errorf("%s: %d, want %d", name, code, c.code)
		}
	}
	if n := r.entries("recording.play_refused"); n != 12 {
		t.Error("refusals in the log:", n)
	}
}

func TestGrantIsUsedOnceAcrossARestart(t *testing.T) {
	r := newRig(t)
	g := r.grant(r.record("water"))
	if _, code := r.openPlay(r.browser(), g); code != 200 {
		t.Fatal(code)
	}
	r.restart()
	if _, code := r.openPlay(r.browser(), g); code != 403 {
		t.Error(code)
	}
}

// TestAnotherNetwork is refused and logged (M9), whatever its headers say.
func TestAnotherNetwork(t *testing.T) {
	r := newRig(t, func(c *recorder.Config) { c.ListenNetworks = []string{"192.0.2.0/24"} })
	row := r.record("water")
	if _, code := r.openPlay(r.browser(), r.grant(row)); code != 403 {
		t.Error(code)
	}
	h := play.New(r.s, play.Config{CentreOrigin: centreOrigin})
	ask := func(remoteAddr, method, path, body string) *http.Response {
		rec := httptest.NewRecorder()
		req := httptest.NewRequest(method, path, strings.NewReader(body))
		req.RemoteAddr = remoteAddr
		req.Header.Set("X-Forwarded-For", "192.0.2.7")
		h.ServeHTTP(rec, req)
		return rec.Result()
	}
	grant := func() string { return `{"grant":"` + r.sign(token.DomainPlay, r.grant(row)) + `"}` }
	if res := ask("198.51.100.1:5", "POST", "/play", grant()); res.StatusCode != 403 {
		t.Error("forged header:", res.StatusCode)
	}
	res := ask("[::ffff:192.0.2.7]:5", "POST", "/play", grant())
	if res.StatusCode != 200 {
		t.Fatal("the allowed network:", res.StatusCode)
	}
	if res := ask("198.51.100.1:5", "GET", res.Cookies()[0].Path, ""); res.StatusCode != 403 {
		t.Error("an open play from elsewhere:", res.StatusCode)
	}
	if n := r.entries("recording.play_refused"); n != 3 {
		t.Error("refusals in the log:", n)
	}
}

func TestRenewal(t *testing.T) {
	r := newRig(t)
	row := r.record("water")
	b := r.browser()
	first := r.grant(row)
	o, _ := r.openPlay(b, first)
	renew := func(f func(*token.Play)) int {
		g := r.grant(row)
		g.Renews = first.ID
		f(&g)
		return r.post(b, o.Renew, map[string]string{"grant": r.sign(token.DomainPlay, g)}, nil)
	}
	for name, f := range map[string]func(*token.Play){
		"another person": func(g *token.Play) { g.Person = "person-2" }, "nothing": func(g *token.Play) { g.Renews = "" },
		"another play": func(g *token.Play) { g.Renews = id.New() }, "another recording": func(g *token.Play) { g.Recording = id.New() },
		"used": func(g *token.Play) { *g = first },
	} {
		if code := renew(f); code != 403 {
			t.Errorf("%s: %d", name, code)
		}
	}
	second := id.New()
	if code := renew(func(g *token.Play) { g.ID = second }); code != 204 {
		t.Error(code)
	}
	if code := renew(func(g *token.Play) { g.Renews = second }); code != 204 {
		t.Error("the chain:", code)
	}
}

// TestPlayEndsWithItsGrant: a grant that is not renewed ends, and its stream with it.
func TestPlayEndsWithItsGrant(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	g := r.grant(r.record("water"))
	g.Expires = time.Now().Add(300 * time.Millisecond)
	o, code := r.openPlay(b, g)
	if code != 200 {
		t.Fatal(code)
	}
	await(t, "the play's end", func() bool {
		res, _, err := r.fetch(b, o.URL, "bytes=0-1")
		return err == nil && res.StatusCode == 410
	})
	if code := r.post(b, o.Renew, map[string]string{"grant": r.sign(token.DomainPlay, g)}, nil); code != 410 {
		t.Error(code)
	}
}

// TestRevocation stops a stream that runs within two seconds, and what was granted before it.
func TestRevocation(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", nil, own(e))
	must(t, err)
	c.talk(150)
	await(t, "a piece", func() bool { return growing(t, r) > 16016 })
	c.hangUp()
	row := r.finished("water", e.Session)
	b, before := r.browser(), r.grant(row)
	running := r.grant(row)
	o, _ := r.openPlay(b, running)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.http.URL+o.URL, nil)
	must(t, err)
	res, err := b.Do(req)
	must(t, err)
	defer res.Body.Close()
	n, err := r.client.Revoke(t.Context(), token.Revoke{Person: "person-1", Agency: "water"})
	must(t, err)
	if n != 1 {
		t.Error(n, "plays ended")
	}
	if res, _, err := r.fetch(b, o.URL, ""); err != nil || res.StatusCode != 410 {
		t.Error(res.StatusCode, err)
	}
	if _, code := r.openPlay(b, before); code != 403 {
		t.Error("a grant from before the revocation:", code)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	other := r.grant(row)
	other.Person = "person-2"
	if _, code := r.openPlay(b, other); code != 200 {
		t.Error("another person's:", code)
	}
	if n, err := r.client.Revoke(t.Context(), token.Revoke{Grant: other.ID}); n != 1 || err != nil {
		t.Error(n, err)
	}
	stranger, err := remote.New(remote.Config{URL: r.http.URL, CentreKey: make([]byte, 64)})
	must(t, err)
	if _, err := stranger.Revoke(t.Context(), token.Revoke{Person: "x"}); !errs.Is(err, errs.Denied) {
		t.Error("a stranger's revocation:", err)
	}
}

// TestStreamIsCut: of a recording longer than the pace lets through at once, a revocation leaves the rest unsent.
func TestStreamIsCut(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", nil, own(e))
	must(t, err)
	for n := range 500 { // 10 s, by leaps that arrival does not contradict: another SSRC is not needed within three seconds
		c.say(0, n, 1)
		if n%100 == 99 {
			size := int64(n/50-1) * 16000
			await(t, "pieces", func() bool { return growing(t, r) > size })
		}
	}
	c.hangUp()
	row := r.finished("water", e.Session)
	if row.Length < 8*time.Second {
		t.Fatal(row.Length)
	}
	b := r.browser()
	g := r.grant(row)
	o, _ := r.openPlay(b, g)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.http.URL+o.URL, nil)
	must(t, err)
	res, err := b.Do(req)
	must(t, err)
	defer res.Body.Close()
	_, err = io.ReadFull(res.Body, make([]byte, 32000))
	must(t, err)
	_, err = r.client.Revoke(t.Context(), token.Revoke{Grant: g.ID})
	must(t, err)
	cut := time.Now()
	if rest, err := io.Copy(io.Discard, res.Body); err == nil || rest+32000 >= res.ContentLength {
		t.Error("the stream ran to its end:", rest, err)
	}
	if took := time.Since(cut); took > 2*time.Second {
		t.Error("cut after", took)
	}
}

func TestCORS(t *testing.T) {
	r := newRig(t)
	do := func(method, origin string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, r.http.URL+"/healthz", nil)
		must(t, err)
		req.Header.Set("Origin", origin)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		_ = res.Body.Close()
		return res
	}
	if res := do(http.MethodOptions, centreOrigin); res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != centreOrigin ||
		res.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Error(res.StatusCode, res.Header)
	}
	for _, origin := range []string{"http://evil.test", "null", centreOrigin + ".evil.test", "https://centre.test"} {
		if res := do(http.MethodGet, origin); res.StatusCode != 403 || res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Error(origin, res.StatusCode, res.Header)
		}
	}
}

// TestBadRequests get problem JSON that shows nothing of what was sent.
func TestBadRequests(t *testing.T) {
	r := newRig(t)
	for name, c := range map[string]struct {
		method, path, body string
		code               int
	}{
		"not JSON":      {"POST", "/play", caller, 400},
		"unknown field": {"POST", "/play", `{"number":"` + caller + `"}`, 400},
		"too large":     {"POST", "/play", `{"grant":"` + strings.Repeat("a", play.MaxBody) + `"}`, 413},
		"no ask":        {"POST", "/catalogue/search", `{"agency":"water"}`, 403},
		"no agency":     {"POST", "/catalogue/search", `{}`, 400},
		"no such play":  {"GET", "/play/" + id.New(), "", 410},
		"no such row":   {"GET", "/catalogue/" + id.New(), "", 404},
		"no evidence":   {"GET", "/evidence", "", 403},
		"no such path":  {"GET", "/recordings", "", 404},
		"no download":   {"GET", "/play", "", 405},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, r.http.URL+c.path, strings.NewReader(c.body))
		must(t, err)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		body, err := io.ReadAll(res.Body)
		must(t, err, res.Body.Close())
		if res.StatusCode != c.code || strings.Contains(string(body), "1239876") {
			t.Errorf("%s: %d %s", name, res.StatusCode, body)
		}
	}
}

// TestTamperedOnDisk is found by who listens and by who verifies.
func TestTamperedOnDisk(t *testing.T) {
	r := newRig(t)
	row := r.record("water")
	spoil(t, r, func(b []byte) []byte {
		b[len(b)/2] ^= 1
		return b
	})
	b := r.browser()
	o, code := r.openPlay(b, r.grant(row))
	if code != 200 {
		t.Fatal(code)
	}
	if _, body, err := r.fetch(b, o.URL, ""); err == nil && len(body) >= 2500*16+media.WAVHeaderLen {
		t.Error("an altered recording plays to its end")
	}
	if ok, altered, err := r.s.VerifyAll(t.Context()); ok != 0 || len(altered) != 1 || altered[0] != row.Key || err != nil {
		t.Error(ok, altered, err)
	}
	spoil(t, r, func(b []byte) []byte { return b[:len(b)/2] })
	if res, _, err := r.fetch(b, o.URL, ""); err != nil || res.StatusCode != 500 {
		t.Error("a cut recording:", err)
	}
}
