package media

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"santra/internal/errs"

	"pgregory.net/rapid"
)

func toneLevel(pcm []int16, rate int, hertz float64) float64 {
	var re, im float64
	for i, v := range pcm {
		w := 2 * math.Pi * hertz * float64(i) / float64(rate)
		re, im = re+float64(v)*math.Cos(w), im+float64(v)*math.Sin(w)
	}
	return 2 * math.Hypot(re, im) / float64(len(pcm))
}

func newTranscoder(t testing.TB, from, to Codec) *Transcoder {
	t.Helper()
	tr, err := NewTranscoder(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// coded gives a sound as packets of a codec, each so many milliseconds long.
func coded(t testing.TB, c Codec, hertz float64, ptime, packets int) (all [][]byte) {
	t.Helper()
	rate := c.SampleRate()
	e, err := NewEncoder(c, rate)
	if err != nil {
		t.Fatal(err)
	}
	pcm := sine(rate, hertz, 8000, rate*ptime*packets/1000)
	for frame := rate * ptime / 1000; len(pcm) > 0; pcm = pcm[frame:] {
		p, err := e.Encode(nil, pcm[:frame])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// Every codec becomes every other, in packets of 10 to 60 ms: a tone keeps its pitch and level, a packet its length.
func TestEveryCodecBecomesEveryOther(t *testing.T) {
	for _, from := range Codecs() {
		for _, to := range Codecs() {
			for _, ptime := range []int{10, 20, 30, 40, 60} {
				t.Run(fmt.Sprintf("%v to %v, %d ms", from, to, ptime), func(t *testing.T) {
					becomes(t, from, to, ptime)
				})
			}
		}
	}
}

func becomes(t *testing.T, from, to Codec, ptime int) {
	const hertz = 1000
	tr := newTranscoder(t, from, to)
	d, err := NewDecoder(to, to.SampleRate())
	if err != nil {
		t.Fatal(err)
	}
	var heard []int16
	came, went := 0, 0
	for _, p := range coded(t, from, hertz, ptime, 1200/ptime) {
		out, err := tr.Transcode(nil, p)
		if err != nil {
			t.Fatal(err)
		}
		came += from.Ticks(p) * 48000 / from.ClockRate()
		went += to.Ticks(out) * 48000 / to.ClockRate()
		if ahead := tr.Pending() * 48000 / to.ClockRate(); went+ahead != came {
			t.Fatalf("%d ticks came, %d went and %d wait", came, went, ahead)
		}
		if heard, err = d.Decode(heard, out); err != nil {
			t.Fatal(err)
		}
	}
	rate := to.SampleRate()
	late := heard[rate/2 : rate]
	if level := toneLevel(late, rate, hertz); math.Abs(level-8000) > 1000 {
		t.Errorf("the tone of 8000 has %.0f; everything %.0f", level, math.Sqrt2*loud(late))
	}
}

// Wide codecs keep 6 kHz between them, and narrow ones do not fold it back.
func TestWidebandStaysWide(t *testing.T) {
	for _, c := range []struct {
		from, to  Codec
		low, high float64
	}{{G722, Opus, 6000, 10000}, {Opus, G722, 6000, 10000}, {G722, PCMA, 0, 150}, {Opus, PCMA, 0, 300}} {
		tr := newTranscoder(t, c.from, c.to)
		rate := c.to.SampleRate()
		d, _ := NewDecoder(c.to, rate)
		var heard []int16
		for _, p := range coded(t, c.from, 6000, 20, 60) {
			out, _ := tr.Transcode(nil, p)
			heard, _ = d.Decode(heard, out)
		}
		at := 6000.0
		if rate == 8000 {
			at = 2000 // where 6 kHz would fold to
		}
		if level := toneLevel(heard[rate/2:], rate, at); level < c.low || level > c.high {
			t.Errorf("%v to %v: %v Hz has %.0f, want %v to %v", c.from, c.to, at, level, c.low, c.high)
		}
	}
}

// How much later the sound comes: what a pulse says.
func TestTranscodingDelaysLittle(t *testing.T) {
	for _, c := range []struct {
		from, to Codec
		most     float64 // ms
	}{{PCMA, PCMU, 0}, {G722, PCMA, 4}, {PCMA, G722, 4}, {PCMA, Opus, 12}, {G722, Opus, 12}, {Opus, PCMA, 12}, {Opus, G722, 12}} {
		tr := newTranscoder(t, c.from, c.to)
		sending, receiving := c.from.SampleRate(), c.to.SampleRate()
		e, _ := NewEncoder(c.from, sending)
		d, _ := NewDecoder(c.to, receiving)
		silence := make([]int16, sending)
		burst := append(silence, sine(sending, 700, 12000, sending/2)...)
		var heard []int16
		for frame := sending / 50; len(burst) >= frame; burst = burst[frame:] {
			p, _ := e.Encode(nil, burst[:frame])
			out, _ := tr.Transcode(nil, p)
			heard, _ = d.Decode(heard, out)
		}
		began := 0
		for i, v := range heard {
			if v > 5000 {
				began = i
				break
			}
		}
		late := 1000*float64(began)/float64(receiving) - 1000 - 0.16
		t.Logf("%v to %v: %.1f ms, coding and decoding by the parties included", c.from, c.to, late)
		if late > c.most+4 || late < -1 {
			t.Errorf("%v to %v comes %.1f ms later", c.from, c.to, late)
		}
	}
}

func TestSameCodecIsUntouched(t *testing.T) {
	for _, c := range Codecs() {
		out, err := newTranscoder(t, c, c).Transcode([]byte{9}, []byte{1, 2, 3})
		if err != nil || !bytes.Equal(out, []byte{9, 1, 2, 3}) {
			t.Error(c, out, err)
		}
	}
}

func TestTranscodingAllocatesNothing(t *testing.T) {
	for _, from := range Codecs() {
		for _, to := range Codecs() {
			tr, packets, dst := newTranscoder(t, from, to), coded(t, from, 700, 20, 50), make([]byte, 0, 2000)
			i := 0
			next := func() {
				_, _ = tr.Transcode(dst, packets[i%len(packets)])
				i++
			}
			for range 40 {
				next()
			}
			if n := testing.AllocsPerRun(60, next); n != 0 {
				t.Errorf("%v to %v allocates %v times a packet", from, to, n)
			}
		}
	}
}

// A payload that is none is refused, and the next one is fine.
func TestBadOpusIsRefused(t *testing.T) {
	tr := newTranscoder(t, Opus, PCMA)
	for _, bad := range [][]byte{nil, {3}, {0xFF, 0}, {0xFB, 0x3F}, {0xFB, 7, 1, 2, 3, 4, 5, 6, 7}} {
		if out, err := tr.Transcode(nil, bad); !errs.Is(err, errs.Invalid) || len(out) > 0 {
			t.Errorf("%x gives %d bytes and %v", bad, len(out), err)
		}
	}
	for _, p := range coded(t, Opus, 700, 20, 3) {
		if out, err := tr.Transcode(nil, p); err != nil || len(out) != FrameSamples {
			t.Error(len(out), err)
		}
	}
}

func TestRatesAreChecked(t *testing.T) {
	for _, c := range Codecs() {
		if _, err := NewDecoder(c, 11025); !errs.Is(err, errs.Invalid) {
			t.Error(c, err)
		}
		if _, err := NewEncoder(c, 44100); !errs.Is(err, errs.Invalid) {
			t.Error(c, err)
		}
	}
	e, _ := NewEncoder(Opus, 8000)
	if _, err := e.Encode(nil, make([]int16, 8000)); !errs.Is(err, errs.Invalid) {
		t.Error("a second at once:", err)
	}
	e, _ = NewEncoder(G722, 16000)
	if _, err := e.Encode(nil, make([]int16, 7)); !errs.Is(err, errs.Invalid) {
		t.Error("half a byte:", err)
	}
}

// Whatever lengths come, Opus packets have what came, in order and without a gap.
func TestOpusPacketsOfAnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{8000, 16000, 48000}).Draw(t, "rate")
		e, err := NewEncoder(Opus, rate)
		if err != nil {
			t.Fatal(err)
		}
		came, went := 0, 0
		for range rapid.IntRange(1, 12).Draw(t, "pieces") {
			ms := rapid.IntRange(0, 120).Draw(t, "ms")
			out, err := e.Encode(nil, make([]int16, rate*ms/1000))
			if err != nil {
				t.Fatal(err)
			}
			came, went = came+48*ms, went+Opus.Ticks(out)
			if went+e.Pending() != came || e.Pending() >= 960 {
				t.Fatal(came, went, e.Pending())
			}
		}
	})
}

