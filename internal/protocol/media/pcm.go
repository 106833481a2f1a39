package media

import "math"

func clamp(v float64) int16 {
	return int16(math.Round(min(max(v, math.MinInt16), math.MaxInt16)))
}

// lowPass makes a Hamming-windowed sinc of n taps with the cut-off as a share of the sampling rate; its taps add up to 1.
func lowPass(n int, cutoff float64) []float64 {
	kernel, sum := make([]float64, n), 0.0
	for i := range kernel {
		x := float64(i) - float64(n-1)/2
		kernel[i] = sinc(2*cutoff*x) * (0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/float64(n-1)))
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	return kernel
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// Mix adds b to a, in place, and clips at the ends of 16 bits. Of unequal lengths the shorter counts.
func Mix(a, b []int16) {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	for i, v := range b {
		a[i] = int16(min(max(int32(a[i])+int32(v), math.MinInt16), math.MaxInt16))
	}
}

// MixCoded adds the sounds of b to those of a, in place, both coded in c.
func MixCoded(a, b []byte, c Codec) {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	for i, v := range b {
		sum := int32(c.Decode(a[i])) + int32(c.Decode(v))
		a[i] = c.Encode(int16(min(max(sum, math.MinInt16), math.MaxInt16)))
	}
}

// Level is the root mean square of coded sound, 0 to 32,767.
func Level(coded []byte, c Codec) float64 {
	if len(coded) == 0 {
		return 0
	}
	sum := 0.0
	for _, b := range coded {
		v := float64(c.Decode(b))
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(coded)))
}

// ToneLevel is the amplitude of one frequency (Hz) in coded sound, by Goertzel's algorithm: for a pure sine of amplitude A
// over whole periods it is A.
func ToneLevel(coded []byte, c Codec, hertz float64) float64 {
	if len(coded) == 0 {
		return 0
	}
	k := 2 * math.Cos(2*math.Pi*hertz/SampleRate)
	var s1, s2 float64
	for _, b := range coded {
		s1, s2 = float64(c.Decode(b))+k*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - k*s1*s2
	return 2 * math.Sqrt(max(power, 0)) / float64(len(coded))
}
