package media

import (
	"math"
	"slices"
	"testing"

	"santra/internal/errs"

	"pgregory.net/rapid"
)

func rates() []int { return []int{8000, 16000, 48000} }

func newResampler(t testing.TB, from, to int) *Resampler {
	t.Helper()
	r, err := NewResampler(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Between all rates: tones up to 0.8 of half the lower rate pass as they are, those that it can't hold are gone.
func TestResamplerPassesAndStops(t *testing.T) {
	for _, from := range rates() {
		for _, to := range rates() {
			lower := float64(min(from, to))
			for _, share := range []float64{0.02, 0.25, 0.5, 0.7, 0.8} {
				hertz := share * lower / 2
				out := newResampler(t, from, to).Resample(nil, sine(from, hertz, 10000, from))
				if level := toneLevel(out[to/4:], to, hertz); math.Abs(20*math.Log10(level/10000)) > 0.3 {
					t.Errorf("%d to %d: %.0f Hz of 10000 has %.0f", from, to, hertz, level)
				}
				if rest := residue(out[to/4:], to, hertz); rest > 15 {
					t.Errorf("%d to %d: beside %.0f Hz there is %.0f", from, to, hertz, rest)
				}
			}
			if from > to {
				out := newResampler(t, from, to).Resample(nil, sine(from, 1.1*lower/2, 10000, from))
				if level := loud(out[to/4:]); level > 20 {
					t.Errorf("%d to %d: what it can't hold folds back with %.0f", from, to, level)
				}
			}
		}
	}
}

// residue is what is left without one tone.
func residue(pcm []int16, rate int, hertz float64) float64 {
	level := toneLevel(pcm, rate, hertz)
	all := loud(pcm)
	return math.Sqrt(max(all*all-level*level/2, 0))
}

func TestResamplerDelay(t *testing.T) {
	for _, from := range rates() {
		for _, to := range rates() {
			r := newResampler(t, from, to)
			in := make([]int16, from/10)
			in[from/20] = 30000
			out := r.Resample(nil, in)
			peak := slices.Index(out, slices.Max(out))
			if late := peak - to/20; r.up != r.down && (late < r.Delay()-2 || late > r.Delay()+2) || r.Delay() > to/400 {
				t.Errorf("%d to %d: %d samples later, said %d", from, to, late, r.Delay())
			}
		}
	}
}

// However the sound is cut, the result is the same.
func TestResamplerFramesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.SampledFrom(rates()).Draw(t, "from"), rapid.SampledFrom(rates()).Draw(t, "to")
		in := noise(rapid.Uint64().Draw(t, "seed"), 9000, 960)
		whole, _ := NewResampler(from, to)
		parts, _ := NewResampler(from, to)
		want, got := whole.Resample(nil, in), []int16(nil)
		for rest := in; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "samples")
			got, rest = parts.Resample(got, rest[:n]), rest[n:]
		}
		if !slices.Equal(want, got) || len(got) != len(in)*to/from {
			t.Fatal(len(want), len(got))
		}
	})
}

func TestResamplerRates(t *testing.T) {
	for _, c := range [][2]int{{44100, 8000}, {8000, 0}, {-8000, 8000}} {
		if _, err := NewResampler(c[0], c[1]); !errs.Is(err, errs.Invalid) {
			t.Error(c, err)
		}
	}
}

func BenchmarkResample(b *testing.B) {
	for _, c := range []struct {
		name     string
		from, to int
	}{{"8-16", 8000, 16000}, {"16-8", 16000, 8000}, {"8-48", 8000, 48000}, {"48-8", 48000, 8000}} {
		b.Run(c.name, func(b *testing.B) {
			r := newResampler(b, c.from, c.to)
			in, out := noise(1, 5000, c.from/50), make([]int16, 0, c.to/50)
			b.ReportAllocs()
			for b.Loop() {
				r.Resample(out, in)
			}
		})
	}
}