// What is hushed is silence, as long as it was, and no longer in bytes.
func TestHush(t *testing.T) {
	for _, c := range Codecs() {
		for _, ptime := range []int{10, 20, 40, 60} {
			d, _ := NewDecoder(c, c.SampleRate())
			packets := coded(t, c, 700, ptime, 20)
			var heard []int16
			for i, p := range packets {
				ticks := c.Ticks(p)
				if i >= 10 {
					if p = c.Hush(p); c.Ticks(p) != ticks {
						t.Fatalf("%v: %d ticks became %d", c, ticks, c.Ticks(p))
					}
				}
				heard, _ = d.Decode(heard, p)
			}
			half := len(heard) / 2
			if before, after := loud(heard[half/2:half]), loud(heard[half+half/2:]); before < 4000 || after > 40 {
				t.Errorf("%v, %d ms: %.0f before, %.0f after", c, ptime, before, after)
			}
		}
	}
	if p := Opus.Hush([]byte{0x4B, 2, 9, 9}); len(p) != 1 || p[0] != 0x48 {
		t.Errorf("too short for silence, so a pause: %x", p)
	}
	if p := Opus.Hush(nil); len(p) != 0 {
		t.Errorf("%x", p)
	}
}

func FuzzOpus(f *testing.F) {
	for _, p := range coded(f, Opus, 300, 20, 3) {
		f.Add(p)
	}
	f.Add([]byte{0xFF, 0x83, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, rate := range []int{8000, 16000, 48000} {
			d, err := NewDecoder(Opus, rate)
			if err != nil {
				t.Fatal(err)
			}
			pcm, err := d.Decode(nil, packet)
			if err == nil && len(pcm) != opusTicks(packet)*rate/48000 {
				t.Fatalf("%d samples of %d ticks", len(pcm), opusTicks(packet))
			}
		}
		ticks := opusTicks(packet)
		if hushed := Opus.Hush(bytes.Clone(packet)); len(hushed) > 1 && opusTicks(hushed) != ticks {
			t.Fatalf("%d ticks hushed to %d", ticks, opusTicks(hushed))
		}
	})
}

func BenchmarkTranscoder(b *testing.B) {
	for _, c := range [][2]Codec{{PCMA, PCMU}, {PCMA, G722}, {G722, PCMA}, {PCMA, Opus}, {Opus, PCMA}, {G722, Opus}, {Opus, G722}} {
		b.Run(fmt.Sprintf("%v-%v", c[0], c[1]), func(b *testing.B) {
			tr, packets, dst := newTranscoder(b, c[0], c[1]), coded(b, c[0], 700, 20, 50), make([]byte, 0, 2000)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				_, _ = tr.Transcode(dst, packets[i%50])
				i++
			}
		})
	}
}
