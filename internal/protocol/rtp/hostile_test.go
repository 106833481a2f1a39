package rtp

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/rtcp"
)

// stun is a binding request (RFC 8489 5), dtls the start of a ClientHello, and sr an RTCP sender report on the RTP port.
func shapes() [][]byte {
	stun := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42}, make([]byte, 12)...)
	dtls := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40}, make([]byte, 40)...)
	sr := rtcp.Append(nil, rtcp.Compound{SSRC: 7, Sender: true}, "x")
	extension := append([]byte{0x90, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xBE, 0xDE, 0, 1, 1, 2, 3, 4}, frameOf(1)...)
	sources := append([]byte{0x82, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5}, frameOf(1)...)
	padding := append([]byte{0xA0, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, append(frameOf(1), 0, 0, 3)...)
	return [][]byte{stun, dtls, sr, extension, sources, padding, packetOf(Header{PayloadType: 8}, frameOf(1)), packetOf(Header{PayloadType: 101}, []byte{1, 10, 0, 160}), {}, {0x80}}
}

// TestOnlySoundIsHeard: what is not RTP on an RTP port (STUN, DTLS, RTCP) is counted, not relayed.
func TestOnlySoundIsHeard(t *testing.T) {
	heard := 0
	a, b := NewLeg(nowhere{}, LegConfig{Heard: func(media.Codec, uint32, []byte) { heard++ }}), NewLeg(nowhere{}, LegConfig{})
	defer a.Close()
	defer b.Close()
	a.Start(noAddr, media.PCMA, 101)
	b.Start(noAddr, media.PCMA, 101)
	Bridge(a, b)
	for _, p := range shapes()[:3] {
		a.handle(bytes.Clone(p))
	}
	if s := a.Stats(); s.Malformed != 3 || heard != 0 || b.Stats().Sent != 0 {
		t.Errorf("%+v", s)
	}
	for _, p := range shapes()[3:7] {
		a.handle(bytes.Clone(p))
	}
	if heard != 4 {
		t.Error("with extension, sources and padding it is sound all the same:", heard)
	}
}

// FuzzLeg lets a peer send what it likes: into a bridge, a mix or a recording. Whatever it is, the other side gets one steady stream.
func FuzzLeg(f *testing.F) {
	for i, p := range shapes() {
		f.Add(append([]byte{byte(i % 3), byte(len(p))}, p...))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		wire := newMemory()
		a, b := NewLeg(nowhere{}, LegConfig{}), NewLeg(wire, LegConfig{})
		a.Start(noAddr, media.PCMA, 101)
		b.Start(noAddr, media.PCMU, 96)
		defer a.Close()
		defer b.Close()
		m := NewMix(MixConfig{})
		defer m.Close()
		for len(script) > 2 {
			mode, n := script[0]%3, int(script[1])
			script = script[2:]
			packet := bytes.Clone(script[:min(n, len(script))])
			script = script[len(packet):]
			switch mode {
			case 0:
				Bridge(a, b)
			case 1:
				_ = m.Connect(map[*Leg][]*Leg{b: {a}}, Keys{a, b})
			case 2:
				Unbridge(a)
			}
			a.handle(packet)
			m.ticks(1, 0)
		}
		for i, all := 1, wire.all(); i < len(all); i++ { // what the peer lost or sent twice stays so, but it is one source
			if all[i].SSRC != all[0].SSRC || all[i].PayloadType != 0 && all[i].PayloadType != 96 {
				t.Fatal(all[i].Header)
			}
		}
	})
}

// FuzzAdmit lets strangers try a latched port.
func FuzzAdmit(f *testing.F) {
	for _, p := range shapes() {
		f.Add(p, uint16(6666), uint16(100))
	}
	pool := benchPool(f)
	u, err := pool.Open()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { u.Close() })
	f.Fuzz(func(t *testing.T, b []byte, port, wait uint16) {
		real := netip.MustParseAddrPort("127.0.0.1:5000")
		u.peer.Store(newPeer(netip.MustParseAddrPort("127.0.0.1:4000"), true))
		now := time.Unix(1, 0)
		u.admit(real, packetOf(Header{PayloadType: 8, SSRC: 0xABCDEF, Sequence: 1}, frameOf(1)), now)
		from := netip.AddrPortFrom(real.Addr(), port)
		_, ok := u.admit(from, b, now.Add(time.Duration(wait)*ms))
		goesOn := len(b) >= HeaderLen && header(b).SSRC == 0xABCDEF && time.Duration(wait)*ms >= MoveAfter
		if ok && from != real && !goesOn {
			t.Fatal("let in")
		}
		if _, ok := u.admitControl(from, b); ok && u.peer.Load().control == from && from != real && from.Port() != 5001 && header(append(b, make([]byte, HeaderLen)...)).Timestamp != 0xABCDEF {
			t.Fatal("reports are led away")
		}
	})
}
