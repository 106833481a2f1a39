package siptest

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
)

// Call is an answered call.
type Call struct {
	p       *Phone
	m       *media // nil without media
	local   netip.AddrPort
	session uint64
	offer   []byte
	start   sync.Once // of the media

	mu   sync.Mutex
	d    *sip.Dialog
	kept bool // answered: it ends with its dialog
	vers uint64
	held bool
	far  sdp.Choice
}

// newCall opens a socket for the media.
func (p *Phone) newCall() (*Call, error) {
	c := &Call{p: p, session: rand.Uint64() >> 2}
	if p.cfg.NoMedia {
		c.local = addrOf(p.sink.LocalAddr())
		return c, nil
	}
	conn, err := p.socket()
	if err != nil {
		return nil, errs.New(errs.Unavailable, "siptest: no socket: %w", err)
	}
	c.local = addrOf(conn.LocalAddr())
	c.m = newMedia(conn, c.local, p.cfg.Tone)
	return c, nil
}

func addrOf(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		return netip.AddrPortFrom(u.AddrPort().Addr().Unmap(), u.AddrPort().Port())
	}
	return netip.AddrPort{}
}

// version counts our descriptions (RFC 3264 8).
func (c *Call) version() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.vers++
	return c.vers
}

func (c *Call) stream(dir sdp.Direction) sdp.Stream {
	return sdp.Stream{Local: c.local, Codecs: c.p.cfg.Codecs, DTMF: true, Direction: dir}
}

// offerOf is the offer of a call that begins.
func offerOf(c *Call) []byte {
	return sdp.Offer(sdp.Options{ID: c.session, Version: c.version()}, c.stream(sdp.SendRecv))
}

// answer answers an offer of the peer's; a call on hold stays so.
func (c *Call) answer(body []byte) ([]byte, error) {
	offer, err := sdp.Parse(body)
	if err != nil {
		return nil, err
	}
	wish := sdp.SendRecv
	if c.onHold() {
		wish = sdp.SendOnly
	}
	b, choice, err := sdp.Answer(sdp.Options{ID: c.session, Version: c.version()}, offer, c.local, c.p.cfg.Codecs, wish)
	if err == nil {
		c.use(choice)
	}
	return b, err
}

// accepted takes the peer's answer to our offer.
func (c *Call) accepted(offer, answer []byte) error {
	o, err := sdp.Parse(offer)
	if err != nil {
		return err
	}
	a, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	all, err := sdp.Accepted(o, a)
	if err == nil {
		c.use(all[0])
	}
	return err
}

func (c *Call) use(choice sdp.Choice) {
	c.mu.Lock()
	c.far = choice
	sends := choice.Sends() && !c.held
	c.mu.Unlock()
	if c.m != nil {
		c.m.set(choice.Codec.Name, choice.DTMFPT, choice.Remote, sends)
	}
}

// begin starts the media and answers what the peer asks in a dialog, early or not.
func (c *Call) begin(d *sip.Dialog, answered bool) {
	c.mu.Lock()
	known := c.d == d
	c.d, c.kept = d, c.kept || answered
	c.mu.Unlock()
	if c.m != nil {
		c.start.Do(c.m.start)
	}
	if known {
		return
	}
	c.p.wg.Go(func() {
		for r := range d.Requests() {
			c.asked(r)
		}
		if c.over(d) {
			c.release()
		}
	})
}

// over tells whether the call ends with a dialog; an early one may lose to another.
func (c *Call) over(d *sip.Dialog) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept && c.d == d
}

// asked answers a request inside the dialog.
func (c *Call) asked(r *sip.Request) {
	switch {
	case r.Method == "REFER":
		c.referred(r)
		return
	case r.Method == "INFO":
		c.key(r)
		return
	case r.Method != "INVITE" && r.Method != "UPDATE" || len(r.Body) == 0 && r.Method == "UPDATE":
		_ = r.Respond(200, "", nil)
		return
	}
	if len(r.Body) == 0 { // an offer is wanted; its answer in the ACK changes nothing here
		_ = r.Respond(200, "application/sdp", sdp.Offer(sdp.Options{ID: c.session, Version: c.version()}, c.stream(sdp.SendRecv)))
		return
	}
	b, err := c.answer(r.Body)
	if err != nil {
		_ = r.Respond(488, "", nil)
		return
	}
	_ = r.Respond(200, "application/sdp", b)
}

