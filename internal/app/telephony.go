package app

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"santra/internal/app/config"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/webrtc"
	"santra/internal/run"
	"santra/internal/voice"
	"santra/internal/voice/lines"
	"santra/internal/voice/outcome"
	"santra/internal/voice/site"
	"santra/internal/voice/tally"
)

// eraseEvery is how often counts of outcomes are looked through for those whose time is over.
const eraseEvery = time.Hour

// openVoice makes the telephone's room and what it speaks through.
func (c *contactCentre) openVoice(ctx context.Context) (err error) {
	for _, open := range []func() error{c.openTrunk, c.openPhones, c.openBrowsers} {
		if err := open(); err != nil {
			return err
		}
	}
	s := c.server
	ip, err := netip.ParseAddr(s.SIP.MediaIP)
	if err != nil {
		return err
	}
	ports, err := rtp.NewPool(rtp.PoolConfig{IP: ip, Min: s.SIP.RTPMin, Max: s.SIP.RTPMax})
	if err != nil {
		return config.OfSound(err)
	}
	prompts, err := c.played(ctx)
	if err != nil {
		return err
	}
	target, err1 := s.Recorder.Target()
	security, err2 := s.Recorder.Security()
	recording, err3 := c.openRecording()
	way, err4 := c.openOutside()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	c.outcomes = &ledger{counts: outcome.New(c.store.Outcomes(), c.book), book: c.book, log: c.log}
	c.tallies = tally.New(c.store.Tallies(), c.log)
	c.voice, err = voice.New(site.Config{
		Trunk: c.trunk, Phones: c.phones, Ports: ports, Browsers: c.browsers, Carrier: way, Callbacks: c.callbacks, Outcomes: c.outcomes,
		Recorder: target, Recording: recording, RecorderSecurity: security, Codecs: s.SIP.Codecs, TrunkSRTP: s.SIP.Incoming,
		PhoneDigests: s.SIP.PhoneDigests, Tally: c.tallies,
		Book: c.book, Dispatch: c.dispatch, Events: c.events, GateKey: c.key, Prompts: prompts, Log: c.log,
	})
	return err
}

// openTrunk opens the operators' side. Who is let in is an operator, so what it says of the caller (P-Asserted-Identity, RFC 3325
// 5) is believed. Sessions are refreshed (RFC 4028) with those who speak it, so that a call whose end was lost does not stay, and
// provisional responses are reliable (RFC 3262) for operators that insist on it.
func (c *contactCentre) openTrunk() error {
	s := c.server.SIP
	peers, err := s.Peers()
	if err != nil {
		return err
	}
	logins, err := s.Logins(c.book.Current().SIPRealm)
	if err != nil {
		return err
	}
	c.trunk, err = sip.Listen(sip.Config{
		Addr: s.Trunk, TLS: s.TLS.OfTrunks(), Log: c.log, Accept: []string{"application/sdp"}, Trunks: peers, Authenticate: logins,
		Dialogs: sip.DialogPolicy{Reliable: sip.ReliableSupported},
		Admit:   nobody, // but Trunks and who logs in
		Trust:   func(netip.AddrPort) bool { return true },
	})
	if err == nil {
		c.keep(endpointCloser{c.trunk})
	}
	return config.PlacedTLS(err)
}

func nobody(netip.AddrPort) bool { return false }

// openPhones opens the telephones' side. Nobody's word about the caller is taken there.
func (c *contactCentre) openPhones() (err error) {
	s := c.server.SIP
	c.phones, err = sip.Listen(sip.Config{
		Addr: s.Phones, TLS: s.TLS.OfPhones(), Log: c.log, Dialogs: sip.DialogPolicy{Reliable: sip.ReliableSupported},
		Admit: func(src netip.AddrPort) bool { return c.voice.Telephone(src) }, // nothing is read before c.voice serves
		Trust: nobody,
	})
	if err == nil {
		c.keep(endpointCloser{c.phones})
	}
	return config.PlacedTLS(err)
}

func (c *contactCentre) openBrowsers() (err error) {
	if c.browsers, err = webrtc.NewServer(webrtc.Config{UDPAddr: c.server.WebRTC.Listen, Log: c.log}); err == nil {
		c.keep(c.browsers)
	}
	return err
}

// openOutside makes the way out and what keeps the trunks up. That nobody could call 112 is said where the operator looks.
func (c *contactCentre) openOutside() (*outside, error) {
	s := c.server.SIP
	passwords, err := s.Passwords()
	if err != nil {
		return nil, err
	}
	for _, w := range s.Warnings() {
		c.log.Warn(w.Text, "field", w.Field)
	}
	c.lines = lines.New(c.trunk, s.Lines(passwords), c.log)
	return newOutside(&plans{current: c.book.Current}, s, passwords, c.trunk, c.lines)
}

// eraseOutcomes drops counts whose time is over. What fails is tried again.
func (c *contactCentre) eraseOutcomes(ctx context.Context) error {
	if _, err := c.outcomes.counts.Erase(ctx, time.Now()); err != nil && ctx.Err() == nil {
		c.log.Error("old counts of how calls ended were not erased", "error", err)
	}
	return nil
}

// drainCalls takes no new calls from the trunks and lets those that there are go on, with all that serves them; a load balancer
// in front hears at once that others are to take new ones. Another signal ends the wait.
func (c *contactCentre) drainCalls() {
	long := c.server.SIP.Drain
	ctx, cancel := context.WithTimeout(context.Background(), long) // of 0: what voice.Stop waits is all
	defer cancel()
	ctx, unheard := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer unheard()
	if long > 0 {
		c.log.Info("no new calls: those that there are go on; another signal ends them", "for_up_to", long)
	}
	_ = c.trunk.Drain(ctx) // what is left is voice's to end
}

// endpointCloser ends a SIP endpoint without waiting for peers that don't answer.
type endpointCloser struct{ *sip.Endpoint }

func (e endpointCloser) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), run.StopWithin/4)
	defer cancel()
	return e.Endpoint.Close(ctx)
}

// openRecording opens the endpoint that calls the recorder over TLS; nil where the telephones' endpoint does.
func (c *contactCentre) openRecording() (*sip.Endpoint, error) {
	r := c.server.Recorder
	if r.TLS.CA == "" {
		return nil, nil
	}
	from := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	if config.Loopback(r.SIP) {
		from = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	}
	e, err := sip.Listen(sip.Config{
		Addr: from.String(), Log: c.log, Admit: func(netip.AddrPort) bool { return false }, // it only calls
		TLS: &sip.TLS{CAFile: r.TLS.CA, CertFile: r.TLS.Cert, KeyFile: r.TLS.Key},
	})
	if err != nil {
		return nil, err
	}
	e.Serve(nil)
	c.keep(endpointCloser{e})
	return e, nil
}
