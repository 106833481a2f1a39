package leg

import (
	"log/slog"
	"sync/atomic"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/rtp/quality"
	"santra/internal/voice/tally"
)

// Quality is how a leg sounds: the worse of what comes from there and what is heard there. Nothing in it tells who speaks.
type Quality struct {
	Leg       Role
	Loss      float64       // share lost, 0 to 1
	Jitter    time.Duration // RFC 3550 A.8
	RoundTrip time.Duration // to there and back; 0: not known
	MOS       float64       // mean opinion score, estimated by the E-model (ITU-T G.107): 1 to 4.5; 0: nothing came yet
}

// Now is how a party's sound is, of the last seconds.
func Now(r Role, m *rtp.Leg) Quality {
	q := m.Quality()
	return worse(r, q.Recent, q.Sent, q.RoundTrip)
}

// worse joins the two directions of a leg.
func worse(leg Role, in, out quality.Path, roundTrip time.Duration) Quality {
	q := Quality{Leg: leg, RoundTrip: roundTrip}
	for _, p := range []quality.Path{in, out} {
		if p.Packets == 0 {
			continue
		}
		q.Loss, q.Jitter = max(q.Loss, p.Loss), max(q.Jitter, p.Jitter)
		if q.MOS == 0 || p.MOS < q.MOS {
			q.MOS = p.MOS
		}
	}
	return q
}

// Counts are numbers of ended legs by tally.Class.
type Counts [tally.ClassCount]uint64

// Histogram counts ended legs by tally.Class. It may be used from any goroutine.
type Histogram [tally.ClassCount]atomic.Uint64

func (h *Histogram) add(mos float64) { h[tally.Class(mos)].Add(1) }

// Load gives what was counted.
func (h *Histogram) Load() (n Counts) {
	for i := range h {
		n[i] = h[i].Load()
	}
	return n
}

// Keep keeps how a leg that ends has sounded, in the log and as a count, without a word of who spoke, and gives it for the sums of its
// queue; false where nothing was heard.
func (l *Leg) Keep(log *slog.Logger, in *Histogram) (tally.Leg, bool) {
	all := l.Media.Quality()
	q := worse(l.role, all.Received, all.Sent, all.RoundTrip)
	if q.MOS == 0 {
		return tally.Leg{}, false
	}
	in.add(q.MOS)
	log.Info("quality", "leg", l.role, "codec", l.codec.Name(), "encrypted", l.srtp.Valid() || l.Peer != nil,
		"loss_percent", 100*q.Loss, "jitter_ms", q.Jitter.Milliseconds(), "round_trip_ms", q.RoundTrip.Milliseconds(), "mos", q.MOS)
	return tally.Leg{Line: l.line(), Band: l.band(), MOS: q.MOS, Loss: q.Loss, Jitter: q.Jitter}, true
}

// line is by what the leg came.
func (l *Leg) line() tally.Line {
	switch {
	case l.Peer != nil:
		return tally.Browser
	case l.terms.Outside:
		return tally.Trunk
	}
	return tally.Telephone
}

// band is how much of a voice its codec carries.
func (l *Leg) band() tally.Band {
	if l.codec == media.G722 || l.codec == media.Opus {
		return tally.Wide
	}
	return tally.Narrow
}
