package rtcp

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestControlRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Compound{SSRC: rapid.Uint32().Draw(t, "ssrc"), Sender: rapid.Bool().Draw(t, "sender"), Told: rapid.Bool().Draw(t, "told"), Bye: rapid.Bool().Draw(t, "bye")}
		if want.Sender {
			want.NTP, want.Stamp, want.Packets, want.Octets = rapid.Uint64().Draw(t, "ntp"), 2, 3, 4
		}
		if want.Told {
			want.About = Reception{5, 6, rapid.Int32Range(-1<<23, 1<<23-1).Draw(t, "lost"), 8, 9, 10, 11}
		}
		name := rapid.StringN(0, 20, 255).Draw(t, "name")
		b := Append(nil, want, name)
		got, err := Parse(b, 5)
		if err != nil || got != want || len(b)%4 != 0 {
			t.Fatalf("%+v %v, want %+v", got, err, want)
		}
	})
}

func TestControlRefuses(t *testing.T) {
	good := Append(nil, Compound{SSRC: 1, Sender: true, Told: true}, "x")
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
		if c, err := Parse(change(bytes.Clone(good)), 1); err == nil {
			t.Error(name, "is taken:", c)
		}
	}
}

func FuzzParseControl(f *testing.F) {
	f.Add(Append(nil, Compound{SSRC: 1, Sender: true, Told: true, Bye: true}, "name"), uint32(0))
	f.Add([]byte{0x80, 201, 0, 1, 0, 0, 0, 1}, uint32(1))
	f.Fuzz(func(t *testing.T, b []byte, mine uint32) {
		c, err := Parse(b, mine)
		if err == nil && c.Told && c.About.SSRC != mine {
			t.Fatal(c)
		}
	})
}

func TestNTPTime(t *testing.T) {
	at := time.Unix(0, int64(time.Second/2))
	if got := NTP(at); got != 2208988800<<32|1<<31 {
		t.Errorf("%x", got)
	}
}
