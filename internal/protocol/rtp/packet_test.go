package rtp

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	plain := packetOf(Header{Marker: true, PayloadType: 8, Sequence: 0xABCD, Timestamp: 0x01020304, SSRC: 0xDEADBEEF}, []byte("hello"))
	p, err := Parse(plain)
	if err != nil || string(p.Payload) != "hello" || p.Header != (Header{true, 8, 0xABCD, 0x01020304, 0xDEADBEEF}) {
		t.Fatal(p, err)
	}
	full := bytes.Clone(plain[:12])
	full[0] |= 0x20 | 0x10 | 2                        // padding, extension, two contributing sources
	full = append(full, 1, 1, 1, 1, 2, 2, 2, 2)       // the sources
	full = append(full, 0xBE, 0xDE, 0, 1, 9, 9, 9, 9) // the extension, one word
	full = append(append(full, "hello"...), 0, 0, 3)  // padding of 3
	if p, err := Parse(full); err != nil || string(p.Payload) != "hello" {
		t.Fatal(p, err)
	}
}

func TestParseRefuses(t *testing.T) {
	good := packetOf(Header{PayloadType: 8}, []byte{1, 2, 3})
	for name, change := range map[string]func(b []byte) []byte{
		"empty":             func([]byte) []byte { return nil },
		"short":             func(b []byte) []byte { return b[:11] },
		"version 1":         func(b []byte) []byte { b[0] = 0x40; return b },
		"RTCP":              func(b []byte) []byte { b[1] = 200; return b },
		"sources cut":       func(b []byte) []byte { b[0] |= 15; return b },
		"extension cut":     func(b []byte) []byte { b[0] |= 0x10; return b[:14] },
		"extension too big": func(b []byte) []byte { b[0] |= 0x10; return append(b[:12], 0, 0, 255, 255) },
		"padding too big":   func(b []byte) []byte { b[0] |= 0x20; b[14] = 200; return b },
		"padding of zero":   func(b []byte) []byte { b[0] |= 0x20; b[14] = 0; return b },
	} {
		if p, err := Parse(change(bytes.Clone(good))); err == nil {
			t.Error(name, "is taken:", p)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(packetOf(Header{PayloadType: 8}, []byte{1, 2, 3}))
	f.Add([]byte{0xB2, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 0xBE, 0xDE, 0, 0, 5, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(packetOf(p.Header, p.Payload))
		if err != nil || again.Header != p.Header || !bytes.Equal(again.Payload, p.Payload) {
			t.Fatal(again, err)
		}
	})
}

func TestSourceCountsLossAndJitter(t *testing.T) {
	s := newSource(Header{Sequence: 65530})
	follow := func(seq int) (restart, ok bool) { return s.follow(Header{Sequence: uint16(seq)}) }
	for _, seq := range []int{65530, 65531, 65533, 65532, 65535, 65536, 65538} { // 65534 and 65537 are lost; it wraps
		if restart, ok := follow(seq); restart || !ok {
			t.Fatal(seq)
		}
	}
	if s.lost() != 2 || s.fraction() != 2*256/9 || s.fraction() != 0 {
		t.Error(s.lost())
	}
	if _, ok := follow(30000); ok {
		t.Error("a great jump is not believed at once (RFC 3550 A.1)")
	}
	if restart, ok := follow(30001); !ok || !restart || s.lost() != 0 {
		t.Error("but when it goes on from there", s.lost())
	}
}

func TestJitterOfRegularPacketsIsNone(t *testing.T) {
	s := newSource(Header{})
	for i := range 50 {
		h := Header{Sequence: uint16(i), Timestamp: uint32(i * 160)}
		s.follow(h)
		s.time(h, time.Duration(i)*frameTime, 8000)
	}
	if s.jitterTime() != 0 {
		t.Error(s.jitterTime())
	}
	for i := 50; i < 500; i++ {
		h := Header{Sequence: uint16(i), Timestamp: uint32(i * 160)}
		s.follow(h)
		s.time(h, time.Duration(i)*frameTime+time.Duration(i%2)*8*ms, 8000)
	}
	if j := s.jitterTime(); j < 7*ms || j > 9*ms {
		t.Error("every other packet is 8 ms late:", j)
	}
}

// A source's losses and reorderings stay visible; nothing from before a source's start takes a number of the one before.
func TestRewriterProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rewriter{ssrc: 99, seq: rapid.Uint16().Draw(t, "first"), stamp: rapid.Uint32().Draw(t, "stamp")}
		now, used := time.Now(), map[uint16]bool{}
		highest, first := uint16(0), true
		for source := range rapid.IntRange(1, 4).Draw(t, "sources") {
			base := rapid.Uint16().Draw(t, "base")
			moves := rapid.SliceOfN(rapid.IntRange(-5, 5), 1, 30).Draw(t, "moves")
			seq := base
			for i, m := range moves {
				now = now.Add(frameTime)
				if i > 0 {
					seq += uint16(m)
				}
				h, ok := r.next(now, source, Header{Sequence: seq, Timestamp: uint32(seq) * 160, SSRC: uint32(source)}, false)
				if int16(seq-base) < 0 {
					if ok {
						t.Fatalf("from before the source's start: %+v", h)
					}
					continue
				}
				if i == 0 && !first && h.Sequence != highest+1 {
					t.Fatalf("source %d starts with %d after %d", source, h.Sequence, highest)
				}
				if first || int16(h.Sequence-highest) > 0 {
					highest = h.Sequence
				}
				first = false
				if ok {
					used[h.Sequence] = true
				}
			}
		}
	})
}
