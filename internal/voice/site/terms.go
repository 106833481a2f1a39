package site

import (
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/voice/dial"
	"santra/internal/voice/leg"
)

// CallerTerms are those of who calls by a trunk.
func (cfg *Config) CallerTerms(in *sip.Incoming) leg.Terms {
	t := cfg.TrunkTerms(nil)
	if cfg.TrunkSRTP != nil {
		t.Security = cfg.TrunkSRTP(in)
	}
	t.Peer, t.Codecs = in.Source().Addr(), leg.WideFirst(t.Codecs)
	return t
}

// TrunkTerms are those of a party behind a trunk who speaks with other; nil: with whom is not known yet. Whether the sound is encrypted
// each route says.
func (cfg *Config) TrunkTerms(other *leg.Leg) leg.Terms {
	return leg.Terms{Security: sdp.Plain, Own: cfg.Owns, Outside: true, Codecs: leg.Like(cfg.Codecs, other)}
}

// SeatRoutes are the ways to a seat's telephone: the same, with its sound offered one way after the other.
func (cfg *Config) SeatRoutes(target sip.Target, t leg.Terms) (all []dial.Route) {
	for _, security := range leg.Rising(t.Security) {
		all = append(all, dial.Route{Trunk: "seat", Endpoint: cfg.Phones, Target: target, SRTP: security})
	}
	return all
}
