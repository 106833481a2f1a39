package secure

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
)

func suites() []sdp.Suite {
	return []sdp.Suite{sdp.AES128SHA180, sdp.AES128SHA132, sdp.AES128GCM, sdp.AES256GCM}
}

// pair are two ends of a stream.
func pair(t testing.TB, s sdp.Suite) (a, b *Session, ka sdp.Keys) {
	t.Helper()
	ka = sdp.Keys{Local: sdp.NewKey(s), Remote: sdp.NewKey(s)}
	return open(t, ka), open(t, turned(ka)), ka
}

func turned(k sdp.Keys) sdp.Keys { return sdp.Keys{Local: k.Remote, Remote: k.Local} }

func open(t testing.TB, k sdp.Keys) *Session {
	t.Helper()
	s, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rtpPacket(ssrc uint32, seq uint16, payload string) []byte {
	b := []byte{0x80, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], uint32(seq)*160)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	return append(b, payload...)
}

func rtcpPacket(ssrc uint32) []byte {
	b := []byte{0x80, 201, 0, 1, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(b[4:], ssrc)
	return append(b, 0x81, 202, 0, 2, 0, 0, 0, 0, 1, 1, 'x', 0)
}

func protect(t testing.TB, s *Session, packet []byte) []byte {
	t.Helper()
	b, err := s.Protect(make([]byte, 0, len(packet)+MaxOverhead), packet)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b)
}

func TestEverySuiteCarriesBothKinds(t *testing.T) {
	for _, suite := range suites() {
		a, b, _ := pair(t, suite)
		for seq := uint16(65530); seq != 10; seq++ { // over the roll
			plain := rtpPacket(7, seq, "hello, hello, hello")
			wire := protect(t, a, plain)
			if bytes.Contains(wire, []byte("hello")) || len(wire) > len(plain)+MaxOverhead || !bytes.Equal(wire[:12], plain[:12]) {
				t.Fatal(suite, "on the wire:", wire)
			}
			got, err := b.Open(bytes.Clone(wire))
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatal(suite, seq, err)
			}
			if _, err := b.Open(wire); !errs.Is(err, errs.Denied) {
				t.Fatal(suite, "taken twice:", err)
			}
		}
		control := rtcpPacket(7)
		wire, err := b.ProtectControl(nil, control)
		if err != nil || len(wire) > len(control)+MaxOverhead+10 {
			t.Fatal(err, len(wire))
		}
		got, err := a.OpenControl(bytes.Clone(wire))
		if err != nil || !bytes.Equal(got, control) {
			t.Fatal(suite, err)
		}
		if _, err := a.OpenControl(wire); !errs.Is(err, errs.Denied) {
			t.Error(suite, "control taken twice")
		}
	}
}

