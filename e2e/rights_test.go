//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/protocol/sip/siptest"
)

// grantToHear is what /listen gives.
type grantToHear struct{ Grant, Origin, URL string }

func listenGrant(p *person, recording string) (g grantToHear) {
	p.t.Helper()
	p.must("POST", "/api/recordings/"+recording+"/listen", map[string]any{"agency": "kaupunkiymparisto", "purpose": "quality", "reason": "arviointi"}, &g)
	return g
}

// openPlay posts a grant to the recorder as a page of an origin and gives the status and the cookies.
func openPlay(t *testing.T, url, grant, origin string) (int, *http.Response) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", url, bytes.NewReader([]byte(`{"grant":"`+grant+`"}`)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", origin)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode, res
}

// santraWithin runs the program for a while; who still runs then gets code 0: it has started.
func santraWithin(t *testing.T, d time.Duration, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(), args...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return string(out), 0
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

// TestRights tries every role on every way to recordings and archived mail, and everything that could get around them.
func TestRights(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "2")
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	call, _, _ := c.talk(t.Context(), t, a, customer(t, c, "udp"))
	during(t, time.Second)
	if err := call.HangUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	q := c.queue(t, "pysakointi")
	if err := c.submit(t, letter(q.Mailbox, "Luottamuksellinen", "teksti"), q.Mailbox); err != nil {
		t.Fatal(err)
	}
	rec := c.recorded(t, "kaupunkiymparisto", 1)[0]
	message := c.archivedMessage(t)
	t.Run("roles", func(t *testing.T) { c.rolesMatrix(t, rec.ID, message) })
	t.Run("nobody", func(t *testing.T) { c.withoutLogIn(t, rec.ID, message) })
	t.Run("grants", func(t *testing.T) { c.grants(t, rec.ID) })
	t.Run("networks", func(t *testing.T) { c.networks(t, rec.ID) })
	t.Run("other sites", func(t *testing.T) { c.otherSites(t) })
	t.Run("pages", func(t *testing.T) { c.pages(t) })
	t.Run("logged", func(t *testing.T) { c.refusalsLogged(t) })
}

func (c *city) archivedMessage(t *testing.T) string {
	expert := c.logIn(t, "expert", "")
	var found struct{ Rows []struct{ ID string } }
	eventually(t, soon, "the message is indexed", func() bool {
		expert.must("POST", "/api/archive/search", map[string]any{"agency": "kaupunkiymparisto", "purpose": "clearing_up", "reason": "x"}, &found)
		return len(found.Rows) == 1
	})
	return found.Rows[0].ID
}

// operation is one way to what is kept.
type operation struct {
	name, method, path string
	body               any
}

func operations(recording, message string) []operation {
	audio := map[string]any{"agency": "kaupunkiymparisto", "purpose": "quality", "reason": "x"}
	mail := map[string]any{"agency": "kaupunkiymparisto", "purpose": "clearing_up", "reason": "x"}
	return []operation{
		{"search recordings", "POST", "/api/recordings/search", audio},
		{"listen", "POST", "/api/recordings/" + recording + "/listen", audio},
		{"search archive", "POST", "/api/archive/search", mail},
		{"open archived", "POST", "/api/archive/messages/" + message + "/open", map[string]any{"purpose": "clearing_up", "reason": "x"}},
		{"read the log", "GET", "/api/audit", nil},
		{"people", "GET", "/api/people", nil},
		{"grants", "GET", "/api/grants", nil},
	}
}

// rolesMatrix: who may do what (M10, M13).
func (c *city) rolesMatrix(t *testing.T, recording, message string) {
	content := []string{"search recordings", "listen", "search archive", "open archived"}
	may := map[string][]string{
		"agent": nil, "supervisor": nil, "manager of kaupunkiymparisto": content, "manager of hyvinvointi": nil, "expert": content,
		"privacy_officer": {"read the log"}, "controller": {"grants"}, "administrator": {"people"},
	}
	seen := map[string]bool{}
	for _, u := range c.Users {
		who := u.Roles[0]
		if u.Agency != "" {
			who += " of " + u.Agency
		}
		if seen[who] {
			continue
		}
		seen[who] = true
		p := c.logInAs(t, u)
		for _, o := range operations(recording, message) {
			allowed := strings.Contains("|"+strings.Join(may[who], "|")+"|", "|"+o.name+"|")
			switch s := p.try(o.method, o.path, o.body, nil); {
			case allowed && s >= 300:
				t.Errorf("%s may not %s: %d", who, o.name, s)
			case !allowed && s != http.StatusForbidden && s != http.StatusNotFound:
				t.Errorf("%s: %s is answered by %d", who, o.name, s)
			}
		}
	}
	if len(seen) != len(may) {
		t.Errorf("these were tried: %v", seen)
	}
	other := c.logIn(t, "manager", "hyvinvointi")
	body := map[string]any{"agency": "hyvinvointi", "purpose": "quality", "reason": "x"}
	if s := other.try("POST", "/api/recordings/"+recording+"/listen", body, nil); s != http.StatusNotFound {
		t.Errorf("another agency's manager, naming the own agency, learns %d", s)
	}
	expert := c.logIn(t, "expert", "")
	for _, purpose := range []string{"", "curiosity", "marketing", "quality; clearing_up"} {
		for _, o := range operations(recording, message)[:4] {
			if s := expert.try(o.method, o.path, map[string]any{"agency": "kaupunkiymparisto", "purpose": purpose}, nil); s != http.StatusUnprocessableEntity {
				t.Errorf("%s for %q: %d", o.name, purpose, s)
			}
		}
	}
}

