package voice

import (
	"santra/internal/protocol/sip"
	"santra/internal/run"
	"santra/internal/voice/leg"
	"santra/internal/voice/site"
)

// retryAfter is what a full room tells the trunk, in seconds (RFC 3261 21.5.4).
const retryAfter = "5"

// trunk serves the carrier's side.
type trunk struct{ s *Service }

// Invite implements sip.Handler: a call to one of the city's numbers is answered at once, for the announcement is its start.
func (t trunk) Invite(in *sip.Incoming) {
	t.s.count.Arrived.Add(1)
	called, ok := t.s.cfg.Called(in.Called())
	if !ok { // by a registration it is called by the name that registered, and the number is in To
		called, ok = t.s.cfg.Called(in.Addressed())
	}
	if !ok {
		t.s.count.Unknown.Add(1)
		in.Reject(sip.StatusNotFound, "Not Found")
		return
	}
	if t.s.calls.Full() {
		t.s.refuse(in)
		return
	}
	t.s.answer(in, called)
}

func (s *Service) refuse(in *sip.Incoming) {
	s.count.Full.Add(1)
	in.Reject(sip.StatusServiceUnavailable, "Service Unavailable", sip.Header{Name: "Retry-After", Value: retryAfter})
}

// answer sets the caller's leg up and starts the call's actor.
func (s *Service) answer(in *sip.Incoming, called site.Called) {
	l, err := leg.Open(s.cfg.Ports, leg.Customer, s.cfg.CallerTerms(in), s.log)
	if err != nil {
		s.log.Error("no media port for a call", "error", err)
		s.refuse(in)
		return
	}
	c := s.newCall(called.Queue, called.Owner, in.Caller())
	c.customer, c.way.flow, c.way.number = l, called.Flow, called.Number
	if name := in.Trunk(); name != "" {
		c.log = c.log.With("trunk", name)
	}
	if err := s.open(c, in); err != nil {
		c.caller.Erase()
		_ = l.Media.Close()
		return
	}
	run.Go(&s.wg, s.log, "call", func() { c.run(s.ctx) })
}

// open answers the INVITE, or refuses it and gives an error.
func (s *Service) open(c *call, in *sip.Incoming) error {
	_, body := in.Body()
	answer, err := c.customer.Describe(body)
	if err != nil {
		s.refused(c.log, err)
		in.Reject(sip.StatusNotAcceptableHere, "Not Acceptable Here")
		return err
	}
	c.deaf = c.customer.Deaf
	if err := s.calls.Add(c.key(), c, c.out.emergency); err != nil {
		s.refuse(in)
		return err
	}
	d, err := in.Answer(leg.SDPType, answer)
	if err != nil { // the caller was quicker
		s.calls.Remove(c.key(), c)
		return err
	}
	c.customer.Stands(d)
	return nil
}
