// Package blend adds voices up and hides what is missing of one: sums that do not clip ugly, and a simple concealment of losses.
// It works on 16-bit samples, 8,000 a second, in frames of 20 ms, and knows neither packets nor codecs.
package blend

import "math"

// Frame is the length of a frame in samples.
const Frame = 160

// Sum is the sum of some voices. The zero value is empty.
type Sum struct {
	sum    [Frame]int32
	voices int
	out    [Frame]int16
}

// Begin empties it.
func (m *Sum) Begin() {
	clear(m.sum[:])
	m.voices = 0
}

// Voices is how many have been added.
func (m *Sum) Voices() int { return m.voices }

// Add adds a voice.
func (m *Sum) Add(voice *[Frame]int16) {
	m.voices++
	for i, v := range voice {
		m.sum[i] += int32(v)
	}
}

// Frame gives the sum as it is, cut off at the ends of 16 bits. It is a view, valid until the next call.
func (m *Sum) Frame() []int16 {
	for i, v := range m.sum {
		m.out[i] = int16(min(max(v, math.MinInt16), math.MaxInt16))
	}
	return m.out[:]
}

// Gains, in 1/4096.
const (
	unity   = 4096
	release = unity / 50 // a frame: back from half in half a second
	attack  = 32         // samples (4 ms) over which the gain falls
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

// Repeater hides the losses of one voice: it repeats the last 20 ms, backwards and forwards in turn, so that the wave goes on where
// it was, and quieter each time. The zero value is ready.
type Repeater struct {
	last [Frame]int16
	lost int
}

// fade is how much is left of the sound after each lost frame, in 1/16.
const fade = 11

// Good takes a frame that came; its start is changed to go on from what was made up.
func (r *Repeater) Good(frame []int16) {
	if r.lost > 0 {
		goOn := r.last
		r.turn(goOn[:])
		overlap(frame, goOn[:])
	}
	r.lost = 0
	tail := frame[max(len(frame)-len(r.last), 0):]
	copy(r.last[:], r.last[len(tail):])
	copy(r.last[len(r.last)-len(tail):], tail)
}

// Lost makes a frame up.
func (r *Repeater) Lost(dst []int16) {
	r.lost++
	r.turn(r.last[:])
	n := copy(dst, r.last[:])
	clear(dst[n:])
}

// turn reverses and fades.
func (r *Repeater) turn(b []int16) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	for i, v := range b {
		b[i] = int16(int32(v) * fade / 16)
	}
}

// joined is the length of an overlap in samples: 5 ms.
const joined = 40

// overlap lets before go over into the start of frame.
func overlap(frame, before []int16) {
	n := min(joined, len(frame), len(before))
	for i := range n {
		frame[i] = int16((int32(before[i])*int32(n-i) + int32(frame[i])*int32(i)) / int32(n))
	}
}
