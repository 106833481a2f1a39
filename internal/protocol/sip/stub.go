package sip

import (
	"context"
	"net/netip"
	"time"

	"santra/internal/errs"
	"santra/internal/pii"
)

type flow struct{}

var errStub = errs.New(errs.Unavailable, "sip: not yet built")

// Endpoint is one SIP listener: a UDP and a TCP socket on the same port.
type Endpoint struct{}

// Listen opens the sockets; nothing is read before Serve.
func Listen(cfg Config) (*Endpoint, error) { return nil, errStub }

// Addr is where it listens.
func (e *Endpoint) Addr() netip.AddrPort { return netip.AddrPort{} }

// Serve starts handing what comes in to h and returns at once. h may be nil for an Endpoint that only calls.
func (e *Endpoint) Serve(h Handler) {}

// Close ends every dialog with BYE, waits for the answers as long as ctx lets it, and closes the sockets. It is idempotent.
func (e *Endpoint) Close(ctx context.Context) error { return errStub }

// Stats counts what it has seen.
func (e *Endpoint) Stats() Stats { return Stats{} }

// InviteOptions is what an INVITE of ours says.
type InviteOptions struct {
	From        pii.Number // the caller shown in From; withheld: anonymous (RFC 3323)
	FromDisplay string
	FromUser    string // our user part where From is no number ("recorder"); it wins over From
	ContentType string
	Body        []byte
	Headers     []Header
	Privacy     bool // From is anonymous and Privacy: id is sent
}

// Invite starts a call. It returns when the INVITE is on its way; ctx ends nothing later (use Cancel).
func (e *Endpoint) Invite(ctx context.Context, t Target, o InviteOptions) (*Outgoing, error) {
	return nil, errStub
}

// Options sends OPTIONS outside a dialog and waits for the answer: is the peer alive?
func (e *Endpoint) Options(ctx context.Context, t Target) (Response, error) {
	return Response{}, errStub
}

// Incoming is an INVITE from outside that waits for Answer or Reject.
type Incoming struct{}

// Caller is who calls: P-Asserted-Identity of a trusted source, else From; withheld where Privacy or an anonymous From say so.
func (in *Incoming) Caller() pii.Number { return pii.Number{} }

// Called is the user part of the Request-URI as sent, E.164 where the trunk sends that.
func (in *Incoming) Called() string { return "" }

// Source is where the INVITE came from.
func (in *Incoming) Source() netip.AddrPort { return netip.AddrPort{} }

// Local is the address of ours by which the source reaches us: for Contact and SDP.
func (in *Incoming) Local() netip.AddrPort { return netip.AddrPort{} }

// Transport is "udp" or "tcp".
func (in *Incoming) Transport() string { return "" }

// Body is the Content-Type and the body.
func (in *Incoming) Body() (string, []byte) { return "", nil }

// Header is the value of the first header field of that name, empty without one. It may hold personal data.
func (in *Incoming) Header(name string) string { return "" }

// Require lists the option tags that the caller requires.
func (in *Incoming) Require() []string { return nil }

// Ringing sends 180.
func (in *Incoming) Ringing() error { return errStub }

// Progress sends a provisional response of another code (183 with a body, 181, 182).
func (in *Incoming) Progress(code int, contentType string, body []byte) error { return errStub }

// Answer sends 200 and gives the dialog. errs.Gone: the caller has cancelled.
func (in *Incoming) Answer(contentType string, body []byte, hdr ...Header) (*Dialog, error) {
	return nil, errStub
}

// Reject sends a final response of 300 or more.
func (in *Incoming) Reject(code int, reason string, hdr ...Header) {}

// Done is closed when the call was cancelled, rejected or answered, or its connection was lost before.
func (in *Incoming) Done() <-chan struct{} { return nil }

// Outgoing is an INVITE of ours.
type Outgoing struct{}

// Progress gives provisional responses; it is closed at the final one. Of more than eight unread the oldest are lost.
func (o *Outgoing) Progress() <-chan Response { return nil }

