package recorder

import (
	"sync"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
)

// How the timeline treats packets that are not where they should be.
const (
	closeGrace  = time.Second            // a channel that lags, or left something out, holds a piece open so long after its end
	quietAfter  = 400 * time.Millisecond // a channel that says nothing for so long holds nothing open
	maxSkew     = 3 * time.Second        // a packet farther from its arrival than this moves its channel's anchor
	lateBefore  = 10                     // packets in a row that came too late do so too
	ahead       = 4                      // pieces that may be open at a time
	maxLateHead = time.Minute            // of a recording whose first packets were lost
)

// timeline puts the packets of two channels at their places: aligned by RTP timestamps, not by arrival. Our own tap has one
// timeline for both channels, whose zero is the first packet said; other clients' streams are anchored by the arrival of
// their first packet (of each SSRC).
type timeline struct {
	own bool // timestamps are places

	mu     sync.Mutex
	start  time.Time // when place 0 was, by arrival
	zero   int64     // our own tap's timestamp at place 0
	base   int64     // place of the first frame that is still open: a multiple of pieceFrames
	high   int64     // place after the last frame that was written
	pieces []open    // open pieces from base on
	memory *pieces   // for further ones
	ch     [2]channel
	late   int // packets that came too late to be kept

	paused bool   // nothing is taken
	pauses []Span // To is -1 until something is said again
}

type channel struct {
	anchored bool
	ssrc     uint32
	seq      uint16 // of the packet that ends last
	last     uint32 // timestamp that was unwrapped last
	place    int64  // its place
	end      int64  // place after the last frame
	missing  Span   // from the first to the last of what was passed over and may still come; To is 0 where nothing was
	heard    time.Time
	late     int // in a row
	gaps     int
	resumed  bool // the next packet is the first after a pause
}

// write takes a packet of a channel (0 customer, 1 agent) that arrived at now.
func (t *timeline) write(ch int, p rtp.Packet, codec media.Codec, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &t.ch[ch]
	c.heard = now
	if t.paused {
		return
	}
	place := t.placeOf(c, p, now)
	n := int64(len(p.Payload))
	if place < t.base || place+n > t.base+ahead*pieceFrames {
		t.late++
		if c.late++; c.late >= lateBefore {
			c.anchored = false
		}
		return
	}
	c.late = 0
	if c.resumed {
		c.resumed = false
		t.goneOn(place)
	} else if c.end > 0 && place > c.end {
		c.gaps++
		if p.Sequence != c.seq+1 { // else nothing was sent meanwhile (RFC 3550 5.1)
			c.passOver(place, t.base)
		}
	}
	if place >= c.end {
		c.seq = p.Sequence
	}
	c.end = max(c.end, place+n)
	t.high = max(t.high, c.end)
	t.put(ch, place, p.Payload, codec)
}

// passOver notes that what lies between the last frame and place has not come, or comes later.
func (c *channel) passOver(place, base int64) {
	if c.missing.To <= base {
		c.missing.From = c.end
	}
	c.missing.To = place
}

// open is a piece of which something is still awaited: interleaved frames in blocks, nil where all is silent. A recording has
// mostly one open piece, which is filled to the half: blocks are the memory that this needs and no more.
type open [pieceFrames / blockFrames]*block

// block is an eighth of a second.
type block [blockFrames * frameBytes]byte

const blockFrames = Rate / 8

// put writes samples to their places, block by block.
func (t *timeline) put(ch int, place int64, samples []byte, codec media.Codec) {
	for len(samples) > 0 {
		off := place % blockFrames
		run := samples[:min(int64(len(samples)), blockFrames-off)]
		into := t.block(place)[off*frameBytes+int64(ch):]
		for i, b := range run {
			if codec != media.PCMA {
				b = media.EncodeALaw(codec.Decode(b))
			}
			into[i*frameBytes] = b
		}
		samples, place = samples[len(run):], place+int64(len(run))
	}
}

