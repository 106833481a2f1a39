package rtp

import (
	"math"
	"slices"

	"santra/internal/protocol/media"
)

// This file is all that mixing knows of sound: what is in it works on 16-bit samples, 8,000 a second.

// decodeTo appends the samples of a payload.
func decodeTo(dst []int16, payload []byte, c media.Codec) []int16 {
	n := len(dst)
	dst = slices.Grow(dst, len(payload))[:n+len(payload)]
	media.Decode(dst[n:], payload, c)
	return dst
}

// encodeTo appends a coded frame to a header.
func encodeTo(head []byte, frame []int16, c media.Codec) []byte {
	packet := head[:len(head)+len(frame)]
	media.Encode(packet[len(head):], frame, c)
	return packet
}

// mixed is the sum of some voices.
type mixed struct {
	sum    [media.FrameSamples]int32
	voices int
	out    [media.FrameSamples]int16
}

func (m *mixed) begin() {
	clear(m.sum[:])
	m.voices = 0
}

func (m *mixed) add(s *member) {
	if !s.live {
		return
	}
	m.voices++
	for i, v := range s.voice {
		m.sum[i] += int32(v)
	}
}

// frame gives the sum as it is, cut off at the ends of 16 bits.
func (m *mixed) frame() []int16 {
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

// limiter turns down a sum that would be clipped, at once, and up again slowly, so that voices that meet sound loud and not
// torn. One voice alone passes unchanged.
type limiter struct{ gain int32 }

// frame gives the sum within 16 bits.
func (l *limiter) frame(m *mixed) []int16 {
	peak := int32(0)
	for _, v := range m.sum {
		peak = max(peak, v, -v)
	}
	want := min(l.gain+release, unity)
	if int64(peak)*int64(want) > ceiling*unity && m.voices > 1 {
		want = int32(ceiling * unity / int64(peak))
	}
	if want == unity && l.gain == unity {
		return m.frame()
	}
	l.turn(m, want)
	return m.frame()
}

// turn brings the gain from what it was to want within the first samples.
func (l *limiter) turn(m *mixed, want int32) {
	for i := range m.sum {
		gain := want
		if i < attack {
			gain = l.gain + (want-l.gain)*int32(i)/attack
		}
		m.sum[i] = int32(int64(m.sum[i]) * int64(gain) / unity)
	}
	l.gain = want
}

// repeater is a simple Concealer: it repeats the last 20 ms, backwards and forwards in turn, so that the wave goes on where
// it was, and quieter each time.
type repeater struct {
	last [media.FrameSamples]int16
	lost int
}

// fade is how much is left of the sound after each lost frame, in 1/16.
const fade = 11

// Good implements Concealer.
func (r *repeater) Good(frame []int16) {
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

// Lost implements Concealer.
func (r *repeater) Lost(dst []int16) {
	r.lost++
	r.turn(r.last[:])
	n := copy(dst, r.last[:])
	clear(dst[n:])
}

// turn reverses and fades.
func (r *repeater) turn(b []int16) {
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