// Wait waits for the final response: the dialog, or *Refused. When ctx ends first the call is cancelled.
func (o *Outgoing) Wait(ctx context.Context) (*Dialog, error) { return nil, errStub }

// Cancel gives the call up (RFC 3261 9.1); an answer that crosses it is acknowledged and hung up. Wait then gives *Refused 487.
func (o *Outgoing) Cancel() {}

// Refused is a final response of 300 or more.
type Refused struct {
	Code   int
	Reason string
}

// Error names the code.
func (r *Refused) Error() string { return r.Reason }

// Dialog is an answered call.
type Dialog struct{}

// ID is an opaque id, unlike anything on the wire.
func (d *Dialog) ID() string { return "" }

// RemoteBody is the peer's session description: of the INVITE or of the 200.
func (d *Dialog) RemoteBody() []byte { return nil }

// Local is the address of ours by which the peer reaches us.
func (d *Dialog) Local() netip.AddrPort { return netip.AddrPort{} }

// Remote is where the peer's messages come from.
func (d *Dialog) Remote() netip.AddrPort { return netip.AddrPort{} }

// Requests gives what the peer asks inside the dialog: re-INVITE, UPDATE, INFO, REFER, MESSAGE, NOTIFY. Each must be
// responded to. It is closed when the dialog ends.
func (d *Dialog) Requests() <-chan *Request { return nil }

// Ended is closed when the dialog is over.
func (d *Dialog) Ended() <-chan struct{} { return nil }

// Reason says why it ended; empty before.
func (d *Dialog) Reason() EndReason { return "" }

// Reinvite offers a new session description and gives the peer's answer. *Refused 491: both asked at once, try again.
func (d *Dialog) Reinvite(ctx context.Context, contentType string, body []byte) ([]byte, error) {
	return nil, errStub
}

// Info sends INFO.
func (d *Dialog) Info(ctx context.Context, contentType string, body []byte) error { return errStub }

// Request sends any other request inside the dialog.
func (d *Dialog) Request(ctx context.Context, method, contentType string, body []byte, hdr ...Header) (Response, error) {
	return Response{}, errStub
}

// Bye hangs up and waits for the answer. The dialog is over at once, whatever the peer says.
func (d *Dialog) Bye(ctx context.Context) error { return errStub }

// Request is what the peer asks inside a dialog.
type Request struct {
	Method      string
	ContentType string
	Body        []byte
}

// Header is the value of the first header field of that name.
func (r *Request) Header(name string) string { return "" }

// Respond answers it, once.
func (r *Request) Respond(code int, contentType string, body []byte, hdr ...Header) error {
	return errStub
}

// Registration is a REGISTER that waits for its answer.
type Registration struct{}

// RegistrarConfig says who may register.
type RegistrarConfig struct {
	Realm string
	// HA1 gives hex(MD5(user:realm:password)), 32 digits, or the SHA-256 of the same, 64 digits (see HA1MD5, HA1SHA256).
	HA1 func(user string) (ha1 string, ok bool)
	// Changes is told when a user's first contact comes or its last one goes; never under a lock of the Registrar.
	Changes                           func(user string, registered bool)
	MinExpires, MaxExpires, NonceLife time.Duration // defaults 60 s, 1 h, 5 min
}

// Registrar keeps the phones' contacts (RFC 3261 10.3) in memory. Embed it in a Handler.
type Registrar struct{}

// NewRegistrar makes one.
func NewRegistrar(cfg RegistrarConfig) *Registrar { return &Registrar{} }

// Register answers a REGISTER.
func (r *Registrar) Register(reg *Registration) {}

// Lookup finds where a user's phone can be called: its newest contact.
func (r *Registrar) Lookup(user string) (Target, bool) { return Target{}, false }

// Users lists who is registered.
func (r *Registrar) Users() []string { return nil }

// HA1MD5 is hex(MD5(user:realm:password)) (RFC 7616 3.4.2).
func HA1MD5(user, realm, password string) string { return "" }

// HA1SHA256 is hex(SHA-256(user:realm:password)).
func HA1SHA256(user, realm, password string) string { return "" }
