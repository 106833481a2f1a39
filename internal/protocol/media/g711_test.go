package media

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Points of ITU-T G.711 tables 1a and 2a (decision values on the 16-bit scale).
func TestKnownCodes(t *testing.T) {
	for _, c := range []struct {
		codec  Codec
		code   byte
		linear int16
	}{
		{PCMA, 0xD5, 8},
		{PCMA, 0x55, -8},
		{PCMA, 0xAA, 32256},
		{PCMA, 0x2A, -32256},
		{PCMA, 0x80, 5504},
		{PCMU, 0xFF, 0},
		{PCMU, 0x7F, 0},
		{PCMU, 0x80, 32124},
		{PCMU, 0x00, -32124},
	} {
		if got := c.codec.Decode(c.code); got != c.linear {
			t.Errorf("%v %#x decodes to %d, want %d", c.codec, c.code, got, c.linear)
		}
	}
}

func TestEveryCodeComesBack(t *testing.T) {
	for _, c := range Laws() {
		for code := range 256 {
			got := c.Encode(c.Decode(byte(code)))
			if got != byte(code) && (c != PCMU || code != 0x7F) { // µ-law has two zeros
				t.Errorf("%v %#x comes back as %#x", c, code, got)
			}
		}
	}
}

func TestEncodingIsNearAndMonotonic(t *testing.T) {
	for _, c := range Laws() {
		last := math.MinInt
		for v := math.MinInt16; v <= math.MaxInt16; v++ {
			got := int(c.Decode(c.Encode(int16(v))))
			if diff := math.Abs(float64(got - v)); diff > 24+math.Abs(float64(v))/30 {
				t.Fatalf("%v codes %d as %d", c, v, got)
			}
			if got < last {
				t.Fatalf("%v falls at %d", c, v)
			}
			last = got
		}
	}
}

func TestTranscodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOf(rapid.Byte()).Draw(t, "coded")
		from := rapid.SampledFrom(Laws()).Draw(t, "from")
		dst := make([]byte, len(src))
		Transcode(dst, src, from, 1-from)
		Transcode(dst, dst, 1-from, from) // in place
		for i := range src {
			a, b := float64(from.Decode(src[i])), float64(from.Decode(dst[i]))
			if math.Abs(a-b) > 24+math.Abs(a)/14 {
				t.Fatalf("%v %#x (%v) comes back as %v", from, src[i], a, b)
			}
		}
	})
}

func TestTranscodeSameCodecCopies(t *testing.T) {
	dst := make([]byte, 3)
	Transcode(dst, []byte{1, 2, 3}, PCMU, PCMU)
	if string(dst) != "\x01\x02\x03" {
		t.Fatal(dst)
	}
}

func TestCodecNames(t *testing.T) {
	for _, c := range Codecs() {
		byName, ok1 := CodecNamed(c.Name())
		byType, ok2 := CodecOf(c.PayloadType())
		if byName != c || !ok1 || c != Opus && (byType != c || !ok2) || c == Opus && ok2 {
			t.Errorf("%v is not found again", c)
		}
	}
	for _, c := range Laws() {
		if v := c.Decode(c.Silence()); v < -8 || v > 8 {
			t.Errorf("silence of %v sounds as %d", c, v)
		}
	}
	if _, ok := CodecNamed("pcma"); !ok {
		t.Error("SDP encoding names have no case")
	}
	if _, ok := CodecNamed("G729"); ok {
		t.Error("G.729 is none of ours")
	}
	if _, ok := CodecOf(18); ok {
		t.Error("G.729 is none of ours")
	}
}

func TestMixClips(t *testing.T) {
	a := []int16{30000, -30000, 5}
	Mix(a, []int16{10000, -10000})
	if a[0] != math.MaxInt16 || a[1] != math.MinInt16 || a[2] != 5 {
		t.Fatal(a)
	}
}

func TestMixCodedKeepsBothTones(t *testing.T) {
	mixed := append([]byte(nil), Tone(440, second, 6000).ALaw()...)
	MixCoded(mixed, Tone(1000, second, 6000).ALaw(), PCMA)
	for _, hertz := range []float64{440, 1000} {
		if level := ToneLevel(mixed, PCMA, hertz); math.Abs(level-6000) > 300 {
			t.Errorf("%v Hz has %v", hertz, level)
		}
	}
	if level := ToneLevel(mixed, PCMA, 700); level > 200 {
		t.Errorf("700 Hz has %v", level)
	}
	if level := Level(mixed, PCMA); math.Abs(level-6000) > 300 {
		t.Errorf("two sines of 6000 have a root mean square of %v", level)
	}
}

func TestLevelsOfNothing(t *testing.T) {
	if Level(nil, PCMA) != 0 || ToneLevel(nil, PCMA, 440) != 0 {
		t.Fatal("nothing is loud")
	}
}

func BenchmarkTranscode(b *testing.B) {
	frame := Tone(440, second/50, 6000).ALaw()
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		Transcode(frame, frame, PCMU, PCMA)
	}
}
