package media

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"santra/internal/errs"

	"pgregory.net/rapid"
)

const second = time.Second

func TestWAVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := WAV{WAVSpec: WAVSpec{
			Format:   rapid.SampledFrom([]Format{PCM16, ALawWAV, ULawWAV}).Draw(t, "format"),
			Rate:     rapid.IntRange(1, 192000).Draw(t, "rate"),
			Channels: rapid.IntRange(1, 2).Draw(t, "channels"),
		}}
		frames := rapid.IntRange(0, 50).Draw(t, "frames")
		want.Data = make([]byte, frames*want.FrameBytes())
		var file bytes.Buffer
		if err := WriteWAV(&file, want); err != nil {
			t.Fatal(err)
		}
		if file.Len()%2 != 0 {
			t.Fatal("chunks have even lengths")
		}
		got, err := ReadWAV(&file)
		if err != nil || got.WAVSpec != want.WAVSpec || !bytes.Equal(got.Data, want.Data) {
			t.Fatalf("%+v %v, want %+v", got, err, want)
		}
	})
}

func TestRecordingHeader(t *testing.T) {
	h := WAVHeader(RecordingSpec(), 32000)
	le := binary.LittleEndian
	if len(h) != WAVHeaderLen || le.Uint32(h[4:]) != 32000+WAVHeaderLen-8 || le.Uint32(h[28:]) != 16000 || le.Uint16(h[32:]) != 2 {
		t.Fatalf("% x", h)
	}
	if h := WAVHeader(RecordingSpec(), math.MaxUint32); le.Uint32(h[4:]) != math.MaxUint32 {
		t.Fatal("the size of an endless stream must not wrap")
	}
}

func TestReadWAVOfAStream(t *testing.T) {
	file := append(WAVHeader(RecordingSpec(), math.MaxUint32), 1, 2, 3)
	got, err := ReadWAV(bytes.NewReader(file))
	if err != nil || len(got.Data) != 2 {
		t.Fatal(got, err)
	}
}

func TestReadWAVSkipsOtherChunksAndExtensible(t *testing.T) {
	le := binary.LittleEndian
	b := []byte("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt ")
	b = le.AppendUint32(b, 40)
	b = le.AppendUint16(b, formatExtensible)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, 16000)
	b = le.AppendUint32(b, 32000)
	b = append(b, 2, 0, 16, 0, 22, 0, 16, 0, 4, 0, 0, 0, 1, 0)
	b = append(b, make([]byte, 14)...)
	b = append(b, "data\x02\x00\x00\x00\x34\x12"...)
	got, err := ReadWAV(bytes.NewReader(b))
	if err != nil || got.Format != PCM16 || got.Rate != 16000 || string(got.Data) != "\x34\x12" {
		t.Fatal(got, err)
	}
}

func TestReadWAVRefuses(t *testing.T) {
	bad := func(s WAVSpec, change func(h []byte)) []byte {
		h := WAVHeader(s, 2)
		change(h)
		return append(h, 0, 0)
	}
	mono := WAVSpec{ALawWAV, 8000, 1}
	for want, file := range map[string][]byte{
		"RIFF":         []byte("ID3"),
		"no data":      WAVHeader(mono, 0)[:36],
		"format tag":   bad(mono, func(h []byte) { h[20] = 17 }),
		"channels":     bad(mono, func(h []byte) { h[22] = 6 }),
		"bits":         bad(WAVSpec{PCM16, 8000, 1}, func(h []byte) { h[34] = 24 }),
		"a second":     bad(mono, func(h []byte) { clear(h[24:28]) }),
		"fmt chunk":    bad(mono, func(h []byte) { copy(h[12:], "xxxx") }),
		"fmt chunk ha": []byte("RIFF\x00\x00\x00\x00WAVEfmt \x02\x00\x00\x00\x01\x00"),
	} {
		_, err := ReadWAV(bytes.NewReader(file))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestReadWAVTooLarge(t *testing.T) {
	_, err := ReadWAV(bytes.NewReader(make([]byte, MaxWAV+1)))
	if !errs.Is(err, errs.TooLarge) {
		t.Fatal(err)
	}
	if err := WriteWAV(nil, WAV{}); !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
}

func FuzzReadWAV(f *testing.F) {
	f.Add(append(WAVHeader(RecordingSpec(), 4), 1, 2, 3, 4))
	f.Add(append(WAVHeader(WAVSpec{PCM16, 48000, 2}, 4), 1, 2, 3, 4))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parseWAV(b)
		if err != nil {
			return
		}
		if len(got.Data)%got.FrameBytes() != 0 || got.check() != nil {
			t.Fatalf("%+v", got)
		}
		if len(b) < 10000 {
			_, _ = got.Clip()
		}
	})
}

