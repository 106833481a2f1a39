//go:build e2e

// Package e2e runs Santra as its users would: the built program as a demonstration city, real SIP and RTP, real SMTP, a real
// browser. Each test says what a person would see. Run by make e2e.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"santra/internal/app/demo"
	"santra/internal/protocol/sip/siptest"
)

const (
	binary      = "../bin/santra"
	startWithin = 60 * time.Second
	stopWithin  = 10 * time.Second
	soon        = 30 * time.Second // within what something that ought to happen does, on a noisy machine
	lookEvery   = 50 * time.Millisecond
)

// program is what is tested: SANTRA names another one.
func program() string {
	if other := os.Getenv("SANTRA"); other != "" {
		return other
	}
	return binary
}

// city is a running demonstration city.
type city struct {
	demo.Ready
	dir   string
	cmd   *exec.Cmd
	done  chan struct{}
	ready string
}

// start runs santra demo without traffic and waits until everything listens.
func start(t *testing.T, args ...string) *city {
	t.Helper()
	return startIn(t, t.TempDir(), args...)
}

// startTries is how often a demo is started whose ports, free when it chose them, another program took first.
const startTries = 3

// startIn runs it on a folder that may have been used before.
func startIn(t *testing.T, dir string, args ...string) *city {
	t.Helper()
	for try := 1; ; try++ {
		c, failed := launch(t, dir, args...)
		switch {
		case failed == "":
			return c
		case try == startTries || !strings.Contains(failed, "address already in use"):
			t.Fatal("the demo ended: " + failed)
		}
	}
}

// launch starts it and waits until it is ready, or tells how it ended.
func launch(t *testing.T, dir string, args ...string) (c *city, failed string) {
	t.Helper()
	c = &city{dir: dir, ready: filepath.Join(dir, "ready.json"), done: make(chan struct{})}
	_ = os.Remove(c.ready)
	const anyPort = "127.0.0.1:0"
	c.cmd = exec.Command(program(), append([]string{"demo", "--no-traffic", "--data", dir, "--http", anyPort, "--sip", anyPort, "--smtp", anyPort, "--ready-file", c.ready}, args...)...)
	var out bytes.Buffer
	c.cmd.Stdout, c.cmd.Stderr = &out, &out
	if err := c.cmd.Start(); err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	go func() { _ = c.cmd.Wait(); close(c.done) }()
	t.Cleanup(func() { c.stop(t) })
	eventually(t, startWithin, "the demo is ready", func() bool {
		if c.ended() {
			failed = out.String() + c.logs()
			return true
		}
		_, err := os.Stat(c.ready)
		return err == nil
	})
	if failed != "" {
		return c, failed
	}
	var err error
	if c.Ready, err = demo.ReadReady(c.ready); err != nil {
		t.Fatal(err)
	}
	return c, ""
}

// stop interrupts the demo and waits for its end.
func (c *city) stop(t *testing.T) {
	t.Helper()
	select {
	case <-c.done:
		return
	default:
	}
	_ = c.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-c.done:
	case <-time.After(stopWithin):
		_ = c.cmd.Process.Kill()
		t.Errorf("the demo did not end within %s", stopWithin)
	}
	if t.Failed() {
		t.Log(c.logs())
	}
}

// logs gives the end of both servers' logs.
func (c *city) logs() string {
	var all strings.Builder
	for _, name := range []string{"centre.log", "recorder.log"} {
		text, _ := os.ReadFile(filepath.Join(c.dir, name))
		all.WriteString("\n== " + name + "\n" + string(text[max(0, len(text)-6000):]))
	}
	return all.String()
}

// eventually looks again and again until f is true.
func eventually(t *testing.T, within time.Duration, what string, f func() bool) {
	t.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for !f() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s", within, what)
		case <-look.C:
		}
	}
}

// person is somebody who is logged in.
type person struct {
	t     *testing.T
	base  string
	token string
	name  string
}

// logIn logs in the first person with a role, in an agency where one is named.
func (c *city) logIn(t *testing.T, role, agency string) *person {
	t.Helper()
	for _, u := range c.Users {
		if slices.Contains(u.Roles, role) && (agency == "" || u.Agency == agency) {
			return c.logInAs(t, u)
		}
	}
	t.Fatalf("nobody is %s of %q", role, agency)
	return nil
}

