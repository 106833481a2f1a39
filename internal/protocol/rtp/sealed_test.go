package rtp

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/rtcp"
	"santra/internal/protocol/rtp/secure"
	"santra/internal/protocol/sdp"
)

func newKeys(s sdp.Suite) sdp.Keys { return sdp.Keys{Local: sdp.NewKey(s), Remote: sdp.NewKey(s)} }

func turned(k sdp.Keys) sdp.Keys { return sdp.Keys{Local: k.Remote, Remote: k.Local} }

// sealedPhone is a phone that encrypts.
type sealedPhone struct {
	phone
	s *secure.Session
}

func newSealedPhone(t *testing.T, k sdp.Keys) sealedPhone {
	t.Helper()
	s, err := secure.New(k)
	if err != nil {
		t.Fatal(err)
	}
	return sealedPhone{newPhone(t), s}
}

func (p sealedPhone) say(to netip.AddrPort, h Header, payload []byte) []byte {
	p.t.Helper()
	b, err := p.s.Protect(nil, packetOf(h, payload))
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(to, b)
	return b
}

func (p phone) send(to netip.AddrPort, b []byte) {
	p.t.Helper()
	if _, err := p.WriteToUDPAddrPort(b, to); err != nil {
		p.t.Fatal(err)
	}
}

func (p sealedPhone) hear() Packet {
	p.t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, MaxPacket)
	n, err := p.Read(b)
	if err == nil {
		b, err = p.s.Open(b[:n])
	}
	if err != nil {
		p.t.Fatal(err)
	}
	got, err := Parse(b)
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

func secured(t *testing.T, e end, k sdp.Keys) {
	t.Helper()
	if err := e.l.Secure(k); err != nil {
		t.Fatal(err)
	}
}

// One leg is encrypted, the other is not: what is said on one is heard on the other.
func TestSealedLegToPlainLeg(t *testing.T) {
	for _, suite := range []sdp.Suite{sdp.AES128SHA180, sdp.AES128SHA132, sdp.AES128GCM, sdp.AES256GCM} {
		a, b := udpPair(t)
		k := newKeys(suite)
		pa, pb := newSealedPhone(t, turned(k)), newPhone(t)
		secured(t, a, k)
		a.l.Start(pa.addr(), media.PCMA, 101)
		b.l.Start(pb.addr(), media.PCMU, 0)
		Bridge(a.l, b.l)
		first := pa.say(a.u.Local(), Header{PayloadType: 8, Sequence: 1, SSRC: 1}, frameOf(0xAA))
		if got := pb.hear(); len(got.Payload) != 160 || got.Payload[0] != media.EncodeULaw(media.DecodeALaw(0xAA)) {
			t.Fatal(suite, got)
		}
		pa.send(a.u.Local(), first)                                                                 // replayed
		pa.send(a.u.Local(), packetOf(Header{PayloadType: 8, Sequence: 2, SSRC: 1}, frameOf(0xBB))) // in the clear
		pa.send(a.u.Local(), bytes.Repeat([]byte{0x80}, 200))                                       // forged
		pa.say(a.u.Local(), Header{PayloadType: 8, Sequence: 3, SSRC: 1}, frameOf(0xAB))
		if got := pb.hear(); got.Payload[0] != media.EncodeULaw(media.DecodeALaw(0xAB)) {
			t.Error(suite, "something that is not the peer's was heard:", got)
		}
		if s := a.l.Stats(); s.Forged != 3 || s.Packets != 2 {
			t.Errorf("%s %+v", suite, s)
		}
		pb.say(b.u.Local(), Header{PayloadType: 0, Sequence: 9, SSRC: 2}, frameOf(0x11))
		if got := pa.hear(); got.Payload[0] != media.EncodeALaw(media.DecodeULaw(0x11)) {
			t.Error(suite, got)
		}
	}
}

// A re-INVITE brings another key; a later one takes encryption away.
func TestNewKeyInACall(t *testing.T) {
	e := udpEnd(t, LegConfig{})
	k := newKeys(sdp.AES128SHA180)
	p := newSealedPhone(t, turned(k))
	heard := make(chan byte, 10)
	e.l.heard = func(_ media.Codec, _ uint32, b []byte) { heard <- b[0] }
	secured(t, e, k)
	e.l.Start(p.addr(), media.PCMA, 0)
	p.say(e.u.Local(), Header{PayloadType: 8, Sequence: 1}, frameOf(1))
	if <-heard != 1 {
		t.Error("first key")
	}
	next := newKeys(sdp.AES256GCM)
	secured(t, e, next)
	e.l.Start(p.addr(), media.PCMA, 0)
	p.say(e.u.Local(), Header{PayloadType: 8, Sequence: 2}, frameOf(2)) // on its way
	if <-heard != 2 {
		t.Error("the key of before")
	}
	if err := p.s.Rekey(turned(next)); err != nil {
		t.Fatal(err)
	}
	p.say(e.u.Local(), Header{PayloadType: 8, Sequence: 3}, frameOf(3))
	if <-heard != 3 {
		t.Error("the new key")
	}
	if err := <-e.l.Play(t.Context(), []media.Clip{media.NewClip(frameOf(7))}, false); err != nil || p.hear().Payload[0] != 7 {
		t.Error("ours", err)
	}
	secured(t, e, sdp.Keys{})
	p.send(e.u.Local(), packetOf(Header{PayloadType: 8, Sequence: 4}, frameOf(4)))
	if <-heard != 4 {
		t.Error("in the clear")
	}
}

