package blend

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestLimiter(t *testing.T) {
	l := NewLimiter()
	var m Sum
	var loud [Most]int16
	for i := range loud {
		loud[i] = int16(30000 * math.Sin(float64(i)/5))
	}
	m.Begin(Most)
	m.Add(loud[:])
	if got := l.Frame(&m); got[40] != loud[40] {
		t.Error("one voice passes unchanged")
	}
	flat := 0
	for range 10 {
		m.Begin(Most)
		m.Add(loud[:])
		m.Add(loud[:])
		for i, v := range l.Frame(&m) {
			if i > attack && (v == math.MaxInt16 || v == math.MinInt16) {
				flat++
			}
		}
	}
	if flat > 0 || l.gain > unity*6/10 {
		t.Error("clipped samples:", flat, "gain", l.gain)
	}
	for range 100 {
		m.Begin(Most)
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
			m.Begin(Most)
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
