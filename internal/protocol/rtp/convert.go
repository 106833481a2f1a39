package rtp

import (
	"encoding/binary"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// speech is what a leg says in the codecs of others: the peer's, and the tap's A-law. It belongs to the reading goroutine. A
// leg whose peer has the same codec, or the other law, has none.
type speech struct {
	codec media.Codec
	any   bool
	forms [media.CodecCount]*form
}

// form is what a leg says in one other codec.
type form struct {
	transcoder *media.Transcoder // nil: one could not be made
	clock      converter
	budget     budget
	packet     []byte // its room for header and payload
	out        flying
}

// budget bounds what a peer that floods a leg can cost: what is transcoded lasts no longer than the time that has passed and
// half as much again, and a second more, for the catching up after a stall. Passing packets on untouched has no such bound: it
// costs little.
type budget struct {
	any  bool
	last time.Time
	left time.Duration
}

// Limits of a budget.
const (
	budgetMost  = time.Second
	cheapestFee = 5 * time.Millisecond // of a packet, however short
)

// spend takes the length of a packet; false if there is not enough left.
func (b *budget) spend(now time.Time, length time.Duration) bool {
	if !b.any {
		b.any, b.last, b.left = true, now, budgetMost
	}
	passed := now.Sub(b.last)
	b.last = now
	b.left = min(b.left+passed+passed/2, budgetMost)
	fee := max(length, cheapestFee)
	if b.left < fee {
		return false
	}
	b.left -= fee
	return true
}

// longestForm is a header and the longest payload: of Opus.
const longestForm = HeaderLen + 1275

// of takes the codec of a packet; changed says that the one before had another: its timestamps have nothing to do with this.
func (s *speech) of(c media.Codec) (changed bool) {
	if s.any && s.codec == c {
		return false
	}
	changed = s.any
	*s = speech{codec: c, any: true}
	return changed
}

// in gives the form in another codec.
func (s *speech) in(c media.Codec) *form {
	if s.forms[c] == nil {
		f := &form{clock: converter{from: s.codec.ClockRate(), to: c.ClockRate()}}
		f.transcoder, _ = media.NewTranscoder(s.codec, c) // never fails for our codecs
		s.forms[c] = f
	}
	return s.forms[c]
}

// toward gives a packet as the peer takes it: as it is for the same codec, else with its sound transcoded, or as a telephone
// event with the times of the peer's clock. nil: nothing comes of it.
func (l *Leg) toward(f *flying, to *terms) *flying {
	switch {
	case f.event:
		l.retime(f, to)
		return f
	case f.codec == to.codec:
		return f
	case f.codec.Law() && to.codec.Law():
		media.Transcode(f.payload(), f.payload(), f.codec, to.codec)
		return f
	}
	return l.transcoded(f, to.codec)
}

// plainly gives a packet as the tap takes it, by a law; nil: nothing comes of it.
func (l *Leg) plainly(f *flying) *flying {
	if f.codec.Law() {
		return f
	}
	return l.transcoded(f, media.PCMA)
}

// transcoded gives a packet in another codec, once for whoever asks. One that can't be decoded counts as malformed, as does
// one that comes too fast.
func (l *Leg) transcoded(f *flying, c media.Codec) *flying {
	form := l.speech.in(c)
	if !f.made[c] {
		f.made[c] = true
		if err := form.make(f, c); err != nil {
			l.in.malformed.Add(1)
		}
	}
	if form.out.start == form.out.end {
		return nil
	}
	return &form.out
}

func (m *form) make(f *flying, c media.Codec) error {
	if m.packet == nil {
		m.packet = make([]byte, 0, longestForm)
	}
	m.out = *f
	m.out.codec, m.out.bytes, m.out.start, m.out.end = c, m.packet[:HeaderLen], HeaderLen, HeaderLen
	m.out.Timestamp = m.clock.convert(f.Timestamp) - uint32(m.transcoder.Pending())
	length := time.Duration(f.codec.Ticks(f.payload())) * time.Second / time.Duration(f.codec.ClockRate())
	if !m.budget.spend(f.now, length) {
		return errs.New(errs.Limited, "more sound than time")
	}
	var err error
	m.out.bytes, err = m.transcoder.Transcode(m.packet[:HeaderLen], f.payload())
	m.out.end = len(m.out.bytes)
	return err
}

// retime gives a telephone event the peer's times: the timestamp of its sound's clock, the duration of its events' clock.
func (l *Leg) retime(f *flying, to *terms) {
	if f.codec.ClockRate() != to.codec.ClockRate() {
		f.Timestamp = l.speech.in(to.codec).clock.convert(f.Timestamp)
	}
	from := l.terms.Load().eventClock
	if payload := f.payload(); from != to.eventClock && len(payload) >= eventLen {
		duration := int(binary.BigEndian.Uint16(payload[2:])) * to.eventClock / from
		binary.BigEndian.PutUint16(payload[2:], uint16(min(duration, longestEvent)))
	}
}

// converter turns timestamps of one clock into those of another. Distances stay true over the wrap of either; the first is 0.
type converter struct {
	from, to int
	any      bool
	last     uint32
	passed   int64 // ticks of from since the first
}

func (c *converter) convert(stamp uint32) uint32 {
	if !c.any {
		c.any, c.last = true, stamp
	}
	c.passed += int64(int32(stamp - c.last))
	c.last = stamp
	return uint32(c.passed * int64(c.to) / int64(c.from))
}

// coder codes what a player plays, which is A-law.
type coder struct {
	codec      media.Codec
	transcoder *media.Transcoder
	packet     []byte
}

// code gives a packet with an A-law payload in another codec, and by how many ticks it begins early, since it has sound that
// waited from before. Its payload is empty if all of it waits.
func (c *coder) code(packet []byte, to media.Codec) (coded []byte, early uint32, err error) {
	if to.Law() {
		media.Transcode(packet[HeaderLen:], packet[HeaderLen:], media.PCMA, to)
		return packet, 0, nil
	}
	if c.transcoder == nil || c.codec != to {
		if c.transcoder, err = media.NewTranscoder(media.PCMA, to); err != nil {
			return nil, 0, err
		}
		c.codec, c.packet = to, make([]byte, HeaderLen, longestForm)
	}
	early = uint32(c.transcoder.Pending())
	coded, err = c.transcoder.Transcode(c.packet[:HeaderLen], packet[HeaderLen:])
	return coded, early, err
}
