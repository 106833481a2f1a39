package sip

import (
	"net/netip"
	"slices"
	"strings"

	"santra/internal/protocol/sip/message"
)

// trusts tells whether a peer is in our trust domain (RFC 3325 2.3): Config.Trust, else whoever Config.Admit takes.
func (e *Endpoint) trusts(peer netip.AddrPort) bool {
	switch {
	case e.cfg.Trust != nil:
		return e.cfg.Trust(peer)
	case e.cfg.Admit != nil:
		return e.cfg.Admit(peer)
	}
	return true
}

// identityHeaders says who calls beside From: what is to be withheld, and the number that we vouch for. A restricted number
// never leaves the trust domain (RFC 3325 5, 7).
func identityHeaders(o InviteOptions, withheld, trusted bool, host string) []Header {
	var all []Header
	asked := o.Restrict
	if withheld {
		asked |= PrivacyID
	}
	if asked != 0 {
		all = append(all, Header{Name: "Privacy", Value: asked.String()})
	}
	if !o.Asserted.Withheld() && (trusted || !withheld) {
		all = append(all, Header{Name: "P-Asserted-Identity", Value: "<sip:" + message.EscapeUser(o.Asserted.Reveal()) + "@" + host + ">"})
	}
	return all
}

// shown leaves out the fields that tell of the caller where header privacy is asked (RFC 3323 4.1.2, 5.1).
func shown(hdr []Header, asked Privacy) []Header {
	if asked&PrivacyHeader == 0 {
		return hdr
	}
	telling := []string{"subject", "call-info", "organization", "reply-to", "in-reply-to", "referred-by", "history-info", "diversion", "p-asserted-identity", "remote-party-id"}
	return slices.DeleteFunc(slices.Clone(hdr), func(h Header) bool { return slices.Contains(telling, strings.ToLower(h.Name)) })
}

// autoAnswer asks a phone to answer by itself: RFC 5373, and what phones read that do not know it.
func autoAnswer() []Header {
	return []Header{
		{Name: "Answer-Mode", Value: "Auto"},
		{Name: "Alert-Info", Value: "<sip:auto-answer.invalid>;info=alert-autoanswer;delay=0"},
		{Name: "Call-Info", Value: "<sip:auto-answer.invalid>;answer-after=0"},
	}
}

// Privacy is what the caller asks to be withheld.
func (in *Incoming) Privacy() Privacy { return message.PrivacyOf(in.in) }

// Forwarding are the fields that tell by whom the call was forwarded (Diversion of RFC 5806, History-Info of RFC 7044), as they
// came, to be passed on by InviteOptions.Headers; none where the caller asks for header privacy. They hold personal data.
func (in *Incoming) Forwarding() []Header {
	if in.Privacy()&PrivacyHeader != 0 {
		return nil
	}
	var all []Header
	for _, name := range []string{"Diversion", "History-Info"} {
		for _, v := range message.Values(in.in, name) {
			all = append(all, Header{Name: name, Value: v})
		}
	}
	return all
}

// fromOf writes our From without its tag, and whether the caller is withheld.
func fromOf(o InviteOptions, host string) (from string, withheld bool) {
	switch {
	case o.FromUser != "" && !o.Privacy && !o.Restrict.Withheld():
		from = "<sip:" + message.EscapeUser(o.FromUser) + "@" + host + ">"
	case o.Privacy || o.Restrict.Withheld() || o.From.Withheld():
		return `"Anonymous" <sip:anonymous@anonymous.invalid>`, true
	default:
		from = "<sip:" + message.EscapeUser(o.From.Reveal()) + "@" + host + ">"
	}
	if o.FromDisplay != "" {
		from = message.Quoted(o.FromDisplay) + " " + from
	}
	return from, false
}
