package voice

import (
	"log/slog"
	"sync/atomic"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/rtp/quality"
)

// Role is whose leg it is.
type Role string

// The roles.
const (
	RoleCustomer   Role = "customer"
	RoleAgent      Role = "agent"
	RoleConsulted  Role = "consulted" // by an agent, or to whom a customer was given
	RoleSupervisor Role = "supervisor"
)

// LegQuality is how a leg of a call sounds now: of the last seconds, the worse of what comes from there and what is heard
// there. Nothing in it tells who speaks.
type LegQuality struct {
	Leg       Role
	Loss      float64       // share lost, 0 to 1
	Jitter    time.Duration // RFC 3550 A.8
	RoundTrip time.Duration // to there and back; 0: not known
	MOS       float64       // mean opinion score, estimated by the E-model (ITU-T G.107): 1 to 4.5; 0: nothing came yet
}

// worse joins the two directions of a leg.
func worse(leg Role, in, out quality.Path, roundTrip time.Duration) LegQuality {
	q := LegQuality{Leg: leg, RoundTrip: roundTrip}
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

// Quality tells how each leg of a call sounds now, to the agent who has it or to a supervisor who may see the call (supervisor
// is true: the caller has checked that). errs.NotFound for another agent, errs.Gone after the end.
func (s *Service) Quality(id, person string, supervisor bool) ([]LegQuality, error) {
	c, err := s.calls.get(id)
	if err != nil {
		return nil, err
	}
	var list []LegQuality
	err = c.ask(func() error {
		if !supervisor && (person == "" || c.offer.Agent != person) {
			return errs.New(errs.NotFound, "no such call of yours")
		}
		list = c.quality()
		return nil
	})
	return list, err
}

func (c *call) quality() (list []LegQuality) {
	add := func(r Role, m *rtp.Leg) {
		if m != nil {
			q := m.Quality()
			list = append(list, worse(r, q.Recent, q.Sent, q.RoundTrip))
		}
	}
	add(RoleCustomer, c.customer.sound())
	add(RoleAgent, c.agent.sound())
	add(RoleConsulted, c.consult.sound())
	return list
}

const qualityBounds = 4

// QualityClasses are the lower bounds of the mean opinion scores by which ended legs are counted, and what users then say of them
// (ITU-T G.107 annex B, table B.1): very satisfied, satisfied, some dissatisfied, many dissatisfied; nearly all below.
func QualityClasses() [qualityBounds]float64 { return [4]float64{4.34, 4.03, 3.60, 3.10} }

// histogram counts ended legs by class, the best first.
type histogram [qualityBounds + 1]atomic.Uint64

func (h *histogram) add(mos float64) {
	for i, least := range QualityClasses() {
		if mos >= least {
			h[i].Add(1)
			return
		}
	}
	h[len(h)-1].Add(1)
}

func (h *histogram) load() (n [qualityBounds + 1]uint64) {
	for i := range h {
		n[i] = h[i].Load()
	}
	return n
}

// keepQuality keeps how a leg that ends has sounded, without a word of who spoke.
func (s *Service) keepQuality(log *slog.Logger, l *leg) {
	all := l.media.Quality()
	q := worse(l.role, all.Received, all.Sent, all.RoundTrip)
	if q.MOS == 0 {
		return
	}
	s.count.quality.add(q.MOS)
	log.Info("quality", "leg", l.role, "codec", l.codec.Name(), "encrypted", l.srtp.Valid() || l.peer != nil,
		"loss_percent", 100*q.Loss, "jitter_ms", q.Jitter.Milliseconds(), "round_trip_ms", q.RoundTrip.Milliseconds(), "mos", q.MOS)
}
