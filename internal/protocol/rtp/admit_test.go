package rtp

import (
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/rtcp"
	"santra/internal/protocol/sdp"
)

// admits asks a socket about a packet as if it had come at a time.
func admits(u *UDP, from netip.AddrPort, at time.Time, h Header) bool {
	_, ok := u.admit(from, packetOf(h, frameOf(1)), at)
	return ok
}

// latching is a leg whose peer said :4000 and sends from :5000.
func latching(t *testing.T) (e end, said, real netip.AddrPort) {
	e = udpEnd(t, LegConfig{Latch: true})
	said, real = netip.MustParseAddrPort("127.0.0.1:4000"), netip.MustParseAddrPort("127.0.0.1:5000")
	e.l.Start(said, media.PCMA, 101)
	return e, said, real
}

func TestOnlyAValidPacketLatches(t *testing.T) {
	e, _, real := latching(t)
	now := time.Now()
	stranger := netip.MustParseAddrPort("127.0.0.1:6666")
	for name, b := range map[string][]byte{
		"nothing": nil, "short": {0x80}, "version 1": append([]byte{0x40, 8}, make([]byte, 20)...),
		"unknown payload type": packetOf(Header{PayloadType: 18}, frameOf(1)), "RTCP": {0x80, 200, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"STUN": {0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, "DTLS": append([]byte{22, 254, 253}, make([]byte, 20)...),
	} {
		if _, ok := e.u.admit(stranger, b, now); ok {
			t.Error(name, "latches")
		}
	}
	if admits(e.u, netip.MustParseAddrPort("127.0.0.2:5000"), now, Header{PayloadType: 8}) {
		t.Error("another address latches")
	}
	if !admits(e.u, real, now, Header{PayloadType: 8}) || e.u.peer.Load().media != real {
		t.Error("the peer does not")
	}
}

func TestALatchedPortIsNotStolen(t *testing.T) {
	e, said, real := latching(t)
	start := time.Now()
	admits(e.u, real, start, Header{PayloadType: 8, SSRC: 7, Sequence: 100})
	other := netip.MustParseAddrPort("127.0.0.1:6666")
	silent := start.Add(MoveAfter)
	for name, c := range map[string]struct {
		from netip.AddrPort
		at   time.Time
		h    Header
	}{
		"while it speaks":        {other, silent.Add(-time.Millisecond), Header{PayloadType: 8, SSRC: 7, Sequence: 101}},
		"another SSRC":           {other, silent, Header{PayloadType: 8, SSRC: 8, Sequence: 101}},
		"an old number":          {other, silent, Header{PayloadType: 8, SSRC: 7, Sequence: 100}},
		"a number far off":       {other, silent, Header{PayloadType: 8, SSRC: 7, Sequence: 100 + maxDropout}},
		"another payload type":   {other, silent, Header{PayloadType: 18, SSRC: 7, Sequence: 101}},
		"the port that was said": {said, silent, Header{PayloadType: 8, SSRC: 8, Sequence: 101}},
		"another address":        {netip.MustParseAddrPort("127.0.0.2:5000"), silent, Header{PayloadType: 8, SSRC: 7, Sequence: 101}},
	} {
		if admits(e.u, c.from, c.at, c.h) {
			t.Error(name, "steals")
		}
	}
	e.l.Start(said, media.PCMA, 101) // a hold says the same address again
	if admits(e.u, other, start, Header{PayloadType: 8, SSRC: 9}) {
		t.Error("a re-INVITE with the same address lets a stranger in")
	}
	if !admits(e.u, other, silent, Header{PayloadType: 8, SSRC: 7, Sequence: 101}) || e.u.peer.Load().media != other {
		t.Error("a peer that was moved by a NAT does not go on")
	}
	if admits(e.u, real, silent, Header{PayloadType: 8, SSRC: 7, Sequence: 102}) {
		t.Error("and its port of before is not its own any more")
	}
}

func TestSignallingMovesAtOnce(t *testing.T) {
	e, _, real := latching(t)
	now := time.Now()
	admits(e.u, real, now, Header{PayloadType: 8})
	next := netip.MustParseAddrPort("127.0.0.3:7000")
	e.l.Start(next, media.PCMA, 101)
	if admits(e.u, real, now, Header{PayloadType: 8, Sequence: 1}) || !admits(e.u, next, now, Header{PayloadType: 8}) {
		t.Error("the new address counts, and no other")
	}
}

func TestWithoutLatchOnlyTheSaidPortCounts(t *testing.T) {
	e := udpEnd(t, LegConfig{})
	said := netip.MustParseAddrPort("127.0.0.1:4000")
	e.l.Start(said, media.PCMA, 0)
	now := time.Now()
	if admits(e.u, netip.MustParseAddrPort("127.0.0.1:4001"), now.Add(time.Hour), Header{PayloadType: 8}) || !admits(e.u, said, now, Header{PayloadType: 8}) {
		t.Error("another port")
	}
}

func TestAuthenticationDecides(t *testing.T) {
	e := udpEnd(t, LegConfig{Latch: true})
	k := newKeys(sdp.AES128GCM)
	secured(t, e, k)
	p := newSealedPhone(t, turned(k))
	e.l.Start(netip.MustParseAddrPort("127.0.0.1:4000"), media.PCMA, 0)
	say := func(from string, h Header) bool {
		b, err := p.s.Protect(nil, packetOf(h, frameOf(1)))
		if err != nil {
			t.Fatal(err)
		}
		_, ok := e.u.admit(netip.MustParseAddrPort(from), b, time.Now())
		return ok
	}
	if admits(e.u, netip.MustParseAddrPort("127.0.0.1:6666"), time.Now(), Header{PayloadType: 8, SSRC: 1, Sequence: 1}) {
		t.Error("without the key nobody latches")
	}
	if !say("127.0.0.1:5000", Header{PayloadType: 8, SSRC: 1, Sequence: 1}) || !say("127.0.0.1:5001", Header{PayloadType: 8, SSRC: 2, Sequence: 900}) {
		t.Error("who has the key is the peer, at once")
	}
	if say("127.0.0.2:5001", Header{PayloadType: 8, SSRC: 2, Sequence: 901}) {
		t.Error("another address needs signalling")
	}
	if s := e.l.Stats(); s.Forged != 1 || s.Foreign != 1 {
		t.Errorf("%+v", s)
	}
}

// RTP bleed: somebody sprays the port of a call with packets, from another port and another address, to be sent the call's
// sound or to be heard in it.
func TestASprayerHearsNothingAndIsNotHeard(t *testing.T) {
	a, b := udpEnd(t, LegConfig{Latch: true}), udpEnd(t, LegConfig{})
	pa, pb, sprayer := newPhone(t), newPhone(t), newPhone(t)
	a.l.Start(pa.addr(), media.PCMA, 101)
	b.l.Start(pb.addr(), media.PCMA, 101)
	Bridge(a.l, b.l)
	pa.say(a.u.Local(), Header{PayloadType: 8, SSRC: 1, Sequence: 1}, frameOf(1))
	pb.hear()
	const sprayed = 200
	for i := range sprayed {
		for _, to := range []netip.AddrPort{a.u.Local(), b.u.Local()} {
			sprayer.say(to, Header{PayloadType: uint8(i % 128), SSRC: uint32(i % 3), Sequence: uint16(i)}, frameOf(66))
			sprayer.say(netip.AddrPortFrom(to.Addr(), to.Port()+1), Header{PayloadType: 72, SSRC: 1}, frameOf(66))
		}
		if i%20 == 0 { // the call goes on
			pa.say(a.u.Local(), Header{PayloadType: 8, SSRC: 1, Sequence: uint16(2 + i/20)}, frameOf(2))
			if got := pb.hear(); got.Payload[0] != 2 {
				t.Fatal("the sprayer is heard", got)
			}
			pb.say(b.u.Local(), Header{PayloadType: 8, SSRC: 2, Sequence: uint16(i / 20)}, frameOf(3))
			if got := pa.hear(); got.Payload[0] != 3 {
				t.Fatal("the sprayer is heard", got)
			}
		}
	}
	_ = sprayer.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := sprayer.Read(make([]byte, MaxPacket)); err == nil {
		t.Error("the sprayer hears", n, "bytes")
	}
	if a.l.Stats().Packets != 11 || b.l.Stats().Packets != 10 {
		t.Errorf("%+v\n%+v", a.l.Stats(), b.l.Stats())
	}
}

// Whatever a stranger sends, from wherever but the peer's own port, and whenever the peer speaks: it is not heard and moves nothing.
func TestLatchProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		e, _, real := latching(t)
		defer e.l.Close()
		now := time.Now()
		admits(e.u, real, now, Header{PayloadType: 8, SSRC: 7, Sequence: 100})
		for i := range rapid.IntRange(1, 30).Draw(r, "packets") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(MoveAfter)-1).Draw(r, "wait")))
			port := rapid.Uint16().Filter(func(p uint16) bool { return p != real.Port() }).Draw(r, "port")
			b := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(r, "packet")
			if rapid.Bool().Draw(r, "clever") {
				b = packetOf(Header{PayloadType: 8, SSRC: 7, Sequence: uint16(100 + i)}, frameOf(1))
			}
			if _, ok := e.u.admit(netip.AddrPortFrom(real.Addr(), port), b, now); ok {
				r.Fatal("a stranger is heard")
			}
			if !admits(e.u, real, now, Header{PayloadType: 8, SSRC: 7, Sequence: uint16(101 + i)}) {
				r.Fatal("the peer is not")
			}
		}
	})
}

