// Package media knows how sound is coded, transcoded, mixed, concealed, stored in files and kept as prompts: G.711, G.722,
// Opus, WAV, clips, the built-in announcements and the music on hold. It knows no socket, no call and no clock. Clips and
// files are at 8,000 samples a second, one byte a sample; linear sound is mono, 16 bits, at the rate that is named.
package media

import "strings"

// SampleRate is the rate of telephone sound (G.711), of clips and of recordings, in samples a second.
const SampleRate = 8000

// FrameSamples is the length of one frame of 20 ms in samples, and in bytes of G.711.
const FrameSamples = SampleRate / 50

// Codec is a way to code speech.
type Codec uint8

// The codecs. PCMA is the zero value: Europe's, and the one that recordings and prompts are kept in.
const (
	PCMA Codec = iota // A-law of ITU-T G.711: a byte a sample, 8,000 a second
	PCMU              // µ-law
	G722              // ITU-T G.722 at 64 kbit/s: a byte for two samples, 16,000 a second; 50 to 7,000 Hz
	Opus              // RFC 6716: packets of any length, up to 48,000 samples a second; what browsers like best
)

// CodecCount is how many codecs there are, for arrays indexed by one.
const CodecCount = 4

// RTP payload types of RFC 3551 table 4, and the dynamic one that we offer Opus with (as browsers do).
const (
	payloadPCMU = 0
	payloadPCMA = 8
	payloadG722 = 9
	payloadOpus = 111
)

// Codecs lists the codecs, the two laws of G.711 first.
func Codecs() []Codec { return []Codec{PCMA, PCMU, G722, Opus} }

// Laws lists the codecs that code each sample by itself, in the order of our preference: A-law and µ-law.
func Laws() []Codec { return []Codec{PCMA, PCMU} }

// CodecNamed finds a codec by its SDP encoding name, in any case.
func CodecNamed(name string) (Codec, bool) {
	for _, c := range Codecs() {
		if strings.EqualFold(name, c.Name()) {
			return c, true
		}
	}
	return PCMA, false
}

// CodecOf finds a codec by its static RTP payload type (RFC 3551 table 4). Opus has none.
func CodecOf(payloadType uint8) (Codec, bool) {
	switch payloadType {
	case payloadPCMA:
		return PCMA, true
	case payloadPCMU:
		return PCMU, true
	case payloadG722:
		return G722, true
	}
	return PCMA, false
}

// Name is the encoding name in SDP.
func (c Codec) Name() string {
	switch c {
	case PCMU:
		return "PCMU"
	case G722:
		return "G722"
	case Opus:
		return "opus" // RFC 7587 7
	}
	return "PCMA"
}

// String is Name.
func (c Codec) String() string { return c.Name() }

// Law tells whether the codec codes each sample by itself: A-law and µ-law.
func (c Codec) Law() bool { return c == PCMA || c == PCMU }

// PayloadType is the static RTP payload type, or 111 for Opus: the dynamic one that we offer it with.
func (c Codec) PayloadType() uint8 {
	switch c {
	case PCMU:
		return payloadPCMU
	case G722:
		return payloadG722
	case Opus:
		return payloadOpus
	}
	return payloadPCMA
}

// ClockRate is the rate of RTP timestamps, in ticks a second. G.722's is 8,000, though it samples twice as often: an old
// mistake that stays (RFC 3551 4.5.2). Opus's is always 48,000 (RFC 7587 4.1).
func (c Codec) ClockRate() int {
	if c == Opus {
		return 48000
	}
	return 8000
}

// SampleRate is the rate of the sound, in samples a second; of Opus, the greatest.
func (c Codec) SampleRate() int {
	switch c {
	case G722:
		return 16000
	case Opus:
		return 48000
	}
	return SampleRate
}

// FrameBytes is the size of a payload of 20 ms; 0 for Opus, where it varies.
func (c Codec) FrameBytes() int {
	if c == Opus {
		return 0
	}
	return FrameSamples
}

// Ticks is the length of a payload in ticks of ClockRate; 0 for one that is none.
func (c Codec) Ticks(payload []byte) int {
	if c == Opus {
		return opusTicks(payload)
	}
	return len(payload)
}

// Silence is the byte that codes the value nearest to zero, for G.722 one that falls silent whatever was before. Opus has none: see Hush.
func (c Codec) Silence() byte {
	switch c {
	case PCMU:
		return 0xFF
	case G722:
		return 0xFE // 0xFA is what codes zeros, but to a decoder that has just heard something it is a hum
	}
	return 0xD5
}

// Hush overwrites a payload with silence that lasts as long, and gives it; Opus's is shorter in bytes.
func (c Codec) Hush(payload []byte) []byte {
	if c == Opus {
		return opusHush(payload)
	}
	for i := range payload {
		payload[i] = c.Silence()
	}
	return payload
}

// Decode gives the 16-bit linear value of one coded byte of a law; the other codecs have no such value, and need a Decoder.
func (c Codec) Decode(b byte) int16 {
	if c == PCMU {
		return DecodeULaw(b)
	}
	return DecodeALaw(b)
}

// Encode codes one 16-bit linear value by a law; the other codecs need an Encoder.
func (c Codec) Encode(v int16) byte {
	if c == PCMU {
		return EncodeULaw(v)
	}
	return EncodeALaw(v)
}
