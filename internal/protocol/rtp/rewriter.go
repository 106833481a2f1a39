package rtp

import (
	"time"

	"santra/internal/protocol/media"
)

// rewriter gives the packets of changing sources (a bridged leg, a player) one SSRC, one run of sequence numbers and one
// timeline, as a mixer of RFC 3550 7.3 does. Within a source the distances of sequence numbers and timestamps stay, so that
// the receiver still sees what was lost or overtaken; from source to source the sequence goes on by one and the timestamp by
// the time that has passed, with the marker set.
type rewriter struct {
	ssrc    uint32
	clock   int // of the timestamps, ticks a second
	started bool

	source    any // who sent last, compared by identity
	sourceOf  uint32
	sourceSeq uint16 // its highest sequence number
	run       int    // numbers from the source's first to its highest, up to maxRun

	seqShift  uint16
	timeShift uint32

	seq   uint16 // highest sent
	stamp uint32 // last sent
	at    time.Time
}

// maxRun bounds run: a packet that comes later than this many others is of no use to anybody.
const maxRun = 1000

// next rewrites a header. restart says that the source left something out on purpose. It gives false for a packet from
// before the source's first: its number has been used.
func (r *rewriter) next(now time.Time, source any, h Header, restart bool) (Header, bool) {
	if !r.started || restart || source != r.source || h.SSRC != r.sourceOf {
		r.begin(now, source, h)
		h.Marker = true
	}
	ahead := int16(h.Sequence - r.sourceSeq)
	if ahead <= 0 && r.run > 0 && int(-ahead) >= r.run {
		return h, false
	}
	r.run = min(max(r.run+max(int(ahead), 0), 1), maxRun)
	h.SSRC, h.Sequence, h.Timestamp = r.ssrc, h.Sequence+r.seqShift, h.Timestamp+r.timeShift
	if ahead >= 0 {
		r.advance(now, h, ahead)
	}
	return h, true
}

func (r *rewriter) advance(now time.Time, h Header, ahead int16) {
	r.sourceSeq += uint16(ahead)
	r.seq = h.Sequence
	if h.Timestamp != r.stamp || !r.started { // the packets of one telephone event share a timestamp: that of its start
		r.stamp, r.at = h.Timestamp, now
	}
	r.started = true
}

func (r *rewriter) begin(now time.Time, source any, h Header) {
	next := r.stamp
	if r.started {
		next += max(ticks(now.Sub(r.at), r.clock), ticks(frameTime, r.clock))
	}
	r.source, r.sourceOf, r.sourceSeq, r.run = source, h.SSRC, h.Sequence, 0
	r.seqShift = r.seq + 1 - h.Sequence
	r.timeShift = next - h.Timestamp
}

// turn changes the clock; who speaks on begins anew.
func (r *rewriter) turn(clock int) {
	if r.clock != clock {
		r.clock, r.source = clock, nil
	}
}

// ticks turns a time into ticks of a clock.
func ticks(d time.Duration, clock int) uint32 {
	return uint32(int64(d)/int64(time.Second)*int64(clock)) + uint32(d%time.Second*time.Duration(clock)/time.Second)
}

// samples turns a time into a number of samples of a recording or a clip.
func samples(d time.Duration) uint32 { return ticks(d, media.SampleRate) }
