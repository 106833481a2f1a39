package trunk

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"santra/internal/memnet"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
	"santra/internal/run"
)

var (
	_ run.Service = (*Keeper)(nil)
	_ run.Service = (*Monitor)(nil)
	_ Registrant  = (*sip.Registrant)(nil)
)

// registry is a Registrant that is played by the test.
type registry struct {
	at    []time.Duration // since the start, of each registration
	asked []time.Duration // lifetimes
	start time.Time
	say   func(n int) (time.Duration, error)
	lost  func()
}

func (r *registry) Register(_ context.Context, life time.Duration) (time.Duration, error) {
	r.at = append(r.at, time.Since(r.start))
	r.asked = append(r.asked, life)
	if life == 0 {
		return 0, nil
	}
	return r.say(len(r.at))
}

func (r *registry) Lost(told func()) func() {
	r.lost = told
	return func() {}
}

// kept runs a keeper with a registry for some time and gives what was told.
func kept(t *testing.T, say func(n int) (time.Duration, error), during func(r *registry, k *Keeper)) (r *registry, told []bool) {
	t.Helper()
	r = &registry{start: time.Now(), say: say}
	k := NewKeeper(KeeperConfig{Registrant: r, Changed: func(up bool, _ error) { told = append(told, up) }})
	_ = k.Start(t.Context())
	_ = k.Start(t.Context())
	during(r, k)
	if err := k.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	_ = k.Stop(t.Context())
	if k.Up() {
		t.Error("up after it was stopped")
	}
	return r, told
}

func about(t *testing.T, got, want time.Duration) {
	t.Helper()
	if low, high := time.Duration(float64(want)*(1-spread)), time.Duration(float64(want)*(1+spread)); got < low || got > high {
		t.Errorf("%v, want about %v", got, want)
	}
}

func TestRenewsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, told := kept(t, func(int) (time.Duration, error) { return 100 * time.Second, nil }, func(_ *registry, k *Keeper) {
			time.Sleep(time.Hour)
			if !k.Up() {
				t.Error("down")
			}
		})
		for i := 1; i < len(r.at)-1; i++ {
			about(t, r.at[i]-r.at[i-1], 75*time.Second)
		}
		if last := len(r.asked) - 1; r.asked[0] != Life || r.asked[last] != 0 || !slices.Equal(told, []bool{true, false}) {
			t.Error("want it taken back at the end:", r.asked, told)
		}
	})
}

// Failures are tried again, less and less often; the registration that is there holds until its end.
func TestBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("no answer")
		r, told := kept(t, func(n int) (time.Duration, error) {
			if n == 1 || n > 12 {
				return 100 * time.Second, nil
			}
			return 0, down
		}, func(_ *registry, k *Keeper) {
			time.Sleep(99 * time.Second)
			if !k.Up() {
				t.Error("given up before its end")
			}
			time.Sleep(2 * time.Second)
			if k.Up() {
				t.Error("up after its end")
			}
			time.Sleep(time.Hour)
			if !k.Up() {
				t.Error("down for ever")
			}
		})
		wait := MinBackoff
		for i := 2; i < 12; i++ {
			about(t, r.at[i]-r.at[i-1], wait)
			wait = min(2*wait, MaxBackoff)
		}
		if !slices.Equal(told, []bool{true, false, true, false}) {
			t.Error(told)
		}
	})
}

func TestAWrongPasswordIsNotTriedOnAndOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, told := kept(t, func(int) (time.Duration, error) { return 0, &sip.Refused{Code: 403} }, func(*registry, *Keeper) { time.Sleep(time.Hour) })
		if n := len(r.at); n > 14 || len(told) != 0 {
			t.Errorf("%d attempts in an hour, told %v", n, told)
		}
	})
}

func TestAsksForLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := kept(t, func(n int) (time.Duration, error) {
			if n < 3 {
				return 0, &sip.Refused{Code: 423}
			}
			return time.Hour, nil
		}, func(*registry, *Keeper) { time.Sleep(time.Minute) })
		if len(r.asked) != 4 || r.asked[2] != 4*Life {
			t.Error(r.asked)
		}
	})
}

func TestAConnectionBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, told := kept(t, func(int) (time.Duration, error) { return time.Hour, nil }, func(r *registry, k *Keeper) {
			time.Sleep(time.Minute)
			synctest.Wait()
			r.lost()
			synctest.Wait()
			if k.Up() {
				t.Error("up without a connection")
			}
			time.Sleep(2 * MinBackoff)
			if !k.Up() {
				t.Error("down")
			}
			time.Sleep(time.Minute)
		})
		if len(r.at) != 3 || !slices.Equal(told, []bool{true, false, true, false}) {
			t.Error(r.at, told)
		}
	})
}

// peers opens two endpoints on a network: the operator's, with a registrar, and ours.
func peers(t *testing.T, n *memnet.Network) (operator func() *sip.Endpoint, reg *registrar.Registrar, ours *sip.Endpoint) {
	t.Helper()
	reg = registrar.New(registrar.Config{Realm: "op", Secrets: func(u, a string) (string, bool) { return digest.HA1(a, u, "op", "secret"), u == "city" }})
	listen := func(ip string, h sip.Handler) *sip.Endpoint {
		e, err := sip.Listen(sip.Config{Addr: ip + ":5060", Network: n.Host(ip)})
		if err != nil {
			t.Fatal(err)
		}
		e.Serve(h)
		return e
	}
	ours = listen("192.0.2.2", taking{})
	t.Cleanup(func() { shut(ours) })
	return func() *sip.Endpoint { return listen("192.0.2.1", operatorOf{reg}) }, reg, ours
}

