// Package siptest is a scripted SIP phone with real RTP, for tests, the demo's simulated people and the benchmark.
package siptest

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sip"
)

var errStub = errs.New(errs.Unavailable, "siptest: not yet built")

// Config makes a phone.
type Config struct {
	Addr      string         // host:port to listen on; empty: 127.0.0.1:0
	Server    netip.AddrPort // registrar and outbound proxy
	Transport string         // "udp" (default) or "tcp"
	User      string         // user part and digest user
	Password  string
	Codecs    []string      // order of preference; nil: PCMA, PCMU
	Tone      float64       // Hz that it sends; 0: silence
	NoMedia   bool          // sends and reads no RTP: cheap calls for the benchmark
	Answer    time.Duration // rings so long before it answers; negative: never answers (rings until cancelled)
	Reject    int           // refuses incoming calls with this code instead
	HangUp    time.Duration // hangs up so long after an answered incoming call began; 0: never
	Log       *slog.Logger
}

// Phone is a SIP phone on an Endpoint of its own.
type Phone struct{}

// NewPhone opens its sockets.
func NewPhone(cfg Config) (*Phone, error) { return nil, errStub }

// Addr is where it listens.
func (p *Phone) Addr() netip.AddrPort { return netip.AddrPort{} }

// Register registers (digest), keeps the registration fresh, and gives *sip.Refused where the password is wrong.
func (p *Phone) Register(ctx context.Context) error { return errStub }

// Unregister takes the contact back.
func (p *Phone) Unregister(ctx context.Context) error { return errStub }

// Call dials number at the server and returns once it is answered; caller is shown in From (withheld: anonymous).
func (p *Phone) Call(ctx context.Context, number string, caller pii.Number) (*Call, error) {
	return nil, errStub
}

// Dial is Call without waiting for the answer.
func (p *Phone) Dial(ctx context.Context, number string, caller pii.Number) (*Ringing, error) {
	return nil, errStub
}

// Calls gives each incoming call once it is answered.
func (p *Phone) Calls() <-chan *Call { return nil }

// Rings gives each incoming call when it starts to ring; unread ones are dropped.
func (p *Phone) Rings() <-chan *sip.Incoming { return nil }

// Close unregisters, hangs up and closes the sockets.
func (p *Phone) Close() error { return errStub }

// Ringing is a call that is not yet answered.
type Ringing struct{}

// Wait waits for the answer.
func (r *Ringing) Wait(ctx context.Context) (*Call, error) { return nil, errStub }

// Progress gives provisional responses.
func (r *Ringing) Progress() <-chan sip.Response { return nil }

// Cancel gives up.
func (r *Ringing) Cancel() {}

// Call is an answered call.
type Call struct{}

// Dialog is the SIP side of it.
func (c *Call) Dialog() *sip.Dialog { return nil }

// SendDTMF sends digits as RFC 4733 events of 100 ms with 100 ms between them and returns when they are out.
func (c *Call) SendDTMF(ctx context.Context, digits string) error { return errStub }

// Digits gives the DTMF digits received.
func (c *Call) Digits() <-chan rune { return nil }

// SetTone changes what it sends; 0 is silence.
func (c *Call) SetTone(hz float64) {}

// Hold re-INVITEs sendonly; Resume sendrecv.
func (c *Call) Hold(ctx context.Context) error { return errStub }

// Resume takes the call back from hold.
func (c *Call) Resume(ctx context.Context) error { return errStub }

// HangUp sends BYE.
func (c *Call) HangUp(ctx context.Context) error { return errStub }

// Ended is closed when the call is over.
func (c *Call) Ended() <-chan struct{} { return nil }

// Stats counts the media.
func (c *Call) Stats() Stats { return Stats{} }

// Hears measures the last second received: the share of its energy (0–1) at hz, by Goertzel; 0 when silent.
func (c *Call) Hears(hz float64) float64 { return 0 }

// WaitHears waits until at least half of the energy of a whole second is at hz.
func (c *Call) WaitHears(ctx context.Context, hz float64) error { return errStub }

// Stats counts the media of a call.
type Stats struct {
	Sent, Received uint64        // RTP packets
	Lost           uint64        // by sequence numbers
	Gap            time.Duration // longest time between two packets received
	Energy         float64       // mean square of the last second, 0–1
}
