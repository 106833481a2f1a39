package sip_test

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/registrar"
)

// balancer starts Kamailio before a house.
func balancer(t *testing.T, behind netip.AddrPort) netip.AddrPort {
	t.Helper()
	program, err := exec.LookPath("kamailio")
	if err != nil {
		if program = "/usr/sbin/kamailio"; !exists(program) {
			t.Skip("skipped: the test partner kamailio is not installed")
		}
	}
	raw, err := os.ReadFile(filepath.Join("testdata", "kamailio.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	at := freePort(t)
	dir := t.TempDir()
	cfg := filepath.Join(dir, "kamailio.cfg")
	text := strings.NewReplacer("BALANCER", at.String(), "HOUSE", behind.String()).Replace(string(raw))
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-f", cfg, "-DD", "-E", "-w", dir, "-Y", dir, "-m", "32", "-M", "4")
	var out strings.Builder
	cmd.Stderr = &out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	return at
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// freePort finds a port that is free in UDP and TCP.
func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	e, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(t.Context()) //nolint:errcheck // only its port is wanted
	return e.Addr()
}

// callee hands over what it answers.
type callee struct {
	house
	calls   chan *sip.Incoming
	dialogs chan *sip.Dialog
}

func (c callee) Invite(in *sip.Incoming) {
	c.calls <- in
	if d, err := in.Answer("application/sdp", []byte("v=0\r\n")); err == nil {
		c.dialogs <- d
	}
}

func newCallee() callee {
	return callee{newHouse(), make(chan *sip.Incoming, 100), make(chan *sip.Dialog, 100)}
}

func onLoopback(t *testing.T, h sip.Handler) *sip.Endpoint {
	t.Helper()
	e, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	e.Serve(h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = e.Close(ctx)
	})
	return e
}

func place(t *testing.T, from *sip.Endpoint, to sip.Target) *sip.Dialog {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	o, err := from.Invite(ctx, to, sip.InviteOptions{From: pii.NewNumber("+358401234567"), ContentType: "application/sdp", Body: []byte("v=0\r\n")})
	if err != nil {
		t.Fatal(err)
	}
	d, err := o.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// within waits for an end, or fails.
func within(t *testing.T, ended <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal(what)
	}
}

// A trunk's peer calls us through Kamailio, which records its route: INVITE, ACK and BYE of either side go through it.
func TestBehindKamailio(t *testing.T) {
	h := newCallee()
	us, peer := onLoopback(t, h), onLoopback(t, newCallee())
	at := balancer(t, us.Addr())
	ready, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if r, err := peer.Options(ready, sip.Target{URI: "sip:city@" + us.Addr().String(), Route: at}); err != nil || r.Code != 200 {
		t.Fatal("kamailio does not come up", r.Code, err)
	}
	for _, transport := range []string{"udp", "tcp"} {
		for _, c := range []struct {
			name    string
			to      sip.Target
			weLeave bool
		}{
			{"the peer knows only the balancer, we hang up", sip.Target{URI: "sip:+358941000@" + at.String(), Route: at}, true},
			{"the peer knows only the balancer, it hangs up", sip.Target{URI: "sip:+358941000@" + at.String(), Route: at}, false},
			{"the peer's outbound proxy, we hang up", sip.Target{URI: "sip:+358941000@" + us.Addr().String(), Routes: []string{"<sip:" + at.String() + ";lr;transport=" + transport + ">"}}, true},
			{"the peer's outbound proxy, it hangs up", sip.Target{URI: "sip:+358941000@" + us.Addr().String(), Routes: []string{"<sip:" + at.String() + ";lr;transport=" + transport + ">"}}, false},
		} {
			t.Run(transport+", "+c.name, func(t *testing.T) {
				c.to.Transport = transport
				d := place(t, peer, c.to)
				in, far := <-h.calls, <-h.dialogs
				if in.Source() != at && transport == "udp" || !strings.Contains(in.Header("Record-Route"), at.String()) {
					t.Error(in.Source(), in.Header("Record-Route"))
				}
				within(t, far.Acked(), "the ACK did not come")
				near, other := d, far
				if c.weLeave {
					near, other = far, d
				}
				if err := near.Bye(ready); err != nil {
					t.Error(err)
				}
				within(t, other.Ended(), "the BYE did not come")
				if other.Reason() != sip.EndRemote {
					t.Error(other.Reason())
				}
			})
		}
	}
	if s := us.Stats(); s.Malformed != 0 || s.Stray != 0 {
		t.Errorf("%+v", s)
	}
}

// A phone registers through Kamailio, which writes itself into Path (RFC 3327): calls to it go back through it.
func TestPhoneBehindKamailio(t *testing.T) {
	h, phone := newCallee(), newCallee()
	us, far := onLoopback(t, h), onLoopback(t, phone)
	at := balancer(t, us.Addr())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r := far.Registrant(sip.Target{URI: "sip:1001@" + us.Addr().String(), Route: at, User: "1001", Password: "secret"})
	if life, err := r.Register(ctx, time.Hour); err != nil || life != registrar.MaxExpires {
		t.Fatal(life, err)
	}
	to, ok := h.Lookup("1001")
	if !ok || len(to.Routes) != 1 || !strings.Contains(to.Routes[0], at.String()) || to.Route != at {
		t.Fatalf("%+v", to)
	}
	d := place(t, us, to)
	if len(phone.calls) == 0 {
		t.Fatal("the phone was not called")
	}
	in, theirs := <-phone.calls, <-phone.dialogs
	if in.Source() != at {
		t.Error("it came past the proxy:", in.Source())
	}
	if err := d.Bye(ctx); err != nil {
		t.Error(err)
	}
	within(t, theirs.Ended(), "the BYE did not come")
	if _, err := r.Register(ctx, 0); err != nil {
		t.Error(err)
	}
	if _, ok := h.Lookup("1001"); ok {
		t.Error("still registered")
	}
}
