package media

import (
	"slices"

	"github.com/thesyncim/gopus"

	"santra/internal/errs"
)

// How we code Opus: for speech, at a rate that is transparent for it (RFC 6716 2.1.1: 16 to 20 kbit/s wideband, 8 to 12
// narrowband), so that what came by G.711 or G.722 is hardly coded any worse.
const (
	opusWideBits       = 32000 // bits a second, above 8,000 samples a second
	opusNarrowBits     = 20000
	opusComplexity     = 5    // of 0 to 10; above this, speech costs more than it gains
	opusExpectedLoss   = 5    // per cent: how much of each frame is said again in the next one (in-band FEC)
	opusUnits          = 12   // pieces of 10 ms, the shortest frame that we write, in the longest packet
	opusLongest        = 5760 // ticks: 120 ms, the longest packet (RFC 6716 3.2.5)
	opusLargest        = 1275 // bytes of a frame (RFC 6716 3.4)
	opusFramesAtMost   = 48   // of a packet (RFC 6716 3.2.5)
	opusSilentFullband = 0xF8 // a table-of-contents byte: CELT, fullband, 20 ms, mono, one frame
)

// opusTicks is the length of a packet in ticks of 48,000 a second, from its first bytes (RFC 6716 3.1); 0 for none that can be.
func opusTicks(packet []byte) int {
	if len(packet) == 0 {
		return 0
	}
	frames := 1
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0
		}
		frames = int(packet[1] & 0x3F)
	}
	ticks := frames * opusFrameTicks(packet[0]>>3)
	if frames > opusFramesAtMost || ticks > opusLongest {
		return 0
	}
	return ticks
}

// opusFrameTicks is the length of a frame by its configuration, 0 to 31 (RFC 6716 table 2).
func opusFrameTicks(config byte) int {
	switch {
	case config < 12: // SILK
		return [4]int{480, 960, 1920, 2880}[config&3]
	case config < 16: // hybrid
		return [2]int{480, 960}[config&1]
	}
	return 120 << (config & 3) // CELT
}

// opusHush makes a silent packet of the same length where it fits: two bytes a frame that say "silence" (RFC 6716 4.3, the
// silence flag) in CELT frames of 20, 10, 5 or 2.5 ms. A packet of a byte or two is already one of a pause, and stays.
func opusHush(packet []byte) []byte {
	ticks := opusTicks(packet)
	if ticks == 0 {
		return packet[:min(len(packet), 1)]
	}
	config := byte(3)
	for config > 0 && ticks%(120<<config) != 0 {
		config--
	}
	frames := ticks / (120 << config)
	var room [2 + 2*opusFramesAtMost]byte
	silent := append(room[:0], opusSilentFullband-(3-config)<<3|3, byte(frames))
	for range frames {
		silent = append(silent, 0xFF, 0xFE)
	}
	if len(silent) > len(packet) {
		return opusPause(packet)
	}
	return packet[:copy(packet, silent)]
}

// opusPause makes one frame without content of a packet that is too short for more: a decoder goes on with what was, ever
// softer. Nothing of what the packet said is left.
func opusPause(packet []byte) []byte {
	packet[0] &^= 3
	return packet[:1]
}

// opusDecoder decodes packets, mono or stereo, to mono.
type opusDecoder struct {
	rate    int
	decoder *gopus.Decoder
}

func newOpusDecoder(rate int) (*opusDecoder, error) {
	d, err := gopus.NewDecoder(gopus.DefaultDecoderConfig(rate, 1))
	if err != nil {
		return nil, errs.New(errs.Internal, "opus: %w", err)
	}
	return &opusDecoder{rate: rate, decoder: d}, nil
}

func (d *opusDecoder) decode(dst []int16, packet []byte) ([]int16, error) {
	n := opusTicks(packet) * d.rate / 48000
	if n == 0 {
		return dst, errs.New(errs.Invalid, "not an Opus packet")
	}
	dst = slices.Grow(dst, n)
	got, err := d.decoder.DecodeInt16(packet, dst[len(dst):len(dst)+n])
	if err != nil {
		return dst, errs.New(errs.Invalid, "opus: %w", err)
	}
	return dst[:len(dst)+got], nil
}

// opusEncoder codes mono sound. What does not fill a frame waits for the next call.
type opusEncoder struct {
	rate    int
	encoder *gopus.Encoder
	waiting []int16
}

func newOpusEncoder(rate int) (*opusEncoder, error) {
	e, err := gopus.NewEncoder(gopus.EncoderConfig{SampleRate: rate, Channels: 1, Application: gopus.ApplicationVoIP})
	if err != nil {
		return nil, errs.New(errs.Internal, "opus: %w", err)
	}
	bits := opusWideBits
	if rate <= SampleRate {
		bits = opusNarrowBits
	}
	for _, err := range []error{
		e.SetBitrate(bits), e.SetComplexity(opusComplexity), e.SetSignal(gopus.SignalVoice),
		e.SetInBandFEC(gopus.InBandFECEnabled), e.SetPacketLoss(opusExpectedLoss),
	} {
		if err != nil {
			return nil, errs.New(errs.Internal, "opus: %w", err)
		}
	}
	return &opusEncoder{rate: rate, encoder: e}, nil
}

// encode appends at most one packet, of 10, 20, 40, 60, 80, 100 or 120 ms.
func (e *opusEncoder) encode(dst []byte, pcm []int16) ([]byte, error) {
	unit := e.rate / 100
	if len(pcm) > opusUnits*unit {
		return dst, errs.New(errs.Invalid, "opus: %d samples at once are longer than 120 ms", len(pcm))
	}
	e.waiting = append(e.waiting, pcm...)
	units := min(len(e.waiting)/unit, opusUnits)
	if units > 1 {
		units &^= 1
	}
	if units == 0 {
		return dst, nil
	}
	if err := e.encoder.SetFrameSize(units * unit); err != nil {
		return dst, errs.New(errs.Internal, "opus: %w", err)
	}
	return e.frame(dst, units*unit)
}

// frame codes the first n samples that wait.
func (e *opusEncoder) frame(dst []byte, n int) ([]byte, error) {
	dst = slices.Grow(dst, opusLargest)
	size, err := e.encoder.EncodeInt16(e.waiting[:n], dst[len(dst):len(dst)+opusLargest])
	e.waiting = e.waiting[:copy(e.waiting, e.waiting[n:])]
	if err != nil {
		return dst, errs.New(errs.Internal, "opus: %w", err)
	}
	return dst[:len(dst)+size], nil
}
