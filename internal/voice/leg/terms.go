package leg

import (
	"net/netip"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sdp"
)

// Terms is what the house takes of one party's session descriptions, and offers in its own.
type Terms struct {
	Security sdp.Security
	Peer     netip.Addr                // from where it signals
	Own      func(netip.AddrPort) bool // tells our own media sockets, to which nothing is sent; nil: there are none
	Outside  bool                      // the party is behind a trunk
	Help     bool                      // a call for help: it gets the last ports too
	Codecs   []string                  // in the order of our preference
}

// Telephone are the terms of a telephone of the house that speaks with other (nil: with whom is not known yet). Sound is encrypted
// where the keys are: in signalling over TLS (RFC 8643).
func Telephone(own func(netip.AddrPort) bool, transport string, other *Leg) Terms {
	t := Terms{Own: own, Codecs: Like(houseCodecs(), other)}
	if transport == "tls" {
		t.Security = sdp.Opportunistic
	}
	return t
}

// ForHelp are the same terms of a call for help, if it is one.
func (t Terms) ForHelp(is bool) Terms {
	t.Help = is
	return t
}

// Rising is how sound is offered to a telephone: where it may be encrypted, first so that every one can take it (RFC 8643), and then for
// one that is set to take nothing but RTP/SAVP.
func Rising(s sdp.Security) []sdp.Security {
	if s == sdp.Opportunistic {
		return []sdp.Security{s, sdp.Required}
	}
	return []sdp.Security{s}
}

// policy says where sound may be sent: to loopback only if the party itself signals from there, to our own sockets never.
func (t Terms) policy() sdp.Policy {
	p := sdp.Policy{Own: t.Own}
	if t.Peer.Unmap().IsLoopback() {
		p.Allow = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{127}), 8), netip.PrefixFrom(netip.IPv6Loopback(), 128)}
	}
	return p
}

// DefaultCodecs are those of the trunk where the configuration does not say: Opus is what few operators take.
func DefaultCodecs() []string { return []string{sdp.PCMA, sdp.PCMU, sdp.G722} }

// CheckCodecs refuses a list of a trunk's codecs that leaves no call possible, or that can't be read; errs.Invalid. None is good.
func CheckCodecs(list []string) error {
	seen := map[media.Codec]bool{}
	for _, name := range list {
		c, ok := media.CodecNamed(name)
		if !ok || seen[c] || c.Name() != name {
			return errs.New(errs.Invalid, "%q: want each of PCMA, PCMU, G722 and opus at most once, written so", name)
		}
		seen[c] = true
	}
	if len(list) > 0 && !seen[media.PCMA] && !seen[media.PCMU] {
		return errs.New(errs.Invalid, "must have PCMA or PCMU, which every telephone network takes")
	}
	return nil
}

// houseCodecs are those of telephones and browsers, in the order of what they cost us.
func houseCodecs() []string { return []string{sdp.PCMA, sdp.PCMU, sdp.G722, sdp.Opus} }

// Like puts first what the other party talks, then what has as wide a band; nil, or not agreed yet: as they are.
func Like(codecs []string, other *Leg) []string {
	if other == nil || !other.agreed {
		return codecs
	}
	switch c := other.codec; c {
	case media.G722, media.Opus:
		return sdp.Prefer(codecs, c.Name(), sdp.G722, sdp.Opus)
	default:
		return sdp.Prefer(codecs, c.Name())
	}
}

// WideFirst is the preference towards a caller before it is known with whom: wide, for what is lost here nobody hears any more.
func WideFirst(codecs []string) []string { return sdp.Prefer(codecs, sdp.G722, sdp.Opus) }

// BrowserCodecs is the preference towards a browser that speaks with other.
func BrowserCodecs(other *Leg) (all []media.Codec) {
	for _, name := range Like(houseCodecs(), other) {
		c, _ := media.CodecNamed(name)
		all = append(all, c)
	}
	return all
}
