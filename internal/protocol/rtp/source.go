package rtp

import "time"

// source follows one synchronisation source as RFC 3550 A.1 (sequence), A.3 (loss) and A.8 (jitter) say, but without
// probation: the address has been checked already, and the first word counts.
type source struct {
	ssrc     uint32
	base     uint32 // extended sequence number of the first packet
	highest  uint32 // extended
	suspect  uint32 // the number expected next if a great jump was a restart; none: noSuspect
	received uint64

	transit uint32
	jitter  float64 // in ticks of clock
	clock   int     // ticks a second

	priorExpected, priorReceived uint64 // at the last report
}

// Limits of RFC 3550 A.1.
const (
	maxDropout  = 3000
	maxMisorder = 100
	noSuspect   = 1 << 16
)

func newSource(h Header) source {
	seq := uint32(h.Sequence)
	return source{ssrc: h.SSRC, base: seq, highest: seq - 1, suspect: noSuspect}
}

// follow takes a packet's number. restart: the source began to count anew. ok is false for one that is far off its place.
func (s *source) follow(h Header) (restart, ok bool) {
	jump := h.Sequence - uint16(s.highest)
	switch {
	case s.received == 0:
		s.highest = uint32(h.Sequence)
	case jump < maxDropout:
		s.highest += uint32(jump)
		s.suspect = noSuspect
	case jump <= 1<<16-maxMisorder-1:
		if uint32(h.Sequence) != s.suspect {
			s.suspect = uint32(h.Sequence + 1)
			return false, false
		}
		*s = newSource(h)
		s.highest, s.received = uint32(h.Sequence), 1
		return true, true
	}
	s.received++
	return false, true
}

// time takes a packet's arrival for the jitter of A.8. elapsed is measured from any fixed moment.
// clock is the rate of the timestamps.
func (s *source) time(h Header, elapsed time.Duration, clock int) {
	s.clock = clock
	transit := ticks(elapsed, clock) - h.Timestamp
	if s.received > 1 {
		d := int32(transit - s.transit)
		s.jitter += (float64(max(d, -d)) - s.jitter) / 16
	}
	s.transit = transit
}

func (s *source) expected() uint64 {
	if s.received == 0 {
		return 0
	}
	return uint64(s.highest-s.base) + 1
}

// lost may be negative when packets came twice.
func (s *source) lost() int64 { return int64(s.expected()) - int64(s.received) }

// fraction gives the share lost since it was last asked for, in 1/256 (A.3).
func (s *source) fraction() uint8 {
	expected, received := s.expected()-s.priorExpected, s.received-s.priorReceived
	s.priorExpected, s.priorReceived = s.expected(), s.received
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min((expected-received)<<8/expected, 255))
}

func (s *source) jitterTime() time.Duration {
	if s.clock == 0 {
		return 0
	}
	return time.Duration(s.jitter * float64(time.Second) / float64(s.clock))
}