// withoutLogIn: nothing but the log-in, the description and the API's document answers.
func (c *city) withoutLogIn(t *testing.T, recording, message string) {
	for _, token := range []string{"", "x", strings.Repeat("a", 43)} {
		p := &person{t: t, base: c.PublicURL, token: token, name: "nobody"}
		for _, o := range append(operations(recording, message), operation{"me", "GET", "/api/me", nil}, operation{"calls", "GET", "/api/calls", nil},
			operation{"cases", "GET", "/api/cases", nil}, operation{"events", "GET", "/api/events", nil}, operation{"attest", "POST", "/api/attest", nil}) {
			if s := p.try(o.method, o.path, o.body, nil); s != http.StatusUnauthorized {
				t.Errorf("%s without a log-in: %d", o.name, s)
			}
		}
		for _, open := range []string{"/api/openapi.json", "/register", "/register?lang=sv", "/healthz"} {
			if s := p.try("GET", open, nil, nil); s != http.StatusOK {
				t.Errorf("%s: %d", open, s)
			}
		}
	}
	u := c.Users[0]
	p := &person{t: t, base: c.PublicURL, name: "guesser"}
	limited := false
	for range 50 {
		s := p.try("POST", "/api/login", map[string]string{"name": u.Name, "password": "väärä"}, nil)
		limited = limited || s == http.StatusTooManyRequests
		if s != http.StatusUnauthorized && s != http.StatusTooManyRequests {
			t.Fatalf("a wrong password: %d", s)
		}
	}
	if !limited {
		t.Error("50 guesses at a password are not slowed down")
	}
}

// grants are good once, for one recording, for the page that has the cookie.
func (c *city) grants(t *testing.T, recording string) {
	manager := c.logIn(t, "manager", "kaupunkiymparisto")
	g := listenGrant(manager, recording)
	if s, _ := openPlay(t, g.URL, g.Grant, "https://elsewhere.example"); s != http.StatusForbidden {
		t.Errorf("a page from elsewhere opens a play: %d", s)
	}
	s, res := openPlay(t, g.URL, g.Grant, c.PublicURL)
	if s >= 300 || len(res.Cookies()) != 1 || !res.Cookies()[0].HttpOnly || res.Cookies()[0].SameSite != http.SameSiteStrictMode {
		t.Errorf("the play's cookie: %d %v", s, res.Header["Set-Cookie"])
	}
	if s, _ := openPlay(t, g.URL, g.Grant, c.PublicURL); s < 400 {
		t.Errorf("a grant opens twice: %d", s)
	}
	for _, forged := range []string{"", "x", g.Grant[:len(g.Grant)-3] + "AAA", strings.ToUpper(g.Grant), g.Grant + "." + g.Grant} {
		if s, _ := openPlay(t, g.URL, forged, c.PublicURL); s < 400 {
			t.Errorf("a forged grant: %d", s)
		}
	}
	body := map[string]any{"grant": g.Grant}
	if s := c.logIn(t, "expert", "").try("POST", "/api/recordings/"+recording+"/renew", body, nil); s < 400 {
		t.Errorf("another person renews the grant: %d", s)
	}
	for _, ask := range []string{"/catalogue/search", "/catalogue/x", "/evidence", "/revoke"} {
		for _, method := range []string{"GET", "POST"} {
			req, _ := http.NewRequestWithContext(t.Context(), method, g.Origin+ask, strings.NewReader(`{}`))
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode < 400 {
				t.Errorf("%s %s at the recorder without a signed question: %d", method, ask, res.StatusCode)
			}
		}
	}
}