func TestSecureNeedsATransportThatCan(t *testing.T) {
	l := NewLeg(newMemory(), LegConfig{})
	defer l.Close()
	if err := l.Secure(newKeys(sdp.AES128GCM)); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
	if err := l.Secure(sdp.Keys{}); err != nil {
		t.Error("nothing to do:", err)
	}
	e := udpEnd(t, LegConfig{})
	odd := sdp.NewKey("F8")
	if err := e.l.Secure(sdp.Keys{Local: odd, Remote: odd}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestReportsAreEncryptedToo(t *testing.T) {
	e := udpEnd(t, LegConfig{})
	media1, control1 := controlPair(t)
	k := newKeys(sdp.AES128GCM)
	peer, err := secure.New(turned(k))
	if err != nil {
		t.Fatal(err)
	}
	secured(t, e, k)
	e.l.Start(media1, media.PCMA, 0)
	theirs, err := peer.ProtectControl(nil, rtcp.Append(nil, rtcp.Compound{SSRC: 7, Told: true, About: rtcp.Reception{SSRC: e.l.out.ssrc(), Fraction: 128}}, "x"))
	if err != nil {
		t.Fatal(err)
	}
	to := netip.AddrPortFrom(e.u.Local().Addr(), e.u.Local().Port()+1)
	control1.send(to, rtcp.Append(nil, rtcp.Compound{SSRC: 7, Told: true, About: rtcp.Reception{SSRC: e.l.out.ssrc(), Fraction: 255}}, "x")) // in the clear
	control1.send(to, theirs)
	e.l.report(e.u, new(reporting))
	b := make([]byte, MaxPacket)
	_ = control1.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := control1.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := peer.OpenControl(b[:n])
	if err != nil {
		t.Fatal(err)
	}
	if c, err := rtcp.Parse(plain, 0); err != nil || c.SSRC != e.l.out.ssrc() {
		t.Error(c, err)
	}
	if s := e.l.Stats(); s.Remote.FractionLost != 0.5 || s.Forged != 1 {
		t.Errorf("%+v", s)
	}
}

// The tap's batches are encrypted packet by packet, and still leave in one call.
func TestSealedTap(t *testing.T) {
	for _, suite := range []sdp.Suite{sdp.AES128SHA180, sdp.AES128GCM} {
		tap, ends := newTapped(t)
		var keys [2]sdp.Keys
		for ch := range keys {
			keys[ch] = newKeys(suite)
			if err := ends[ch].r.Secure(turned(keys[ch])); err != nil {
				t.Fatal(err)
			}
		}
		if err := tap.Secure(keys[0], keys[1]); err != nil {
			t.Fatal(err)
		}
		tap.Start(ends[0].r.Local(), ends[1].r.Local())
		spy := newPhone(t)
		spy.say(ends[0].r.Local(), Header{PayloadType: 8, Sequence: 7}, frameOf(66)) // foreign
		leg, start := new(Leg), time.Now()
		for i := range 30 {
			at := start.Add(time.Duration(i) * frameTime)
			tap.streams[Customer].say(leg, fly(at, 1, i, media.PCMA, frameOf(byte(i+1))))
			tap.streams[Agent].say(leg, fly(at, 2, i, media.PCMA, frameOf(byte(i+101))))
		}
		ends[0].take(30)
		ends[1].take(30)
		if ends[0].sound[29*160] != 30 || ends[1].sound[29*160] != 130 {
			t.Error(suite, "sound")
		}
		s := tap.Stats()
		if r := ends[0].r.Stats(); s.Sent != 60 || s.Batches == 0 || r.Forged != 0 || r.Foreign != 1 || r.Bytes != 4800 {
			t.Errorf("%s %+v %+v", suite, s, r)
		}
		if err := tap.Secure(sdp.Keys{Local: sdp.NewKey("F8"), Remote: sdp.NewKey("F8")}, sdp.Keys{}); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	}
}

func TestSealedReceiverRefusesTheClear(t *testing.T) {
	r := newRecording(t, benchPool(t), noAddr)
	k := newKeys(sdp.AES128GCM)
	if err := r.r.Secure(turned(k)); err != nil {
		t.Fatal(err)
	}
	p := newSealedPhone(t, k)
	r.r.Expect(p.addr())
	p.send(r.r.Local(), packetOf(Header{PayloadType: 8, Sequence: 1}, frameOf(9)))
	p.say(r.r.Local(), Header{PayloadType: 8, Sequence: 2}, []byte{5})
	r.take(1)
	if s := r.r.Stats(); r.sound[0] != 5 || s.Forged != 1 {
		t.Errorf("%+v", s)
	}
}
