package impair

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestTheSameSeedTheSameFate: what happens is drawn from the seed, in each direction by itself.
func TestTheSameSeedTheSameFate(t *testing.T) {
	f := Faults{Loss: 0.3, Duplicate: 0.2, Reorder: 0.2, Late: time.Second, Jitter: time.Second}
	fates := func(seed uint64, also bool) (all []int) {
		l := NewLink(seed)
		l.Both(f)
		start := time.Unix(0, 0)
		for range 200 {
			if also {
				l.fate(ToClient, start)
			}
			got := l.fate(ToServer, start)
			all = append(all, len(got))
			for _, d := range got {
				all = append(all, int(d.at.Sub(start)))
			}
		}
		return all
	}
	equal := func(a, b []int) bool {
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				return false
			}
		}
		return len(a) == len(b)
	}
	if !equal(fates(1, false), fates(1, true)) {
		t.Error("the other direction changes what is drawn")
	}
	if equal(fates(1, false), fates(2, false)) {
		t.Error("another seed draws the same")
	}
}

// TestTheSharesAreAsWished, within what Bernstein's inequality leaves to chance once in a hundred million draws: six standard deviations, and
// twelve packets more, for a small share is no bell curve.
func TestTheSharesAreAsWished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Faults{
			Loss: rapid.Float64Range(0, 1).Draw(t, "loss"), Duplicate: rapid.Float64Range(0, 1).Draw(t, "double"), Reorder: rapid.Float64Range(0, 1).Draw(t, "late"),
		}
		l := NewLink(rapid.Uint64().Draw(t, "seed"))
		l.Set(ToServer, f)
		const n = 20_000
		arrived := 0
		for range n {
			arrived += len(l.fate(ToServer, time.Unix(0, 0)))
		}
		c := l.Counts(ToServer)
		passed := float64(n - c.Lost)
		near := func(what string, got uint64, of, share float64) {
			if d := math.Abs(float64(got) - of*share); d > 6*math.Sqrt(of*share*(1-share))+12 {
				t.Errorf("%s: %d of %.0f, wished %.3f", what, got, of, share)
			}
		}
		near("lost", c.Lost, n, f.Loss)
		near("doubled", c.Doubled, passed, f.Duplicate)
		near("reordered", c.Reordered, passed, f.Reorder)
		if c.Taken != n || uint64(arrived) != n-c.Lost+c.Doubled {
			t.Errorf("%d arrived of %+v", arrived, c)
		}
		if l.Counts(ToClient) != (Counts{}) {
			t.Error("the other direction counts too")
		}
	})
}

// TestACutEndsByItself: nothing passes for so long; a stream's bytes wait for the end.
func TestACutEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, start := NewLink(1), time.Now()
		l.Cut(ToServer, 3*time.Second)
		if got := l.fate(ToServer, start.Add(3*time.Second-1)); got != nil {
			t.Error("it passes in the outage")
		}
		if got := l.fate(ToClient, start); len(got) != 1 {
			t.Error("the other direction is cut too")
		}
		if got := l.fate(ToServer, start.Add(3*time.Second)); len(got) != 1 {
			t.Error("it does not end")
		}
		if at := l.steady(ToServer, start); !at.Equal(start.Add(3 * time.Second)) {
			t.Errorf("a stream goes on after %s", at.Sub(start))
		}
		if c := l.Counts(ToServer); c.Cut != 1 || c.Taken != 3 {
			t.Errorf("%+v", c)
		}
	})
}

// TestALineKeepsTimeAndOrder: jitter overtakes nothing; a loose packet is overtaken and comes exactly when it is due.
func TestALineKeepsTimeAndOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		type arrival struct {
			what byte
			at   time.Duration
		}
		got := make(chan arrival, 8)
		l := newLine(func(b []byte) { got <- arrival{b[0], time.Since(start)} })
		defer l.close()
		ms := func(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }
		l.put(due{at: ms(50)}, []byte{1})
		l.put(due{at: ms(20)}, []byte{2}) // jitter would let it overtake
		l.put(due{at: ms(80), loose: true}, []byte{3})
		l.put(due{at: ms(60)}, []byte{4})
		for _, want := range []arrival{{1, 50e6}, {2, 50e6}, {4, 60e6}, {3, 80e6}} {
			if a := <-got; a != want {
				t.Errorf("%+v instead of %+v", a, want)
			}
		}
	})
}

// TestALineIsBounded: what does not fit is refused, and a closed line delivers no more.
func TestALineIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine(func([]byte) { t.Error("it was delivered after the end") })
		later := due{at: time.Now().Add(time.Hour)}
		for i := range MaxQueued {
			if !l.put(later, []byte{0}) {
				t.Fatalf("full at %d", i)
			}
		}
		if l.put(later, []byte{0}) {
			t.Error("it takes more than it says")
		}
		l.close()
	})
}
