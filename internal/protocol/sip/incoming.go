package sip

import (
	"net/netip"
	"sync"

	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/transaction"
)

// Incoming is an INVITE from outside that waits for Answer or Reject.
type Incoming struct {
	ep     *Endpoint
	tx     *transaction.Server
	in     *message.Inbound
	caller pii.Number
	merge  string
	unlost func() // takes the watch on the connection back

	mu        sync.Mutex
	final     bool
	answering bool // Answer waits for a PRACK
	done      chan struct{}
	early     *Dialog // from the first response with our tag
	why       []Reason
	gaveUp    bool // by CANCEL, or by BYE in the early dialog

	takesOver *takesOver // set before the handler has it
}

// newIncoming is called with the endpoint's lock held.
func newIncoming(e *Endpoint, tx *transaction.Server, in *message.Inbound, merge string) *Incoming {
	trusted := e.cfg.Trust == nil || e.cfg.Trust(in.Flow.Remote)
	call := &Incoming{ep: e, tx: tx, in: in, merge: merge, caller: message.CallerOf(in, trusted), done: make(chan struct{})}
	tx.WhenCancelled(call.cancelledBy)
	call.unlost = in.Flow.Lost(call.lost)
	return call
}

// Caller is who calls: P-Asserted-Identity of a trusted source, else From; withheld where Privacy or an anonymous From say so.
func (in *Incoming) Caller() pii.Number { return in.caller }

// Called is the user part of the Request-URI as sent, E.164 where the trunk sends that.
func (in *Incoming) Called() string { return message.UserOf(&in.in.Recipient) }

// Addressed is the user part of To: whom the caller has called. By a registration (RFC 3261 10) it says more than Called, which
// is then the user who has registered.
func (in *Incoming) Addressed() string { return message.UserOf(&in.in.To().Address) }

// Source is where the INVITE came from.
func (in *Incoming) Source() netip.AddrPort { return in.in.Flow.Remote }

// Trunk is the name of the trunk by which it came (Config.Trunks); empty where it was admitted otherwise.
func (in *Incoming) Trunk() string { return in.in.Trunk }

// User is the user who has proved by digest to call; empty where the source alone was enough.
func (in *Incoming) User() string { return in.in.User }

// Local is the address of ours by which the source reaches us: for Contact and SDP.
func (in *Incoming) Local() netip.AddrPort { return in.ep.sockets.Local(in.in.Flow.Remote.Addr()) }

// Transport is "udp", "tcp" or "tls".
func (in *Incoming) Transport() string { return in.in.Flow.Transport() }

// Body is the Content-Type and the body.
func (in *Incoming) Body() (string, []byte) {
	return message.Value(in.in, "Content-Type"), in.in.Body()
}

// Header is the value of the first header field of that name, empty without one. It may hold personal data.
func (in *Incoming) Header(name string) string { return message.Value(in.in, name) }

// Require lists the option tags that the caller requires, in lower case.
func (in *Incoming) Require() []string { return message.Tokens(in.in, "Require", ",") }

// MaxForwards is how many hops the call may still take: a call that is passed on takes one less (InviteOptions.MaxForwards),
// and none at 0 (483), so that two switches that call each other end it (RFC 3261 16.3).
func (in *Incoming) MaxForwards() int {
	if m := in.in.MaxForwards(); m != nil {
		return int(m.Val())
	}
	return message.MaxForwards
}

// Ringing sends 180, reliably where DialogPolicy.Reliable says so.
func (in *Incoming) Ringing() error { return in.Progress(180, "", nil) }

// Progress sends a provisional response of another code (183 with a body, 181, 182), reliably where DialogPolicy.Reliable says
// so; a reliable one waits for the PRACK of the one before, and the call is refused (504) where none comes in 64*T1. errs.Gone:
// it is over.
func (in *Incoming) Progress(code int, contentType string, body []byte, hdr ...Header) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if code <= 100 || code >= 200 {
		return errs.New(errs.Invalid, "sip: %d is not provisional", code)
	}
	if in.final || in.answering {
		return errOver
	}
	r := message.Reply{Code: code, Contact: in.contact(), ContentType: contentType, Content: body, Extra: hdr}
	d := in.dialog()
	if in.reliably(len(body) > 0) {
		d.described(session{contentType, body})
		return d.sendReliable(r)
	}
	in.respond(r)
	return nil
}

var errOver = errs.New(errs.Gone, "sip: the call is over")

func (in *Incoming) contact() string { return in.ep.core.Contact(in.Called(), in.in.Flow) }

func (in *Incoming) respond(r message.Reply) []byte {
	r.ToTag = in.tx.ToTag
	wire := r.Wire(in.in, in.ep.agent)
	in.tx.Respond(r.Code, wire)
	return wire
}

// Answer sends 200 and gives the dialog. errs.Gone: the caller has cancelled. The 200 is sent again until the ACK comes; where
// none comes in 64*T1 the dialog ends (EndNoAck). It waits for the PRACK of a session description that Progress sent reliably
// (RFC 3262 3); such a call needs none in the 200, and body may be empty.
func (in *Incoming) Answer(contentType string, body []byte, hdr ...Header) (*Dialog, error) {
	d, err := in.answerable()
	if err != nil {
		return nil, err
	}
	d.untilPracked(in.done)
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final {
		return nil, errOver
	}
	in.finish()
	in.ep.add(d)
	in.ep.release(in)
	r := message.Reply{Code: 200, ToTag: in.tx.ToTag, Contact: in.contact(), ContentType: contentType, Content: body}
	r.Extra = append(append([]Header{in.ep.supported()}, d.timeSession(in.in)...), hdr...)
	d.described(session{contentType, body})
	d.confirm(in.tx, in.in, r, nil)
	return d, nil
}

// answerable begins to answer.
func (in *Incoming) answerable() (*Dialog, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final || in.answering {
		return nil, errOver
	}
	in.answering = true
	return in.dialog(), nil
}

// Reject sends a final response of 300 or more. After another one it does nothing.
func (in *Incoming) Reject(code int, reason string, hdr ...Header) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final {
		return
	}
	in.finish()
	in.respond(message.Reply{Code: max(code, 300), Reason: reason, Extra: hdr})
	in.ep.release(in)
	if in.early != nil {
		in.early.refused(EndRefused)
	}
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

// cancelled ends it by the caller's wish.
func (in *Incoming) cancelled() {
	in.mu.Lock()
	in.gaveUp = in.gaveUp || !in.final
	in.mu.Unlock()
	in.Reject(487, "")
}

// Cancelled tells whether the caller gave up before an answer.
func (in *Incoming) Cancelled() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.gaveUp
}

// cancelledBy gets the CANCEL.
func (in *Incoming) cancelledBy(cancel *message.Inbound) {
	in.mu.Lock()
	if !in.final {
		in.why = fields.ParseReasons(message.Values(cancel, "Reason"))
	}
	in.mu.Unlock()
	in.cancelled()
}

// CancelReasons is why the caller gave up (RFC 3326), where the CANCEL said so: AnsweredElsewhere, for example.
func (in *Incoming) CancelReasons() []Reason {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.why
}

// NoSessionTimer speaks no RFC 4028 in this call; it must be called before Answer.
func (in *Incoming) NoSessionTimer() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final {
		return
	}
	d := in.dialog()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clock.off = true
}

func (in *Incoming) lost() { in.Reject(503, "") }
