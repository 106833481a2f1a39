package studio

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// sine gives a tone; amplitude 1 is full scale.
func sine(hertz float64, d time.Duration, amplitude float64, rate int) []float64 {
	out := make([]float64, length(d, rate))
	for i := range out {
		out[i] = amplitude * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate))
	}
	return out
}

// file writes samples, the same on each channel, as a WAV file of a kind.
func file(samples []float64, l layout) []byte {
	var data []byte
	for _, v := range samples {
		for range l.channels {
			data = sample(data, v, l)
		}
	}
	le := binary.LittleEndian
	b := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), 16, 0, 0, 0)
	b = le.AppendUint16(b, uint16(l.tag))
	b = le.AppendUint16(b, uint16(l.channels))
	b = le.AppendUint32(b, uint32(l.rate))
	b = le.AppendUint32(b, uint32(l.rate*l.frame()))
	b = le.AppendUint16(b, uint16(l.frame()))
	b = le.AppendUint16(b, uint16(l.bits))
	b = le.AppendUint32(append(b, "data"...), uint32(len(data)))
	return append(b, data...)
}

func sample(b []byte, v float64, l layout) []byte {
	le := binary.LittleEndian
	switch {
	case l.tag == tagALaw:
		return append(b, media.EncodeALaw(int16(v*32767)))
	case l.tag == tagULaw:
		return append(b, media.EncodeULaw(int16(v*32767)))
	case l.tag == tagFloat && l.bits == 32:
		return le.AppendUint32(b, math.Float32bits(float32(v)))
	case l.tag == tagFloat:
		return le.AppendUint64(b, math.Float64bits(v))
	case l.bits == 8:
		return append(b, byte(v*127+128))
	case l.bits == 16:
		return le.AppendUint16(b, uint16(int16(v*32767)))
	case l.bits == 24:
		u := uint32(int32(v * (1<<23 - 1)))
		return append(b, byte(u), byte(u>>8), byte(u>>16))
	}
	return le.AppendUint32(b, uint32(int32(v*(1<<31-1))))
}

// kinds are all layouts that are read, mono.
func kinds(rate int) (all []layout) {
	for _, k := range [][2]int{{tagPCM, 8}, {tagPCM, 16}, {tagPCM, 24}, {tagPCM, 32}, {tagFloat, 32}, {tagFloat, 64}, {tagALaw, 8}, {tagULaw, 8}} {
		all = append(all, layout{k[0], 1, rate, k[1]})
	}
	return all
}

func rms(db float64) float64 { return math.Pow(10, db/20) }

// TestEveryKindOfFile: of every format, rate and number of channels comes the same tone, at the level that all prompts have.
func TestEveryKindOfFile(t *testing.T) {
	for _, rate := range Rates() {
		for _, l := range kinds(rate) {
			for l.channels = 1; l.channels <= 2; l.channels++ {
				s, err := Prepare(file(sine(500, 800*time.Millisecond, 0.25, rate), l))
				if err != nil {
					t.Fatal(l, err)
				}
				if off := s.Length() - 800*time.Millisecond; off < -20*time.Millisecond || off > 20*time.Millisecond {
					t.Errorf("%+v lasts %v", l, s.Length())
				}
				tone, want := media.ToneLevel(s.Narrow.ALaw(), media.PCMA, 500), fullScale*math.Sqrt2*rms(Target)
				if math.Abs(20*math.Log10(tone/want)) > 0.5 {
					t.Errorf("%+v: tone %.0f, want %.0f", l, tone, want)
				}
				if (s.Wide != nil) != (rate >= WideRate) || s.Wide != nil && absolutely(len(s.Wide)-2*s.Narrow.Len()) > 4 {
					t.Errorf("%+v: %d wide, %d narrow", l, len(s.Wide), s.Narrow.Len())
				}
			}
		}
	}
}

func absolutely(n int) int { return max(n, -n) }

