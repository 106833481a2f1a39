package rtp

import (
	"math/rand/v2"
	"sync"
	"time"

	"santra/internal/protocol/media"
)

// outbound is what a leg hears: one stream, whoever speaks on it.
type outbound struct {
	t Transport

	mu      sync.Mutex
	rewrite rewriter
	player  *player // speaks instead of the bridged leg

	sent, sentBytes, unsent, late uint64
	remote                        Report
}

func (o *outbound) init(t Transport) {
	o.t = t
	ssrc := randomSSRC()
	if s, ok := t.(Sourced); ok {
		ssrc = s.SSRC()
	}
	// The number starts in the lower half: losing the first packets around a roll would leave an SRTP peer with the wrong counter
	// (RFC 3711 3.3.1).
	o.rewrite = rewriter{ssrc: ssrc, clock: media.SampleRate, seq: uint16(rand.Uint32() >> 17), stamp: rand.Uint32()}
}

// agree takes the clock of what is sent from now on.
func (o *outbound) agree(t Terms) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rewrite.turn(t.Codec.ClockRate())
}

// relay sends a packet of a bridged leg, in place. It gives false for one that was left out. restart says that others
// were left out before it.
func (l *Leg) relay(from *Leg, f *flying, restart bool) bool {
	agreed := l.terms.Load()
	if agreed == nil || f.event && agreed.events == 0 {
		return false
	}
	l.out.mu.Lock()
	defer l.out.mu.Unlock()
	if l.out.player != nil {
		return false
	}
	if f = from.toward(f, agreed); f == nil {
		return false
	}
	h := f.Header
	h.PayloadType = agreed.events
	if !f.event {
		h.PayloadType = agreed.payload
	}
	return l.out.send(f.now, from, h, f.bytes[f.start-HeaderLen:f.end], restart)
}

// send stamps and sends a packet, the first HeaderLen bytes of which are the header's. The lock is held over the system
// call, so that packets leave in the order of their numbers; only a change of speakers ever waits for it.
func (o *outbound) send(now time.Time, source any, h Header, packet []byte, restart bool) bool {
	h, ok := o.rewrite.next(now, source, h, restart)
	if !ok {
		o.late++
		return true
	}
	h.Put(packet)
	if err := o.t.WritePacket(packet); err != nil {
		o.unsent++
		return true
	}
	o.sent++
	o.sentBytes += uint64(len(packet) - HeaderLen)
	return true
}

func (o *outbound) count(s *Stats) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.Sent, s.SentBytes, s.Unsent, s.Late, s.Remote = o.sent, o.sentBytes, o.unsent, o.late, o.remote
}
