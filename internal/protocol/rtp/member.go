package rtp

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/blend"
	"santra/internal/protocol/rtp/jitter"
)

const (
	// mostHidden is how many lost frames in a row are made up: what is made up of old sound is no voice for long.
	mostHidden = 10
	// keyTime is how long a leg hears no mix after a packet of a telephone event: its sender sends one each 20 or 50 ms.
	keyTime = 60 * time.Millisecond
)

// member is a leg's part in a mix: what it says, in order and decoded, and what it hears.
type member struct {
	leg *Leg

	mu    sync.Mutex // between the reader of the leg and the mix
	wait  *jitter.Buffer
	clock int // of wait

	// The rest but for keys is the mix's own.
	rate    int // of voice
	conceal func(rate int) Concealer
	listen  listening
	hide    Concealer
	hidden  int     // frames in a row
	ahead   []int16 // decoded, not said yet
	voice   [blend.Most]int16
	live    bool // voice is of this frame
	scratch [blend.Most]int16

	hears   []*member
	sound   blend.Sum
	limit   blend.Limiter
	seq     uint16
	skipped bool // the last frame was left out
	say     saying
	packet  []byte // room for the longest

	keys     atomic.Pointer[[]*member]
	keySeq   atomic.Uint32
	keyUntil atomic.Int64 // since the leg's birth
}

func newMember(l *Leg, conceal func(rate int) Concealer) *member {
	return &member{leg: l, conceal: conceal, limit: blend.NewLimiter(), skipped: true, packet: make([]byte, longestForm)}
}

// present is false once the leg has been closed, bridged or taken by another mix.
func (s *member) present() bool { return s.leg.mixed.Load() == s }

// connect says whom it hears, and who hears its keys.
func (s *member) connect(m *Mix, others []*Leg, keys []Keys) {
	s.hears = s.hears[:0]
	for _, o := range others {
		if other := m.members[o]; other != nil && other != s {
			s.hears = append(s.hears, other)
		}
	}
	var to []*member
	for _, k := range keys {
		if other := m.members[k.To]; k.From == s.leg && other != nil && other != s {
			to = append(to, other)
		}
	}
	s.keys.Store(&to)
}

// put takes sound from the leg's reader.
func (s *member) put(f *flying) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if clock := f.codec.ClockRate(); clock != s.clock {
		s.wait, s.clock = jitter.New(ticks(frameTime, clock)), clock
	}
	if s.leg.held.Load() {
		s.wait.Reset()
		return
	}
	payload := f.payload()
	s.wait.Put(jitter.Packet{
		SSRC: f.SSRC, Sequence: f.Sequence, Stamp: f.Timestamp, Length: uint32(f.codec.Ticks(payload)), Kind: uint8(f.codec), Payload: payload,
	})
}

func (s *member) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rate > 0 && len(s.ahead) >= samplesOf(s.rate) || s.wait != nil && s.wait.Holds()
}

// turn begins anew at another rate.
func (s *member) turn(rate int) {
	s.rate, s.listen, s.say = rate, listening{rate: rate}, saying{rate: rate}
	s.hide, s.ahead = s.conceal(rate), s.ahead[:0]
}

// pull makes the voice of the next frame.
func (s *member) pull(timely bool, rate int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live = false; s.rate != rate {
		s.turn(rate)
	}
	if s.wait == nil || s.leg.held.Load() || !s.present() {
		s.ahead = s.ahead[:0]
		return
	}
	if timely {
		s.wait.Trim()
	}
	n := samplesOf(rate)
	for len(s.ahead) < n {
		if !s.more() {
			return
		}
	}
	copy(s.voice[:n], s.ahead)
	s.ahead = s.ahead[:copy(s.ahead, s.ahead[n:])]
	s.live = true
}

// more decodes or makes up the next piece; false when nobody speaks.
func (s *member) more() bool {
	p, state := s.wait.Next()
	n := len(s.ahead)
	switch state {
	case jitter.Voice, jitter.Cut:
		s.ahead = s.listen.decode(s.ahead, p.Payload, media.Codec(p.Kind))
		if state == jitter.Cut {
			s.hide.Lost(s.scratch[:samplesOf(s.rate)]) // so that what was said last goes over into what is next
		}
		s.hide.Good(s.ahead[n:])
		s.hidden = 0
		return true
	case jitter.Lost, jitter.Late:
		if s.hidden++; s.hidden > mostHidden {
			return false
		}
		s.ahead = slices.Grow(s.ahead, samplesOf(s.rate))[:n+samplesOf(s.rate)]
		s.hide.Lost(s.ahead[n:])
		return true
	}
	return false
}

// said is the voice of this frame.
func (s *member) said() []int16 { return s.voice[:samplesOf(s.rate)] }

// send says to the leg what it hears.
func (s *member) send(now time.Time, frame uint32) {
	agreed := s.leg.terms.Load()
	if agreed == nil || len(s.hears) == 0 || s.leg.held.Load() || !s.present() || int64(now.Sub(s.leg.born)) < s.keyUntil.Load() {
		s.skipped = true
		return
	}
	s.sound.Begin(samplesOf(s.rate))
	for _, other := range s.hears {
		if other.live {
			s.sound.Add(other.said())
		}
	}
	coded := s.say.encode(s.packet[:HeaderLen], s.limit.Frame(&s.sound), agreed.codec)
	if len(coded) == HeaderLen {
		s.skipped = true
		return
	}
	h := Header{PayloadType: agreed.payload, Sequence: s.seq, Timestamp: frame * ticks(frameTime, agreed.codec.ClockRate())}
	s.seq++
	s.skipped = !s.leg.out.mix(now, s, h, coded, s.skipped)
}

// mix sends a frame unless a player speaks.
func (o *outbound) mix(now time.Time, source *member, h Header, packet []byte, restart bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.player == nil && o.send(now, source, h, packet, restart)
}

// press passes a telephone event on to those who shall have it. They hear nothing else meanwhile: a packet between would
// make two events of it.
func (s *member) press(f *flying) {
	to := s.keys.Load()
	if to == nil || s.leg.held.Load() {
		return
	}
	for _, other := range *to {
		if other.leg.held.Load() || !other.present() {
			continue
		}
		one := *f
		one.bytes = bytes.Clone(f.bytes) // its times are the other's from here on
		one.Sequence = uint16(other.keySeq.Add(1))
		other.keyUntil.Store(int64(f.now.Add(keyTime).Sub(other.leg.born)))
		other.leg.relay(s.leg, &one, false)
	}
}
