package sip

import (
	"net/netip"
	"slices"
	"time"

	"santra/internal/protocol/sip/fields"
)

// The defaults and floors of session timers (RFC 4028 4, 5).
const (
	SessionInterval = 1800 * time.Second // recommended
	MinSession      = fields.MinSession  // the least that may be asked: 90 s
)

// Reliable says how an Endpoint treats reliable provisional responses (RFC 3262).
type Reliable uint8

const (
	// ReliableOff speaks no 100rel: an INVITE that requires it gets 420.
	ReliableOff Reliable = iota
	// ReliableSupported offers 100rel. A provisional response of ours is reliable where the caller requires it, and where it
	// supports it and the response holds a session description.
	ReliableSupported
	// ReliableRequired demands it: a caller without 100rel gets 421, and a callee without it 420s us.
	ReliableRequired
)

// DialogPolicy says how dialogs behave. The zero value: session timers of 1800 s with who speaks them, nothing else.
type DialogPolicy struct {
	Reliable Reliable
	// Session is how long a session lasts without a refresh (RFC 4028); 0 is SessionInterval, less than MinSession is that,
	// negative is no session timers at all.
	Session time.Duration
	// Redirect is asked for the Contacts of a 3xx in the order of their q until it gives a Target to call instead; nil follows
	// none. A call is redirected once. The contact is a URI and may hold personal data.
	Redirect func(contact string) (Target, bool)
	// Foreign says whether a request inside a dialog may come from an address that is neither the peer's nor one of its route
	// set; nil takes those that Config.Admit takes. A refused one gets 403 and is counted (Stats.Spoofed). Both are asked with
	// the dialog locked and must not call into it.
	Foreign func(src netip.AddrPort) bool
}

// interval is what we ask for; 0 where there are no session timers.
func (p DialogPolicy) interval() time.Duration {
	switch {
	case p.Session < 0:
		return 0
	case p.Session == 0:
		return SessionInterval
	}
	return max(p.Session, MinSession)
}

// extensions are the option tags that Require may hold, and that Supported names.
func (c *Config) extensions() []string {
	all := slices.Clone(c.Extensions)
	if c.Dialogs.Reliable != ReliableOff {
		all = append(all, tag100rel)
	}
	if c.Dialogs.interval() > 0 {
		all = append(all, tagTimer)
	}
	return all
}

// supported is the Supported field of our requests and 2xx.
func (e *Endpoint) supported() Header { return Header{Name: "Supported", Value: e.tagList} }

// The option tags that change what dialogs do. Replaces and Join are spoken where Config.Extensions names them.
const (
	tag100rel   = "100rel"   // RFC 3262
	tagTimer    = "timer"    // RFC 4028
	tagReplaces = "replaces" // RFC 3891
	tagJoin     = "join"     // RFC 3911
)

// Reason says why a call ends (RFC 3326): Protocol "SIP" with a status code, or "Q.850" with a cause of the telephone network.
type Reason = fields.Reason

// AnsweredElsewhere tells a phone that rings that another has taken the call, so that it shows no missed call.
func AnsweredElsewhere() Reason {
	return Reason{Protocol: "SIP", Cause: 200, Text: "Call completed elsewhere"}
}

// reasonHeaders writes Reason fields.
func reasonHeaders(why []Reason) []Header {
	var all []Header
	for _, r := range why {
		all = append(all, Header{Name: "Reason", Value: r.String()})
	}
	return all
}

// Privacy is what a caller asks to be withheld (RFC 3323 4.2, RFC 3325 9.3).
type Privacy = fields.Privacy

// The kinds of privacy, to be joined by |. PrivacyCritical: the call fails rather than be shown.
const (
	PrivacyID       = fields.PrivacyID
	PrivacyUser     = fields.PrivacyUser
	PrivacyHeader   = fields.PrivacyHeader
	PrivacySession  = fields.PrivacySession
	PrivacyCritical = fields.PrivacyCritical
)
