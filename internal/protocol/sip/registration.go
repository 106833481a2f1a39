package sip

import (
	"net/netip"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/guard"
	"santra/internal/protocol/sip/limit"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// Registration is a REGISTER that waits for its answer. Package registrar answers it.
type Registration struct {
	ep *Endpoint
	tx *transaction.Server
	in *message.Inbound
}

// Contact is one contact of a REGISTER (RFC 3261 20.10, RFC 5626 4.1).
type Contact struct {
	URI      string
	Expires  string // the parameter as it stands; empty: the Expires field counts
	Instance string // +sip.instance with its reg-id: the same device registers again; empty: unknown
}

// User is the address of record that is registered: the user part of To.
func (r *Registration) User() string { return message.UserOf(&r.in.To().Address) }

// Source is where it came from.
func (r *Registration) Source() netip.AddrPort { return r.in.Flow.Remote }

// CallID and Seq order the registrations of a phone (RFC 3261 10.3 step 7).
func (r *Registration) CallID() string { return r.in.CallID }

// Seq is the number of CSeq.
func (r *Registration) Seq() uint32 { return r.in.Seq }

// Header is the value of the first header field of that name, empty without one.
func (r *Registration) Header(name string) string { return message.Value(r.in, name) }

// Headers are the values of all header fields of that name, in order.
func (r *Registration) Headers(name string) []string { return message.Values(r.in, name) }

// Requires are the option tags that the phone requires, in lower case.
func (r *Registration) Requires() []string { return message.Tokens(r.in, "Require", ",") }

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
		case c.Address.Host == "" || len(c.Address.String()) > message.MaxURI:
			return nil, false, false
		}
		message.TrimParams(c.Params)
		one := Contact{URI: c.Address.String()}
		one.Expires, _ = c.Params.Get("expires")
		if one.Instance, is = c.Params.Get("+sip.instance"); is {
			id, _ := c.Params.Get("reg-id")
			one.Instance += "|" + id
		}
		if len(one.Instance) > message.MaxID {
			return nil, false, false
		}
		list = append(list, one)
	}
	return list, false, true
}

// Check checks its credentials.
func (r *Registration) Check(v *digest.Verifier, secrets digest.Secrets) (user string, got digest.Verdict) {
	return guard.Check(r.in, v, secrets)
}

// Way is the way that it came.
func (r *Registration) Way() Way { return Way{r.in.Flow} }

// Respond answers it.
func (r *Registration) Respond(code int, hdr ...Header) {
	r.ep.say(r.tx, r.in, message.Reply{Code: code, Extra: hdr})
}

// Challenge asks for a password, as often as bound lets it, and else is silent.
func (r *Registration) Challenge(challenges []string, bound *limit.Limiter) {
	r.ep.guard.Ask(r.tx, r.in, challenges, bound)
}

// Refuse answers one with wrong credentials and notes it.
func (r *Registration) Refuse(code int) {
	r.ep.guard.Refuse(r.tx, r.in, code, "sip: REGISTER with wrong credentials")
}

// Ignore gives no answer.
func (r *Registration) Ignore() { r.ep.guard.Silence(r.tx) }

// Way is a way by which a peer can be reached: the address that it speaks from, or its connection.
type Way struct{ f socket.Flow }

// Remote is the peer's address.
func (w Way) Remote() netip.AddrPort { return w.f.Remote }

// Transport is "udp", "tcp" or "tls".
func (w Way) Transport() string { return w.f.Transport() }

// NAT tells whether the peer does not know its own address, so that only this way reaches it (RFC 3581).
func (w Way) NAT() bool { return w.f.NAT }

// Connected tells whether the way is a connection.
func (w Way) Connected() bool { return w.f.Conn != nil }

// Lost asks to be told when the connection ends; stop takes the wish back. Of UDP nobody is ever told.
func (w Way) Lost(told func()) (stop func()) { return w.f.Lost(told) }

// To gives the target by this way, for as long as it lives.
func (w Way) To(t Target) Target {
	return t.By(w.f)
}

// Literal reads the address of a URI whose host is one, and the transport that it names; empty: none.
func Literal(uri string) (to netip.AddrPort, transport string, ok bool) { return message.Literal(uri) }
