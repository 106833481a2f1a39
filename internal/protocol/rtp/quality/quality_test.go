package quality

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const ms = time.Millisecond

func take(r *Run, from, to int, lost func(n int) bool) {
	for n := from; n < to; n++ {
		if lost == nil || !lost(n) {
			r.Take(uint16(n), time.Duration(n)*20*ms)
		}
	}
}

func counted(r *Run) Count {
	r.Restart()
	all, _ := r.Count()
	return all
}

func TestLossesAndBursts(t *testing.T) {
	for name, c := range map[string]struct {
		lost  func(n int) bool
		want  Count
		burst float64
	}{
		"none":     {nil, Count{1000, 0, 0}, 1},
		"one each": {func(n int) bool { return n%10 == 5 }, Count{900, 100, 100}, 1},
		"five":     {func(n int) bool { return n%50 >= 20 && n%50 < 25 }, Count{900, 100, 20}, 4.5},
	} {
		var r Run
		take(&r, 0, 1000, c.lost)
		got := counted(&r)
		if got != c.want || math.Abs(got.Burst()-c.burst) > 1e-9 || math.Abs(got.Loss()-float64(c.want.Lost)/1000) > 1e-9 {
			t.Errorf("%s: %+v burst %v", name, got, got.Burst())
		}
	}
}

func TestLateAndDoubledPacketsAreNoLoss(t *testing.T) {
	var r Run
	for n := range 1000 {
		at := time.Duration(n) * 20 * ms
		r.Take(uint16(n^3), at) // groups of four the wrong way round
		r.Take(uint16(n^3), at)
	}
	if got := counted(&r); got != (Count{997, 0, 0}) { // what was said before the first to come is not known of
		t.Errorf("%+v", got)
	}
	take(&r, 1000, 1100, nil)
	r.Take(1001, 0)
	r.Take(1100-reach-1, 0) // too late to matter
	if got := counted(&r); got.Received != 1097 {
		t.Errorf("%+v", got)
	}
}

func TestNumbersThatBeginAnew(t *testing.T) {
	var r Run
	take(&r, 65500, 65600, nil) // over the roll
	take(&r, 30000, 30100, nil)
	if got := counted(&r); got != (Count{200, 0, 0}) {
		t.Errorf("%+v", got)
	}
}

func TestRecent(t *testing.T) {
	var r Run
	take(&r, 0, 1000, func(n int) bool { return n < 400 && n%2 == 1 })
	all, recent := r.Count()
	if recent.Lost != 0 || recent.Received < 250 || recent.Received > 500 || all.Lost != 200 || all.Received != 800 {
		t.Errorf("%+v %+v", all, recent)
	}
	r.Take(1000, time.Hour) // after a long silence
	if _, recent = r.Count(); recent.Received != 1 {
		t.Errorf("%+v", recent)
	}
}

// Values of the formulas, computed by hand.
func TestRating(t *testing.T) {
	for _, c := range []struct {
		path      Path
		roundTrip time.Duration
		r, mos    float64
	}{
		{Path{Burst: 1}, 0, 92.72, 4.40},
		{Path{Burst: 1}, 100 * ms, 91.52, 4.38},
		{Path{Burst: 1}, 400 * ms, 83.223, 4.14},
		{Path{Loss: 0.01, Burst: 1}, 0, 89.080, 4.316},
		{Path{Loss: 0.05, Burst: 1}, 0, 76.939, 3.91},
		{Path{Loss: 0.05, Burst: 2}, 0, 75.510, 3.85},
		{Path{Loss: 0.2, Burst: 1, Jitter: 50 * ms}, 200 * ms, 41.094, 2.118},
		{Path{Loss: 1, Burst: 8}, 2 * time.Second, 0, 1},
	} {
		got := c.path.Rate(G711(), c.roundTrip)
		if math.Abs(got.Rating-c.r) > 0.01 || math.Abs(got.MOS-c.mos) > 0.01 {
			t.Errorf("%+v %v: R %.3f MOS %.3f, want %v %v", c.path, c.roundTrip, got.Rating, got.MOS, c.r, c.mos)
		}
	}
	if MOS(100) != 4.5 || MOS(-1) != 1 || MOS(5) < 1 {
		t.Error("the ends")
	}
}

// Worse is never rated better, and all stays in its bounds.
func TestRatingProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Path{Loss: rapid.Float64Range(0, 1).Draw(t, "loss"), Burst: rapid.Float64Range(1, 20).Draw(t, "burst"), Jitter: time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "jitter"))}
		trip := time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "trip"))
		q := p.Rate(G711(), trip)
		worse := p
		worse.Loss = min(1, p.Loss+0.01)
		w := worse.Rate(G711(), trip+10*ms)
		if q.MOS < 1 || q.MOS > 4.5 || q.Rating < 0 || q.Rating > 93.2 || w.Rating > q.Rating || w.MOS > q.MOS+0.005 {
			t.Fatalf("%+v, worse %+v", q, w)
		}
	})
}

// Whatever the order, each packet is counted once, and nothing that comes within the reach is lost.
func TestRunProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Uint16().Draw(t, "start")
		delays := rapid.SliceOfN(rapid.IntRange(0, 20), 100, 300).Draw(t, "delays")
		lost := rapid.SliceOfN(rapid.Bool(), len(delays), len(delays)).Draw(t, "lost")
		var r Run
		r.Take(start, 0)
		sent, gone := uint64(1), uint64(0)
		for at := range len(delays) + 21 {
			for n, d := range delays {
				if n+d == at && !lost[n] {
					r.Take(start+1+uint16(n), time.Duration(at)*20*ms)
					sent++
				}
			}
		}
		last := 0
		for n := range delays {
			if !lost[n] {
				last = n + 1
			}
		}
		for n := range last {
			if lost[n] {
				gone++
			}
		}
		if got := counted(&r); got.Received != sent || got.Lost != gone || got.Bursts > got.Lost {
			t.Fatalf("%+v, want %d and %d", got, sent, gone)
		}
	})
}

func FuzzRun(f *testing.F) {
	f.Add([]byte{0, 1, 0, 2, 0, 4, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Run
		taken := uint64(0)
		for ; len(b) >= 2; b = b[2:] {
			r.Take(uint16(b[0])<<8|uint16(b[1]), time.Duration(taken)*ms)
			taken++
		}
		if got := counted(&r); got.Received > taken || got.Bursts > got.Lost || got.Burst() < 1 {
			t.Fatalf("%+v of %d", got, taken)
		}
	})
}
