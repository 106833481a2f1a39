package sip

import (
	"net/netip"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/limit"
)

// Registration is a REGISTER that waits for its answer. Package registrar answers it.
type Registration struct {
	ep *Endpoint
	tx *serverTx
	in *inbound
}

// Contact is one contact of a REGISTER (RFC 3261 20.10, RFC 5626 4.1).
type Contact struct {
	URI      string
	Expires  string // the parameter as it stands; empty: the Expires field counts
	Instance string // +sip.instance with its reg-id: the same device registers again; empty: unknown
}

// User is the address of record that is registered: the user part of To.
func (r *Registration) User() string { return userOf(&r.in.To().Address) }

// Source is where it came from.
func (r *Registration) Source() netip.AddrPort { return r.in.flow.remote }

// CallID and Seq order the registrations of a phone (RFC 3261 10.3 step 7).
func (r *Registration) CallID() string { return r.in.callID }

// Seq is the number of CSeq.
func (r *Registration) Seq() uint32 { return r.in.seq }

// Header is the value of the first header field of that name, empty without one.
func (r *Registration) Header(name string) string { return value(r.in, name) }

// Headers are the values of all header fields of that name, in order.
func (r *Registration) Headers(name string) []string { return values(r.in, name) }

// Requires are the option tags that the phone requires, in lower case.
func (r *Registration) Requires() []string { return tokens(r.in, "Require", ",") }

// Contacts are those of the REGISTER; all is "Contact: *". ok is false where one can't be used.
func (r *Registration) Contacts() (list []Contact, all, ok bool) {
	headers := r.in.GetHeaders("Contact")
	for _, h := range headers {
		c, is := h.(*sip.ContactHeader)
		switch {
		case !is:
			return nil, false, false
		case c.Address.Wildcard:
			return nil, true, len(headers) == 1
		case c.Address.Host == "" || len(c.Address.String()) > maxURI:
			return nil, false, false
		}
		trim(c.Params)
		one := Contact{URI: c.Address.String()}
		one.Expires, _ = c.Params.Get("expires")
		if one.Instance, is = c.Params.Get("+sip.instance"); is {
			id, _ := c.Params.Get("reg-id")
			one.Instance += "|" + id
		}
		if len(one.Instance) > maxID {
			return nil, false, false
		}
		list = append(list, one)
	}
	return list, false, true
}

// Check checks its credentials.
func (r *Registration) Check(v *digest.Verifier, secrets digest.Secrets) (user string, got digest.Verdict) {
	return r.in.check(v, secrets)
}

// Way is the way that it came.
func (r *Registration) Way() Way { return Way{r.in.flow} }

// Respond answers it.
func (r *Registration) Respond(code int, hdr ...Header) {
	r.ep.say(r.tx, r.in, reply{code: code, extra: hdr})
}

// Challenge asks for a password, as often as bound lets it, and else is silent.
func (r *Registration) Challenge(challenges []string, bound *limit.Limiter) {
	r.ep.ask(r.tx, r.in, challenges, bound)
}

// Refuse answers one with wrong credentials and notes it.
func (r *Registration) Refuse(code int) {
	r.ep.count.refused.Add(1)
	r.ep.note(r.in.flow, "sip: REGISTER with wrong credentials")
	r.ep.stateless(r.tx, r.in, reply{code: code})
}

// Ignore gives no answer.
func (r *Registration) Ignore() { r.ep.silence(r.tx) }

// Way is a way by which a peer can be reached: the address that it speaks from, or its connection.
type Way struct{ f flow }

// Remote is the peer's address.
func (w Way) Remote() netip.AddrPort { return w.f.remote }

// Transport is "udp", "tcp" or "tls".
func (w Way) Transport() string { return w.f.transport() }

// NAT tells whether the peer does not know its own address, so that only this way reaches it (RFC 3581).
func (w Way) NAT() bool { return w.f.nat }

// Connected tells whether the way is a connection.
func (w Way) Connected() bool { return w.f.conn != nil }

// Lost asks to be told when the connection ends; stop takes the wish back. Of UDP nobody is ever told.
func (w Way) Lost(told func()) (stop func()) { return w.f.lost(told) }

// To gives the target by this way, for as long as it lives.
func (w Way) To(t Target) Target {
	t.flow = &w.f
	return t
}

// Literal reads the address of a URI whose host is one, and the transport that it names; empty: none.
func Literal(uri string) (to netip.AddrPort, transport string, ok bool) {
	u, parsed := parseURI(uri)
	if !parsed {
		return netip.AddrPort{}, "", false
	}
	to, ok = hostAddr(&u)
	return to, uriTransport(&u), ok
}
