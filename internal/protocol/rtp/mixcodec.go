package rtp

import (
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/blend"
)

// This file is all that mixing knows of codecs: everything else in it works on 16-bit samples, 8,000 a second. So wideband voices
// are heard as on the telephone while they are mixed.

// listening decodes what a member says.
type listening struct {
	codec   media.Codec
	decoder *media.Decoder
}

// decode appends the sound of a payload. What can't be decoded is nothing.
func (d *listening) decode(dst []int16, payload []byte, c media.Codec) []int16 {
	if d.decoder == nil || d.codec != c {
		decoder, err := media.NewDecoder(c, media.SampleRate)
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
	codec   media.Codec
	encoder *media.Encoder
}

// encode appends a coded frame to a header; without a payload where there is none.
func (e *saying) encode(head []byte, frame []int16, c media.Codec) []byte {
	if c.Law() {
		packet := head[:len(head)+blend.Frame]
		media.Encode(packet[len(head):], frame, c)
		return packet
	}
	if e.encoder == nil || e.codec != c {
		encoder, err := media.NewEncoder(c, media.SampleRate)
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