// from is a client that speaks from another address of this machine.
func from(t *testing.T, ip string) *http.Client {
	jar, _ := cookiejar.New(nil)
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	return &http.Client{Jar: jar, Timeout: soon, Transport: &http.Transport{DialContext: d.DialContext}}
}

// networks: where all of loopback is allowed, each of its addresses hears, and headers can't pretend another one.
func (c *city) networks(t *testing.T, recording string) {
	g := listenGrant(c.logIn(t, "manager", "kaupunkiymparisto"), recording)
	req, _ := http.NewRequestWithContext(t.Context(), "POST", g.URL, strings.NewReader(`{"grant":"`+g.Grant+`"}`))
	req.Header.Set("Origin", c.PublicURL)
	req.Header.Set("X-Forwarded-For", "203.0.113.9")
	res, err := from(t, "127.7.7.7").Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode >= 300 {
		t.Errorf("from another address of the allowed network: %d", res.StatusCode)
	}
}

// otherSites can't act with a person's cookie (CSRF), nor be let in by the session's own headers.
func (c *city) otherSites(t *testing.T) {
	u := c.Users[0]
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Timeout: soon}
	ask := func(method, path, body string, header map[string]string) int {
		req, _ := http.NewRequestWithContext(t.Context(), method, c.PublicURL+path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		for k, v := range header {
			req.Header.Set(k, v)
		}
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	u = c.Users[1] // the first was guessed at
	if s := ask("POST", "/api/login", `{"name":"`+u.Name+`","password":"`+u.Password+`"}`, nil); s >= 300 {
		t.Fatalf("log-in: %d", s)
	}
	if s := ask("GET", "/api/me", "", nil); s != http.StatusOK {
		t.Errorf("the cookie does not log in: %d", s)
	}
	for _, h := range []map[string]string{{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}} {
		if s := ask("PUT", "/api/me/seat", `{"code":"`+c.Seats[1].Code+`"}`, h); s != http.StatusForbidden {
			t.Errorf("a page with %v acts as the person: %d", h, s)
		}
	}
}

// pages: what browsers are told about each page, and that nothing is loaded from elsewhere (M18).
func (c *city) pages(t *testing.T) {
	elsewhere := regexp.MustCompile(`(?i)(?:src|href|action)\s*=\s*["']?(?:https?:)?//[^"'\s>]+|url\(\s*["']?(?:https?:)?//|@import\s+["'](?:https?:)?//|\bimport\(["']https?:|fetch\(["'\x60]https?:`)
	queue, seen := []string{"/", "/register", "/register?lang=fi", "/register?lang=sv", "/register?lang=en", "/wallboard"}, map[string]bool{}
	asset := regexp.MustCompile(`(?:src|href)="(/[^"]+)"|["'(](?:\./)?(assets/[A-Za-z0-9_.-]+\.(?:js|css|svg|woff2))["')]|["'](\./[A-Za-z0-9_-]+\.(?:js|css))["']`)
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		res, err := http.Get(c.PublicURL + at)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", at, res.StatusCode)
			continue
		}
		checkHeaders(t, at, res.Header, c.RecorderHTTP)
		if found := elsewhere.FindAll(text, 3); len(found) > 0 {
			t.Errorf("%s loads from elsewhere: %q", at, found)
		}
		for _, m := range asset.FindAllStringSubmatch(string(text), -1) {
			next := m[1]
			if m[2] != "" {
				next = "/" + m[2]
			} else if m[3] != "" {
				next = path.Join("/assets", m[3])
			}
			queue = append(queue, next)
		}
	}
	if len(seen) < 12 {
		t.Errorf("only these were looked at: %v", seen)
	}
	t.Logf("%d pages and assets", len(seen))
}

func checkHeaders(t *testing.T, at string, h http.Header, recorder string) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "base-uri 'none'") {
		t.Errorf("%s has the policy %q", at, csp)
	}
	for source := range strings.FieldsSeq(strings.ReplaceAll(csp, ";", " ")) {
		if (strings.Contains(source, "://") && source != "http://"+recorder) || source == "*" || source == "https:" || source == "http:" {
			t.Errorf("%s lets in %q", at, source)
		}
	}
	if at == "/" && (!strings.Contains(csp, "require-trusted-types-for 'script'") || !strings.Contains(csp, "object-src 'none'")) {
		t.Errorf("%s has the policy %q", at, csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if h.Get(name) != want {
			t.Errorf("%s has %s %q", at, name, h.Get(name))
		}
	}
}