// pcm makes a file of a tone in linear samples.
func pcm(rate, channels int, hertz float64, length time.Duration) WAV {
	f := WAV{WAVSpec: WAVSpec{PCM16, rate, channels}}
	for i := range int(length * time.Duration(rate) / second) {
		v := int16(8000 * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate)))
		for range channels {
			f.Data = binary.LittleEndian.AppendUint16(f.Data, uint16(v))
		}
	}
	return f
}

func TestConvert(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for channels := 1; channels <= 2; channels++ {
			clip, err := pcm(rate, channels, 1000, second).Clip()
			if err != nil || clip.Len() != SampleRate {
				t.Fatal(rate, channels, clip.Len(), err)
			}
			if level := ToneLevel(clip.ALaw(), PCMA, 1000); math.Abs(level-8000) > 400 {
				t.Errorf("%d Hz, %d channels: the tone has %v", rate, channels, level)
			}
		}
	}
	high, err := pcm(16000, 1, 6000, second).Clip() // would fold back to 2000 Hz
	if level := ToneLevel(high.ALaw(), PCMA, 2000); err != nil || level > 100 {
		t.Errorf("what can't be heard folds back with %v, %v", level, err)
	}
	if _, err := pcm(44100, 1, 440, second/10).Clip(); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	mu := WAV{WAVSpec: WAVSpec{ULawWAV, 8000, 1}, Data: []byte{0x80, 0x00}}
	if clip, err := mu.Clip(); err != nil || PCMA.Decode(clip.ALaw()[0]) < 31000 {
		t.Error(clip, err)
	}
}

func TestClip(t *testing.T) {
	c := Tone(440, 50*time.Millisecond, 1000)
	if c.Frames() != 3 || len(c.Frame(0)) != FrameSamples || len(c.Frame(2)) != FrameSamples/2 || c.Duration() != 50*time.Millisecond {
		t.Fatal(c.Frames(), c.Len(), c.Duration())
	}
	if c.Version() != NewClip(c.ALaw()).Version() || c.Version() == SilenceClip(second).Version() || len(c.Version()) != 12 {
		t.Fatal("a version names the content")
	}
	if (Clip{}).Frames() != 0 {
		t.Fatal("an empty clip has no frame")
	}
}

func TestBuiltinPrompts(t *testing.T) {
	l, err := NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages() {
		for _, name := range PromptNames() {
			clip, ok := l.Prompt(lang, name)
			if !ok || clip.Duration() < second || Level(clip.ALaw(), PCMA) < 300 {
				t.Errorf("%s/%s: %v %v", lang, name, ok, clip.Duration())
			}
		}
		a, _ := l.Prompt(lang, Announcement)
		if a.Duration() < 4*second || a.Duration() > 8*second {
			t.Errorf("the announcement in %s lasts %v", lang, a.Duration())
		}
	}
	music, ok := l.Prompt("sv", Music)
	if !ok || music.Len()%FrameSamples != 0 || music.Duration() < 15*second {
		t.Error("the music must loop in whole frames", ok, music.Duration())
	}
	if _, ok := l.Prompt("de", Welcome); ok {
		t.Error("there is no German")
	}
}

func wavFile(t *testing.T, f WAV) *fstest.MapFile {
	var b bytes.Buffer
	if err := WriteWAV(&b, f); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

func TestOverride(t *testing.T) {
	own := fstest.MapFS{"fi/announcement.wav": wavFile(t, pcm(16000, 1, 300, 5*second)), "fi/notes.txt": {Data: []byte("x")}}
	l, err := NewLibrary(own)
	if err != nil {
		t.Fatal(err)
	}
	if clip, _ := l.Prompt("fi", Announcement); clip.Duration() != 5*second {
		t.Error(clip.Duration())
	}
	if clip, _ := l.Prompt("fi", Welcome); clip.Len() == 0 {
		t.Error("what is not replaced stays")
	}
}

func TestOverrideRefused(t *testing.T) {
	for want, file := range map[string]*fstest.MapFile{
		"a second": wavFile(t, pcm(44100, 1, 300, 5*second)),
		"lasts":    wavFile(t, pcm(8000, 1, 300, second)),
		"no sound": wavFile(t, pcm(8000, 1, 300, 0)),
		"RIFF":     {Data: []byte("OggS")},
	} {
		_, err := NewLibrary(fstest.MapFS{"sv/announcement.wav": file})
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "sv/announcement.wav") {
			t.Errorf("%s: %v", want, err)
		}
	}
}
