package locate

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
)

// zone is a Resolver of a table.
type zone struct {
	naptr map[string][]NAPTR
	srv   map[string][]SRV
	addr  map[string][]netip.Addr
	ttl   time.Duration
	err   error
	asked atomic.Int64
	wait  time.Duration
}

func look[T any](ctx context.Context, z *zone, m map[string][]T, name string) ([]T, time.Duration, error) {
	z.asked.Add(1)
	select {
	case <-time.After(z.wait):
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	return m[name], z.ttl, z.err
}

func (z *zone) NAPTR(ctx context.Context, name string) ([]NAPTR, time.Duration, error) {
	return look(ctx, z, z.naptr, name)
}

func (z *zone) SRV(ctx context.Context, name string) ([]SRV, time.Duration, error) {
	return look(ctx, z, z.srv, name)
}

func (z *zone) Addrs(ctx context.Context, name string) ([]netip.Addr, time.Duration, error) {
	return look(ctx, z, z.addr, name)
}

func addrs(all ...string) (list []netip.Addr) {
	for _, a := range all {
		list = append(list, netip.MustParseAddr(a))
	}
	return list
}

func carrier() *zone {
	return &zone{
		naptr: map[string][]NAPTR{
			"carrier.example": {
				{50, 60, "s", "SIP+D2U", "_sip._udp.carrier.example"},
				{50, 50, "S", "SIPS+D2T", "_sips._tcp.carrier.example"},
				{40, 10, "u", "E2U+sip", "carrier.example"}, // no business of ours
				{50, 70, "s", "SIP+D2S", "_sip._sctp.carrier.example"},
			},
		},
		srv: map[string][]SRV{
			"_sip._udp.carrier.example":  {{10, 0, 5060, "a.carrier.example"}, {20, 0, 5070, "b.carrier.example"}},
			"_sips._tcp.carrier.example": {{10, 0, 5061, "a.carrier.example"}},
			"_sip._tcp.plain.example":    {{1, 1, 5080, "a.carrier.example"}},
			"_sip._udp.none.example":     {{0, 0, 0, "."}},
		},
		addr: map[string][]netip.Addr{
			"a.carrier.example": addrs("192.0.2.1", "2001:db8::1"), "b.carrier.example": addrs("192.0.2.2"),
			"old.example": addrs("192.0.2.9"), "carrier.example": addrs("192.0.2.8"),
		},
		ttl: time.Minute,
	}
}

func list(hops []Hop) string {
	var s []string
	for _, h := range hops {
		s = append(s, h.Transport+" "+h.Addr.String())
	}
	return strings.Join(s, ", ")
}

// RFC 3263 4.1 and 4.2, case by case.
func TestFind(t *testing.T) {
	for _, c := range []struct {
		name string
		q    Query
		want string
	}{
		{"address", Query{Host: "192.0.2.7"}, "udp 192.0.2.7:5060"},
		{"address and port", Query{Host: "192.0.2.7", Port: 5090, Transport: TCP}, "tcp 192.0.2.7:5090"},
		{"IPv6 address of a sips URI", Query{Host: "[2001:db8::7]", Secure: true}, "tls [2001:db8::7]:5061"},
		{"naptr", Query{Host: "Carrier.Example."}, "tls 192.0.2.1:5061, tls [2001:db8::1]:5061, udp 192.0.2.1:5060, udp [2001:db8::1]:5060, udp 192.0.2.2:5070"},
		{"transport given", Query{Host: "carrier.example", Transport: UDP}, "udp 192.0.2.1:5060, udp [2001:db8::1]:5060, udp 192.0.2.2:5070"},
		{"sips", Query{Host: "carrier.example", Secure: true}, "tls 192.0.2.1:5061, tls [2001:db8::1]:5061"},
		{"port given: no srv", Query{Host: "carrier.example", Port: 5099}, "udp 192.0.2.8:5099"},
		{"srv without naptr", Query{Host: "plain.example"}, "tcp 192.0.2.1:5080, tcp [2001:db8::1]:5080"},
		{"addresses only", Query{Host: "old.example"}, "udp 192.0.2.9:5060"},
		{"addresses only, by TLS", Query{Host: "old.example", Transport: TLS}, "tls 192.0.2.9:5061"},
		{"no such service", Query{Host: "none.example"}, ""},
		{"no such name", Query{Host: "nowhere.example"}, ""},
		{"no name", Query{Host: "a b"}, ""},
		{"empty", Query{}, ""},
		{"empty label", Query{Host: "a..b"}, ""},
	} {
		got, err := New(carrier()).Find(t.Context(), c.q)
		if list(got) != c.want || (err == nil) == (c.want == "") {
			t.Errorf("%s: %s, %v", c.name, list(got), err)
		}
	}
}

func TestOneHostThatIsNotFoundDoesNotHideTheOthers(t *testing.T) {
	z := carrier()
	delete(z.addr, "a.carrier.example")
	got, err := New(z).Find(t.Context(), Query{Host: "carrier.example", Transport: UDP})
	if list(got) != "udp 192.0.2.2:5070" || err != nil {
		t.Error(list(got), err)
	}
}

func TestAServerThatFailedIsTriedLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, q := New(carrier()), Query{Host: "carrier.example", Transport: UDP}
		find := func() string {
			hops, err := l.Find(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			return list(hops)
		}
		before := find()
		first := Hop{netip.MustParseAddrPort("192.0.2.1:5060"), UDP}
		l.Failed(first)
		if got := find(); got != "udp [2001:db8::1]:5060, udp 192.0.2.2:5070, udp 192.0.2.1:5060" {
			t.Error(got)
		}
		l.Works(first)
		if got := find(); got != before {
			t.Error("still avoided:", got)
		}
		l.Failed(first)
		time.Sleep(AvoidFor)
		if got := find(); got != before {
			t.Error("avoided for ever:", got)
		}
		for i := range 2 * MaxAvoided {
			l.Failed(Hop{netip.AddrPortFrom(first.Addr.Addr(), uint16(i)), UDP})
		}
		if len(l.avoided) > MaxAvoided {
			t.Error(len(l.avoided))
		}
	})
}

