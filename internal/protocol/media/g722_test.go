package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// sine is a sine of an amplitude.
func sine(rate int, hertz, amplitude float64, n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate))))
	}
	return out
}

// noise is white, of a root mean square.
func noise(seed uint64, level float64, n int) []int16 {
	r, out := rand.New(rand.NewPCG(seed, seed)), make([]int16, n)
	for i := range out {
		out[i] = clamp(level * r.NormFloat64())
	}
	return out
}

// there is a signal coded and decoded, with the delay of both filter banks (22 samples of 16,000 a second) taken off.
func thereAndBack(pcm []int16, mode g722Mode) []int16 {
	const delay = 22
	out := newG722Decoder(mode).decode(nil, newG722Encoder().encode(nil, append(pcm, make([]int16, delay)...)))
	return out[delay:]
}

// The other implementation is ffmpeg's. What it makes of sound, and of coded sound, must be ours to the bit.
func TestG722IsTheSameAsAnothers(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is missing: G.722 is not compared with another implementation")
	}
	second := 16000
	for name, pcm := range map[string][]int16{
		"tones":       append(sine(16000, 440, 9000, second), sine(16000, 5500, 9000, second)...),
		"loud":        sine(16000, 1000, 32767, second),
		"noise":       noise(1, 6000, 2*second),
		"clipped":     noise(2, 60000, second),
		"whisper":     noise(3, 3, second),
		"silence":     make([]int16, second),
		"on and off":  append(append(noise(4, 20000, second/10), make([]int16, second/2)...), sine(16000, 200, 20000, second/5)...),
		"steps":       steps(second),
		"low and dry": sine(16000, 30, 15000, second),
	} {
		t.Run(name, func(t *testing.T) {
			raw := littleEndian(pcm)
			theirs := convert(t, ffmpeg, raw, []string{"-f", "s16le", "-ar", "16000", "-ac", "1"}, []string{"-c:a", "g722", "-f", "g722"})
			ours := newG722Encoder().encode(nil, pcm)
			if !bytes.Equal(ours, theirs) {
				t.Fatalf("coded otherwise, from byte %d of %d (they have %d)", firstDifference(ours, theirs), len(ours), len(theirs))
			}
			heard := convert(t, ffmpeg, theirs, []string{"-f", "g722"}, []string{"-f", "s16le"})
			if back := littleEndian(newG722Decoder(g722At64).decode(nil, ours)); !bytes.Equal(back, heard) {
				t.Fatalf("decoded otherwise, from byte %d of %d (they have %d)", firstDifference(back, heard), len(back), len(heard))
			}
		})
	}
}

// Any bytes are a G.722 stream; what ffmpeg hears in random ones is what we hear, in each of the three modes.
func TestG722DecodesAnyBytesAsAnother(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is missing: G.722 is not compared with another implementation")
	}
	coded := make([]byte, 40000)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range coded {
		coded[i] = byte(r.IntN(256))
	}
	for mode, bits := range map[g722Mode]string{g722At64: "8", g722At56: "7", g722At48: "6"} {
		theirs := convert(t, ffmpeg, coded, []string{"-bits_per_codeword", bits, "-f", "g722"}, []string{"-f", "s16le"})
		if ours := littleEndian(newG722Decoder(mode).decode(nil, coded)); !bytes.Equal(ours, theirs) {
			t.Errorf("%s bits: decoded otherwise, from byte %d", bits, firstDifference(ours, theirs))
		}
	}
}

func steps(n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(32767 - 65535*(i/50%2))
	}
	return out
}

