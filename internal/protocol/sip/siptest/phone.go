// Package siptest is a scripted SIP phone with real RTP, for tests, the demo's simulated people and the benchmark. It has its
// own small RTP code, so that it is a second opinion on the product's.
package siptest

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sip"
)

// unread is how many calls wait in Calls and in Rings; further ones are lost there (the calls go on).
const unread = 1024

// registrationLife is what Register asks for; it is renewed at half of what is granted.
const registrationLife = 10 * time.Minute

// Config makes a phone.
type Config struct {
	Addr      string         // host:port to listen on; empty: 127.0.0.1:0
	Server    netip.AddrPort // registrar and next hop of every call
	Transport string         // "udp" (default) or "tcp"
	User      string         // user part and digest user
	Password  string
	Codecs    []string      // in the order of preference; nil: PCMA, PCMU
	Tone      float64       // whole Hz that it sends; 0: silence
	NoMedia   bool          // sends and reads no RTP: cheap calls for the benchmark
	Answer    time.Duration // rings so long before it answers; negative: rings until cancelled or Phone.Answer
	Reject    int           // refuses incoming calls with this code instead
	HangUp    time.Duration // hangs up so long after an incoming call was answered; 0: never
	Log       *slog.Logger
	Network   sip.Network // nil: the machine's own

	EarlyMedia bool          // rings with 183 and sends its tone before it answers
	Reliable   sip.Reliable  // 100rel
	Session    time.Duration // session timers, as sip.DialogPolicy has it
}

// Phone is a SIP phone on an Endpoint of its own. It takes any number of calls at a time.
type Phone struct {
	cfg   Config
	ep    *sip.Endpoint
	reg   *sip.Registrant
	calls chan *Call
	rings chan *sip.Incoming
	ctx   context.Context
	stop  context.CancelFunc
	wg    sync.WaitGroup
	sink  net.PacketConn // the address of all calls without media

	mu         sync.Mutex
	closed     bool
	registered bool
	missed     int
	early      map[*sip.Incoming]*Call // those that send early media
}

// NewPhone opens its sockets.
func NewPhone(cfg Config) (*Phone, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.User == "" {
		cfg.User = "phone"
	}
	ep, err := sip.Listen(sip.Config{
		Addr: cfg.Addr, Log: cfg.Log, UserAgent: "santra-phone", Network: cfg.Network, Extensions: []string{"replaces"},
		Dialogs: sip.DialogPolicy{Reliable: cfg.Reliable, Session: cfg.Session},
	})
	if err != nil {
		return nil, err
	}
	p := &Phone{cfg: cfg, ep: ep, calls: make(chan *Call, unread), rings: make(chan *sip.Incoming, unread), early: map[*sip.Incoming]*Call{}}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.reg = ep.Registrant(p.target(cfg.User))
	if cfg.NoMedia {
		if p.sink, err = p.socket(); err != nil {
			return nil, err
		}
	}
	ep.Serve(p)
	return p, nil
}

// target is a user at the server.
func (p *Phone) target(user string) sip.Target {
	return sip.Target{
		URI: "sip:" + user + "@" + p.cfg.Server.String(), Route: p.cfg.Server, Transport: p.cfg.Transport,
		User: p.cfg.User, Password: p.cfg.Password,
	}
}

func (p *Phone) socket() (net.PacketConn, error) {
	host := netip.AddrPortFrom(p.ep.Addr().Addr(), 0).String()
	if p.cfg.Network != nil {
		return p.cfg.Network.ListenPacket(host)
	}
	return net.ListenPacket("udp", host)
}

// Addr is where it listens.
func (p *Phone) Addr() netip.AddrPort { return p.ep.Addr() }

// Endpoint is its SIP side.
func (p *Phone) Endpoint() *sip.Endpoint { return p.ep }

// Register registers (digest), keeps the registration fresh, and gives *sip.Refused where the password is wrong.
func (p *Phone) Register(ctx context.Context) error {
	life, err := p.reg.Register(ctx, registrationLife)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.registered && !p.closed {
		p.registered = true
		p.wg.Go(func() { p.renew(life) })
	}
	return nil
}

// renew registers again at half of the granted time, or soon where that fails.
func (p *Phone) renew(life time.Duration) {
	for {
		select {
		case <-time.After(life / 2):
		case <-p.ctx.Done():
			return
		}
		ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
		granted, err := p.reg.Register(ctx, registrationLife)
		cancel()
		if life = granted; err != nil {
			life = 10 * time.Second
		}
	}
}

// Unregister takes the contact back. It is renewed no more only after Close.
func (p *Phone) Unregister(ctx context.Context) error {
	_, err := p.reg.Register(ctx, 0)
	return err
}

// Call dials number at the server and returns once it is answered; caller is shown in From (withheld: anonymous).
func (p *Phone) Call(ctx context.Context, number string, caller pii.Number) (*Call, error) {
	r, err := p.Dial(ctx, number, caller)
	if err != nil {
		return nil, err
	}
	return r.Wait(ctx)
}

// Dial is Call without waiting for the answer.
func (p *Phone) Dial(ctx context.Context, number string, caller pii.Number, hdr ...sip.Header) (*Ringing, error) {
	return p.dial(ctx, p.target(number), sip.InviteOptions{From: caller, Headers: hdr})
}

func (p *Phone) dial(ctx context.Context, t sip.Target, o sip.InviteOptions) (*Ringing, error) {
	c, err := p.newCall()
	if err != nil {
		return nil, err
	}
	c.offer = offerOf(c)
	o.ContentType, o.Body = "application/sdp", c.offer
	out, err := p.ep.Invite(ctx, t, o)
	if err != nil {
		c.release()
		return nil, err
	}
	return &Ringing{call: c, out: out}, nil
}

// Calls gives each incoming call once it is answered.
func (p *Phone) Calls() <-chan *Call { return p.calls }

// Rings gives each incoming call when it starts to ring.
func (p *Phone) Rings() <-chan *sip.Incoming { return p.rings }

// Close unregisters, hangs up and closes the sockets.
func (p *Phone) Close() error {
	p.mu.Lock()
	registered, closed := p.registered, p.closed
	p.closed = true
	p.mu.Unlock()
	if closed {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	p.stop()
	if registered {
		_ = p.Unregister(ctx)
	}
	err := p.ep.Close(ctx)
	p.wg.Wait()
	if p.sink != nil {
		err = errors.Join(err, p.sink.Close())
	}
	return err
}