func shut(e *sip.Endpoint) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = e.Close(ctx)
}

type taking struct{}

func (taking) Invite(in *sip.Incoming) { _, _ = in.Answer("application/sdp", []byte("v=0\r\n")) }

type operatorOf struct{ *registrar.Registrar }

func (operatorOf) Invite(in *sip.Incoming) { in.Reject(404, "") }

// With real messages, by UDP and by TCP: the line comes up, calls come by it, the operator restarts, the line comes up again.
func TestALineAtAnOperator(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		synctest.Test(t, func(t *testing.T) {
			n := memnet.New(memnet.Faults{Delay: time.Millisecond})
			open, reg, ours := peers(t, n)
			op := open()
			target := sip.Target{
				URI: "sip:city@192.0.2.1", Route: netip.MustParseAddrPort("192.0.2.1:5060"), Transport: transport,
				User: "city", Password: "secret", KeepAlive: 30 * time.Second,
			}
			r := ours.Registrant(target)
			k := NewKeeper(KeeperConfig{Registrant: r})
			_ = k.Start(t.Context())
			m := NewMonitor(MonitorConfig{Ask: func(ctx context.Context) (sip.Response, error) { return ours.Options(ctx, target) }})
			_ = m.Start(t.Context())
			time.Sleep(time.Hour)
			called := func(e *sip.Endpoint) {
				t.Helper()
				to, ok := reg.Lookup("city")
				if !ok || !k.Up() || !m.Up() {
					t.Fatal(transport, "not registered", ok, k.Up(), m.Up())
				}
				o, err := e.Invite(t.Context(), to, sip.InviteOptions{FromUser: "caller", ContentType: "application/sdp", Body: []byte("v=0\r\n")})
				if err != nil {
					t.Fatal(err)
				}
				d, err := o.Wait(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				_ = d.Bye(t.Context())
			}
			called(op)
			shut(op)
			time.Sleep(2 * time.Minute)
			if m.Up() || transport == "tcp" && k.Up() {
				t.Error(transport, "up without an operator", m.Up(), k.Up())
			}
			op = open()
			time.Sleep(15 * time.Minute)
			called(op)
			_ = m.Stop(t.Context())
			if err := k.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			if _, ok := reg.Lookup("city"); ok {
				t.Error("still registered")
			}
			shut(op)
		})
	}
}

// answers plays a peer: it says what the script says, then always the last word.
func watched(t *testing.T, script []bool, d time.Duration) (told []bool, asked int) {
	t.Helper()
	m := NewMonitor(MonitorConfig{
		Ask: func(ctx context.Context) (sip.Response, error) {
			alive := script[min(asked, len(script)-1)]
			asked++
			if alive {
				return sip.Response{Code: 404}, nil
			}
			<-ctx.Done()
			return sip.Response{}, ctx.Err()
		},
		Changed: func(up bool) { told = append(told, up) },
	})
	_ = m.Start(t.Context())
	_ = m.Start(t.Context())
	time.Sleep(d)
	_ = m.Stop(t.Context())
	_ = m.Stop(t.Context())
	return told, asked
}

func TestMonitor(t *testing.T) {
	for _, c := range []struct {
		name   string
		script []bool
		want   []bool
	}{
		{"alive", []bool{true}, []bool{true}},
		{"dead", []bool{false}, []bool{false}},
		{"one lost packet", []bool{true, false, true}, []bool{true}},
		{"two lost packets", []bool{true, false, false, true}, []bool{true}},
		{"an outage", []bool{true, false, false, false, true, true}, []bool{true, false, true}},
		{"it comes and goes", []bool{false, true, false, true, false, true, false}, []bool{false}},
	} {
		synctest.Test(t, func(t *testing.T) {
			if told, _ := watched(t, c.script, 10*time.Minute); !slices.Equal(told, c.want) {
				t.Errorf("%s: %v, want %v", c.name, told, c.want)
			}
		})
	}
}

// A dead peer is found within a minute and a half, and a living one is not bothered.
func TestHowSoonAndHowOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, _ := watched(t, []bool{true, false}, 33*time.Second+3*AnswerIn+2*retry)
		if !slices.Equal(told, []bool{true, false}) {
			t.Error(told)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if _, asked := watched(t, []bool{true}, time.Hour); asked < 108 || asked > 135 {
			t.Error(asked, "questions in an hour")
		}
	})
}

func TestALoadBalancerWithNobodyBehindIt(t *testing.T) {
	m := NewMonitor(MonitorConfig{Ask: func(context.Context) (sip.Response, error) { return sip.Response{Code: 503}, nil }})
	if m.ask() {
		t.Error("503 is a life sign")
	}
}

// Whatever comes, the state changes only after so many in a row that say the same.
func TestHysteresis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := NewMonitor(MonitorConfig{})
		row, last := 0, false
		for i, alive := range rapid.SliceOfN(rapid.Bool(), 1, 100).Draw(t, "answers") {
			if i == 0 || alive != last {
				row = 0
			}
			row, last = row+1, alive
			before := m.Up()
			m.heard(alive)
			if i == 0 {
				continue
			}
			need := DownAfter
			if alive {
				need = UpAfter
			}
			if changed := m.Up() != before; changed && (row < need || m.Up() != alive) || !changed && alive != before && row >= need {
				t.Fatalf("after %d times %v: %v", row, alive, m.Up())
			}
		}
	})
}