// refusalsLogged: the privacy officer sees who was refused, and what was listened to and why.
func (c *city) refusalsLogged(t *testing.T) {
	officer := c.logIn(t, "privacy_officer", "")
	var log struct {
		Entries []struct {
			Action, Purpose, Actor string
			Success                bool
		}
	}
	officer.must("GET", "/api/audit?limit=500", nil, &log)
	refused, listened, searched := 0, 0, 0
	for _, e := range log.Entries {
		switch {
		case !e.Success && e.Actor != "":
			refused++
		case strings.HasPrefix(e.Action, "recording.listen"):
			listened++
			if e.Purpose == "" {
				t.Error("somebody listened without a purpose")
			}
		case e.Action == "archive.searched":
			searched++
		}
	}
	if refused < 10 || listened < 2 || searched < 2 {
		t.Errorf("in the log are %d refusals, %d listenings, %d searches", refused, listened, searched)
	}
}

// TestAnotherNetworkHearsNothing is M9: with an allowed network that is not everybody's, neither the contact centre grants nor
// the recorder plays elsewhere, whatever headers say, and both log the refusal.
func TestAnotherNetworkHearsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := startIn(t, dir, "--seats", "1")
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	call, _, _ := c.talk(t.Context(), t, a, customer(t, c, "udp"))
	if err := call.HangUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	rec := c.recorded(t, "kaupunkiymparisto", 1)[0]
	c.stop(t)
	edit(t, dir, "recorder.yaml", "listen_networks: []", "listen_networks: [127.7.0.0/16]")
	edit(t, dir, "santra.yaml", "  - 127.0.0.0/8\n  - ::1/128", "  - 127.7.0.0/16")
	serve(t, c.RecorderHTTP, "recorder", "--config", filepath.Join(dir, "recorder.yaml"))
	serve(t, c.HTTP, "serve", "--config", filepath.Join(dir, "santra.yaml"), "--demo-people", filepath.Join(dir, "demo.json"))
	inside, outside := from(t, "127.7.7.7"), from(t, "127.0.0.1")
	manager := c.logIn(t, "manager", "kaupunkiymparisto")
	listen := func(client *http.Client, forwarded string) (int, grantToHear) {
		req, _ := http.NewRequestWithContext(t.Context(), "POST", c.PublicURL+"/api/recordings/"+rec.ID+"/listen", strings.NewReader(`{"agency":"kaupunkiymparisto","purpose":"quality"}`))
		req.Header.Set("Authorization", "Bearer "+manager.token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Forwarded-For", forwarded)
		return askFor[grantToHear](t, client, req)
	}
	if s, _ := listen(outside, "127.7.7.7"); s != http.StatusForbidden {
		t.Errorf("from elsewhere the contact centre grants: %d", s)
	}
	s, g := listen(inside, "")
	if s >= 300 {
		t.Fatalf("from the allowed network: %d", s)
	}
	play := func(client *http.Client) int {
		req, _ := http.NewRequestWithContext(t.Context(), "POST", g.URL, strings.NewReader(`{"grant":"`+g.Grant+`"}`))
		req.Header.Set("Origin", c.PublicURL)
		req.Header.Set("X-Forwarded-For", "127.7.7.7")
		s, _ := askFor[struct{}](t, client, req)
		return s
	}
	if s := play(outside); s != http.StatusForbidden {
		t.Errorf("from elsewhere the recorder plays: %d", s)
	}
	if s := play(inside); s >= 300 {
		t.Errorf("the refusal used the grant up: %d", s)
	}
	var log struct {
		Entries []struct{ Object, Action string }
	}
	c.logIn(t, "privacy_officer", "").must("GET", "/api/audit?refused=true&limit=10", nil, &log)
	if !slices.ContainsFunc(log.Entries, func(e struct{ Object, Action string }) bool { return e.Object == rec.ID }) {
		t.Errorf("the refusal is not in the log: %+v", log.Entries)
	}
}

// askFor gives the status and the JSON of an answer.
func askFor[T any](t *testing.T, client *http.Client, req *http.Request) (int, T) {
	t.Helper()
	var v T
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	_ = jsonInto(text, &v)
	return res.StatusCode, v
}

// edit changes a text in a file of a stopped city.
func edit(t *testing.T, dir, name, from, to string) {
	t.Helper()
	path := filepath.Join(dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s has no %q:\n%s", name, from, text)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), from, to)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve runs one server by itself, as an operator would, until the test ends.
func serve(t *testing.T, addr string, args ...string) {
	t.Helper()
	cmd := exec.Command(program(), args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	healthy(t, addr)
}
