//go:build e2e

package e2e

import (
	"bytes"
	"math"
	"testing"
	"time"

	"santra/internal/protocol/media"
)

// look is how finely tones are found in a recording: whole periods of every multiple of 50 Hz.
const look = 20 * time.Millisecond

// sound is one side of a recording, in pieces of look.
type sound [][]float64

// sides takes a recording apart: the customer, the agent.
func sides(t *testing.T, wav []byte) (customer, agent sound) {
	t.Helper()
	f, err := media.ReadWAV(bytes.NewReader(wav))
	if err != nil || f.WAVSpec != media.RecordingSpec() {
		t.Fatalf("%+v: %v", f.WAVSpec, err)
	}
	size := int(look * media.SampleRate / time.Second)
	var both [2]sound
	for at := 0; at+2*size <= len(f.Data); at += 2 * size {
		for side := range both {
			piece := make([]float64, size)
			for i := range piece {
				piece[i] = float64(media.DecodeALaw(f.Data[at+2*i+side])) / 32768
			}
			both[side] = append(both[side], piece)
		}
	}
	return both[0], both[1]
}

// power is how loud a piece of a recording is at a frequency, of 1.
func power(x []float64, hz float64) float64 { return powerAt(x, hz, media.SampleRate) }

// powerAt is that of sound with another sampling rate (Goertzel).
func powerAt(x []float64, hz, rate float64) float64 {
	c := 2 * math.Cos(2*math.Pi*hz/rate)
	var s1, s2 float64
	for _, v := range x {
		s1, s2 = v+c*s1-s2, s1
	}
	n := float64(len(x))
	return (s1*s1 + s2*s2 - c*s1*s2) / (n * n)
}

// portion is how much of the energy of a piece is at a frequency, 0 to 1; of silence nothing is.
func portion(x []float64, hz, rate float64) float64 {
	var all float64
	for _, v := range x {
		all += v * v
	}
	if all < 1e-5*float64(len(x)) {
		return 0
	}
	return 2 * powerAt(x, hz, rate) * float64(len(x)) / all
}

// turn is where a side changes from one tone to another, at or after a time: the place that has the least of the wrong tone
// before and behind it, so that losses don't matter. The second result is the share of pieces that have the right one.
func (s sound) turn(after time.Duration, from, to float64, until time.Duration) (time.Duration, float64) {
	begin, end := int(after/look), min(int(until/look), len(s))
	if begin >= end {
		return 0, 0
	}
	right := 0 // pieces with the right tone, were the change at the beginning
	for _, x := range s[begin:end] {
		right += is(x, to, from)
	}
	best, at := right, begin
	for i := begin; i < end; i++ {
		right += is(s[i], from, to) - is(s[i], to, from)
		if right > best {
			best, at = right, i+1
		}
	}
	return time.Duration(at) * look, float64(best) / float64(end-begin)
}

// is tells whether a piece has a tone rather than another: 1 or 0; a silent one has neither.
func is(x []float64, hz, not float64) int {
	if p := power(x, hz); p > 1e-4 && p > 4*power(x, not) {
		return 1
	}
	return 0
}

func (s sound) length() time.Duration { return time.Duration(len(s)) * look }

// has is the share of pieces that have a tone.
func (s sound) has(hz float64) float64 {
	n := 0
	for _, x := range s {
		n += is(x, hz, hz+700)
	}
	return float64(n) / float64(max(len(s), 1))
}

// TestFindingATurn: the own ears of these tests, with losses and with nothing to find.
func TestFindingATurn(t *testing.T) {
	t.Parallel()
	s := make(sound, 500)
	for i := range s {
		s[i] = make([]float64, 160)
		hz := 450.0
		if i >= 300 {
			hz = 1850
		}
		for k := range s[i] {
			if i%9 != 0 { // lost
				s[i][k] = 0.25 * math.Sin(2*math.Pi*hz*float64(k)/media.SampleRate)
			}
		}
	}
	at, share := s.turn(0, 450, 1850, s.length())
	if d := (at - 6*time.Second).Abs(); d > look || share < 0.85 {
		t.Errorf("at %s, %.2f right", at, share)
	}
	if _, share := s.turn(0, 1850, 450, s.length()); share > 0.6 {
		t.Errorf("the other way round %.2f are right", share)
	}
	if at, share := s.turn(11*time.Second, 450, 1850, s.length()); at != 0 || share != 0 {
		t.Errorf("behind the end: %s %.2f", at, share)
	}
}
