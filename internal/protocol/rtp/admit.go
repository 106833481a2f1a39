package rtp

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"time"

	"santra/internal/protocol/rtp/reactor"
	"santra/internal/protocol/rtp/rtcp"
)

// MoveAfter is how long a latched peer must have been silent before packets from another port are taken for it, moved there by
// a NAT (a rebinding), and only if they go on with its SSRC and numbers. With SRTP, whoever has the key is the peer, at once.
const MoveAfter = 2 * time.Second

// peer is where packets go and may come from.
type peer struct {
	said               netip.AddrPort // by signalling
	media, control     netip.AddrPort
	toMedia, toControl reactor.Destination
	latch              bool // another port of the address said may be the peer's
	latched            bool // which one it is, is known
	last               *last
}

// last is what the peer sent last; it goes with the peer from port to port.
type last struct {
	at     atomic.Int64  // nanoseconds since 1970; 0: nothing came
	number atomic.Uint64 // SSRC and sequence number
}

func newPeer(remote netip.AddrPort, latch bool) *peer {
	said := netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	p := &peer{said: said, latch: latch, latched: !latch, last: new(last)}
	return p.to(said)
}

// to gives the peer at another address.
func (p *peer) to(media netip.AddrPort) *peer {
	moved := *p
	moved.media = media
	moved.control = netip.AddrPortFrom(media.Addr(), media.Port()+1)
	moved.toMedia, moved.toControl = reactor.NewDestination(media), reactor.NewDestination(moved.control)
	return &moved
}

func (p *peer) latchedTo(media netip.AddrPort) *peer {
	moved := p.to(media)
	moved.latched = true
	return moved
}

// Connect implements Addressed. Said again, the same address leaves a latched port as it is: a hold must not let a stranger in.
func (u *UDP) Connect(remote netip.AddrPort, latch bool) {
	next := newPeer(remote, latch)
	if p := u.peer.Load(); p == nil || p.said != next.said || p.latch != latch {
		u.peer.Store(next)
	}
}

// Foreign implements Addressed.
func (u *UDP) Foreign() uint64 { return u.foreign.Load() }

// Judge implements Addressed.
func (u *UDP) Judge(valid func(packet []byte) bool) { u.judge.Store(&valid) }

// admit gives a packet of the peer, decrypted; ok is false for others. It latches the peer's port: once, to the first valid
// packet from the address that was said.
func (u *UDP) admit(from netip.AddrPort, b []byte, now time.Time) (packet []byte, ok bool) {
	p := u.peer.Load()
	if p == nil || p.media != from && !(p.latch && p.said.Addr() == from.Addr()) {
		u.foreign.Add(1)
		return nil, false
	}
	s := u.sealed.Load()
	if s != nil {
		var err error
		if b, err = s.session.Open(b); err != nil {
			u.forged.Add(1)
			return nil, false
		}
	}
	if (p.media != from || !p.latched) && !u.settle(p, from, b, now, s != nil) {
		return nil, false
	}
	p.last.note(b, now)
	return b, true
}

// settle decides about a packet from a port that is not known to be the peer's.
func (u *UDP) settle(p *peer, from netip.AddrPort, b []byte, now time.Time, authentic bool) bool {
	switch {
	case !u.valid(b):
	case !p.latched, authentic, p.last.silent(now) && p.last.goesOn(b):
		return u.peer.CompareAndSwap(p, p.latchedTo(from))
	}
	u.foreign.Add(1)
	return false
}

// valid tells whether it is RTP, of a payload type that was agreed on where that is known.
func (u *UDP) valid(b []byte) bool {
	if judge := u.judge.Load(); judge != nil {
		return (*judge)(b)
	}
	_, _, ok := span(b)
	return ok
}

func (l *last) note(b []byte, now time.Time) {
	if len(b) < HeaderLen {
		return
	}
	l.at.Store(now.UnixNano())
	l.number.Store(numberOf(b))
}

func numberOf(b []byte) uint64 {
	return uint64(binary.BigEndian.Uint32(b[8:]))<<16 | uint64(binary.BigEndian.Uint16(b[2:]))
}

func (l *last) silent(now time.Time) bool { return now.UnixNano()-l.at.Load() >= int64(MoveAfter) }

// goesOn tells whether a packet can be the same source's next: its SSRC, and a number that a stranger who has not seen the
// stream has one chance in 2^36 to hit.
func (l *last) goesOn(b []byte) bool {
	number, before := numberOf(b), l.number.Load()
	ahead := uint16(number) - uint16(before)
	return l.at.Load() != 0 && number>>16 == before>>16 && ahead > 0 && ahead < maxDropout
}

// admitControl is admit for RTCP. Where it comes from another port of the peer, and with the peer's SSRC, ours goes there too.
func (u *UDP) admitControl(from netip.AddrPort, b []byte) (packet []byte, ok bool) {
	p := u.peer.Load()
	if p == nil || p.media.Addr() != from.Addr() {
		u.foreign.Add(1)
		return nil, false
	}
	if s := u.sealed.Load(); s != nil {
		var err error
		if b, err = s.session.OpenControl(b); err != nil {
			u.forged.Add(1)
			return nil, false
		}
	}
	if from != p.control && p.latch && p.latched {
		u.follow(p, from, b)
	}
	return b, true
}

func (u *UDP) follow(p *peer, from netip.AddrPort, b []byte) {
	said, err := rtcp.Parse(b, 0)
	if err != nil || p.last.at.Load() == 0 || uint64(said.SSRC) != p.last.number.Load()>>16 {
		return
	}
	moved := *p
	moved.control, moved.toControl = from, reactor.NewDestination(from)
	u.peer.CompareAndSwap(p, &moved)
}
