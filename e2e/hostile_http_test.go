//go:build e2e

package e2e

import (
	"bufio"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestHostileHTTP attacks the ports that browsers, the recorder's clients and browser telephones use.
func TestHostileHTTP(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	t.Run("paths", func(t *testing.T) { hostilePaths(t, c) })
	t.Run("bodies", func(t *testing.T) { hostileBodies(t, c) })
	t.Run("requests", func(t *testing.T) { hostileRequests(t, c) })
	t.Run("streams", func(t *testing.T) { manyStreams(t, c) })
	t.Run("recorder", func(t *testing.T) { c.quietly(t, func() { hostileRecorder(t, c) }) })
	t.Run("browser telephones", func(t *testing.T) { c.quietly(t, func() { hostileWebRTC(t, c) }) })
	for _, addr := range []string{c.HTTP, c.RecorderHTTP} {
		if s := healthStatus(addr); s != http.StatusOK {
			t.Errorf("%s: %d", addr, s)
		}
	}
}

// exchange sends a request as bytes and gives what comes back.
func exchange(t *testing.T, addr, request string, within time.Duration) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(within))
	_, _ = io.WriteString(conn, request)
	text, _ := io.ReadAll(io.LimitReader(bufio.NewReader(conn), 1<<16))
	return string(text)
}

// hostilePaths: no path leads out of what is served.
func hostilePaths(t *testing.T, c *city) {
	for _, path := range []string{
		"/../santra.yaml", "/assets/../../santra.yaml", "/assets/..%2f..%2fsantra.yaml", "/%2e%2e/demo.json", "/..%5cdemo.json", "//demo.json", "/assets/%00", "/.git/config",
		"/demo.json", "/centre/keys/centre/grant", "/api/../demo.json", "/api/%2e%2e/%2e%2e/demo.json", "/register/../../demo.json", "/api/openapi.json/..;/me", "/debug/pprof/", "/metrics",
	} {
		for _, addr := range []string{c.HTTP, c.RecorderHTTP} {
			text := exchange(t, addr, "GET "+path+" HTTP/1.1\r\nHost: "+addr+"\r\nConnection: close\r\n\r\n", 5*time.Second)
			if strings.Contains(text, "password") && !strings.Contains(text, "<!doctype html>") || strings.Contains(text, "sip_password") || strings.Contains(text, "goroutine") {
				t.Errorf("%s at %s gives %.300q", path, addr, text)
			}
			if addr == c.RecorderHTTP && strings.HasPrefix(text, "HTTP/1.1 200") {
				t.Errorf("%s at the recorder gives %.100q", path, text)
			}
		}
	}
}

