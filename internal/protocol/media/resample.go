package media

import (
	"math"
	"slices"

	"santra/internal/errs"
)

// The filter of a resampler: a sinc in a Kaiser window. At the lower of the two rates it is resampleTaps samples long, so it
// delays by half of that: 2.5 ms between 8,000 and any rate, 1.25 ms between 16,000 and 48,000.
const (
	resampleTaps   = 40
	resampleCutoff = 0.925 // of half the lower rate: 3,700 Hz at 8,000
	resampleBeta   = 5.65  // of the Kaiser window: 60 dB
)

// Resampler changes the rate of a stream of mono sound between 8,000, 16,000 and 48,000 samples a second. It is for one
// stream, in order, and not safe for several goroutines.
type Resampler struct {
	up, down int       // one of them is 1
	taps     []float32 // at the higher rate; by phases of up, the latest sample's first
	line     []int16   // what is still needed, and what has come
	have     int       // how much of line is from before
}

// NewResampler makes one; errs.Invalid for other rates.
func NewResampler(from, to int) (*Resampler, error) {
	for _, rate := range []int{from, to} {
		if rate != 8000 && rate != 16000 && rate != 48000 {
			return nil, errs.New(errs.Invalid, "%d samples a second: 8000, 16000 and 48000 are resampled", rate)
		}
	}
	r := &Resampler{up: max(to/from, 1), down: max(from/to, 1)}
	factor := max(r.up, r.down)
	r.taps = polyphase(kaiser(resampleTaps*factor, resampleCutoff/float64(factor)), r.up)
	r.have = len(r.taps)/r.up - 1
	r.line = make([]int16, r.have)
	return r, nil
}

// Delay is by how many samples of the new rate the sound comes later.
func (r *Resampler) Delay() int { return len(r.taps) / 2 / r.down }

// Resample appends what src becomes to dst. Of a length that the ratio does not divide, the rest waits for the next call.
func (r *Resampler) Resample(dst, src []int16) []int16 {
	if r.up == r.down {
		return append(dst, src...)
	}
	r.line = append(r.line[:r.have], src...)
	n := len(r.taps) / r.up
	at := 0
	for ; at+n+r.down-1 <= len(r.line); at += r.down {
		window := r.line[at+r.down-1 : at+r.down-1+n]
		for phase := range r.up {
			dst = append(dst, r.sum(window, r.taps[phase*n:(phase+1)*n]))
		}
	}
	r.have = copy(r.line, r.line[at:])
	return dst
}

func (r *Resampler) sum(window []int16, taps []float32) int16 {
	var a, b float32
	for len(window) >= 2 && len(taps) >= 2 {
		a += float32(window[0]) * taps[0]
		b += float32(window[1]) * taps[1]
		window, taps = window[2:], taps[2:]
	}
	return int16(math.RoundToEven(float64(min(max(a+b, math.MinInt16), math.MaxInt16))))
}

// polyphase sorts a filter into as many as there are new samples for each old one, each reversed so that it goes along the
// samples from the oldest.
func polyphase(filter []float64, up int) []float32 {
	taps := make([]float32, 0, len(filter))
	for phase := range up {
		n := len(taps)
		for i := phase; i < len(filter); i += up {
			taps = append(taps, float32(filter[i]*float64(up)))
		}
		slices.Reverse(taps[n:])
	}
	return taps
}

// kaiser makes a windowed sinc of n taps, n even, with the cut-off as a share of half the sampling rate. Its taps add up to 1.
func kaiser(n int, cutoff float64) []float64 {
	filter, sum := make([]float64, n), 0.0
	for i := range filter {
		x := float64(i) - float64(n-1)/2
		edge := 2 * x / float64(n)
		filter[i] = sinc(cutoff*x) * bessel(resampleBeta*math.Sqrt(1-edge*edge))
		sum += filter[i]
	}
	for i := range filter {
		filter[i] /= sum
	}
	return filter
}

// bessel is the modified Bessel function of the first kind and order zero, by its power series.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}
