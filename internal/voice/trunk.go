package voice

import (
	"strings"

	"santra/internal/agency"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/run"
)

// retryAfter is what a full room tells the trunk, in seconds (RFC 3261 21.5.4).
const retryAfter = "5"

// trunk serves the carrier's side.
type trunk struct{ s *Service }

// Invite implements sip.Handler: a call to one of the city's numbers is answered at once, for the announcement is its start.
func (t trunk) Invite(in *sip.Incoming) {
	t.s.count.arrived.Add(1)
	way, q, owner, ok := t.s.dialled(in.Called())
	if !ok { // by a registration it is called by the name that registered, and the number is in To
		way, q, owner, ok = t.s.dialled(in.Addressed())
	}
	if !ok {
		t.s.count.unknown.Add(1)
		in.Reject(codeNotFound, "Not Found")
		return
	}
	if t.s.calls.full() {
		t.s.refuse(in)
		return
	}
	t.s.answer(in, way, q, owner)
}

// dialled finds what a caller meets on a called number, in whatever way the trunk writes it; parameters in the user part (RFC 3966 5.1.5)
// are none of its digits.
func (s *Service) dialled(number string) (way lead, q agency.Queue, owner agency.Agency, ok bool) {
	number, _, _ = strings.Cut(number, ";")
	if way.flow, way.number, ok = s.cfg.Book.FlowByNumber(number); !ok {
		return way, q, owner, false
	}
	q, _ = s.cfg.Book.Queue(firstQueue(&way.flow)) // a flow may have none: an announcement alone
	owner, ok = s.cfg.Book.Agency(way.flow.Agency)
	return way, q, owner, ok
}

func (s *Service) refuse(in *sip.Incoming) {
	s.count.full.Add(1)
	in.Reject(codeUnavailable, "Service Unavailable", sip.Header{Name: "Retry-After", Value: retryAfter})
}

// answer sets the caller's leg up and starts the call's actor.
func (s *Service) answer(in *sip.Incoming, way lead, q agency.Queue, owner agency.Agency) {
	l, err := s.newLeg(s.cfg.Ports, RoleCustomer, s.callerTerms(in))
	if err != nil {
		s.log.Error("no media port for a call", "error", err)
		s.refuse(in)
		return
	}
	c := s.newCall(q, owner, in.Caller())
	c.customer, c.way = l, way
	if name := in.Trunk(); name != "" {
		c.log = c.log.With("trunk", name)
	}
	if err := s.open(c, in); err != nil {
		c.caller.Erase()
		_ = l.media.Close()
		return
	}
	run.Go(&s.wg, s.log, "call", func() { c.run(s.ctx) })
}

// open answers the INVITE, or refuses it and gives an error.
func (s *Service) open(c *call, in *sip.Incoming) error {
	_, body := in.Body()
	answer, err := c.customer.open(body)
	if err != nil {
		s.refused(c.log, err)
		in.Reject(codeNotAcceptable, "Not Acceptable Here")
		return err
	}
	c.deaf = c.customer.deaf
	if err := s.calls.add(c); err != nil {
		s.refuse(in)
		return err
	}
	d, err := in.Answer(sdpType, answer)
	if err != nil { // the caller was quicker
		s.calls.remove(c)
		return err
	}
	if c.customer.offered == nil {
		_ = d.TakeRemoteBody() // it was answered; else it is still to come, with the ACK
	}
	c.customer.dialog = d
	return nil
}

// newLeg opens the media ports of one party.
func (s *Service) newLeg(p *rtp.Pool, r Role, t terms) (*leg, error) {
	udp, err := p.Open()
	if err != nil {
		return nil, err
	}
	return &leg{media: rtp.NewLeg(udp, rtp.LegConfig{Log: s.log, Latch: true}), local: udp.Local(), role: r, terms: t}, nil
}

// callerTerms are those of who calls by a trunk.
func (s *Service) callerTerms(in *sip.Incoming) terms {
	t := s.trunkTerms(sdp.Plain, nil)
	if s.cfg.TrunkSRTP != nil {
		t.security = s.cfg.TrunkSRTP(in)
	}
	t.peer, t.codecs = in.Source().Addr(), wideFirst(t.codecs)
	return t
}
