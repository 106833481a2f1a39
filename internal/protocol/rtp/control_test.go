package rtp

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestControlRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := control{ssrc: rapid.Uint32().Draw(t, "ssrc"), sender: rapid.Bool().Draw(t, "sender"), told: rapid.Bool().Draw(t, "told"), bye: rapid.Bool().Draw(t, "bye")}
		if want.sender {
			want.ntp, want.stamp, want.packets, want.octets = rapid.Uint64().Draw(t, "ntp"), 2, 3, 4
		}
		if want.told {
			want.about = reception{5, 6, rapid.Int32Range(-1<<23, 1<<23-1).Draw(t, "lost"), 8, 9, 10, 11}
		}
		name := rapid.StringN(0, 20, 255).Draw(t, "name")
		b := appendControl(nil, want, name)
		got, err := parseControl(b, 5)
		if err != nil || got != want || len(b)%4 != 0 {
			t.Fatalf("%+v %v, want %+v", got, err, want)
		}
	})
}

func TestControlRefuses(t *testing.T) {
	good := appendControl(nil, control{ssrc: 1, sender: true, told: true}, "x")
	for name, change := range map[string]func(b []byte) []byte{
		"short":         func(b []byte) []byte { return b[:3] },
		"version":       func(b []byte) []byte { b[0] = 0; return b },
		"begins with":   func(b []byte) []byte { b[1] = sourceDescription; return b },
		"padding first": func(b []byte) []byte { b[0] |= 0x20; return b },
		"too long":      func(b []byte) []byte { b[3] = 255; return b },
		"no block":      func(b []byte) []byte { b[0] |= 31; return b },
		"no sender":     func(b []byte) []byte { return []byte{version << 6, senderReport, 0, 0} },
		"no receiver":   func(b []byte) []byte { return []byte{version << 6, receiverReport, 0, 0} },
	} {
		if c, err := parseControl(change(bytes.Clone(good)), 1); err == nil {
			t.Error(name, "is taken:", c)
		}
	}
}

func FuzzParseControl(f *testing.F) {
	f.Add(appendControl(nil, control{ssrc: 1, sender: true, told: true, bye: true}, "name"), uint32(0))
	f.Add([]byte{0x80, 201, 0, 1, 0, 0, 0, 1}, uint32(1))
	f.Fuzz(func(t *testing.T, b []byte, mine uint32) {
		c, err := parseControl(b, mine)
		if err == nil && c.told && c.about.ssrc != mine {
			t.Fatal(c)
		}
	})
}

func TestNTPTime(t *testing.T) {
	at := time.Unix(0, int64(time.Second/2))
	if got := ntpTime(at); got != 2208988800<<32|1<<31 {
		t.Errorf("%x", got)
	}
}

// Two legs on real sockets tell each other what they hear.
func TestReports(t *testing.T) {
	a, b := udpPair(t)
	a.l.Start(b.u.Local(), 0, 0)
	b.l.Start(a.u.Local(), 0, 0)
	b.u.media.Close() // its own reading is over: the test reads for it, so that it knows when a packet has come
	<-b.l.DTMF()
	b.l.in.take(Header{PayloadType: 8, SSRC: a.l.out.rewrite.ssrc, Sequence: 1}, 160, 0, b.l.terms.Load())
	b.l.in.take(Header{PayloadType: 8, SSRC: a.l.out.rewrite.ssrc, Sequence: 3}, 160, 0, b.l.terms.Load())
	var ra, rb reporting
	said := a.l.saying(&ra)
	said.sender = true
	if err := a.u.WriteControl(appendControl(nil, said, "a")); err != nil {
		t.Fatal(err)
	}
	for rb.lastSR == 0 {
		b.l.hear(b.u, &rb)
	}
	if err := b.u.WriteControl(appendControl(nil, b.l.saying(&rb), "b")); err != nil {
		t.Fatal(err)
	}
	for a.l.Stats().Remote.At.IsZero() {
		a.l.hear(a.u, &ra)
	}
	r := a.l.Stats().Remote
	if r.Lost != 1 || r.FractionLost != float64(256/3)/256 || r.RoundTrip < 0 || r.RoundTrip > 5*time.Second || time.Since(r.At) > time.Minute {
		t.Errorf("%+v", r)
	}
}
