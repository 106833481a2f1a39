package voice

import (
	"context"
	gotls "crypto/tls"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/voice/leg"
)

const (
	gearRate  = 16000  // samples a second of what a gear says and hears
	toneWide  = 5000.0 // above what a narrow band has
	gearFrame = gearRate / 50
)

// gearing says what a gear is like.
type gearing struct {
	codecs   []string
	security sdp.Security
	hz       float64
	alter    func(body []byte) []byte // what it says of itself; nil: the truth
	tls      bool                     // it signals to server's TLS port
	insists  bool                     // it takes no call that is not offered as RTP/SAVP
	user     string                   // it registers as this one
}

// gear is a telephone with wide codecs, SRTP and lies, which siptest.Phone has not.
type gear struct {
	*house
	gearing
	ep     *sip.Endpoint
	pool   *rtp.Pool
	server *sip.Endpoint
	calls  chan *gearCall
	in     chan *sip.Incoming
}

func (h *house) gear(server *sip.Endpoint, g gearing) *gear {
	h.Helper()
	cfg := sip.Config{Addr: "127.0.0.1:0"}
	if g.tls {
		cfg.TLS = &sip.TLS{Config: &gotls.Config{RootCAs: h.authority.Pool()}}
	}
	ep, err := sip.Listen(cfg)
	h.must(err)
	h.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = ep.Close(ctx)
	})
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	h.must(err)
	t := &gear{house: h, gearing: g, ep: ep, pool: pool, server: server, calls: make(chan *gearCall, 8), in: make(chan *sip.Incoming, 8)}
	ep.Serve(t)
	if g.user != "" {
		_, err := ep.Registrant(t.target(g.user)).Register(h.ctx(), time.Minute)
		h.must(err)
	}
	return t
}

func (g *gear) target(user string) sip.Target {
	t := sip.Target{URI: "sip:" + user + "@127.0.0.1", Route: g.server.Addr(), User: g.user, Password: "secret", Host: "127.0.0.1"}
	if g.tls {
		t.Route, t.Transport = g.server.TLSAddr(), "tls"
	}
	return t
}

// Invite implements sip.Handler: it answers at once.
func (g *gear) Invite(in *sip.Incoming) {
	g.in <- in
	c := g.open()
	_, body := in.Body()
	offer, err := sdp.Parse(body)
	if err != nil || g.insists && offer.Media[0].Proto != "RTP/SAVP" {
		in.Reject(sip.StatusNotAcceptableHere, "")
		return
	}
	answer, choice, err := sdp.Answer(sdp.Options{Security: g.security}, offer, c.udp.Local(), g.codecs, sdp.SendRecv)
	if err != nil {
		in.Reject(sip.StatusNotAcceptableHere, "")
		return
	}
	d, err := in.Answer(leg.SDPType, g.says(answer))
	if err != nil {
		return
	}
	c.begin(d, choice)
	g.calls <- c
}

func (g *gear) says(body []byte) []byte {
	if g.alter != nil {
		return g.alter(body)
	}
	return body
}

// dial calls a number; the error is the refusal.
func (g *gear) dial(number string) (*gearCall, error) {
	g.Helper()
	c := g.open()
	offer := sdp.Offer(sdp.Options{}, sdp.Stream{Local: c.udp.Local(), Codecs: g.codecs, DTMF: true, Security: g.security})
	o := sip.InviteOptions{From: pii.NewNumber(callerNumber), ContentType: leg.SDPType, Body: g.says(offer)}
	out, err := g.ep.Invite(g.ctx(), g.target(number), o)
	g.must(err)
	d, err := out.Wait(g.ctx())
	if err != nil {
		return nil, err
	}
	g.must(c.accepted(d, offer, d.RemoteBody()))
	return c, nil
}

func (g *gear) open() *gearCall {
	udp, err := g.pool.Open()
	if err != nil {
		g.Error(err)
	}
	c := &gearCall{g: g, udp: udp}
	c.ctx, c.stop = context.WithCancel(g.Context())
	g.Cleanup(func() { c.stop(); _ = udp.Close() })
	return c
}

// answered gives the gear's next call.
func (g *gear) answered() *gearCall {
	g.Helper()
	select {
	case c := <-g.calls:
		return c
	case <-g.ctx().Done():
		g.Fatal("the telephone got no call")
		return nil
	}
}

// gearCall is a call of a gear.
type gearCall struct {
	g      *gear
	udp    *rtp.UDP
	dialog *sip.Dialog
	ctx    context.Context
	stop   context.CancelFunc
	once   sync.Once

	mu      sync.Mutex
	choice  sdp.Choice
	decoder *media.Decoder
	heard   []int16
}

