package sip

import (
	"net/netip"
	"strings"
	"sync"

	"santra/internal/errs"
	"santra/internal/pii"
)

// Incoming is an INVITE from outside that waits for Answer or Reject.
type Incoming struct {
	ep     *Endpoint
	tx     *serverTx
	in     *inbound
	caller pii.Number
	merge  string
	unlost func() // takes the watch on the connection back

	mu    sync.Mutex
	final bool
	done  chan struct{}
}

// newIncoming is called with the endpoint's lock held.
func newIncoming(e *Endpoint, tx *serverTx, in *inbound, merge string) *Incoming {
	trusted := e.cfg.Trust == nil || e.cfg.Trust(in.flow.remote)
	call := &Incoming{ep: e, tx: tx, in: in, merge: merge, caller: callerOf(in, trusted), done: make(chan struct{})}
	tx.whenCancelled(call.cancelled)
	call.unlost = in.flow.lost(call.lost)
	return call
}

// Caller is who calls: P-Asserted-Identity of a trusted source, else From; withheld where Privacy or an anonymous From say so.
func (in *Incoming) Caller() pii.Number { return in.caller }

// Called is the user part of the Request-URI as sent, E.164 where the trunk sends that.
func (in *Incoming) Called() string { return userOf(&in.in.Recipient) }

// Source is where the INVITE came from.
func (in *Incoming) Source() netip.AddrPort { return in.in.flow.remote }

// Trunk is the name of the trunk by which it came (Config.Trunks); empty where it was admitted otherwise.
func (in *Incoming) Trunk() string { return in.in.trunk }

// User is the user who has proved by digest to call; empty where the source alone was enough.
func (in *Incoming) User() string { return in.in.user }

// Local is the address of ours by which the source reaches us: for Contact and SDP.
func (in *Incoming) Local() netip.AddrPort { return in.ep.local(in.in.flow.remote.Addr()) }

// Transport is "udp", "tcp" or "tls".
func (in *Incoming) Transport() string { return in.in.flow.transport() }

// Body is the Content-Type and the body.
func (in *Incoming) Body() (string, []byte) { return value(in.in, "Content-Type"), in.in.Body() }

// Header is the value of the first header field of that name, empty without one. It may hold personal data.
func (in *Incoming) Header(name string) string { return value(in.in, name) }

// Require lists the option tags that the caller requires, in lower case.
func (in *Incoming) Require() []string { return tokens(in.in, "Require", ",") }

// MaxForwards is how many hops the call may still take: a call that is passed on takes one less (InviteOptions.MaxForwards),
// and none at 0 (483), so that two switches that call each other end it (RFC 3261 16.3).
func (in *Incoming) MaxForwards() int {
	if m := in.in.MaxForwards(); m != nil {
		return int(m.Val())
	}
	return hops
}

// Ringing sends 180.
func (in *Incoming) Ringing() error { return in.Progress(180, "", nil) }

// Progress sends a provisional response of another code (183 with a body, 181, 182). errs.Gone: it is over.
func (in *Incoming) Progress(code int, contentType string, body []byte) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if code <= 100 || code >= 200 {
		return errs.New(errs.Invalid, "sip: %d is not provisional", code)
	}
	if in.final {
		return errOver
	}
	in.respond(reply{code: code, contact: in.contact(), ctype: contentType, content: body})
	return nil
}

var errOver = errs.New(errs.Gone, "sip: the call is over")

func (in *Incoming) contact() string { return in.ep.contact(in.Called(), in.in.flow) }

func (in *Incoming) respond(r reply) []byte {
	r.toTag = in.tx.toTag
	wire := r.wire(in.in, in.ep.agent)
	in.tx.respond(r.code, wire)
	return wire
}

// Answer sends 200 and gives the dialog. errs.Gone: the caller has cancelled. The 200 is sent again until the ACK comes; where
// none comes in 64*T1 the dialog ends (EndNoAck).
func (in *Incoming) Answer(contentType string, body []byte, hdr ...Header) (*Dialog, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final {
		return nil, errOver
	}
	in.finish()
	d := newServerDialog(in)
	in.ep.add(d)
	in.ep.release(in)
	hdr = append([]Header{{"Supported", strings.Join(in.ep.cfg.Extensions, ", ")}}, hdr...)
	r := reply{code: 200, toTag: in.tx.toTag, contact: in.contact(), extra: hdr, ctype: contentType, content: body}
	d.confirm(in.tx, in.in, r)
	return d, nil
}

// Reject sends a final response of 300 or more. After another one it does nothing.
func (in *Incoming) Reject(code int, reason string, hdr ...Header) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final {
		return
	}
	in.finish()
	in.respond(reply{code: max(code, 300), reason: reason, extra: hdr})
	in.ep.release(in)
}

// Done is closed when the call was cancelled, rejected or answered, or its connection was lost before.
func (in *Incoming) Done() <-chan struct{} { return in.done }

// finish marks the final response. The lock is held.
func (in *Incoming) finish() {
	in.final = true
	close(in.done)
	if in.unlost != nil {
		in.unlost()
	}
}

func (in *Incoming) cancelled() { in.Reject(487, "") }

func (in *Incoming) lost() { in.Reject(503, "") }