// With the master key of RFC 3711 B.3 (its session keys are given there) a packet of sequence number 0x1234 and SSRC 0xCAFEBABE,
// computed with openssl: AES-128-CTR under C61E7A93…, HMAC-SHA1 under CEBE321F….
func TestKnownAnswer(t *testing.T) {
	s, err := sdp.Parse([]byte("v=0\r\nm=audio 4 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:4fl6DT4Bi+DWT6MsBt5BOQ7Gda1Jiv7rtpYLOqvm\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	k := s.Media[0].Crypto[0].Key
	a := open(t, sdp.Keys{Local: k, Remote: k})
	plain, _ := hex.DecodeString("80081234decafbadcafebabe")
	wire := protect(t, a, append(plain, "Rakas kaupunki, hei!"...))
	if want := "80081234decafbadcafebabeb79f1c863f12b812527f0cd0545fa389f775fac38cde056d3aaa9bd22345"; hex.EncodeToString(wire) != want {
		t.Errorf("%x", wire)
	}
}

func TestRekey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, k := pair(t, sdp.AES128GCM)
		old := protect(t, a, rtpPacket(7, 1, "by the old key"))
		late := protect(t, a, rtpPacket(7, 2, "by the old key, late"))
		same := sdp.Keys{Local: k.Local, Remote: k.Remote}
		if err := a.Rekey(same); err != nil {
			t.Fatal(err)
		}
		if again := protect(t, a, rtpPacket(7, 3, "goes on")); len(again) == 0 || b.Rekey(turned(same)) != nil {
			t.Fatal("the same keys")
		}
		next := sdp.Keys{Local: sdp.NewKey(sdp.AES128SHA180), Remote: k.Remote}
		if a.Rekey(next) != nil || b.Rekey(turned(next)) != nil {
			t.Fatal("rekey")
		}
		if _, err := b.Open(old); err != nil {
			t.Error("on its way at the change:", err)
		}
		if got, err := b.Open(protect(t, a, rtpPacket(7, 4, "by the new key"))); err != nil || string(got[12:]) != "by the new key" {
			t.Error(err)
		}
		time.Sleep(oldKeyTime + time.Millisecond)
		if _, err := b.Open(late); !errs.Is(err, errs.Denied) {
			t.Error("the old key is over:", err)
		}
		if err := a.Rekey(sdp.Keys{}); !errs.Is(err, errs.Invalid) {
			t.Error("no keys:", err)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(sdp.Keys{Local: sdp.NewKey(sdp.AES128GCM)}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	odd := sdp.NewKey("NULL_HMAC")
	if _, err := New(sdp.Keys{Local: odd, Remote: odd}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	good := sdp.NewKey(sdp.AES128GCM)
	if _, err := New(sdp.Keys{Local: good, Remote: odd}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestIdentifierOfAKey(t *testing.T) {
	s, err := sdp.Parse([]byte("v=0\r\nm=audio 4 RTP/SAVP 8\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Repeat("A", 40) + "|1:4\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	theirs := s.Media[0].Crypto[0].Key
	a := open(t, sdp.Keys{Local: theirs, Remote: sdp.NewKey(sdp.AES128SHA180)})
	b := open(t, sdp.Keys{Local: sdp.NewKey(sdp.AES128SHA180), Remote: theirs})
	if got, err := b.Open(protect(t, a, rtpPacket(1, 1, "x"))); err != nil || string(got[12:]) != "x" {
		t.Error(err)
	}
}

// A peer that changes its SSRC with each packet does not fill the memory.
func TestSourcesAreBounded(t *testing.T) {
	a, b, _ := pair(t, sdp.AES128GCM)
	taken := 0
	for ssrc := range uint32(100) {
		if _, err := b.Open(protect(t, a, rtpPacket(ssrc, 1, "x"))); err == nil {
			taken++
		}
	}
	if taken != maxSources {
		t.Error(taken)
	}
	if _, err := b.Open(protect(t, a, rtpPacket(3, 2, "x"))); err != nil {
		t.Error("a known one goes on:", err)
	}
}

// A change of any bit is found.
func TestTamperProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b, _ := pair(t, rapid.SampledFrom(suites()).Draw(r, "suite"))
		wire := protect(t, a, rtpPacket(7, 1, "hello"))
		bit := rapid.IntRange(0, 8*len(wire)-1).Draw(r, "bit")
		bad := bytes.Clone(wire)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := b.Open(bad); err == nil {
			r.Fatal("taken")
		}
		if _, err := b.Open(wire); err != nil {
			r.Fatal("a forgery spoils the genuine one:", err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	f.Add(rtpPacket(1, 2, "hello"), uint8(0))
	f.Add(rtcpPacket(1), uint8(3))
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, uint8(1)) // STUN
	f.Fuzz(func(t *testing.T, b []byte, suite uint8) {
		_, s, _ := pair(t, suites()[suite%4])
		if _, err := s.Open(bytes.Clone(b)); err == nil {
			t.Fatal("taken")
		}
		if _, err := s.OpenControl(bytes.Clone(b)); err == nil {
			t.Fatal("taken")
		}
	})
}

func TestNoAllocation(t *testing.T) {
	for _, suite := range suites() {
		a, b, _ := pair(t, suite)
		wire := make([]byte, 0, 300)
		seq := uint16(0)
		step := func() {
			seq++
			out, err := a.Protect(wire, rtpPacket(7, seq, "hello"))
			if err == nil {
				_, err = b.Open(out)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		step()
		if n := testing.AllocsPerRun(500, step); n > 4 { // one is the packet of the test; the race detector empties a pool of the cipher
			t.Error(suite, n)
		}
	}
}

func BenchmarkSuites(b *testing.B) {
	for _, suite := range suites() {
		b.Run(fmt.Sprint("protect ", suite), func(b *testing.B) { benchProtect(b, suite) })
		b.Run(fmt.Sprint("open ", suite), func(b *testing.B) { benchOpen(b, suite) })
	}
}

func benchProtect(b *testing.B, suite sdp.Suite) {
	s, _, _ := pair(b, suite)
	packet, dst := rtpPacket(7, 0, strings.Repeat("x", 160)), make([]byte, 0, 300)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		binary.BigEndian.PutUint16(packet[2:], uint16(i))
		if _, err := s.Protect(dst, packet); err != nil {
			b.Fatal(err)
		}
	}
}

func benchOpen(b *testing.B, suite sdp.Suite) {
	out, in, _ := pair(b, suite)
	packet, dst := rtpPacket(7, 0, strings.Repeat("x", 160)), make([]byte, 0, 300)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		binary.BigEndian.PutUint16(packet[2:], uint16(i))
		wire, err := out.Protect(dst, packet)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := in.Open(wire); err != nil {
			b.Fatal(err)
		}
	}
}
