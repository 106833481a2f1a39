package blend

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestLimiter(t *testing.T) {
	l := NewLimiter()
	var m Sum
	var loud [Frame]int16
	for i := range loud {
		loud[i] = int16(30000 * math.Sin(float64(i)/5))
	}
	m.Begin()
	m.Add(&loud)
	if got := l.Frame(&m); got[40] != loud[40] {
		t.Error("one voice passes unchanged")
	}
	flat := 0
	for range 10 {
		m.Begin()
		m.Add(&loud)
		m.Add(&loud)
		for i, v := range l.Frame(&m) {
			if i > attack && (v >= math.MaxInt16 || v <= math.MinInt16) {
				flat++
			}
		}
	}
	if flat > 0 || l.gain > unity*6/10 {
		t.Error("clipped samples:", flat, "gain", l.gain)
	}
	for range 100 {
		m.Begin()
		l.Frame(&m)
	}
	if l.gain != unity {
		t.Error("it comes back", l.gain)
	}
}

// The sum never leaves 16 bits, and a quiet sum is exact.
func TestLimiterProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := NewLimiter()
		for range rapid.IntRange(1, 20).Draw(t, "frames") {
			var m Sum
			m.Begin()
			m.voices = 2
			top := rapid.SampledFrom([]int32{100, 16000, 32000, 1 << 18}).Draw(t, "top")
			for i := range m.sum {
				m.sum[i] = rapid.Int32Range(-top, top).Draw(t, "v")
			}
			want := m.sum
			was := l.gain
			got := l.Frame(&m)
			for i, v := range want {
				if was == unity && l.gain == unity && int32(got[i]) != v {
					t.Fatal("changed without need")
				}
				if int64(got[i])*int64(v) < 0 {
					t.Fatal("turned round")
				}
			}
		}
	})
}

// What is made up goes on where the sound was and fades; what comes then goes on from there.
func TestRepeater(t *testing.T) {
	var r Repeater
	tone := func(at int) (f [Frame]int16) {
		for i := range f {
			f[i] = int16(8000 * math.Sin(2*math.Pi*440*float64(at+i)/8000))
		}
		return f
	}
	var sound []int16
	for n := range 20 {
		f := tone(n * Frame)
		if n >= 8 && n < 11 {
			r.Lost(f[:])
		} else {
			r.Good(f[:])
		}
		sound = append(sound, f[:]...)
	}
	jump, levels := 0.0, [20]float64{}
	for i := 1; i < len(sound); i++ {
		jump = max(jump, math.Abs(float64(sound[i])-float64(sound[i-1])))
		levels[i/Frame] += math.Abs(float64(sound[i]))
	}
	if steepest := 2 * math.Pi * 440 / 8000 * 8000; jump > 1.6*steepest {
		t.Errorf("a click of %.0f, the tone itself has %.0f", jump, steepest)
	}
	if levels[8] < levels[7]/2 || levels[9] > levels[8] || levels[10] > levels[9] || levels[12] < levels[7]*0.95 {
		t.Error("levels", levels[6:14])
	}
}

func TestRepeaterTakesOtherLengths(t *testing.T) {
	var r Repeater
	r.Good(make([]int16, 80))
	r.Good([]int16{1, 2, 3})
	long := make([]int16, 400)
	r.Lost(long)
	if long[0] != 3*fade/16 || long[399] != 0 {
		t.Error(long[:4])
	}
	r.Good(long)
	r.Good(nil)
	r.Lost(nil)
}
