// Package blend adds voices up, so that a loud sum is turned down rather than torn. It works on 16-bit samples, 8,000 or 16,000
// a second, in frames of 20 ms, and knows neither packets nor codecs.
package blend

import "math"

// Most is the longest frame, in samples: 20 ms at 16,000 a second.
const Most = 320

// Sum is the sum of some voices. The zero value is empty.
type Sum struct {
	sum    []int32 // of room
	voices int
	room   [Most]int32
	out    [Most]int16
}

// Begin empties it, for frames of so many samples, at most Most.
func (m *Sum) Begin(samples int) {
	m.sum = m.room[:samples]
	clear(m.sum)
	m.voices = 0
}

// Voices is how many have been added.
func (m *Sum) Voices() int { return m.voices }

// Add adds a voice, which is as long as the frame.
func (m *Sum) Add(voice []int16) {
	m.voices++
	sum := m.sum[:len(voice)]
	for i, v := range voice {
		sum[i] += int32(v)
	}
}

// Frame gives the sum as it is, cut off at the ends of 16 bits. It is a view, valid until the next call.
func (m *Sum) Frame() []int16 {
	for i, v := range m.sum {
		m.out[i] = int16(min(max(v, math.MinInt16), math.MaxInt16))
	}
	return m.out[:len(m.sum)]
}

// Gains, in 1/4096.
const (
	unity   = 4096
	release = unity / 50 // a frame: back from half in half a second
	attack  = 32         // samples (2 to 4 ms) over which the gain falls
	ceiling = 32000
)

// Limiter turns down a sum that would be clipped, at once, and up again slowly, so that voices that meet sound loud and not
// torn. One voice alone passes unchanged.
type Limiter struct{ gain int32 }

// NewLimiter makes one that changes nothing yet.
func NewLimiter() Limiter { return Limiter{gain: unity} }

// Frame gives the sum within 16 bits. It is a view, valid until the next call.
func (l *Limiter) Frame(m *Sum) []int16 {
	peak := int32(0)
	for _, v := range m.sum {
		peak = max(peak, v, -v)
	}
	want := min(l.gain+release, unity)
	if int64(peak)*int64(want) > ceiling*unity && m.voices > 1 {
		want = int32(ceiling * unity / int64(peak))
	}
	if want == unity && l.gain == unity {
		return m.Frame()
	}
	l.turn(m, want)
	return m.Frame()
}

// turn brings the gain from what it was to want within the first samples.
func (l *Limiter) turn(m *Sum, want int32) {
	for i := range m.sum {
		gain := want
		if i < attack {
			gain = l.gain + (want-l.gain)*int32(i)/attack
		}
		m.sum[i] = int32(int64(m.sum[i]) * int64(gain) / unity)
	}
	l.gain = want
}
