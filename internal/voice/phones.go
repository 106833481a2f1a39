package voice

import (
	"net/netip"

	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
)

// emergency is the emergency number. A contact centre that can't place the call must say so at once and never swallow it.
const emergency = "112"

// phones serves the agents' telephones: they register, and they will call out.
type phones struct {
	*registrar.Registrar
	s *Service
}

// Invite implements sip.Handler. Telephones can't call out yet; 112 gets a code upon which a telephone tries elsewhere.
func (p phones) Invite(in *sip.Incoming) {
	if in.Called() == emergency {
		p.s.log.Error("an emergency call could not be placed: calls out are not built yet")
		in.Reject(codeUnavailable, "Emergency calls are not possible from this telephone")
		return
	}
	in.Reject(codeForbidden, "Forbidden")
}

// Telephone tells whether a registered telephone speaks from this source: who else calls on the telephones' port is a
// stranger, refused at a bounded rate (sip.Config.Admit of that endpoint).
func (s *Service) Telephone(src netip.AddrPort) bool { return s.registrar.Knows(src) }

// secret is the digest secret of a telephone: MD5 alone (RFC 7616 3.4.2). Where SHA-256 is offered too, telephones that don't know
// it give up instead of answering the other challenge (baresip 1.0 does, against RFC 8760 2.4).
func (s *Service) secret(user, algorithm string) (string, bool) {
	if algorithm != digest.MD5 {
		return "", false
	}
	return s.cfg.Book.HA1(user, algorithm)
}

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
