package voice

import (
	"context"
	"crypto/ed25519"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/token"
	"santra/internal/voice/leg"
)

// tapeDeck is a recorder that keeps the sound in memory: real SIPREC, real RTP.
type tapeDeck struct {
	t      *testing.T
	addr   string
	end    *sip.Endpoint
	net    *mortalNet
	pool   *rtp.Pool
	public ed25519.PublicKey
	deaf   bool // refuses re-INVITEs

	mu    sync.Mutex
	bad   []error
	tapes chan *reel
}

// reel is one part.
type reel struct {
	meta   siprec.Metadata
	gate   token.Gate
	body   string
	dialog *sip.Dialog
	in     [2]*rtp.Receiver
	locals []netip.AddrPort
	mu     sync.Mutex
	offers []sdp.Direction // of the re-INVITEs
	sound  [2][]byte       // A-law in the order of arrival
}

func newTapeDeck(t *testing.T) *tapeDeck {
	d := &tapeDeck{t: t, tapes: make(chan *reel, 16)}
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	d.pool = pool
	d.on("127.0.0.1:0")
	t.Cleanup(d.off)
	return d
}

// on switches the deck on, at an address.
func (d *tapeDeck) on(addr string) {
	d.net = &mortalNet{}
	end, err := sip.Listen(sip.Config{Addr: addr, Network: d.net})
	if err != nil {
		d.t.Fatal(err)
	}
	d.end, d.addr = end, end.Addr().String()
	end.Serve(d)
}

// dies is a kill -9: no BYE, every connection and socket is closed.
func (d *tapeDeck) dies() {
	d.net.die()
	d.off()
}

// off switches it off, with a BYE for each reel.
func (d *tapeDeck) off() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = d.end.Close(ctx)
}

func (d *tapeDeck) target() sip.Target {
	return sip.Target{URI: "sip:recorder@" + d.addr, Route: netip.MustParseAddrPort(d.addr), Transport: "tcp"}
}

// Invite implements sip.Handler.
func (d *tapeDeck) Invite(in *sip.Incoming) {
	reel, answer, err := d.load(in)
	if err != nil {
		d.mu.Lock()
		d.bad = append(d.bad, err)
		d.mu.Unlock()
		in.Reject(sip.StatusForbidden, "Forbidden")
		return
	}
	if reel.dialog, err = in.Answer(leg.SDPType, answer); err != nil {
		return
	}
	for i := range reel.in {
		go reel.turn(i)
	}
	go reel.agree(d.deaf)
	d.tapes <- reel
}

func (d *tapeDeck) load(in *sip.Incoming) (*reel, []byte, error) {
	kind, body := in.Body()
	meta, offer, err := siprec.Parse(kind, body)
	if err != nil {
		return nil, nil, err
	}
	t := &reel{meta: meta, body: string(body)}
	if err := token.Open(d.public, token.DomainGate, meta.Extension.Gate, time.Now(), &t.gate); err != nil {
		return nil, nil, err
	}
	session, err := sdp.Parse(offer)
	if err != nil {
		return nil, nil, err
	}
	if len(session.Audio()) != 2 || in.Transport() != "tcp" {
		return nil, nil, errs.New(errs.Invalid, "%d streams over %s", len(session.Audio()), in.Transport())
	}
	var locals []netip.AddrPort
	for i, m := range session.Audio() {
		if t.in[i], err = rtp.Listen(d.pool); err != nil {
			return nil, nil, err
		}
		t.in[i].Expect(m.Conn)
		locals = append(locals, t.in[i].Local())
	}
	t.locals = locals
	answer, _, err := sdp.AnswerAll(sdp.Options{}, session, locals, nil, sdp.RecvOnly)
	return t, answer, err
}

// agree answers re-INVITEs, or refuses them.
func (t *reel) agree(deaf bool) {
	for r := range t.dialog.Requests() {
		offer, err := sdp.Parse(r.Body)
		if r.Method != "INVITE" || err != nil || deaf {
			_ = r.Respond(488, "", nil)
			continue
		}
		answer, _, err := sdp.AnswerAll(sdp.Options{Version: offer.Version}, offer, t.locals, nil, sdp.RecvOnly)
		if err != nil {
			_ = r.Respond(488, "", nil)
			continue
		}
		t.mu.Lock()
		t.offers = append(t.offers, offer.Media[0].Direction)
		t.mu.Unlock()
		_ = r.Respond(sip.StatusOK, leg.SDPType, answer)
	}
}

// offered gives the directions of the re-INVITEs.
func (t *reel) offered() []sdp.Direction {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.offers)
}

// length is how much of a channel has come, in bytes.
func (t *reel) length(ch rtp.Channel) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sound[ch])
}

func (t *reel) turn(i int) {
	for p := range t.in[i].Packets() {
		t.mu.Lock()
		t.sound[i] = append(t.sound[i], p.Payload...)
		t.mu.Unlock()
	}
}

// has tells whether the last half second of a channel is mostly one tone.
func (t *reel) has(ch rtp.Channel, hz float64) bool {
	const window = media.SampleRate / 2
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.sound[ch]
	if len(s) < window {
		return false
	}
	s = s[len(s)-window:]
	return media.ToneLevel(s, media.PCMA, hz) > 0.5*media.Level(s, media.PCMA)
}

// next waits for the next part.
func (d *tapeDeck) next(h *house) *reel {
	h.Helper()
	select {
	case t := <-d.tapes:
		return t
	case <-h.ctx().Done():
		d.mu.Lock()
		defer d.mu.Unlock()
		h.Fatalf("nothing is recorded; refused: %v", d.bad)
		return nil
	}
}

// none fails if the recorder ever heard of a call.
func (d *tapeDeck) none(h *house) {
	h.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.tapes) != 0 || len(d.bad) != 0 || d.end.Stats().Requests != 0 {
		h.Errorf("the recorder was asked to record: %d parts, %v", len(d.tapes), d.bad)
	}
}