func (c *gearCall) accepted(d *sip.Dialog, offer, answer []byte) error {
	ours, err := sdp.Parse(offer)
	if err != nil {
		return err
	}
	theirs, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	all, err := sdp.Accepted(ours, theirs)
	if err == nil {
		c.begin(d, all[0])
	}
	return err
}

// begin talks and listens as was agreed.
func (c *gearCall) begin(d *sip.Dialog, choice sdp.Choice) {
	codec, _ := media.CodecNamed(choice.Codec.Name)
	decoder, err := media.NewDecoder(codec, gearRate)
	if err != nil {
		c.g.Error(err)
		return
	}
	c.mu.Lock()
	c.dialog, c.choice, c.decoder = d, choice, decoder
	c.mu.Unlock()
	if err := c.udp.Secure(choice.Keys); err != nil {
		c.g.Error(err)
	}
	c.udp.Connect(choice.Remote, false)
	c.once.Do(func() {
		go func() { _ = c.udp.Push(c.listen) }() // until it is closed
		go c.talk()
	})
}

func (c *gearCall) agreed() sdp.Choice {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.choice
}

func (c *gearCall) listen(packet []byte) {
	p, err := rtp.Parse(packet)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.PayloadType != c.choice.Codec.PT {
		return
	}
	if pcm, err := c.decoder.Decode(nil, p.Payload); err == nil {
		c.heard = append(c.heard[max(0, len(c.heard)-gearRate):], pcm...)
	}
}

func (c *gearCall) talk() {
	codec, _ := media.CodecNamed(c.agreed().Codec.Name)
	encoder, err := media.NewEncoder(codec, gearRate)
	if err != nil {
		c.g.Error(err)
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-c.ctx.Done():
			return
		case <-tick.C:
			c.say(codec, encoder, n)
		}
	}
}

func (c *gearCall) say(codec media.Codec, e *media.Encoder, n int) {
	pcm := make([]int16, gearFrame)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*c.g.hz*float64(n*gearFrame+i)/gearRate))
	}
	payload, err := e.Encode(nil, pcm)
	if err != nil || len(payload) == 0 {
		return
	}
	packet := make([]byte, rtp.HeaderLen, rtp.MaxPacket)
	rtp.Header{
		PayloadType: c.agreed().Codec.PT, Sequence: uint16(n), Timestamp: uint32(n * codec.ClockRate() / 50), SSRC: 77,
	}.Put(packet)
	_ = c.udp.WritePacket(append(packet, payload...))
}

// forget what was heard until now.
func (c *gearCall) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = nil
}

// share is how much of the energy of the last half second is at a frequency, 0 to 1.
func (c *gearCall) share(hz float64) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.heard) < gearRate/2 {
		return 0
	}
	var re, im, all float64
	last := c.heard[len(c.heard)-gearRate/2:]
	for i, v := range last {
		s, w := float64(v), 2*math.Pi*hz*float64(i)/gearRate
		re, im, all = re+s*math.Cos(w), im+s*math.Sin(w), all+s*s
	}
	if all < float64(len(last))*100 {
		return 0
	}
	return 2 * (re*re + im*im) / (float64(len(last)) * all)
}

func (c *gearCall) hears(hz, atLeast float64) {
	h := c.g.house
	h.Helper()
	for ctx := h.ctx(); ctx.Err() == nil; h.breathe() {
		if c.share(hz) > atLeast {
			return
		}
	}
	h.Fatalf("%v Hz is not heard: %.2f of the energy", hz, c.share(hz))
}

// ask sends a new offer inside the call and goes on as the answer says.
func (c *gearCall) ask(security sdp.Security, alter func([]byte) []byte) error {
	offer := sdp.Offer(sdp.Options{Version: 2}, sdp.Stream{Local: c.udp.Local(), Codecs: c.g.codecs, DTMF: true, Security: security})
	if alter != nil {
		offer = alter(offer)
	}
	answer, err := c.dialog.Negotiate(c.g.ctx(), leg.SDPType, offer)
	if err != nil {
		return err
	}
	return c.accepted(c.dialog, offer, answer)
}

// at names another address for the sound.
func at(a string) func([]byte) []byte {
	to := netip.MustParseAddrPort(a)
	return func(body []byte) []byte {
		s, err := sdp.Parse(body)
		if err != nil {
			return body
		}
		was := s.Media[0].Conn
		text := strings.ReplaceAll(string(body), "IN IP4 "+was.Addr().String(), "IN IP4 "+to.Addr().String())
		return []byte(strings.ReplaceAll(text, fmt.Sprintf("m=audio %d", was.Port()), fmt.Sprintf("m=audio %d", to.Port())))
	}
}
