package rtp

import "santra/internal/protocol/media"

// timeline puts what a channel of a tap says at its place in the recording, in samples since the tap's first packet.
//
// The place of a source's first packet comes from its arrival; from then on its own timestamps count, so jitter moves
// nothing. A source is placed anew when it is another one, when its timestamps jump without its sequence numbers, and when
// its clock has drifted too far from ours. Nothing is ever placed before the end of what has been placed.
type timeline struct {
	any    bool
	source any
	ssrc   uint32
	seq    uint16 // highest of the source
	shift  uint32 // place = timestamp + shift
	end    uint32 // where the last packet ended
	late   int    // packets in a row that came later than maxSkew
}

// Limits, in samples and packets.
const (
	maxSkew  = media.SampleRate / 5 // 200 ms between where a packet's timestamp and where its arrival puts it
	maxBack  = media.FrameSamples   // a newer packet that begins further before the end than this is a clock that was set
	patience = 100                  // a stall is over before so many late packets have come; a slow clock is not
)

// place gives where a packet of so many samples belongs. arrived is where its arrival puts it. ok is false for a packet to
// leave out, so that a source whose clock is fast (a sample in twenty thousand, say) loses 20 ms now and then rather than
// run ahead of the other channel.
func (t *timeline) place(source any, h Header, length, arrived uint32) (at uint32, ok bool) {
	if !t.any || source != t.source || h.SSRC != t.ssrc {
		t.anchor(source, h, arrived)
		return t.settle(h, length), true
	}
	newer := int16(h.Sequence-t.seq) > 0
	ahead := int32(h.Timestamp + t.shift - arrived)
	fromEnd := int32(h.Timestamp + t.shift - t.end)
	switch {
	case ahead > maxSkew && int32(t.end-arrived) > maxSkew-int32(length):
		t.shift -= length
		return 0, false
	case ahead > maxSkew, newer && fromEnd < -maxBack:
		t.anchor(source, h, arrived)
	case ahead < -maxSkew && newer:
		if t.late++; t.late > patience {
			t.anchor(source, h, arrived)
		}
	case ahead >= -maxSkew:
		t.late = 0
	}
	return t.settle(h, length), true
}

// anchor places h at its arrival, but not before the end.
func (t *timeline) anchor(source any, h Header, arrived uint32) {
	at := arrived
	if t.any && int32(t.end-arrived) > 0 {
		at = t.end
	}
	t.any, t.source, t.ssrc, t.seq, t.late = true, source, h.SSRC, h.Sequence, 0
	t.shift = at - h.Timestamp
}

func (t *timeline) settle(h Header, length uint32) uint32 {
	at := h.Timestamp + t.shift
	if int16(h.Sequence-t.seq) > 0 {
		t.seq = h.Sequence
	}
	if int32(at+length-t.end) > 0 {
		t.end = at + length
	}
	return at
}
