package rtp

import (
	"encoding/binary"
	"time"

	"santra/internal/errs"
)

// RTCP packet types (RFC 3550 12.1).
const (
	senderReport      = 200
	receiverReport    = 201
	sourceDescription = 202
	goodbye           = 203
)

// Lengths in bytes (RFC 3550 6.4).
const (
	controlHead   = 8 // the common header and the sender's SSRC
	senderInfoLen = 20
	blockLen      = 24
)

// reception is one reception report block (RFC 3550 6.4.1).
type reception struct {
	ssrc      uint32 // about whom
	fraction  uint8  // lost since the last one, in 1/256
	lost      int32  // in all; 24 bits on the wire
	highest   uint32
	jitter    uint32
	lastSR    uint32 // the middle 32 bits of the NTP time of the last sender report that came
	sinceLast uint32 // and how long ago that was, in 1/65536 s
}

// control is what an RTCP compound packet says, as far as it matters here.
type control struct {
	ssrc    uint32
	sender  bool
	ntp     uint64 // with sender
	stamp   uint32
	packets uint32
	octets  uint32
	about   reception // the block about the SSRC asked for
	told    bool      // there was one
	bye     bool
}

func errControl() error { return errs.New(errs.Invalid, "not an RTCP compound packet") }

// parseControl reads a compound packet as RFC 3550 A.2 says and picks out the block about mine; it never panics.
func parseControl(b []byte, mine uint32) (control, error) {
	var c control
	for first := true; len(b) > 0; first = false {
		if len(b) < 4 || b[0]>>6 != version {
			return c, errControl()
		}
		size := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
		if size > len(b) || first && (b[1] != senderReport && b[1] != receiverReport || b[0]&0x20 != 0) {
			return c, errControl()
		}
		if err := c.read(b[:size], mine); err != nil {
			return c, err
		}
		b = b[size:]
	}
	return c, nil
}

func (c *control) read(b []byte, mine uint32) error {
	kind, count := b[1], int(b[0]&0x1F)
	switch kind {
	case goodbye:
		c.bye = true
	case senderReport:
		if len(b) < controlHead+senderInfoLen {
			return errControl()
		}
		c.sender = true
		be := binary.BigEndian
		c.ntp, c.stamp, c.packets, c.octets = be.Uint64(b[8:]), be.Uint32(b[16:]), be.Uint32(b[20:]), be.Uint32(b[24:])
		return c.blocks(b, b[controlHead+senderInfoLen:], count, mine)
	case receiverReport:
		if len(b) < controlHead {
			return errControl()
		}
		return c.blocks(b, b[controlHead:], count, mine)
	}
	return nil
}

func (c *control) blocks(head, b []byte, count int, mine uint32) error {
	c.ssrc = binary.BigEndian.Uint32(head[4:])
	if len(b) < count*blockLen {
		return errControl()
	}
	for ; count > 0; count-- {
		if r := parseBlock(b); r.ssrc == mine {
			c.about, c.told = r, true
		}
		b = b[blockLen:]
	}
	return nil
}

func parseBlock(b []byte) reception {
	be := binary.BigEndian
	return reception{
		ssrc: be.Uint32(b), fraction: b[4], lost: int32(be.Uint32(b[4:])<<8) >> 8,
		highest: be.Uint32(b[8:]), jitter: be.Uint32(b[12:]), lastSR: be.Uint32(b[16:]), sinceLast: be.Uint32(b[20:]),
	}
}

// appendControl writes a sender or receiver report, with the block if told, and the canonical name that every compound packet
// must hold (RFC 3550 6.1).
func appendControl(b []byte, c control, name string) []byte {
	be := binary.BigEndian
	kind, words, count := byte(receiverReport), 1, byte(0)
	if c.sender {
		kind, words = senderReport, words+senderInfoLen/4
	}
	if c.told {
		count, words = 1, words+blockLen/4
	}
	b = append(b, version<<6|count, kind, 0, byte(words))
	b = be.AppendUint32(b, c.ssrc)
	if c.sender {
		b = be.AppendUint64(b, c.ntp)
		b = be.AppendUint32(b, c.stamp)
		b = be.AppendUint32(b, c.packets)
		b = be.AppendUint32(b, c.octets)
	}
	if c.told {
		b = appendBlock(b, c.about)
	}
	b = appendName(b, c.ssrc, name)
	if c.bye {
		b = append(b, version<<6|1, goodbye, 0, 1)
		b = be.AppendUint32(b, c.ssrc)
	}
	return b
}

func appendBlock(b []byte, r reception) []byte {
	be := binary.BigEndian
	b = be.AppendUint32(b, r.ssrc)
	b = be.AppendUint32(b, uint32(r.fraction)<<24|uint32(r.lost)&0xFFFFFF)
	b = be.AppendUint32(b, r.highest)
	b = be.AppendUint32(b, r.jitter)
	b = be.AppendUint32(b, r.lastSR)
	return be.AppendUint32(b, r.sinceLast)
}

// appendName writes a source description with a canonical name of at most 255 bytes (RFC 3550 6.5).
func appendName(b []byte, ssrc uint32, name string) []byte {
	body := 4 + 2 + len(name)
	padding := 4 - body%4 // at least one zero ends the list
	b = append(b, version<<6|1, sourceDescription, 0, byte((body+padding)/4))
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, 1, byte(len(name)))
	b = append(b, name...)
	return append(b, make([]byte, padding)...)
}

// ntpTime is a time as NTP has it: seconds since 1900 in the upper half, their fraction in the lower (RFC 3550 4).
func ntpTime(t time.Time) uint64 {
	const since1900 = 2208988800
	fraction := uint64(t.Nanosecond()) << 32 / uint64(time.Second)
	return uint64(t.Unix()+since1900)<<32 | fraction
}
