package voice

import (
	"sync/atomic"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/rtp/quality"
	"santra/internal/voice/tally"
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

// histogram counts ended legs by tally.Class.
type histogram [tally.ClassCount]atomic.Uint64

func (h *histogram) add(mos float64) { h[tally.Class(mos)].Add(1) }

func (h *histogram) load() (n [tally.ClassCount]uint64) {
	for i := range h {
		n[i] = h[i].Load()
	}
	return n
}

// keepQuality keeps how a leg that ends has sounded, without a word of who spoke.
func (c *call) keepQuality(l *leg) {
	all := l.media.Quality()
	q := worse(l.role, all.Received, all.Sent, all.RoundTrip)
	if q.MOS == 0 {
		return
	}
	c.s.count.quality.add(q.MOS)
	c.sounded(l, q)
	c.log.Info("quality", "leg", l.role, "codec", l.codec.Name(), "encrypted", l.srtp.Valid() || l.peer != nil,
		"loss_percent", 100*q.Loss, "jitter_ms", q.Jitter.Milliseconds(), "round_trip_ms", q.RoundTrip.Milliseconds(), "mos", q.MOS)
}