// TestNothingFoldsBack: what the telephone can't carry is gone, and does not come back as another tone; what it can carry stays.
func TestNothingFoldsBack(t *testing.T) {
	for _, rate := range []int{11025, 16000, 22050, 44100, 48000} {
		for _, hertz := range []float64{4500, 5000, 7000, 9000, 12000, 20000} {
			if hertz > float64(rate)/2 {
				continue
			}
			out := resample(sine(hertz, time.Second, 1, rate), rate, media.SampleRate)
			if db := decibels(power(out[400 : len(out)-400])); db > -70 {
				t.Errorf("%d Hz: %.0f Hz comes through at %.0f dB", rate, hertz, db)
			}
		}
		for _, hertz := range []float64{300, 1000, 3000, 3400} {
			out := resample(sine(hertz, time.Second, 1, rate), rate, media.SampleRate)
			if db := decibels(2 * power(out[400:len(out)-400])); math.Abs(db) > 0.1 {
				t.Errorf("%d Hz: %.0f Hz changes by %.2f dB", rate, hertz, db)
			}
		}
	}
	wide := resample(sine(7000, time.Second, 1, 48000), 48000, WideRate)
	if db := decibels(2 * power(wide[800:len(wide)-800])); math.Abs(db) > 0.5 {
		t.Errorf("7 kHz is needed at 16 kHz and changes by %.2f dB", db)
	}
}

// TestEndsAreCut: silence before and after is cut to a little, pauses stay.
func TestEndsAreCut(t *testing.T) {
	const rate = 16000
	quiet := make([]float64, length(3*time.Second, rate))
	for i := range quiet {
		quiet[i] = 0.0005 * math.Sin(float64(i)) // the room is never quite silent
	}
	word := sine(400, 500*time.Millisecond, 0.3, rate)
	s, err := Prepare(file(slices.Concat(quiet, word, quiet[:rate], word, quiet), layout{tagPCM, 1, rate, 16}))
	if want := 2*time.Second + 2*edge; err != nil || s.Length() < want-30*time.Millisecond || s.Length() > want+30*time.Millisecond {
		t.Errorf("%v, not %v: %v", s.Length(), want, err)
	}
}

// TestPausesDoNotMakeLouder: half an hour of talk is as loud as the same with pauses.
func TestPausesDoNotMakeLouder(t *testing.T) {
	const rate = 8000
	word, pause := sine(400, time.Second, 0.1, rate), make([]float64, 2*rate)
	all, _ := loudness(slices.Concat(word, word, word), rate)
	some, _ := loudness(slices.Concat(word, pause, word, pause, word), rate)
	if math.Abs(all-some) > 1.5 {
		t.Errorf("%.1f and %.1f dB", all, some)
	}
	if want := decibels(0.1 * 0.1 / 2); math.Abs(all-want) > 0.1 {
		t.Errorf("%.1f, not %.1f", all, want)
	}
}

// TestPeaksAreKept: a sound with a peak that can't be brought up is left quieter, and nothing is cut.
func TestPeaksAreKept(t *testing.T) {
	const rate = 16000
	samples := sine(400, time.Second, 0.01, rate)
	samples[rate/2] = 0.9
	s, err := Prepare(file(samples, layout{tagPCM, 1, rate, 16}))
	if err != nil || !s.Report.Limited || s.Report.Gain > 0 {
		t.Errorf("%+v %v", s.Report, err)
	}
	quiet, err := Prepare(file(sine(400, time.Second, 0.002, rate), layout{tagPCM, 1, rate, 16}))
	if err != nil || !quiet.Report.Limited || quiet.Report.Gain != MaxGain {
		t.Errorf("%+v %v", quiet.Report, err)
	}
	top := 0
	for _, v := range s.Wide {
		top = max(top, absolutely(int(v)))
	}
	if db := 20 * math.Log10(float64(top)/fullScale); db > PeakLimit+1 {
		t.Errorf("a peak of %.1f dBFS", db)
	}
}

