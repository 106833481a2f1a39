// Package media knows how sound is coded, mixed, stored in files and kept as prompts: G.711, WAV, clips, the built-in
// announcements and the music on hold. It knows no socket, no call and no clock. All sound in it is at 8,000 samples a
// second, one byte a sample once coded.
package media

// SampleRate is the rate of all telephone sound here, in samples a second (G.711).
const SampleRate = 8000

// FrameSamples is the length of one frame of 20 ms in samples, and in bytes of G.711.
const FrameSamples = SampleRate / 50

// Codec is one of the two laws of ITU-T G.711.
type Codec uint8

// The codecs. PCMA is the zero value: Europe's, and the one that recordings and prompts are kept in.
const (
	PCMA Codec = iota // A-law
	PCMU              // µ-law
)

// RTP payload types of RFC 3551 table 4.
const (
	payloadPCMU = 0
	payloadPCMA = 8
)

// Codecs lists the codecs in the order of our preference.
func Codecs() []Codec { return []Codec{PCMA, PCMU} }

// CodecNamed finds a codec by its SDP encoding name, in any case.
func CodecNamed(name string) (Codec, bool) {
	switch {
	case equalFold(name, "PCMA"):
		return PCMA, true
	case equalFold(name, "PCMU"):
		return PCMU, true
	}
	return PCMA, false
}

// CodecOf finds a codec by its static RTP payload type (RFC 3551 table 4).
func CodecOf(payloadType uint8) (Codec, bool) {
	switch payloadType {
	case payloadPCMA:
		return PCMA, true
	case payloadPCMU:
		return PCMU, true
	}
	return PCMA, false
}

// Name is the encoding name in SDP.
func (c Codec) Name() string {
	if c == PCMU {
		return "PCMU"
	}
	return "PCMA"
}

// String is Name.
func (c Codec) String() string { return c.Name() }

// PayloadType is the static RTP payload type.
func (c Codec) PayloadType() uint8 {
	if c == PCMU {
		return payloadPCMU
	}
	return payloadPCMA
}

// Silence is the byte that codes the value nearest to zero.
func (c Codec) Silence() byte {
	if c == PCMU {
		return 0xFF
	}
	return 0xD5
}

// Decode gives the 16-bit linear value of one coded byte.
func (c Codec) Decode(b byte) int16 {
	if c == PCMU {
		return DecodeULaw(b)
	}
	return DecodeALaw(b)
}

// Encode codes one 16-bit linear value.
func (c Codec) Encode(v int16) byte {
	if c == PCMU {
		return EncodeULaw(v)
	}
	return EncodeALaw(v)
}

func equalFold(s, upper string) bool {
	if len(s) != len(upper) {
		return false
	}
	for i := range len(s) {
		if s[i] != upper[i] && s[i] != upper[i]|0x20 {
			return false
		}
	}
	return true
}
