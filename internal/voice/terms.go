package voice

import (
	"net/netip"
	"slices"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
)

// terms is what the house takes of one party's session descriptions, and offers in its own.
type terms struct {
	security sdp.Security
	peer     netip.Addr // from where it signals
	own      func(netip.AddrPort) bool
	outside  bool     // it is behind a trunk
	codecs   []string // in the order of our preference
}

// policy says where sound may be sent: to loopback only if the party itself signals from there, to our own sockets never.
func (t terms) policy() sdp.Policy {
	p := sdp.Policy{Own: t.own}
	if t.peer.Unmap().IsLoopback() {
		p.Allow = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{127}), 8), netip.PrefixFrom(netip.IPv6Loopback(), 128)}
	}
	return p
}

// DefaultCodecs are those of the trunk where the configuration does not say: Opus is what few operators take.
func DefaultCodecs() []string { return []string{sdp.PCMA, sdp.PCMU, sdp.G722} }

// CheckCodecs refuses a list of Config.Codecs that leaves no call possible, or that can't be read; errs.Invalid. None is good.
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

// owns tells whether an address is one of our media sockets.
func (s *Service) owns(a netip.AddrPort) bool {
	return slices.ContainsFunc([]*rtp.Pool{s.cfg.Ports, s.cfg.Phone, s.cfg.RecorderPorts}, func(p *rtp.Pool) bool { return p.Owns(a) })
}

// trunkTerms are those of a party behind a trunk who speaks with other; nil: with whom is not known yet.
func (s *Service) trunkTerms(security sdp.Security, other *leg) terms {
	return terms{security: security, own: s.owns, outside: true, codecs: like(s.cfg.Codecs, other)}
}

// phoneTerms are those of a telephone of the house. Sound is encrypted where the keys are: in signalling over TLS (RFC 8643).
func (s *Service) phoneTerms(transport string, other *leg) terms {
	t := terms{own: s.owns, codecs: like(houseCodecs(), other)}
	if transport == "tls" {
		t.security = sdp.Opportunistic
	}
	return t
}

// houseCodecs are those of telephones and browsers, in the order of what they cost us.
func houseCodecs() []string { return []string{sdp.PCMA, sdp.PCMU, sdp.G722, sdp.Opus} }

// like puts first what the other party talks, then what has as wide a band.
func like(codecs []string, other *leg) []string {
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

// wideFirst is the preference towards a caller before it is known with whom: wide, for what is lost here nobody hears any more.
func wideFirst(codecs []string) []string { return sdp.Prefer(codecs, sdp.G722, sdp.Opus) }

// browserCodecs is the preference towards a browser.
func browserCodecs(other *leg) (all []media.Codec) {
	for _, name := range like(houseCodecs(), other) {
		c, _ := media.CodecNamed(name)
		all = append(all, c)
	}
	return all
}
