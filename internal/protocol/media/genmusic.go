//go:build ignore

// Composes prompts/music.wav, the music on hold: eight bars of broken chords over a soft bass, 20 s, made to loop without a
// seam (tails wrap round to the start). It is our own and under the licence of the project.
package main

import (
	"math"
	"os"

	"santra/internal/protocol/media"
)

const (
	bar   = media.SampleRate * 5 / 2 // samples
	notes = 8                        // in a bar
)

// One bar each: bass, then the chord from low to high, as semitones from A (220 Hz).
var bars = [8][5]int{
	{-16, -4, 0, 3, 8},
	{-14, -2, 3, 7, 10},
	{-9, 0, 3, 7, 12},
	{-14, -2, 1, 5, 10},
	{-16, -4, 0, 3, 8},
	{-14, -2, 3, 7, 10},
	{-12, 0, 3, 7, 12},
	{-9, -2, 2, 7, 10},
}

// The order in which a bar goes through its chord.
var pattern = [notes]int{1, 3, 2, 4, 3, 2, 4, 3}

func main() {
	mix := make([]float64, len(bars)*bar)
	for b, chord := range bars {
		pluck(mix, b*bar, chord[0], 0.20, 2.2)
		for n, step := range pattern {
			pluck(mix, b*bar+n*bar/notes, chord[step], 0.13, 0.9)
		}
	}
	if err := write(mix); err != nil {
		panic(err)
	}
}

// pluck adds a note with three soft partials that dies away within seconds*3.
func pluck(mix []float64, at, semitone int, level, seconds float64) {
	f := 220 * math.Pow(2, float64(semitone)/12)
	for i := range int(seconds * 3 * media.SampleRate) {
		t := float64(i) / media.SampleRate
		attack := 1 - math.Exp(-t*120)
		w := 2 * math.Pi * f * t
		v := math.Sin(w) + 0.35*math.Sin(2*w)*math.Exp(-t*2) + 0.12*math.Sin(3*w)*math.Exp(-t*4)
		mix[(at+i)%len(mix)] += level * attack * math.Exp(-t/seconds*3) * v
	}
}

func write(mix []float64) error {
	alaw := make([]byte, len(mix))
	for i, v := range mix {
		alaw[i] = media.EncodeALaw(int16(12000 * math.Tanh(2*v)))
	}
	f, err := os.Create("prompts/music.wav")
	if err != nil {
		return err
	}
	spec := media.WAVSpec{Format: media.ALawWAV, Rate: media.SampleRate, Channels: 1}
	if err := media.WriteWAV(f, media.WAV{WAVSpec: spec, Data: alaw}); err != nil {
		return err
	}
	return f.Close()
}