// block gives the block of a place, which is not before base.
func (t *timeline) block(place int64) *block {
	n := int((place - t.base) / pieceFrames)
	for len(t.pieces) <= n {
		t.pieces = append(t.pieces, open{})
	}
	b := &t.pieces[n][place%pieceFrames/blockFrames]
	if *b == nil {
		*b = t.memory.block()
	}
	return *b
}

// reuse takes back the memory of a piece that was written.
func (t *timeline) reuse(piece []byte) { t.memory.giveBack(piece) }

// placeOf unwraps a packet's timestamp; where it is too far from its arrival, or its source is new, it anchors the channel.
func (t *timeline) placeOf(c *channel, p rtp.Packet, now time.Time) int64 {
	if t.start.IsZero() {
		t.begin(p, now)
	}
	expected := int64(now.Sub(t.start)) * Rate / int64(time.Second)
	place := c.place + int64(int32(p.Timestamp-c.last))
	switch skew := frames(maxSkew); {
	case !c.anchored && t.own && c.end == 0 && within(int64(p.Timestamp)-t.zero, expected, skew):
		place = int64(p.Timestamp) - t.zero
	case !c.anchored || (!t.own && c.ssrc != p.SSRC) || !within(place, expected, skew):
		place = max(expected, c.end, t.base)
	}
	c.anchored, c.ssrc, c.last, c.place = true, p.SSRC, p.Timestamp, place
	return place
}

// begin sets when place 0 was. The first packets of our own tap may have been lost: its timestamp tells how much.
func (t *timeline) begin(p rtp.Packet, now time.Time) {
	t.start = now
	if lost := int64(p.Timestamp); t.own && lost < frames(maxLateHead) {
		t.zero = max(0, lost-pieceFrames) // the other channel's first batch may be a little older
		t.start = now.Add(-time.Duration(lost-t.zero) * time.Second / Rate)
	}
}

func frames(d time.Duration) int64 { return int64(d) * Rate / int64(time.Second) }

func within(a, b, most int64) bool { return a-b <= most && b-a <= most }

// quiet fills a piece with silence, doubling what is filled already.
func quiet(b []byte) {
	b[0] = media.PCMA.Silence()
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// closed gives the pieces that are over at now, in order.
func (t *timeline) closed(now time.Time) [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out [][]byte
	for !t.start.IsZero() && t.over(now) {
		out = append(out, t.take())
	}
	return out
}

// over tells whether nothing more is awaited for the first open piece: both channels have passed it and left nothing out, or
// say nothing, or have had their time.
func (t *timeline) over(now time.Time) bool {
	end := t.base + pieceFrames
	past := now.Sub(t.start) - time.Duration(end)*time.Second/Rate
	if past >= closeGrace {
		return true
	}
	for i := range t.ch {
		c := &t.ch[i]
		if c.end < end && (past < quietAfter || now.Sub(c.heard) < quietAfter) || c.missing.From < end && c.missing.To > t.base {
			return false
		}
	}
	return true
}

// take gives the first open piece whole, and goes on to the next.
func (t *timeline) take() []byte {
	piece := t.first()
	if len(t.pieces) > 0 {
		t.pieces = append(t.pieces[:0], t.pieces[1:]...)
	}
	t.base += pieceFrames
	return piece
}

// first puts the first open piece together and gives the memory of its blocks back.
func (t *timeline) first() []byte {
	whole := t.memory.piece()
	var of open
	if len(t.pieces) > 0 {
		of = t.pieces[0]
	}
	for i, b := range of {
		part := whole[i*len(block{}):][:len(block{})]
		if b == nil {
			quiet(part)
			continue
		}
		copy(part, b[:])
		t.memory.giveBlockBack(b)
	}
	return whole
}

// rest gives what is still open at the end; the last piece is cut where the last sound ends.
func (t *timeline) rest() [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out [][]byte
	for t.high-t.base >= pieceFrames {
		out = append(out, t.take())
	}
	if left := t.high - t.base; left > 0 {
		out = append(out, t.first()[:left*frameBytes])
	}
	t.pieces = nil
	return out
}

// heard tells when the last packet came; zero before the first.
func (t *timeline) heard() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ch[0].heard.After(t.ch[1].heard) {
		return t.ch[0].heard
	}
	return t.ch[1].heard
}
