package rtp

import (
	"crypto/rand"
	"encoding/base64"
	mathrand "math/rand/v2"
	"time"

	"santra/internal/protocol/rtp/rtcp"
)

// reportEvery is the mean time between reports; each wait is between half and one and a half of it (RFC 3550 6.2).
const reportEvery = 5 * time.Second

// reporting is what a leg remembers from report to report. Only one report is made at a time.
type reporting struct {
	lastSR      uint32
	lastArrived time.Time
	lastFrom    uint32
	sent        uint64 // packets at the last report: without a new one it is a receiver's
}

// scheduleReport starts the timer; l.mu is held. A transport without a way for RTCP has no reports.
func (l *Leg) scheduleReport() {
	c, ok := l.t.(Controlled)
	if !ok {
		return
	}
	memory := new(reporting)
	l.reports = time.AfterFunc(reportWait(), func() { l.report(c, memory) })
}

func reportWait() time.Duration { return reportEvery/2 + mathrand.N(reportEvery) }

func (l *Leg) report(c Controlled, r *reporting) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.wg.Add(1)
	l.reports.Reset(reportWait())
	l.mu.Unlock()
	defer l.wg.Done()
	l.hear(c, r)
	_ = c.WriteControl(rtcp.Append(nil, l.saying(r), l.name)) // reports are repeated: one that is lost is no loss
}

// hear reads the reports that have come since the last time.
func (l *Leg) hear(c Controlled, r *reporting) {
	buf := make([]byte, MaxPacket) // not kept: a report is seldom, and legs are many
	for range maxControlRead {
		n, arrived, err := c.ReadControl(buf)
		if n == 0 || err != nil {
			return
		}
		said, err := rtcp.Parse(buf[:n], l.out.ssrc())
		if err != nil {
			l.in.malformed.Add(1)
			continue
		}
		if said.Sender && l.in.speaks(said.SSRC) {
			r.lastSR, r.lastArrived, r.lastFrom = uint32(said.NTP>>16), arrived, said.SSRC
		}
		if said.Told {
			l.out.learn(said.About, arrived)
		}
	}
}

// maxControlRead bounds the reports taken at a time.
const maxControlRead = 16

// saying makes our report.
func (l *Leg) saying(r *reporting) rtcp.Compound {
	now := time.Now()
	c := l.out.sending(now)
	c.Sender = uint64(c.Packets) != r.sent&0xFFFFFFFF
	r.sent = uint64(c.Packets)
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	s := &l.in.source
	if c.Told = l.in.any; c.Told {
		c.About = rtcp.Reception{
			SSRC: s.ssrc, Fraction: s.fraction(), Lost: int32(min(max(s.lost(), -1<<23), 1<<23-1)),
			Highest: s.highest, Jitter: uint32(s.jitter),
		}
		if r.lastFrom == s.ssrc {
			c.About.LastSR = r.lastSR
		}
		if c.About.LastSR != 0 {
			c.About.SinceLast = uint32(now.Sub(r.lastArrived) * 65536 / time.Second)
		}
	}
	return c
}

func (l *Leg) sayBye() {
	c, ok := l.t.(Controlled)
	if !ok || l.terms.Load() == nil {
		return
	}
	_ = c.WriteControl(rtcp.Append(nil, rtcp.Compound{SSRC: l.out.ssrc(), Bye: true}, l.name))
}

// canonicalName is one of RFC 7022 4.2: 96 random bits, for it must tell nothing about the machine, nor lead from one call to another.
func canonicalName() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawStdEncoding.EncodeToString(b[:])
}

// speaks tells whether it is the source that is heard now: reports of others say nothing about its clock.
func (in *inbound) speaks(ssrc uint32) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.any && in.source.ssrc == ssrc
}

func (o *outbound) ssrc() uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rewrite.ssrc
}

func (o *outbound) sending(now time.Time) rtcp.Compound {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := rtcp.Compound{SSRC: o.rewrite.ssrc, NTP: rtcp.NTP(now), Packets: uint32(o.sent), Octets: uint32(o.sentBytes)}
	if o.rewrite.started {
		c.Stamp = o.rewrite.stamp + ticks(now.Sub(o.rewrite.at), o.rewrite.clock)
	}
	return c
}

// learn keeps the peer's report about what it hears; the round trip as in RFC 3550 6.4.1.
func (o *outbound) learn(r rtcp.Reception, arrived time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	report := Report{
		At: arrived, FractionLost: float64(r.Fraction) / 256, Lost: int64(r.Lost),
	}
	if o.rewrite.clock > 0 {
		report.Jitter = time.Duration(r.Jitter) * time.Second / time.Duration(o.rewrite.clock)
	}
	if r.LastSR != 0 {
		trip := uint32(rtcp.NTP(arrived)>>16) - r.LastSR - r.SinceLast
		report.RoundTrip = time.Duration(int32(trip)) * time.Second / 65536
	}
	o.remote = report
}