func littleEndian(pcm []int16) (b []byte) {
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func convert(t *testing.T, ffmpeg string, in []byte, from, to []string) []byte {
	t.Helper()
	dir := t.TempDir()
	src, dst := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(src, in, 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-hide_banner", "-loglevel", "error", "-nostdin"}, from...)
	args = append(append(append(args, "-i", src), to...), "-y", dst)
	if out, err := exec.Command(ffmpeg, args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	b, err := os.ReadFile(dst)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The same without ffmpeg: sums of what was equal to its output when they were written.
func TestG722KnownAnswers(t *testing.T) {
	r, pcm := rand.NewPCG(11, 12), steps(16000)
	for i := range pcm[8000:] {
		pcm[8000+i] = int16(r.Uint64() >> 50)
	}
	coded := newG722Encoder().encode(nil, pcm)
	heard := littleEndian(newG722Decoder(g722At64).decode(nil, coded))
	for _, c := range []struct {
		what string
		sum  [32]byte
		want string
	}{{"coded", sha256.Sum256(coded), "3cb211dcf2b296a6"}, {"decoded", sha256.Sum256(heard), "2b72c25e91764348"}} {
		if got := hex.EncodeToString(c.sum[:8]); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	if ffmpeg, err := exec.LookPath("ffmpeg"); err == nil {
		theirs := convert(t, ffmpeg, littleEndian(pcm), []string{"-f", "s16le", "-ar", "16000", "-ac", "1"}, []string{"-c:a", "g722", "-f", "g722"})
		if !bytes.Equal(coded, theirs) {
			t.Error("ffmpeg codes it otherwise")
		}
	}
}

// G.722 is there for 50 to 7,000 Hz (clause 1): within a decibel from 100 to 6,400, within three at the ends.
func TestG722PassesSevenKilohertz(t *testing.T) {
	for _, hertz := range []float64{50, 100, 300, 1000, 2000, 3000, 3900, 4100, 5000, 6000, 6400, 7000} {
		in := sine(16000, hertz, 8000, 16000)
		out := thereAndBack(in, g722At64)
		gain := 20 * math.Log10(loud(out[4000:])/loud(in[4000:]))
		limit := 1.0
		if hertz < 100 || hertz > 6400 {
			limit = 3
		}
		if math.Abs(gain) > limit {
			t.Errorf("%v Hz comes out with %+.2f dB", hertz, gain)
		}
	}
}

// The distortion of each mode: a tone in the lower band, and noise of speech's level over both.
func TestG722SignalToNoise(t *testing.T) {
	for _, c := range []struct {
		mode       g722Mode
		tone, wide float64
	}{{g722At64, 45, 10.5}, {g722At56, 39, 10.5}, {g722At48, 33, 10}} {
		tone := sine(16000, 1000, 8000, 16000)
		wide := noise(7, 2000, 16000)
		a, b := snr(tone[1000:], thereAndBack(tone, c.mode)[1000:]), snr(wide[1000:], thereAndBack(wide, c.mode)[1000:])
		t.Logf("mode %d: tone %.1f dB, noise %.1f dB", c.mode, a, b)
		if a < c.tone || b < c.wide {
			t.Errorf("mode %d: tone %.1f dB (at least %.0f), noise %.1f dB (at least %.0f)", c.mode, a, c.tone, b, c.wide)
		}
	}
}

// However the sound is cut into frames, the bytes are the same, and the decoder never fails on any.
func TestG722FramesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pcm := noise(rapid.Uint64().Draw(t, "seed"), rapid.Float64Range(0, 40000).Draw(t, "level"), 640)
		whole := newG722Encoder().encode(nil, pcm)
		e, d := newG722Encoder(), newG722Decoder(g722At64)
		var parts []byte
		var heard []int16
		for rest := pcm; len(rest) > 0; {
			n := 2 * rapid.IntRange(1, len(rest)/2).Draw(t, "pairs")
			part := e.encode(nil, rest[:n])
			parts, heard, rest = append(parts, part...), d.decode(heard, part), rest[n:]
		}
		if !bytes.Equal(whole, parts) || len(heard) != len(pcm) {
			t.Fatal("the frames' borders are heard")
		}
	})
}

func FuzzG722Decode(f *testing.F) {
	f.Add([]byte{0, 0xFF, 0x80, 0x3F})
	f.Fuzz(func(t *testing.T, coded []byte) {
		for _, mode := range []g722Mode{g722At64, g722At56, g722At48} {
			if n := len(newG722Decoder(mode).decode(nil, coded)); n != 2*len(coded) {
				t.Fatal(n)
			}
		}
	})
}

func BenchmarkG722(b *testing.B) {
	pcm := noise(9, 3000, 320)
	coded, back := make([]byte, 0, 160), make([]int16, 0, 320)
	b.Run("encode", func(b *testing.B) {
		e := newG722Encoder()
		b.ReportAllocs()
		for b.Loop() {
			e.encode(coded, pcm)
		}
	})
	b.Run("decode", func(b *testing.B) {
		d, frame := newG722Decoder(g722At64), newG722Encoder().encode(nil, pcm)
		b.ReportAllocs()
		for b.Loop() {
			d.decode(back, frame)
		}
	})
}
