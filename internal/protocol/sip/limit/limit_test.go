package limit

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestEachSourceHasItsAllowance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Rate{1, 3}, Rate{})
		a := netip.MustParseAddr("192.0.2.1")
		for i := range 5 {
			if l.Allow(a) != (i < 3) {
				t.Error(i)
			}
		}
		if !l.Exhausted(Source{Addr: a}) || l.Exhausted(Source{Addr: a, User: "u"}) || !l.Allow(a.Next()) {
			t.Error("not each its own")
		}
		time.Sleep(time.Second)
		if l.Exhausted(Source{Addr: a}) || !l.Allow(a) || l.Allow(a) {
			t.Error("a second gives one")
		}
	})
}

func TestAnIPv6NetworkIsOneSource(t *testing.T) {
	l := New(Rate{1, 1}, Rate{})
	if !l.Allow(netip.MustParseAddr("2001:db8::1")) || l.Allow(netip.MustParseAddr("2001:db8::2")) || !l.Allow(netip.MustParseAddr("2001:db8:0:1::1")) {
		t.Error("want one allowance for each /64")
	}
}

// Ten thousand sources that each stay below their allowance are bounded together, and a refusal takes nothing of either.
func TestAllTogetherAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Rate{5, 20}, Rate{10, 100})
		a := netip.MustParseAddr("10.0.0.1")
		allowed := 0
		for range 10000 {
			a = a.Next()
			if l.Allow(a) {
				allowed++
			}
		}
		if allowed != 100 {
			t.Error(allowed)
		}
		time.Sleep(time.Second)
		one := netip.MustParseAddr("192.0.2.1")
		for range 10 {
			if !l.Allow(one) {
				t.Error("what was refused was taken")
			}
		}
	})
}

// A crowd of new sources fills the memory up to its bound, and does not make each message cost a walk over all of them.
func TestMemoryAndWorkAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Rate{1, 3}, Rate{})
		a := netip.MustParseAddr("10.0.0.1")
		for range MaxSources {
			a = a.Next()
			l.Allow(a)
		}
		swept := l.swept
		for range 1000 {
			a = a.Next()
			l.Allow(a)
			if swept.IsZero() {
				swept = l.swept
			}
		}
		if l.Len() != MaxSources || l.swept != swept {
			t.Error(l.Len(), "swept more than once in an instant")
		}
		time.Sleep(time.Minute)
		l.Allow(a.Next())
		if l.Len() != 1 {
			t.Error("sources with their whole allowance are kept:", l.Len())
		}
	})
}

// However the calls fall, nobody gets more than the burst and what has come since.
func TestNeverMoreThanTheRate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			each := Rate{float64(rapid.IntRange(1, 50).Draw(rt, "rate")), float64(rapid.IntRange(1, 50).Draw(rt, "burst"))}
			l, start, got := New(each, Rate{}), time.Now(), 0
			for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 200), 1, 200).Draw(rt, "pauses") {
				time.Sleep(time.Duration(pause) * time.Millisecond)
				if l.Allow(netip.MustParseAddr("192.0.2.1")) {
					got++
				}
			}
			if most := each.Burst + time.Since(start).Seconds()*each.PerSecond + 1e-6; float64(got) > most {
				t.Errorf("%d, want at most %g", got, most)
			}
		})
	})
}
