package voice

import (
	"errors"
	"net/netip"

	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/registrar"
)

// phones serves the agents' telephones: they register, and they will call out.
type phones struct {
	*registrar.Registrar
	s *Service
}

// Invite implements sip.Handler: a telephone at a seat calls out in the name of who sits there. Who talks already consults. An
// emergency call goes out from every telephone that is registered, whoever sits there or does not.
func (p phones) Invite(in *sip.Incoming) {
	user, known := p.s.registrar.UserAt(in.Source())
	seat, ok := p.s.cfg.Book.SeatByUser(user)
	if !known || !ok {
		in.Reject(sip.StatusForbidden, "Forbidden")
		return
	}
	agent, _ := p.s.cfg.SitsAt(seat.Code)
	if err := p.s.dialledBy(in, agent, seat.Code); err != nil {
		p.s.log.Info("a telephone may not call that number", "seat", seat.Code, "error", err)
		in.Reject(codeOf(err), "")
	}
}

// codeOf is the SIP response for an error of ours.
func codeOf(err error) int {
	if _, ok := errors.AsType[notAcceptable](err); ok {
		return sip.StatusNotAcceptableHere
	}
	return sip.StatusOf(err)
}

// Telephone tells whether a registered telephone speaks from this source: who else calls on the telephones' port is a
// stranger, refused at a bounded rate (sip.Config.Admit of that endpoint).
func (s *Service) Telephone(src netip.AddrPort) bool { return s.registrar.Knows(src) }

// phone finds the registered telephone of a seat.
func (s *Service) phone(seatCode string) (sip.Target, bool) {
	seat, ok := s.cfg.Book.Seat(seatCode)
	if !ok || seat.SIPUser == "" {
		return sip.Target{}, false
	}
	return s.registrar.Lookup(seat.SIPUser)
}

// registered is told by the registrar.
func (s *Service) registered(user string, is bool) {
	s.log.Info("telephone", "user", user, "registered", is)
}
