package recorder

import (
	"net/netip"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
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