func (c *city) logInAs(t *testing.T, u demo.ReadyUser) *person {
	t.Helper()
	p := &person{t: t, base: c.PublicURL, name: u.Name}
	var answer struct{ Token string }
	p.must("POST", "/api/login", map[string]string{"name": u.Name, "password": u.Password}, &answer)
	p.token = answer.Token
	return p
}

// try sends a request and gives the status; out takes the JSON of a success, or the bytes where it is *[]byte.
func (p *person) try(method, path string, body, out any) int {
	p.t.Helper()
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, send)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	switch to := out.(type) {
	case nil:
	case *[]byte:
		*to = text
	default:
		if res.StatusCode < 300 && len(text) > 0 {
			if err := json.Unmarshal(text, out); err != nil {
				p.t.Fatalf("%s %s: %v in %s", method, path, err, text)
			}
		}
	}
	if res.StatusCode >= 400 {
		p.t.Logf("%s %s as %s: %d %s", method, path, p.name, res.StatusCode, text)
	}
	return res.StatusCode
}

// must is try that has to succeed.
func (p *person) must(method, path string, body, out any) {
	p.t.Helper()
	if status := p.try(method, path, body, out); status >= 300 {
		p.t.Fatalf("%s %s as %s: %d", method, path, p.name, status)
	}
}

// agent is a person at a seat with a desk phone.
type agent struct {
	*person
	phone *siptest.Phone
	seat  demo.ReadySeat
}

// agent sits the i-th agent down at the i-th seat with a registered phone, ready. The phone is at the city, unless it says another server.
func (c *city) agent(t *testing.T, i int, phone siptest.Config) *agent {
	t.Helper()
	a := &agent{person: c.logInAs(t, c.Users[i]), seat: c.Seats[i]}
	a.must("PUT", "/api/me/seat", map[string]string{"code": a.seat.Code}, nil)
	phone.User, phone.Password = a.seat.SIPUser, a.seat.SIPPassword
	if !phone.Server.IsValid() {
		phone.Server = addr(t, c.PhonesSIP)
	}
	a.phone = newPhone(t, phone)
	if err := a.phone.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil)
	t.Cleanup(func() {
		if p := (&person{t: t, base: a.base, token: a.token, name: a.name}); !c.ended() {
			_ = p.tryLater("PUT", "/api/me/state", map[string]string{"state": "offline"})
			_ = p.tryLater("DELETE", "/api/me/seat", nil)
		}
	})
	return a
}

func (c *city) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// tryLater is for clean-ups, where the test's context has ended.
func (p *person) tryLater(method, path string, body any) error {
	text, _ := json.Marshal(body)
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err == nil {
		_ = res.Body.Close()
	}
	return err
}

func newPhone(t *testing.T, cfg siptest.Config) *siptest.Phone {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	phone, err := siptest.NewPhone(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = phone.Close() })
	return phone
}

func addr(t *testing.T, s string) netip.AddrPort {
	t.Helper()
	at, err := netip.ParseAddrPort(s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// queue gives a queue by id.
func (c *city) queue(t *testing.T, id string) demo.ReadyQueue {
	t.Helper()
	i := slices.IndexFunc(c.Queues, func(q demo.ReadyQueue) bool { return q.ID == id })
	if i < 0 {
		t.Fatalf("no queue %s", id)
	}
	return c.Queues[i]
}

// santra runs the program and gives its output and exit code.
func santra(t *testing.T, args ...string) (string, int) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program(), args...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// partner skips the test where a program is missing, naming it.
func partner(t *testing.T, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		for _, dir := range []string{"/usr/sbin/", "/usr/local/bin/"} {
			if _, err := os.Stat(dir + program); err == nil {
				return dir + program
			}
		}
		t.Skipf("skipped: %s is missing (Debian's package %s)", program, pkg)
	}
	return path
}

func jsonInto(text []byte, v any) error { return json.Unmarshal(text, v) }
