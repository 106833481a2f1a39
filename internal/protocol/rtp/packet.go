package rtp

import (
	"encoding/binary"
	"time"

	"santra/internal/errs"
)

// HeaderLen is the length of an RTP header without contributing sources and extension, in bytes (RFC 3550 5.1).
const HeaderLen = 12

const version = 2

// Header is what of an RTP header matters here (RFC 3550 5.1).
type Header struct {
	Marker      bool
	PayloadType uint8
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32
}

// Packet is a parsed RTP packet. Payload is a view of the bytes that it was parsed from, padding cut off.
type Packet struct {
	Header
	Payload []byte
	At      time.Time // when it was read; zero from Parse
}

// Parse reads an RTP packet (RFC 3550 5.1 and A.1): version 2, contributing sources, extension and padding within its
// length, and no payload type that is RTCP's on a shared port (RFC 5761 4). errs.Invalid otherwise; it never panics.
func Parse(b []byte) (Packet, error) {
	var p Packet
	start, end, ok := span(b)
	if !ok {
		return p, errMalformed()
	}
	p.Header = header(b)
	p.Payload = b[start:end]
	return p, nil
}

func errMalformed() error { return errs.New(errs.Invalid, "not an RTP packet of version 2") }

// span finds the payload.
func span(b []byte) (start, end int, ok bool) {
	if len(b) < HeaderLen || b[0]>>6 != version {
		return 0, 0, false
	}
	if pt := b[1] & 0x7F; pt >= 64 && pt <= 95 {
		return 0, 0, false
	}
	start, end = HeaderLen, len(b)
	if b[0]&0x3F == 0 {
		return start, end, true
	}
	return spanOfMore(b)
}

func spanOfMore(b []byte) (start, end int, ok bool) {
	start, end = HeaderLen+4*int(b[0]&0x0F), len(b)
	if b[0]&0x10 != 0 {
		if start+4 > end {
			return 0, 0, false
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	if b[0]&0x20 != 0 {
		padding := int(b[end-1])
		if padding == 0 {
			return 0, 0, false
		}
		end -= padding
	}
	return start, end, start <= end
}

func header(b []byte) Header {
	return Header{
		Marker:      b[1]&0x80 != 0,
		PayloadType: b[1] & 0x7F,
		Sequence:    binary.BigEndian.Uint16(b[2:]),
		Timestamp:   binary.BigEndian.Uint32(b[4:]),
		SSRC:        binary.BigEndian.Uint32(b[8:]),
	}
}

// Put writes the header to the first HeaderLen bytes of b.
func (h Header) Put(b []byte) {
	_ = b[HeaderLen-1]
	b[0] = version << 6
	b[1] = h.PayloadType & 0x7F
	if h.Marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], h.Sequence)
	binary.BigEndian.PutUint32(b[4:], h.Timestamp)
	binary.BigEndian.PutUint32(b[8:], h.SSRC)
}
