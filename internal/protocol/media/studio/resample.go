package studio

import "math"

// The low-pass filter of a change of rate: a sinc under a Kaiser window (J. F. Kaiser 1974).
const (
	crossings = 32   // zero crossings of the sinc on each side
	cutoff    = 0.92 // of half the lower rate: from there to that half the filter falls off
	kaiser    = 8.0  // β: side lobes below −80 dB
)

// resample changes the sampling rate. Every output sample is the input under a low-pass filter at its own moment; of such moments
// between two input samples there are only to/gcd, so the filters are made once. What lies above half the lower rate does not fold back.
func resample(in []float64, from, to int) []float64 {
	if from == to {
		return in
	}
	g := gcd(from, to)
	up, down := to/g, from/g
	filters := phases(up, float64(min(from, to))/float64(from))
	half := len(filters[0]) / 2
	out := make([]float64, (len(in)*up+down-1)/down)
	for i := range out {
		at, phase := i*down/up, i*down%up
		out[i] = dot(in, at-half+1, filters[phase])
	}
	return out
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// phases makes the filter for each of n moments between two input samples; width is the share of the input's band that passes.
func phases(n int, width float64) [][]float64 {
	band := width * cutoff
	half := int(math.Ceil(crossings / band))
	all := make([][]float64, n)
	for p := range all {
		f, sum := make([]float64, 2*half), 0.0
		for k := range f {
			x := float64(k-half+1) - float64(p)/float64(n)
			f[k] = sinc(band*x) * bessel(kaiser*math.Sqrt(max(0, 1-(x/float64(half))*(x/float64(half)))))
			sum += f[k]
		}
		for k := range f {
			f[k] /= sum
		}
		all[p] = f
	}
	return all
}

// dot is the sum of filter times the samples from start on; outside of in there is silence.
func dot(in []float64, start int, filter []float64) (sum float64) {
	if start < 0 {
		filter, start = filter[min(-start, len(filter)):], 0
	}
	if start >= len(in) {
		return 0
	}
	in = in[start:]
	for k := range min(len(in), len(filter)) {
		sum += in[k] * filter[k]
	}
	return sum
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of the first kind and order 0, by its series.
func bessel(x float64) (sum float64) {
	term := 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		sum += term
		term *= (x / (2 * k)) * (x / (2 * k))
	}
	return sum
}
