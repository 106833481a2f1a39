package rtp

import (
	"slices"

	"santra/internal/protocol/media"
)

// This file is all that mixing knows of codecs: everything else in it works on 16-bit samples, 8,000 a second.

// decodeTo appends the samples of a payload.
func decodeTo(dst []int16, payload []byte, c media.Codec) []int16 {
	n := len(dst)
	dst = slices.Grow(dst, len(payload))[:n+len(payload)]
	media.Decode(dst[n:], payload, c)
	return dst
}

// encodeTo appends a coded frame to a header.
func encodeTo(head []byte, frame []int16, c media.Codec) []byte {
	packet := head[:len(head)+len(frame)]
	media.Encode(packet[len(head):], frame, c)
	return packet
}
