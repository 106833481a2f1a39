package rtp

import "santra/internal/protocol/media"

// This file is all that mixing knows of codecs: everything else in it works on 16-bit samples, at one rate.

// The rates, in samples a second. The wider one is for mixes with two legs or more that can make use of it.
const (
	narrow = media.SampleRate
	wide   = 2 * media.SampleRate
)

// samplesOf is the length of a mix's frame.
func samplesOf(rate int) int { return rate / 50 }

// rateFor gives the rate of a mix of legs.
func rateFor(members []*member) int {
	wider := 0
	for _, s := range members {
		if agreed := s.leg.terms.Load(); agreed != nil && !agreed.codec.Law() {
			wider++
		}
	}
	if wider > 1 {
		return wide
	}
	return narrow
}

// listening decodes what a member says.
type listening struct {
	rate    int
	codec   media.Codec
	decoder *media.Decoder
}

// decode appends the sound of a payload. What can't be decoded is nothing.
func (d *listening) decode(dst []int16, payload []byte, c media.Codec) []int16 {
	if d.decoder == nil || d.codec != c {
		decoder, err := media.NewDecoder(c, d.rate)
		if err != nil { // a library that refuses
			return dst
		}
		d.codec, d.decoder = c, decoder
	}
	n := len(dst)
	dst, err := d.decoder.Decode(dst, payload)
	if err != nil {
		return dst[:n]
	}
	return dst
}

// saying codes what a member hears.
type saying struct {
	rate    int
	codec   media.Codec
	encoder *media.Encoder
}

// encode appends a coded frame to a header; without a payload where there is none.
func (e *saying) encode(head []byte, frame []int16, c media.Codec) []byte {
	if c.Law() && e.rate == narrow {
		packet := head[:len(head)+len(frame)]
		media.Encode(packet[len(head):], frame, c)
		return packet
	}
	if e.encoder == nil || e.codec != c {
		encoder, err := media.NewEncoder(c, e.rate)
		if err != nil {
			return head
		}
		e.codec, e.encoder = c, encoder
	}
	packet, err := e.encoder.Encode(head, frame)
	if err != nil {
		return head
	}
	return packet
}
