package identity

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

func TestPasswordRules(t *testing.T) {
	for password, ok := range map[string]bool{
		"":                        false,
		"short":                   false,
		"elevenchars":             false,
		"twelve chars":            true,
		"hyvä salasana":           true,
		"aaaaaaaaaaaaaaaa":        false,
		"maija-12345678":          false,
		"maija likes long verses": true,
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff": false,
		strings.Repeat("ab", MaxPasswordLen/2):                 true,
		strings.Repeat("ab", MaxPasswordLen):                   false,
	} {
		if err := checkPassword("maija", password); granted(err) != ok {
			t.Errorf("%q: %v", password, err)
		} else if err != nil && (!errs.Is(err, errs.Invalid) || password != "" && strings.Contains(err.Error(), password)) {
			t.Errorf("the error shows the password: %v", err)
		}
	}
}

func TestHashOpensWithItsPasswordAlone(t *testing.T) {
	h, ctx := newHasher(), t.Context()
	a, err := h.hash(ctx, "correct horse")
	if err != nil || !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(a, err)
	}
	if b, _ := h.hash(ctx, "correct horse"); a == b {
		t.Fatal("no salt")
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsE": false, "": false} {
		if ok, err := h.verify(ctx, password, a); ok != want || err != nil {
			t.Errorf("%q: %v %v", password, ok, err)
		}
	}
	composed, err := h.hash(ctx, "sa\u0308lasana pitkä")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := h.verify(ctx, "s\u00e4lasana pitka\u0308", composed); !ok {
		t.Error("the same letters in another composition are the same password")
	}
	if ok, err := h.verify(ctx, "x", ""); ok || err != nil {
		t.Error("nobody has a password", err)
	}
}

func TestHashingIsBounded(t *testing.T) {
	h := newHasher()
	for range MaxHashing {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, "correct horse"); !errs.Is(err, errs.Unavailable) {
		t.Fatal(err)
	}
}

func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4294967295,t=99,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := parsePHC(s); ok && (p.memory > maxPHCMemory || p.time > maxPHCTime || len(p.key) != argonKey) {
			t.Fatal("out of bounds", p.memory, p.time)
		}
	})
}

func TestPausesGrowAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		th := newThrottle(100)
		for range FreeFailures - 1 {
			th.failed("maija", "10.0.0.1", time.Now())
		}
		if th.wait("maija", "10.0.0.1", time.Now()) != 0 {
			t.Fatal("a pause before the free failures are used up")
		}
		last := time.Duration(0)
		for range 40 {
			th.failed("maija", "10.0.0.1", time.Now())
			w := th.wait("maija", "10.0.0.1", time.Now())
			if w < last || w > MaxPause || w == 0 {
				t.Fatal(w)
			}
			last = w
		}
		if last != MaxPause {
			t.Fatal(last)
		}
		if th.wait("maija", "10.0.0.2", time.Now()) != 0 || th.wait("ville", "10.0.0.2", time.Now()) != 0 {
			t.Fatal("a stranger keeps a person out from elsewhere")
		}
		time.Sleep(MaxPause)
		if th.wait("maija", "10.0.0.1", time.Now()) != 0 {
			t.Fatal("locked out")
		}
		th.failed("maija", "10.0.0.1", time.Now())
		th.succeeded("maija", "10.0.0.1")
		if th.left(pairKey("maija", "10.0.0.1"), time.Now()) != 0 {
			t.Fatal("a success does not end the pause")
		}
	})
}

func TestOneAddressTryingManyNamesIsPaused(t *testing.T) {
	th, now := newThrottle(1000), time.Now()
	for i := range FreeFailuresRemote {
		th.failed(strings.Repeat("x", i+1), "10.0.0.1", now)
	}
	if th.wait("somebody else", "10.0.0.1", now) == 0 || th.wait("somebody else", "10.0.0.2", now) != 0 {
		t.Fatal("spraying is not paused")
	}
}

// However many accounts and addresses fail, the memory is bounded, and no pause is over its limit.
func TestThrottleIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		th, now := newThrottle(20), time.Unix(1_800_000_000, 0)
		for range rapid.IntRange(0, 200).Draw(t, "failures") {
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "s")) * time.Second)
			name, remote := rapid.StringMatching(`[a-e]{1,2}`).Draw(t, "name"), rapid.StringMatching(`[0-9]`).Draw(t, "remote")
			th.failed(name, remote, now)
			if len(th.seen) > 20 {
				t.Fatal(len(th.seen))
			}
			if w := th.wait(name, remote, now); w < 0 || w > MaxPause {
				t.Fatal(w)
			}
		}
	})
}

func TestRemoteKey(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.1:5000": "10.0.0.1", "10.0.0.1": "10.0.0.1", "[::ffff:10.0.0.1]:1": "10.0.0.1",
		"[2001:db8:1:2:3::4]:443": "2001:db8:1:2::/64", "2001:db8:1:2:9::9": "2001:db8:1:2::/64", "": "unknown", "pipe": "unknown",
	} {
		if got := remoteKey(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestRefusalsAreAuditedWithinABound(t *testing.T) {
	b, now := &bucket{left: RefusalBurst}, time.Now()
	for i := range RefusalBurst {
		if _, ok := b.take(now); !ok {
			t.Fatal(i)
		}
	}
	for range 7 {
		if _, ok := b.take(now); ok {
			t.Fatal("over the bound")
		}
	}
	if skipped, ok := b.take(now.Add(time.Minute)); !ok || skipped != 7 {
		t.Fatal(skipped, ok)
	}
}
