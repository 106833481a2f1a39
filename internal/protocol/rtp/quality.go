package rtp

import (
	"time"

	"santra/internal/protocol/rtp/quality"
)

// Quality is how a leg sounds. Nothing in it tells who speaks.
type Quality struct {
	Received  quality.Path  // what the peer says, as it comes here, since the start
	Recent    quality.Path  // the same, of the last 5 to 10 s
	Sent      quality.Path  // what the peer hears, by its last report; no packets: it sends none
	RoundTrip time.Duration // to the peer and back, by its last report; 0: not known
}

// Quality measures the leg at this moment. It costs a lock and some arithmetic: once a second for each call is nothing.
func (l *Leg) Quality() Quality {
	codec := quality.G711()
	var q Quality
	q.Sent, q.RoundTrip = l.out.heard()
	q.Received, q.Recent = l.in.paths()
	q.Received, q.Recent = q.Received.Rate(codec, q.RoundTrip), q.Recent.Rate(codec, q.RoundTrip)
	if q.Sent.Packets > 0 {
		q.Sent = q.Sent.Rate(codec, q.RoundTrip)
	}
	return q
}

func (in *inbound) paths() (all, recent quality.Path) {
	in.mu.Lock()
	defer in.mu.Unlock()
	a, r := in.run.Count()
	jitter := in.source.jitterTime()
	return pathOf(a, jitter), pathOf(r, jitter)
}

func pathOf(c quality.Count, jitter time.Duration) quality.Path {
	return quality.Path{Packets: c.Received, Loss: c.Loss(), Burst: c.Burst(), Jitter: jitter}
}

// heard is what the peer has told; nothing if it has not.
func (o *outbound) heard() (quality.Path, time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.remote.At.IsZero() {
		return quality.Path{}, 0
	}
	r := o.remote
	return quality.Path{Packets: o.sent, Loss: r.FractionLost, Burst: 1, Jitter: r.Jitter}, max(r.RoundTrip, 0)
}
