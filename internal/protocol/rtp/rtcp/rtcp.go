// Package rtcp reads and writes the reports about a stream (RTCP, RFC 3550 6), as far as a telephone needs them: sender and
// receiver reports, the canonical name, and goodbye. It owns no socket.
package rtcp

import (
	"encoding/binary"
	"time"

	"santra/internal/errs"
)

const version = 2 // RFC 3550 6.4.1

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

// Reception is one reception report block (RFC 3550 6.4.1).
type Reception struct {
	SSRC      uint32 // about whom
	Fraction  uint8  // lost since the last one, in 1/256
	Lost      int32  // in all; 24 bits on the wire
	Highest   uint32
	Jitter    uint32
	LastSR    uint32 // the middle 32 bits of the NTP time of the last sender report that came
	SinceLast uint32 // and how long ago that was, in 1/65536 s
}

// Compound is what an RTCP compound packet says, as far as it matters here.
type Compound struct {
	SSRC    uint32
	Sender  bool
	NTP     uint64 // with sender
	Stamp   uint32
	Packets uint32
	Octets  uint32
	About   Reception // the block about the SSRC asked for
	Told    bool      // there was one
	Bye     bool
}

func errControl() error { return errs.New(errs.Invalid, "not an RTCP compound packet") }

// Parse reads a compound packet as RFC 3550 A.2 says and picks out the block about mine; errs.Invalid, and it never panics.
func Parse(b []byte, mine uint32) (Compound, error) {
	var c Compound
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

func (c *Compound) read(b []byte, mine uint32) error {
	kind, count := b[1], int(b[0]&0x1F)
	switch kind {
	case goodbye:
		c.Bye = true
	case senderReport:
		if len(b) < controlHead+senderInfoLen {
			return errControl()
		}
		c.Sender = true
		be := binary.BigEndian
		c.NTP, c.Stamp, c.Packets, c.Octets = be.Uint64(b[8:]), be.Uint32(b[16:]), be.Uint32(b[20:]), be.Uint32(b[24:])
		return c.blocks(b, b[controlHead+senderInfoLen:], count, mine)
	case receiverReport:
		if len(b) < controlHead {
			return errControl()
		}
		return c.blocks(b, b[controlHead:], count, mine)
	}
	return nil
}

func (c *Compound) blocks(head, b []byte, count int, mine uint32) error {
	c.SSRC = binary.BigEndian.Uint32(head[4:])
	if len(b) < count*blockLen {
		return errControl()
	}
	for ; count > 0; count-- {
		if r := parseBlock(b); r.SSRC == mine {
			c.About, c.Told = r, true
		}
		b = b[blockLen:]
	}
	return nil
}

func parseBlock(b []byte) Reception {
	be := binary.BigEndian
	return Reception{
		SSRC: be.Uint32(b), Fraction: b[4], Lost: int32(be.Uint32(b[4:])<<8) >> 8,
		Highest: be.Uint32(b[8:]), Jitter: be.Uint32(b[12:]), LastSR: be.Uint32(b[16:]), SinceLast: be.Uint32(b[20:]),
	}
}

// Append writes a sender or receiver report, with the block if told, and the canonical name that every compound packet
// must hold (RFC 3550 6.1).
func Append(b []byte, c Compound, name string) []byte {
	be := binary.BigEndian
	kind, words, count := byte(receiverReport), 1, byte(0)
	if c.Sender {
		kind, words = senderReport, words+senderInfoLen/4
	}
	if c.Told {
		count, words = 1, words+blockLen/4
	}
	b = append(b, version<<6|count, kind, 0, byte(words))
	b = be.AppendUint32(b, c.SSRC)
	if c.Sender {
		b = be.AppendUint64(b, c.NTP)
		b = be.AppendUint32(b, c.Stamp)
		b = be.AppendUint32(b, c.Packets)
		b = be.AppendUint32(b, c.Octets)
	}
	if c.Told {
		b = appendBlock(b, c.About)
	}
	b = appendName(b, c.SSRC, name)
	if c.Bye {
		b = append(b, version<<6|1, goodbye, 0, 1)
		b = be.AppendUint32(b, c.SSRC)
	}
	return b
}

func appendBlock(b []byte, r Reception) []byte {
	be := binary.BigEndian
	b = be.AppendUint32(b, r.SSRC)
	b = be.AppendUint32(b, uint32(r.Fraction)<<24|uint32(r.Lost)&0xFFFFFF)
	b = be.AppendUint32(b, r.Highest)
	b = be.AppendUint32(b, r.Jitter)
	b = be.AppendUint32(b, r.LastSR)
	return be.AppendUint32(b, r.SinceLast)
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

// NTP is a time as NTP has it: seconds since 1900 in the upper half, their fraction in the lower (RFC 3550 4).
func NTP(t time.Time) uint64 {
	const since1900 = 2208988800
	fraction := uint64(t.Nanosecond()) << 32 / uint64(time.Second)
	return uint64(t.Unix()+since1900)<<32 | fraction
}
