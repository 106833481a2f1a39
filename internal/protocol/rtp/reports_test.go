package rtp

import (
	"testing"
	"time"

	"santra/internal/protocol/rtp/rtcp"
)

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
	said.Sender = true
	if err := a.u.WriteControl(rtcp.Append(nil, said, "a")); err != nil {
		t.Fatal(err)
	}
	for rb.lastSR == 0 {
		b.l.hear(b.u, &rb)
	}
	if err := b.u.WriteControl(rtcp.Append(nil, b.l.saying(&rb), "b")); err != nil {
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