func (c *Call) release() {
	if c.m != nil {
		c.m.close()
	}
}

func (c *Call) hangUpAfter(d time.Duration) {
	select {
	case <-time.After(d):
		_ = c.HangUp(c.p.ctx)
	case <-c.Ended():
	case <-c.p.ctx.Done():
	}
}

// Dialog is the SIP side of it.
func (c *Call) Dialog() *sip.Dialog {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.d
}

// Remote is where its media go, and by which codec.
func (c *Call) Remote() sdp.Choice {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.far
}

// LocalMedia is where it receives RTP.
func (c *Call) LocalMedia() netip.AddrPort { return c.local }

// SendDTMF sends digits as RFC 4733 events of 100 ms with 100 ms between them and returns when they are out. errs.Invalid: the
// peer takes no telephone-event, or the call has no media.
func (c *Call) SendDTMF(ctx context.Context, digits string) error {
	if c.m == nil || c.Remote().DTMFPT < 0 {
		return errs.New(errs.Invalid, "siptest: no telephone-event in this call")
	}
	return c.m.dial(ctx, digits)
}

// Digits gives the DTMF digits received.
func (c *Call) Digits() <-chan rune {
	if c.m == nil {
		return nil
	}
	return c.m.digits
}

// SetTone changes what it sends; 0 is silence.
func (c *Call) SetTone(hz float64) {
	if c.m != nil {
		c.m.setTone(hz)
	}
}

// Hold re-INVITEs sendonly and is silent until Resume.
func (c *Call) Hold(ctx context.Context) error { return c.reinvite(ctx, true, sdp.SendOnly) }

// Resume takes the call back from hold.
func (c *Call) Resume(ctx context.Context) error { return c.reinvite(ctx, false, sdp.SendRecv) }

func (c *Call) onHold() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

func (c *Call) reinvite(ctx context.Context, hold bool, dir sdp.Direction) error {
	offer := sdp.Offer(sdp.Options{ID: c.session, Version: c.version()}, c.stream(dir))
	answer, err := c.Dialog().Negotiate(ctx, "application/sdp", offer)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.held = hold
	c.mu.Unlock()
	return c.accepted(offer, answer)
}

// HangUp sends BYE.
func (c *Call) HangUp(ctx context.Context) error { return c.Dialog().Bye(ctx) }

// Ended is closed when the call is over.
func (c *Call) Ended() <-chan struct{} { return c.Dialog().Ended() }

// Stats counts the media.
func (c *Call) Stats() Stats {
	if c.m == nil {
		return Stats{}
	}
	return c.m.counts()
}

// Hears measures the last second received: the share of its energy (0–1) at hz, by Goertzel; 0 when silent.
func (c *Call) Hears(hz float64) float64 {
	if c.m == nil {
		return 0
	}
	x, _ := c.m.heard()
	return share(x, hz)
}

// WaitHears waits until at least half of the energy of a whole second is at hz; hz 0 waits for a second of silence.
func (c *Call) WaitHears(ctx context.Context, hz float64) error {
	if c.m == nil {
		return errs.New(errs.Invalid, "siptest: a call without media hears nothing")
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		x, whole := c.m.heard()
		if whole && (hz == 0 && energy(x) < quiet || hz > 0 && share(x, hz) >= 0.5) {
			return nil
		}
		select {
		case <-tick.C:
		case <-c.Ended():
			return errs.New(errs.Gone, "siptest: the call ended before %v Hz was heard", hz)
		case <-ctx.Done():
			return errs.New(errs.Unavailable, "siptest: %v Hz was not heard: %w", hz, ctx.Err())
		}
	}
}