// hostileBodies: each is refused with a problem that does not repeat what was sent.
func hostileBodies(t *testing.T, c *city) {
	const secret = "salaisuus-jota-ei-toisteta"
	for name, body := range map[string]string{
		"no JSON": secret, "deep": strings.Repeat("[", 100_000), "deep objects": strings.Repeat(`{"a":`, 50_000), "huge": `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, "a number": "1e999999",
		"another type": `{"name":{"` + secret + `":1},"password":2}`, "an unknown field": `{"name":"a","password":"b","` + secret + `":"` + secret + `"}`, "empty": "", "NUL": "{\"name\":\"a\x00\",\"password\":\"b\"}",
		"too long a name": `{"name":"` + strings.Repeat("x", 2000) + `","password":"` + secret + `"}`, "no UTF-8": "{\"name\":\"\xff\xfe\",\"password\":\"b\"}",
	} {
		res, err := http.Post(c.PublicURL+"/api/login", "application/json", strings.NewReader(body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode < 400 || res.StatusCode >= 500 || strings.Contains(string(text), secret) {
			t.Errorf("%s: %d %.300s", name, res.StatusCode, text)
		}
	}
	log, _ := os.ReadFile(filepath.Join(c.dir, "centre.log"))
	if strings.Contains(string(log), secret) {
		t.Error("the log repeats what was sent")
	}
}

// hostileRequests: what is no HTTP, or two requests in one, is refused and the connection ends.
func hostileRequests(t *testing.T, c *city) {
	for _, addr := range []string{c.HTTP, c.RecorderHTTP} {
		for _, request := range []string{
			"\x16\x03\x01\x02\x00\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
			"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
			"POST /api/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		} {
			if text := exchange(t, addr, request, 15*time.Second); text != "" && !regexp.MustCompile(`^HTTP/1\.\d [45]`).MatchString(text) {
				t.Errorf("%.60q at %s is answered by %.60q", request, addr, text)
			}
		}
	}
	if _, took := slowly(t, c); took > 20*time.Second {
		t.Errorf("a request without an end holds its connection for %s", took)
	}
}

// slowly sends a request that never ends and tells how long its connection lives.
func slowly(t *testing.T, c *city) (string, time.Duration) {
	begin := time.Now()
	text := exchange(t, c.HTTP, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow:", 30*time.Second)
	return text, time.Since(begin)
}

// manyStreams: one person has a bounded number of event streams.
func manyStreams(t *testing.T, c *city) {
	p := c.logIn(t, "agent", "")
	open := 0
	for range 40 {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", c.PublicURL+"/api/events", nil)
		req.Header.Set("Authorization", "Bearer "+p.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode == http.StatusOK {
			open++
		} else if res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("one stream too many: %d", res.StatusCode)
		}
	}
	if open == 0 || open > 20 {
		t.Errorf("%d streams of one person", open)
	}
}

// setting reads an address from a configuration that the demo wrote.
func (c *city) setting(t *testing.T, file, pattern string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s has no %s", file, pattern)
	}
	return string(found[1])
}

// hostileRecorder: without a gate token nothing is recorded (M4), and there is no row of it.
func hostileRecorder(t *testing.T, c *city) {
	at := c.setting(t, "recorder.yaml", `(?m)^sip: (\S+)$`)
	two := strings.Replace(pcmaOffer, "m=audio", "a=sendonly\r\nm=audio", 1) + "a=label:1\r\nm=audio 40002 RTP/AVP 8\r\na=label:2\r\na=sendonly\r\n"
	multipart := "--b\r\nContent-Type: application/sdp\r\n\r\n" + two + "\r\n--b\r\nContent-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n" +
		`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode><x>&b;</x>` +
		`<extension xmlns="urn:santra:siprec:1"><gate>forged.token</gate><part>1</part></extension></recording>` + "\r\n--b--\r\n"
	for _, transport := range []string{"udp", "tcp"} {
		for _, k := range []struct{ kind, body string }{
			{"application/sdp", two}, {"multipart/mixed;boundary=b", multipart}, {"multipart/mixed", multipart}, {"multipart/mixed;boundary=b", "--b"}, {"text/plain", "x"}, {"application/sdp", ""},
		} {
			w := newWire(t, transport, "127.0.0.6", at)
			if code, _ := w.ask(w.sipRequest("INVITE", "recorder", k.body, "Content-Type: "+k.kind, "Require: siprec")); code < 400 {
				t.Errorf("%s without a gate token over %s is answered by %d", k.kind, transport, code)
			}
		}
	}
	if found := c.logIn(t, "manager", "kaupunkiymparisto").recordings("kaupunkiymparisto"); len(found) != 0 {
		t.Errorf("recordings: %+v", found)
	}
}

// hostileWebRTC sends garbage, and what begins like STUN, DTLS and RTP.
func hostileWebRTC(t *testing.T, c *city) {
	at := c.setting(t, "santra.yaml", `webrtc:\n\s+listen: (\S+)`)
	conn, err := net.Dial("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 3000 {
		b := make([]byte, r.IntN(1400)+1)
		for j := range b {
			b[j] = byte(r.Uint32())
		}
		head := []string{"", "\x00\x01\x00\x08\x21\x12\xa4\x42", "\x16\xfe\xfd\x00\x00", "\x80\x08", "\x80\xc8"}[i%5]
		_, _ = conn.Write([]byte(head + string(b)))
	}
	a := c.logIn(t, "agent", "")
	for _, sdp := range []string{"x", "v=0\r\n", strings.Repeat("v=0\r\n", 10_000), pcmaOffer} {
		if s := a.try("POST", "/api/calls/"+strings.Repeat("a", 26)+"/answer", map[string]string{"sdp": sdp}, nil); s < 400 || s >= 500 {
			t.Errorf("an answer to a call that is not there: %d", s)
		}
	}
}
