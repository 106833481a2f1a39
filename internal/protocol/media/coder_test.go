package media

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every codec from and to every rate: a tone keeps its level, and a second stays a second.
func TestCodersAtEveryRate(t *testing.T) {
	for _, c := range Codecs() {
		for _, rate := range rates() {
			t.Run(fmt.Sprintf("%v at %d", c, rate), func(t *testing.T) {
				e, err := NewEncoder(c, rate)
				if err != nil {
					t.Fatal(err)
				}
				d, err := NewDecoder(c, rate)
				if err != nil {
					t.Fatal(err)
				}
				var back []int16
				ticks := 0
				for pcm := sine(rate, 900, 7000, rate); len(pcm) > 0; pcm = pcm[rate/50:] {
					payload, err := e.Encode(nil, pcm[:rate/50])
					if err != nil {
						t.Fatal(err)
					}
					ticks += c.Ticks(payload)
					if n := c.FrameBytes(); n != 0 && len(payload) != n {
						t.Fatalf("%d bytes, not %d", len(payload), n)
					}
					if back, err = d.Decode(back, payload); err != nil {
						t.Fatal(err)
					}
				}
				if ticks != c.ClockRate() || len(back) != rate {
					t.Errorf("a second is %d ticks and %d samples", ticks, len(back))
				}
				if level := toneLevel(back[rate/2:], rate, 900); math.Abs(level-7000) > 700 {
					t.Errorf("the tone of 7000 has %.0f", level)
				}
			})
		}
	}
}

// What the codecs say of themselves (RFC 3551 4.5.2 and table 4, RFC 7587 4.1).
func TestCodecsOfTheirOwn(t *testing.T) {
	for _, c := range []struct {
		codec                     Codec
		name                      string
		payload                   uint8
		clock, rate, frame, ticks int
		law                       bool
	}{
		{PCMA, "PCMA", 8, 8000, 8000, 160, 160, true},
		{PCMU, "PCMU", 0, 8000, 8000, 160, 160, true},
		{G722, "G722", 9, 8000, 16000, 160, 160, false},
		{Opus, "opus", 111, 48000, 48000, 0, 0, false},
	} {
		if c.codec.Name() != c.name || c.codec.String() != c.name || c.codec.PayloadType() != c.payload || c.codec.ClockRate() != c.clock ||
			c.codec.SampleRate() != c.rate || c.codec.FrameBytes() != c.frame || c.codec.Law() != c.law {
			t.Errorf("%v is not as it should be", c.codec)
		}
		if got := c.codec.Ticks(make([]byte, c.frame)); got != c.ticks {
			t.Errorf("%v: a frame lasts %d ticks", c.codec, got)
		}
	}
	if len(Codecs()) != CodecCount || len(Laws()) != 2 {
		t.Error(Codecs(), Laws())
	}
}

// Opus keeps to the rate that we say in SDP, and says a pause in less.
func TestOpusBitrate(t *testing.T) {
	for rate, most := range map[int]int{8000: opusNarrowBits, 16000: opusWideBits, 48000: opusWideBits} {
		e, err := NewEncoder(Opus, rate)
		if err != nil {
			t.Fatal(err)
		}
		size := func(pcm []int16) (bits int) {
			for ; len(pcm) > 0; pcm = pcm[rate/50:] {
				p, err := e.Encode(nil, pcm[:rate/50])
				if err != nil {
					t.Fatal(err)
				}
				bits += 8 * len(p)
			}
			return bits
		}
		voice, pause := size(hum(rate, 130, 2*rate))/2, size(make([]int16, 2*rate))/2
		if voice > most*12/10 || pause > voice {
			t.Errorf("%d: a voice takes %d bits a second of %d, a pause %d", rate, voice, most, pause)
		}
	}
}

// A line on which nobody speaks stays quiet through any two codecs.
func TestSilenceStaysSilence(t *testing.T) {
	for _, from := range Codecs() {
		for _, to := range Codecs() {
			e, _ := NewEncoder(from, from.SampleRate())
			d, _ := NewDecoder(to, SampleRate)
			tr := newTranscoder(t, from, to)
			var heard []int16
			for range 50 {
				p, _ := e.Encode(nil, make([]int16, from.SampleRate()/50))
				out, err := tr.Transcode(nil, p)
				if err != nil {
					t.Fatal(err)
				}
				heard, _ = d.Decode(heard, out)
			}
			if level := loud(heard); level > 20 {
				t.Errorf("%v to %v: silence sounds with %.0f", from, to, level)
			}
		}
	}
}

// The loudest sound there is comes out loud, and does not wrap round to the other sign.
func TestOverloadDoesNotWrap(t *testing.T) {
	for _, from := range Codecs() {
		for _, to := range Codecs() {
			tr := newTranscoder(t, from, to)
			e, _ := NewEncoder(from, SampleRate)
			d, _ := NewDecoder(to, SampleRate)
			var heard []int16
			pcm := sine(SampleRate, 400, 32767, SampleRate)
			for ; len(pcm) > 0; pcm = pcm[FrameSamples:] {
				p, _ := e.Encode(nil, pcm[:FrameSamples])
				out, _ := tr.Transcode(nil, p)
				heard, _ = d.Decode(heard, out)
			}
			late := heard[SampleRate/2:]
			if level := toneLevel(late, SampleRate, 400); level < 28000 {
				t.Errorf("%v to %v: full scale comes out with %.0f", from, to, level)
			}
			if rest := residue(late, SampleRate, 400); rest > 3000 {
				t.Errorf("%v to %v: full scale is distorted by %.0f", from, to, rest)
			}
		}
	}
}

// Any bytes of any codec become something, or are refused; what becomes of them lasts as long as they.
func TestTranscodingAnyBytes(t *testing.T) {
	type pair struct{ from, to Codec }
	open := map[pair]*Transcoder{}
	for _, from := range Codecs() {
		for _, to := range Codecs() {
			open[pair{from, to}] = newTranscoder(t, from, to)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := pair{rapid.SampledFrom(Codecs()).Draw(t, "from"), rapid.SampledFrom(Laws()).Draw(t, "to")}
		payload := rapid.SliceOfN(rapid.Byte(), 1, 480).Draw(t, "payload")
		out, err := open[p].Transcode(nil, payload)
		came := time.Duration(p.from.Ticks(payload)) * time.Second / time.Duration(p.from.ClockRate())
		went := time.Duration(p.to.Ticks(out)) * time.Second / time.Duration(p.to.ClockRate())
		if err == nil && came-went > time.Millisecond/8 || went > came+time.Millisecond/8 {
			t.Fatalf("%v of %v became %v of %v", came, p.from, went, p.to)
		}
	})
}
