package lines

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
	"santra/internal/run"
)

var (
	_ run.Service = (*Lines)(nil)
	_ Endpoint    = (*sip.Endpoint)(nil)
)

const operatorAt = "192.0.2.1:5060"

// operator is a registrar to which nobody can call.
type operator struct{ *registrar.Registrar }

func (operator) Invite(in *sip.Incoming) { in.Reject(404, "") }

func shut(e *sip.Endpoint) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = e.Close(ctx)
}

// world is an operator that can be opened and shut, our endpoint, and its log.
type world struct {
	t    *testing.T
	net  *memnet.Network
	reg  *registrar.Registrar
	ours *sip.Endpoint
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer for the log.
func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *world) said(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.text.String(), what)
}

func (w *world) listen(ip string, h sip.Handler) *sip.Endpoint {
	w.t.Helper()
	e, err := sip.Listen(sip.Config{Addr: ip + ":5060", Network: w.net.Host(ip)})
	if err != nil {
		w.t.Fatal(err)
	}
	e.Serve(h)
	return e
}

func (w *world) operator() *sip.Endpoint { return w.listen("192.0.2.1", operator{w.reg}) }

// inWorld runs a test in virtual time.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, net: memnet.New(memnet.Faults{Delay: time.Millisecond})}
		w.reg = registrar.New(registrar.Config{Realm: "op", Secrets: func(u, a string) (string, bool) {
			return digest.HA1(a, u, "op", "right"), u == "city"
		}})
		w.ours = w.listen("192.0.2.2", nil)
		defer shut(w.ours)
		test(t, w)
	})
}

func (w *world) lines(all ...Line) *Lines {
	w.t.Helper()
	l := New(w.ours, all, slog.New(slog.NewTextHandler(w, nil)))
	if err := l.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return l
}

func registering(password string) Line {
	return Line{Name: "logs-in", Register: sip.Target{URI: "sip:city@" + operatorAt, User: "city", Password: password}}
}

func asked() Line {
	return Line{Name: "asked", Ask: sip.Target{URI: "sip:" + operatorAt}, Every: 30 * time.Second}
}

func TestWhichTrunksAreUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		op := w.operator()
		both := registering("right")
		both.Name, both.Ask, both.Every = "both", asked().Ask, asked().Every
		l := w.lines(registering("right"), asked(), both, Line{Name: "plain"})
		if l.Up("logs-in") || !l.Up("asked") || l.Up("both") || !l.Up("plain") || l.Up("unknown") {
			t.Error("at the start:", l.States())
		}
		time.Sleep(time.Minute)
		for _, s := range l.States() {
			if !s.Up || s.Registers != s.Registered || s.Asked != s.Answers || s.Why != "" {
				t.Errorf("%+v", s)
			}
		}
		shut(op)
		time.Sleep(2 * time.Minute)
		if !l.Up("logs-in") || l.Up("asked") || l.Up("both") || !l.Up("plain") {
			t.Error("without an operator:", l.States())
		}
		time.Sleep(10 * time.Minute) // the registration has run out
		if l.Up("logs-in") || w.said("a trunk is down") != 3 {
			t.Error("without an operator for long:", l.States(), w.text.String())
		}
		op = w.operator()
		time.Sleep(10 * time.Minute)
		if s := l.States(); !s[0].Up || !s[1].Up || !s[2].Up || time.Since(s[1].Since) > 10*time.Minute {
			t.Error("with an operator again:", s)
		}
		if err := l.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if _, ok := w.reg.Lookup("city"); ok || l.Up("logs-in") {
			t.Error("still registered")
		}
		shut(op)
	})
}

// A wrong password is told once, by its code, and never the password or the user.
func TestAWrongPasswordIsTold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		op := w.operator()
		l := w.lines(registering("wrong-one"))
		time.Sleep(time.Hour)
		s := l.States()[0]
		if s.Up || s.Registered || !strings.Contains(s.Why, "403") {
			t.Errorf("%+v", s)
		}
		if w.said("does not register") != 1 || w.said("wrong-one") != 0 || w.said("sip:city") != 0 {
			t.Error(w.text.String())
		}
		if err := l.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		shut(op)
	})
}

// A stop without an operator ends with its time.
func TestAStopDoesNotWaitForASilentOperator(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		op := w.operator()
		l := w.lines(registering("right"), asked())
		time.Sleep(time.Second)
		shut(op)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if err := l.Stop(ctx); err == nil || time.Since(began) > 4*time.Second {
			t.Error(err, time.Since(began))
		}
	})
}

// proxied is an operator that registers everybody, and wants calls to go by a proxy of its own.
type proxied struct{}

func (proxied) Invite(in *sip.Incoming) { in.Reject(404, "") }

func (proxied) Register(r *sip.Registration) {
	r.Respond(200, sip.Header{Name: "Expires", Value: "600"}, sip.Header{Name: "Service-Route", Value: "<sip:192.0.2.3;lr>"})
}

// A call goes by what the registrar has said of the way (RFC 3608 5), over the configured address, and only by that trunk.
func TestARegisteredTrunkGoesByItsServiceRoute(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		op := w.listen("192.0.2.1", proxied{})
		l := w.lines(registering("right"), asked())
		time.Sleep(time.Second)
		to := sip.Target{URI: "sip:+358@" + operatorAt, Route: netip.MustParseAddrPort(operatorAt), User: "city", Password: "right"}
		for name, want := range map[string]string{"logs-in": "<sip:192.0.2.3;lr>", "asked": "", "unknown": ""} {
			got := l.Target(name, to)
			if strings.Join(got.Routes, "") != want || got.Route.IsValid() != (want == "") || got.URI != to.URI || got.User != "city" {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if err := l.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		shut(op)
	})
}