func TestControlFollowsThePeer(t *testing.T) {
	e, _, real := latching(t)
	admits(e.u, real, time.Now(), Header{PayloadType: 8, SSRC: 7, Sequence: 1})
	from := netip.MustParseAddrPort("127.0.0.1:9009")
	for _, c := range []struct {
		ssrc uint32
		from netip.AddrPort
		want netip.AddrPort
	}{
		{8, from, netip.MustParseAddrPort("127.0.0.1:5001")},
		{7, netip.MustParseAddrPort("127.0.0.2:9009"), netip.MustParseAddrPort("127.0.0.1:5001")},
		{7, from, from},
	} {
		e.u.admitControl(c.from, rtcp.Append(nil, rtcp.Compound{SSRC: c.ssrc}, "x"))
		if got := e.u.peer.Load().control; got != c.want {
			t.Error(c.ssrc, c.from, "reports go to", got)
		}
	}
}

// A source that changes its SSRC, or begins to count anew, is heard on as one stream; the payload types of the two sides differ.
func TestChangesOfThePeer(t *testing.T) {
	a, b := udpPair(t)
	pa, pb := newPhone(t), newPhone(t)
	a.l.Start(pa.addr(), media.PCMA, 96)
	b.l.Start(pb.addr(), media.PCMU, 101)
	Bridge(a.l, b.l)
	var last Packet
	for i, h := range []Header{
		{PayloadType: 8, SSRC: 1, Sequence: 65534, Timestamp: 4294967000},
		{PayloadType: 8, SSRC: 1, Sequence: 65535, Timestamp: 4294967160},
		{PayloadType: 8, SSRC: 1, Sequence: 0, Timestamp: 24},
		{PayloadType: 8, SSRC: 9, Sequence: 30000, Timestamp: 5},
		{PayloadType: 96, SSRC: 9, Sequence: 30001, Timestamp: 165},
	} {
		payload := frameOf(byte(i))
		if h.PayloadType == 96 {
			payload = []byte{1, 10, 0, 160}
		}
		pa.say(a.u.Local(), h, payload)
		got := pb.hear()
		if want := map[uint8]uint8{8: 0, 96: 101}[h.PayloadType]; got.PayloadType != want || i > 0 && (got.Sequence != last.Sequence+1 || got.SSRC != last.SSRC) {
			t.Fatal(i, got.Header, "after", last.Header)
		}
		last = got
	}
	for seq := range uint16(3) { // begins anew: the first is dropped, for it may be a stray
		pa.say(a.u.Local(), Header{PayloadType: 8, SSRC: 9, Sequence: 10 + seq, Timestamp: 99}, frameOf(100+byte(seq)))
	}
	if got := pb.hear(); got.Sequence != last.Sequence+1 || got.Payload[0] != media.EncodeULaw(media.DecodeALaw(101)) {
		t.Error("restart", got.Header, got.Payload[0])
	}
}
