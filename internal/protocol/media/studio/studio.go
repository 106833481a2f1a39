// Package studio makes sound that people hand in fit for the telephone: it reads WAV files of any common kind, makes them mono at
// the telephone's rate, cuts silence off their ends and brings them to one loudness. It knows no prompt, no language and no store.
package studio

import (
	"math"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// Limits and targets.
const (
	MaxBytes  = 24 << 20        // of a file: two minutes at 48 kHz, 16 bits, stereo, and some
	MaxLength = 2 * time.Minute // of the sound
	MinLength = time.Second / 5 // of what is left when silence is cut off
	WideRate  = 16000           // of the copy for wideband calls, in Hz
	Target    = -26.0           // dBFS (a full sine is −3): the nominal level of speech on digital telephony (ITU-T P.56), and that of the built-in prompts
	PeakLimit = -3.0            // dBFS: no sample is brought above, though the target be missed
	MaxGain   = 30.0            // dB: more would bring up noise
	absolute  = -60.0           // dBFS: quieter blocks are silence (the absolute gate)
	relative  = -10.0           // dB below the level of the rest: quieter blocks are pauses (ITU-R BS.1770-5 annex 1)
	silent    = -30.0           // dB below the level of speech: the ends are cut off until there
	block     = 400 * time.Millisecond
	hop       = 100 * time.Millisecond
	edge      = 200 * time.Millisecond // of silence that stays at each end
	window    = 10 * time.Millisecond  // in which the ends are looked for
)

// Sound is a prompt ready to be kept.
type Sound struct {
	Narrow media.Clip // A-law, 8 kHz
	Wide   []int16    // linear, WideRate; nil where the file has no more than Narrow
	Report Report
}

// Report tells what was done.
type Report struct {
	Rate, Channels int           // of the file
	Length         time.Duration // of Narrow
	Level          float64       // dBFS, before
	Gain           float64       // dB
	Limited        bool          // Target was not reached, because of PeakLimit or MaxGain
}

// Prepare reads a WAV file and makes a Sound of it. errs.Invalid says what is wrong with the file, errs.TooLarge names the limit.
func Prepare(file []byte) (Sound, error) {
	in, err := read(file)
	if err != nil {
		return Sound{}, err
	}
	level, ok := loudness(in.samples, in.rate)
	if !ok {
		return Sound{}, errs.New(errs.Invalid, "the file holds nothing but silence")
	}
	in.samples = trim(in.samples, in.rate, level)
	r := Report{Rate: in.rate, Channels: in.channels, Level: level}
	r.Gain, r.Limited = gain(level, peak(in.samples))
	scale(in.samples, r.Gain)
	s := Sound{Narrow: narrow(resample(in.samples, in.rate, media.SampleRate)), Report: r}
	s.Report.Length = s.Narrow.Duration()
	if s.Report.Length < MinLength {
		return Sound{}, errs.New(errs.Invalid, "the file holds %v of sound, too little to be understood", s.Report.Length)
	}
	if in.rate >= WideRate {
		s.Wide = linear(resample(in.samples, in.rate, WideRate))
	}
	return s, nil
}

// decibels turns a ratio of powers into dB; −∞ for 0.
func decibels(power float64) float64 { return 10 * math.Log10(power) }

func power(samples []float64) (mean float64) {
	if len(samples) == 0 {
		return 0
	}
	for _, v := range samples {
		mean += v * v
	}
	return mean / float64(len(samples))
}

func peak(samples []float64) (top float64) {
	for _, v := range samples {
		top = max(top, math.Abs(v))
	}
	return top
}

// length is how many samples last so long.
func length(d time.Duration, rate int) int { return int(d * time.Duration(rate) / time.Second) }

// loudness is the level of speech in dBFS: the mean power of blocks of 400 ms, without silence and without pauses. The gates are those
// of ITU-R BS.1770 (EBU R 128); its weighting of frequencies is left out, for a telephone passes little of what it weighs. False for silence.
func loudness(samples []float64, rate int) (level float64, ok bool) {
	blocks := blockPowers(samples, length(block, rate), length(hop, rate))
	blocks = slices.DeleteFunc(blocks, func(p float64) bool { return decibels(p) < absolute })
	if len(blocks) == 0 {
		return 0, false
	}
	gate := decibels(mean(blocks)) + relative
	blocks = slices.DeleteFunc(blocks, func(p float64) bool { return decibels(p) < gate })
	return decibels(mean(blocks)), true
}

func mean(all []float64) (sum float64) {
	for _, v := range all {
		sum += v
	}
	return sum / float64(len(all))
}

// blockPowers gives the power of each whole block; of a sound that is shorter, its own.
func blockPowers(samples []float64, size, step int) (all []float64) {
	if len(samples) <= size {
		return []float64{power(samples)}
	}
	for i := 0; i+size <= len(samples); i += step {
		all = append(all, power(samples[i:i+size]))
	}
	return all
}

// trim cuts off the silent ends but for a little.
func trim(samples []float64, rate int, level float64) []float64 {
	size := length(window, rate)
	first, last := len(samples), 0
	for i := 0; i < len(samples); i += size {
		end := min(i+size, len(samples))
		if decibels(power(samples[i:end])) >= level+silent {
			first, last = min(first, i), end
		}
	}
	margin := length(edge, rate)
	return samples[max(0, first-margin):min(len(samples), max(first, last)+margin)]
}

// gain is what brings a level to Target without bringing a peak over PeakLimit, in dB.
func gain(level, peak float64) (db float64, limited bool) {
	db = Target - level
	most := min(MaxGain, PeakLimit-2*decibels(peak))
	return min(db, most), db > most
}

func scale(samples []float64, db float64) {
	factor := math.Pow(10, db/20)
	for i := range samples {
		samples[i] *= factor
	}
}

// fullScale is the linear value of 1.0.
const fullScale = 1 << 15

func linear(samples []float64) []int16 {
	out := make([]int16, len(samples))
	for i, v := range samples {
		out[i] = int16(math.Round(min(max(v*fullScale, math.MinInt16), math.MaxInt16)))
	}
	return out
}

func narrow(samples []float64) media.Clip {
	alaw := make([]byte, len(samples))
	media.Encode(alaw, linear(samples), media.PCMA)
	return media.NewClip(alaw)
}
