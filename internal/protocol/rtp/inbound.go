package rtp

import (
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/protocol/rtp/quality"
)

// inbound counts what a leg receives.
type inbound struct {
	malformed atomic.Uint64

	mu             sync.Mutex
	any            bool
	source         source
	run            quality.Run
	lostBefore     int64 // by sources that are over
	packets, bytes uint64
	unknown        uint64
}

// take counts a packet. restart: its numbers have nothing to do with those before. ok is false for one to drop.
func (in *inbound) take(h Header, payload int, elapsed time.Duration, agreed *terms) (restart, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !agreed.sound(h.PayloadType) && !agreed.event(h.PayloadType) {
		in.unknown++
		return false, false
	}
	if !in.any || in.source.ssrc != h.SSRC {
		in.lostBefore += in.source.lost()
		in.source, in.any, restart = newSource(h), true, true
	}
	anew, ok := in.source.follow(h)
	if !ok {
		return restart, false
	}
	if restart || anew {
		in.run.Restart()
	}
	in.run.Take(h.Sequence, elapsed)
	if !agreed.event(h.PayloadType) {
		in.source.time(h, elapsed, agreed.codec.ClockRate())
	}
	in.packets++
	in.bytes += uint64(payload)
	return restart || anew, true
}

// Stats count what one leg received and sent.
type Stats struct {
	Packets, Bytes     uint64        // received and valid; bytes of payload
	Sent, SentBytes    uint64        // sent; bytes of payload
	Lost               int64         // expected less received, RFC 3550 A.3
	Jitter             time.Duration // RFC 3550 A.8
	Foreign            uint64        // dropped: from another address
	Forged             uint64        // dropped: SRTP that is not by the peer's key, or came before
	Malformed          uint64        // dropped: not RTP version 2, or cut short
	Unknown            uint64        // dropped: a payload type not agreed on
	Late               uint64        // dropped: from before a change of source
	Unsent             uint64        // the transport refused them
	Digits, DigitsLost uint64        // telephone events received, and those dropped since nobody read DTMF
	Remote             Report        // what the peer says that it receives
}

// Report is the peer's last reception report (RFC 3550 6.4).
type Report struct {
	At           time.Time // zero: none came
	FractionLost float64   // 0 to 1, since the report before
	Lost         int64     // in all
	Jitter       time.Duration
	RoundTrip    time.Duration // 0: not known yet
}

// Stats are the leg's counters at this moment.
func (l *Leg) Stats() Stats {
	var s Stats
	l.in.count(&s)
	l.out.count(&s)
	s.Digits, s.DigitsLost = l.events.count()
	if a, ok := l.t.(Addressed); ok {
		s.Foreign = a.Foreign()
	}
	if a, ok := l.t.(Securable); ok {
		s.Forged = a.Forged()
	}
	return s
}

func (in *inbound) count(s *Stats) {
	in.mu.Lock()
	defer in.mu.Unlock()
	s.Packets, s.Bytes, s.Unknown, s.Malformed = in.packets, in.bytes, in.unknown, in.malformed.Load()
	s.Lost, s.Jitter = in.lostBefore+in.source.lost(), in.source.jitterTime()
}
