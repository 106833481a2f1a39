package media

import (
	"encoding/binary"

	"santra/internal/errs"
)

// Clip converts the file to A-law mono at 8,000 Hz: stereo is averaged, 16 and 48 kHz are filtered and thinned out.
// errs.Invalid for another rate.
func (f WAV) Clip() (Clip, error) {
	switch f.Rate {
	case SampleRate, 2 * SampleRate, 6 * SampleRate:
	default:
		return Clip{}, errs.New(errs.Invalid, "%d samples a second: 8000, 16000 or 48000 is read", f.Rate)
	}
	if f.Rate == SampleRate && f.Format == ALawWAV && f.Channels == 1 {
		return NewClip(f.Data), nil
	}
	samples := decimate(f.mono(), f.Rate/SampleRate)
	alaw := make([]byte, len(samples))
	Encode(alaw, samples, PCMA)
	return NewClip(alaw), nil
}

// mono gives the linear samples, the mean of the channels.
func (f WAV) mono() []int16 {
	size, frame := f.Format.bytesPerSample(), f.FrameBytes()
	out := make([]int16, len(f.Data)/frame)
	for i := range out {
		sum := 0
		for c := range f.Channels {
			sum += int(f.sample(i*frame + c*size))
		}
		out[i] = int16(sum / f.Channels)
	}
	return out
}

func (f WAV) sample(at int) int16 {
	switch f.Format {
	case PCM16:
		return int16(binary.LittleEndian.Uint16(f.Data[at:]))
	case ULawWAV:
		return DecodeULaw(f.Data[at])
	}
	return DecodeALaw(f.Data[at])
}

// tapsPerPhase sets how steep the low-pass filter before thinning out is: 16 × factor taps of a windowed sinc.
const tapsPerPhase = 16

// decimate keeps every factor-th sample of what a low-pass filter at 3,600 Hz leaves, so that nothing above 4,000 Hz folds
// back into the voice.
func decimate(in []int16, factor int) []int16 {
	if factor == 1 {
		return in
	}
	kernel := lowPass(tapsPerPhase*factor+1, 3600/float64(SampleRate*factor))
	out := make([]int16, len(in)/factor)
	for i := range out {
		out[i] = clamp(convolve(in, i*factor-len(kernel)/2, kernel))
	}
	return out
}

// convolve is the sum of kernel times the samples from start on; outside of in there is silence.
func convolve(in []int16, start int, kernel []float64) float64 {
	sum := 0.0
	for k, weight := range kernel {
		if i := start + k; i >= 0 && i < len(in) {
			sum += weight * float64(in[i])
		}
	}
	return sum
}