// Answers hold for as long as they say, within bounds.
func TestTimeToLive(t *testing.T) {
	for _, c := range []struct{ says, holds time.Duration }{{time.Minute, time.Minute}, {0, MinTTL}, {24 * time.Hour, MaxTTL}} {
		synctest.Test(t, func(t *testing.T) {
			z := carrier()
			z.ttl = c.says
			l := New(z)
			find := func(want int64) {
				t.Helper()
				z.asked.Store(0)
				_, _ = l.Find(t.Context(), Query{Host: "old.example", Port: 5060})
				if got := z.asked.Load(); got != want {
					t.Errorf("%v: asked %d times, want %d", c.says, got, want)
				}
			}
			find(1)
			time.Sleep(c.holds - time.Nanosecond)
			find(0)
			time.Sleep(time.Nanosecond)
			find(1)
		})
	}
}

func TestSeveralWaitForOneAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := carrier()
		z.wait = time.Second
		l := New(z)
		got := make(chan error, 100)
		for range 100 {
			go func() { _, err := l.Find(t.Context(), Query{Host: "old.example", Port: 1}); got <- err }()
		}
		for range 100 {
			if err := <-got; err != nil {
				t.Error(err)
			}
		}
		if n := z.asked.Load(); n != 1 {
			t.Error("asked", n, "times")
		}
	})
}

func TestNobodyKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := carrier()
		z.err = errors.New("SERVFAIL")
		l := New(z)
		for range 2 { // an error is not remembered
			if _, err := l.Find(t.Context(), Query{Host: "carrier.example"}); !errs.Is(err, errs.Unavailable) {
				t.Error(err)
			}
		}
		if z.asked.Load() != 2 {
			t.Error("an error is remembered")
		}
		z.err, z.wait = nil, time.Hour
		start := time.Now()
		if _, err := l.Find(t.Context(), Query{Host: "carrier.example"}); err == nil || time.Since(start) != MaxSearch {
			t.Error(err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := l.Find(ctx, Query{Host: "carrier.example"}); err != context.DeadlineExceeded {
			t.Error(err)
		}
		time.Sleep(MaxSearch)
	})
}

func TestMemoryIsBounded(t *testing.T) {
	l := New(carrier())
	for i := range 2 * MaxAnswers {
		l.remember(strings.Repeat("x", i%200)+string(rune('a'+i%26))+string(rune(0x4e00+i)), []SRV(nil), time.Minute)
	}
	if len(l.answers) > MaxAnswers {
		t.Error(len(l.answers))
	}
	z := carrier()
	z.srv["_sip._udp.big.example"] = slices.Repeat([]SRV{{1, 1, 5060, "a.carrier.example"}}, 500)
	if hops, _ := New(z).Find(t.Context(), Query{Host: "big.example", Transport: UDP}); len(hops) > MaxHops {
		t.Error(len(hops))
	}
}