// TestTheTargetIsThatOfTheBuiltInPrompts: what people hand in is as loud as what is there.
func TestTheTargetIsThatOfTheBuiltInPrompts(t *testing.T) {
	l, err := media.NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range media.Languages() {
		for _, name := range append(media.PromptNames(), media.Notices()...) {
			clip, _ := l.Prompt(lang, name)
			samples := make([]float64, clip.Len())
			for i, b := range clip.ALaw() {
				samples[i] = float64(media.DecodeALaw(b)) / fullScale
			}
			if level, ok := loudness(samples, media.SampleRate); !ok || math.Abs(level-Target) > 3.5 {
				t.Errorf("%s %s: %.1f dBFS", lang, name, level)
			}
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	good := layout{tagPCM, 1, 16000, 16}
	tone := sine(400, time.Second, 0.3, 16000)
	with := func(change func(*layout)) []byte {
		l := good
		change(&l)
		return file(tone, l)
	}
	for says, b := range map[string][]byte{
		"not a WAV file": []byte("OggS but long enough"),
		"no data chunk":  file(tone, good)[:36],
		"before its fmt": append([]byte("RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00ab"), file(tone, good)[12:]...),
		"has 4 bytes":    []byte("RIFF\x00\x00\x00\x00WAVEfmt \x04\x00\x00\x00abcd"),
		"format 2":       with(func(l *layout) { l.tag = 2 }),
		"with 16 bits":   with(func(l *layout) { l.tag = tagFloat }),
		"0 channels":     bytes.Replace(file(tone, good), []byte{16, 0, 0, 0, 1, 0, 1, 0}, []byte{16, 0, 0, 0, 1, 0, 0, 0}, 1),
		"3 channels":     with(func(l *layout) { l.channels = 3 }),
		"96000 samples":  with(func(l *layout) { l.rate = 96000 }),
		"but silence":    file(make([]float64, 16000), good),
		"too little":     file(sine(400, 50*time.Millisecond, 0.3, 16000), good),
		"nothing but":    file(nil, good),
	} {
		if _, err := Prepare(b); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	long := file(make([]float64, length(MaxLength, 8000)+1), layout{tagALaw, 1, 8000, 8})
	for says, b := range map[string][]byte{"over 2m0s": long, "over 24 MiB": make([]byte, MaxBytes+1)} {
		if _, err := Prepare(b); !errs.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestExtensible: what recorders write today wraps the format.
func TestExtensible(t *testing.T) {
	plain := file(sine(400, time.Second, 0.3, 44100), layout{tagPCM, 1, 44100, 24})
	ext := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), 40, 0, 0, 0, 0xFE, 0xFF)
	ext = append(ext, plain[22:36]...)
	ext = append(ext, 22, 0, 24, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71)
	ext = append(append(ext, "LIST\x03\x00\x00\x00abc\x00"...), plain[36:]...)
	a, err := Prepare(plain)
	b, err2 := Prepare(ext)
	if err != nil || err2 != nil || !bytes.Equal(a.Narrow.ALaw(), b.Narrow.ALaw()) {
		t.Error(err, err2)
	}
}

// TestPreparedSoundIsReadAgain: what is given out to listen to can be handed in again, and is hardly changed.
func TestPreparedSoundIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom(Rates()).Draw(t, "rate")
		l := rapid.SampledFrom(kinds(rate)).Draw(t, "kind")
		l.channels = rapid.IntRange(1, 2).Draw(t, "channels")
		hertz := float64(rapid.IntRange(200, 3000).Draw(t, "hertz"))
		a, err := Prepare(file(sine(hertz, time.Second, rapid.Float64Range(0.05, 1).Draw(t, "amplitude"), rate), l))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := media.WriteWAV(&out, a.WAV()); err != nil {
			t.Fatal(err)
		}
		b, err := Prepare(out.Bytes())
		if err != nil || math.Abs(b.Report.Gain) > 0.5 || absolutely(b.Narrow.Len()-a.Narrow.Len()) > 160 {
			t.Fatalf("%+v %+v %v", a.Report, b.Report, err)
		}
	})
}

// FuzzPrepare: no file panics; what comes out has its bounds.
func FuzzPrepare(f *testing.F) {
	for _, l := range kinds(16000) {
		f.Add(file(sine(400, 300*time.Millisecond, 0.3, 16000), l))
	}
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\xff\xff\xff\xff"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Prepare(b)
		if err != nil {
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Error(err)
			}
			return
		}
		if s.Length() < MinLength || s.Length() > MaxLength || s.Report.Gain > MaxGain || math.IsNaN(s.Report.Gain) {
			t.Errorf("%+v", s.Report)
		}
	})
}
