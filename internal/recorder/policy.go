package recorder

import (
	"net/netip"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
)

// policy says which clients may speak in the clear. Sound and the keys of sound (SDES, RFC 4568) cross the network only
// encrypted, unless an installation says otherwise: so SRTP is worth something over TLS alone, and one without the other is
// refused like both in the clear.
type policy struct {
	named bool
	level sdp.Security
}

func newPolicy(srtp string) (policy, error) {
	if srtp == "" {
		return policy{}, nil
	}
	level, ok := sdp.SecurityNamed(srtp)
	if !ok {
		return policy{}, errs.At(errs.Invalid, "srtp", "want off, allowed or required")
	}
	return policy{true, level}, nil
}

// checkLink wants a way in for each client that may come: encrypted for those who are elsewhere.
func (s *service) checkLink() error {
	c := &s.SIPTLS
	if c.Listen == "" {
		for _, p := range s.clients {
			if _, why := s.policy.of(p.Addr(), "tcp"); why != "" {
				return errs.At(errs.Invalid, "sip_tls.listen",
					"the clients in %s come from other machines: name where they come over TLS, or say srtp: off where the network is their own", p)
			}
		}
		return nil
	}
	def(&c.Cert, s.Cert)
	def(&c.Key, s.Key)
	switch {
	case c.Cert == "" || c.Key == "":
		return errs.At(errs.Invalid, "sip_tls.cert", "TLS needs a certificate and its key")
	case c.ClientCA == "":
		return errs.At(errs.Invalid, "sip_tls.client_ca", "name the file of who vouches for the clients; the contact centre's own certificate will do")
	}
	if _, err := netip.ParseAddrPort(c.Listen); err != nil {
		return errs.At(errs.Invalid, "sip_tls.listen", "want an address like 192.0.2.20:5061: %w", err)
	}
	return nil
}

// tls is what the endpoint listens by; nil for nothing.
func (s *service) tls() *sip.TLS {
	c := s.SIPTLS
	if c.Listen == "" {
		return nil
	}
	return &sip.TLS{Addr: c.Listen, CertFile: c.Cert, KeyFile: c.Key, ClientCA: c.ClientCA}
}

// of gives what a client at an address must do, and why its INVITE over a transport is refused; "" where it is not.
func (p policy) of(from netip.Addr, transport string) (level sdp.Security, why string) {
	local := from.Unmap().IsLoopback()
	switch {
	case p.named:
		level = p.level
	case local:
		level = sdp.Opportunistic
	default:
		level = sdp.Required
	}
	if level == sdp.Required && !local && transport != "tls" {
		why = "This Recorder Is Reached Over TLS Only"
	}
	return level, why
}

// reason is the reason phrase of a 488: what to do where the policy may be why.
func (p policy) reason(level sdp.Security) string {
	switch level {
	case sdp.Required:
		return "This Recorder Takes SRTP Only, As RTP/SAVP With a=crypto"
	case sdp.Plain:
		return "This Recorder Takes RTP/AVP Only"
	}
	return "Not Acceptable Here"
}
