package rtp

import (
	"math"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/rtcp"
)

func TestQualityOfALeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, m := newLeg(t, media.PCMA, 0)
		defer l.Close()
		ta := newTalker(m, 1)
		for n := range 2000 { // 40 s; one packet in twenty is lost in the first half
			if n < 1000 && n%20 == 10 {
				ta.skip()
			} else {
				ta.say(1)
			}
			time.Sleep(frameTime)
		}
		synctest.Wait()
		q := l.Quality()
		if q.Received.Packets != 1950 || math.Abs(q.Received.Loss-0.025) > 0.001 || q.Received.Burst != 1 || q.Received.Jitter != 0 || q.RoundTrip != 0 {
			t.Errorf("%+v", q)
		}
		if q.Received.MOS > 4.3 || q.Received.MOS < 4 || q.Recent.MOS < 4.35 || q.Recent.Loss != 0 || q.Sent.Packets != 0 {
			t.Errorf("%+v", q)
		}
	})
}

// The peer's report gives its losses and the round trip: the time since our report, less what it held it back.
func TestQualityByTheOthersReport(t *testing.T) {
	l := NewLeg(nowhere{}, LegConfig{})
	defer l.Close()
	arrived := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	l.out.learn(rtcp.Reception{
		SSRC: l.out.ssrc(), Fraction: 26, Lost: 9, Jitter: 80,
		LastSR: uint32(rtcp.NTP(arrived.Add(-180*ms)) >> 16), SinceLast: 65536 / 10,
	}, arrived)
	l.out.sent = 100
	q := l.Quality()
	if d := q.RoundTrip - 80*ms; d < -ms || d > ms || math.Abs(q.Sent.Loss-0.1) > 0.01 || q.Sent.Jitter != 10*ms || q.Sent.MOS > 3.5 || q.Sent.MOS < 2.5 {
		t.Errorf("%+v", q)
	}
}

// On a relayed call the reports of the one side end here: each side gets ours, about what it sends, and from our SSRC.
func TestReportsAreTerminated(t *testing.T) {
	a, b := udpPair(t)
	mediaA, controlA := controlPair(t)
	mediaB, controlB := controlPair(t)
	a.l.Start(mediaA, media.PCMA, 0)
	b.l.Start(mediaB, media.PCMA, 0)
	Bridge(a.l, b.l)
	for seq := range uint16(10) {
		if seq == 5 {
			continue
		}
		a.l.handle(packetOf(Header{PayloadType: 8, SSRC: 77, Sequence: seq, Timestamp: uint32(seq) * 160}, frameOf(1)))
	}
	to := func(e end) netip.AddrPort { return netip.AddrPortFrom(e.u.Local().Addr(), e.u.Local().Port()+1) }
	sent := time.Now()
	controlA.send(to(a), rtcp.Append(nil, rtcp.Compound{SSRC: 77, Sender: true, NTP: rtcp.NTP(sent), Packets: 9, Octets: 1440}, "caller@192.0.2.9"))
	hear := func(p phone) rtcp.Compound {
		buf := make([]byte, MaxPacket)
		_ = p.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, err := p.Read(buf)
		c, failed := rtcp.Parse(buf[:n], 77)
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		return c
	}
	a.l.report(a.u, new(reporting))
	b.l.report(b.u, new(reporting))
	toA, toB := hear(controlA), hear(controlB)
	if toA.Sender || !toA.Told || toA.About.Lost != 1 || toA.About.Fraction != 25 || toA.About.Highest != 9 || toA.About.LastSR != uint32(rtcp.NTP(sent)>>16) {
		t.Errorf("to the one who speaks: %+v", toA)
	}
	if held := time.Duration(toA.About.SinceLast) * time.Second / 65536; held < 0 || held > time.Since(sent) {
		t.Error("held back for", held)
	}
	if !toB.Sender || toB.Told || toB.Packets != 9 || toB.Octets != 1440 || toB.SSRC == 77 || toB.SSRC != b.l.out.ssrc() {
		t.Errorf("to the one who hears: %+v", toB)
	}
	a.l.Close()
	if bye := hear(controlA); !bye.Bye {
		t.Errorf("no BYE: %+v", bye)
	}
}

func TestCanonicalNamesAreRandom(t *testing.T) {
	a, b := NewLeg(nowhere{}, LegConfig{}), NewLeg(nowhere{}, LegConfig{})
	defer a.Close()
	defer b.Close()
	if a.name == b.name || len(a.name) != 16 {
		t.Error(a.name, b.name)
	}
}

func TestReportsOfOthersSetNoClock(t *testing.T) {
	e := udpEnd(t, LegConfig{})
	mediaA, controlA := controlPair(t)
	e.l.Start(mediaA, media.PCMA, 0)
	e.l.handle(packetOf(Header{PayloadType: 8, SSRC: 77, Sequence: 1}, frameOf(1)))
	to := netip.AddrPortFrom(e.u.Local().Addr(), e.u.Local().Port()+1)
	controlA.send(to, rtcp.Append(nil, rtcp.Compound{SSRC: 5, Sender: true, NTP: 1 << 40}, "x"))
	r := new(reporting)
	e.l.report(e.u, r)
	if r.lastSR != 0 {
		t.Error("taken")
	}
}
