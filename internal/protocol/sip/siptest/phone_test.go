package siptest

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/pii"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
)

func open(t *testing.T, cfg Config) *Phone {
	t.Helper()
	p, err := NewPhone(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// talk has two phones talk, and checks that each hears the other, digits pass, and hold silences one side only.
func talk(t *testing.T, ctx context.Context, a, b *Phone) {
	t.Helper()
	near, err := a.Call(ctx, "100", pii.NewNumber("+358401234567"))
	must(t, err)
	far := <-b.Calls()
	must(t, near.WaitHears(ctx, b.cfg.Tone))
	must(t, far.WaitHears(ctx, a.cfg.Tone))
	if near.Hears(a.cfg.Tone) > 0.01 {
		t.Error("a phone hears itself")
	}
	must(t, near.SendDTMF(ctx, "15#"))
	for _, want := range "15#" {
		if got := <-far.Digits(); got != want {
			t.Errorf("digit %c, want %c", got, want)
		}
	}
	must(t, near.Hold(ctx))
	if far.Remote().Direction != "recvonly" || near.Remote().Direction != "sendonly" {
		t.Error(far.Remote().Direction, near.Remote().Direction)
	}
	sent := far.Stats().Sent
	time.Sleep(200 * time.Millisecond)
	if more := far.Stats().Sent - sent; more > 2 {
		t.Errorf("%d packets to a phone that holds", more)
	}
	must(t, near.Resume(ctx))
	must(t, near.WaitHears(ctx, b.cfg.Tone))
	far.SetTone(1500)
	must(t, near.WaitHears(ctx, 1500))
	far.SetTone(b.cfg.Tone)
	must(t, far.HangUp(ctx))
	<-near.Ended()
	if s := near.Stats(); s.Received < 100 || s.Lost > 5 || s.Energy <= quiet {
		t.Errorf("%+v", s)
	}
}

func TestTalkInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Faults{Delay: 15 * time.Millisecond})
		b := open(t, Config{Addr: "192.0.2.1:5060", Network: n.Host("192.0.2.1"), Tone: 440, Codecs: []string{"PCMU", "PCMA"}})
		a := open(t, Config{Addr: "192.0.2.2:5060", Network: n.Host("192.0.2.2"), Tone: 1000, Server: b.Addr()})
		talk(t, within(t, time.Minute), a, b)
		must(t, a.Close())
		must(t, b.Close())
	})
}

func TestTalkOverRealSockets(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			b := open(t, Config{Tone: 440})
			a := open(t, Config{Tone: 1000, Server: b.Addr(), Transport: transport})
			talk(t, within(t, 30*time.Second), a, b)
		})
	}
}

func TestRefusesAndRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Faults{})
		busy := open(t, Config{Addr: "192.0.2.1:5060", Network: n.Host("192.0.2.1"), Reject: 486})
		silent := open(t, Config{Addr: "192.0.2.3:5060", Network: n.Host("192.0.2.3"), Answer: -1})
		a := open(t, Config{Addr: "192.0.2.2:5060", Network: n.Host("192.0.2.2"), Server: busy.Addr()})
		if _, err := a.Call(t.Context(), "1", pii.Number{}); err == nil || err.Error() != "sip: refused with 486" {
			t.Error(err)
		}
		c := open(t, Config{Addr: "192.0.2.4:5060", Network: n.Host("192.0.2.4"), Server: silent.Addr()})
		r, err := c.Dial(t.Context(), "1", pii.Number{})
		must(t, err)
		in := <-silent.Rings()
		if p := <-r.Progress(); p.Code != 180 {
			t.Error(p.Code)
		}
		r.Cancel()
		<-in.Done()
		r, err = c.Dial(t.Context(), "1", pii.Number{})
		must(t, err)
		_, err = silent.Answer(<-silent.Rings())
		must(t, err)
		call, err := r.Wait(t.Context())
		must(t, err)
		must(t, call.HangUp(t.Context()))
		<-(<-silent.Calls()).Ended()
	})
}

func TestRegistersAndIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Faults{Delay: time.Millisecond})
		reg := registrar.New(registrar.Config{Realm: "santra", HA1: func(u string) (string, bool) {
			return digest.HA1(digest.MD5, u, "santra", "secret"), u == "1001"
		}})
		e, err := sip.Listen(sip.Config{Addr: "192.0.2.1:5060", Network: n.Host("192.0.2.1")})
		must(t, err)
		e.Serve(server{reg})
		defer e.Close(t.Context()) //nolint:errcheck // the test is over
		p := open(t, Config{
			Addr: "192.0.2.2:5060", Network: n.Host("192.0.2.2"), Server: e.Addr(), User: "1001", Password: "secret",
			NoMedia: true, HangUp: time.Second,
		})
		must(t, p.Register(t.Context()))
		time.Sleep(3 * time.Hour) // it is renewed
		target, ok := reg.Lookup("1001")
		if !ok {
			t.Fatal("the registration is gone")
		}
		o, err := e.Invite(t.Context(), target, sip.InviteOptions{ContentType: "application/sdp", Body: []byte("v=0\r\nm=audio 4 RTP/AVP 8\r\n")})
		must(t, err)
		d, err := o.Wait(t.Context())
		must(t, err)
		<-d.Ended()
		must(t, p.Close())
		if _, ok := reg.Lookup("1001"); ok {
			t.Error("still registered")
		}
	})
}

type server struct{ *registrar.Registrar }

func (server) Invite(in *sip.Incoming) { in.Reject(404, "") }

func TestManyCheapCalls(t *testing.T) {
	b := open(t, Config{NoMedia: true})
	a := open(t, Config{NoMedia: true, Server: b.Addr()})
	ctx := within(t, time.Minute)
	var calls []*Call
	for range 500 {
		c, err := a.Call(ctx, "1", pii.NewNumber("+358401234567"))
		must(t, err)
		calls = append(calls, c)
	}
	for _, c := range calls {
		must(t, c.HangUp(ctx))
	}
	if err := calls[0].SendDTMF(ctx, "1"); err == nil || calls[0].WaitHears(ctx, 1) == nil || calls[0].Hears(1) != 0 {
		t.Error("a call without media has media")
	}
}

func TestG711(t *testing.T) {
	for _, name := range []string{"PCMA", "PCMU"} {
		l := lawOf(name)
		for b := range 256 {
			if v := l.decode(byte(b)); l.decode(l.encode(v)) != v {
				t.Errorf("%s: %d does not come back", name, b)
			}
		}
		if v := l.decode(l.silence); v < -8 || v > 8 {
			t.Errorf("%s: silence is %d", name, v)
		}
		for _, s := range []int{-32000, -100, 0, 100, 5000, 32000} {
			if d := l.decode(l.encode(s)) - s; math.Abs(float64(d)) > math.Abs(float64(s))/16+10 {
				t.Errorf("%s: %d is off by %d", name, s, d)
			}
		}
	}
}

func TestGoertzel(t *testing.T) {
	l := lawOf("PCMA")
	x := make([]float64, rate)
	for i, b := range l.second(440) {
		x[i] = float64(l.decode(b)) / 32768
	}
	if s := share(x, 440); s < 0.95 {
		t.Error(s)
	}
	if s := share(x, 450); s > 0.01 {
		t.Error(s)
	}
	if s := share(make([]float64, rate), 440); s != 0 {
		t.Error(s)
	}
}
