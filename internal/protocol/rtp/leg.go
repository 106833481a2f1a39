package rtp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/run"
)

// LegConfig configures a leg. The zero value works.
type LegConfig struct {
	Log   *slog.Logger // nil: discarded
	Latch bool         // let the first packet set the peer's port
	// Heard, where set, is called on the read path with each audio packet of the peer (siptest's ear). The payload is a view.
	// It must not wait for anything, nor close the leg: other legs are read by the same goroutine.
	Heard func(c media.Codec, timestamp uint32, payload []byte)
}

// Leg is one party's media. All its methods may be called from any goroutine.
type Leg struct {
	t       Transport
	log     *slog.Logger
	latch   bool
	heard   func(c media.Codec, timestamp uint32, payload []byte)
	born    time.Time
	name    string // canonical, in reports
	terms   atomic.Pointer[terms]
	bridged atomic.Pointer[Leg]
	mixed   atomic.Pointer[member]
	tapped  atomic.Pointer[stream]
	muted   atomic.Bool
	held    atomic.Bool

	left   bool // the reading goroutine's own: something was left out, so the numbers have a gap that is no loss
	hearer *Leg // and who heard the last packet
	speech speech
	in     inbound
	events events
	out    outbound

	mu      sync.Mutex
	started bool
	closed  bool
	reports *time.Timer
	life    context.Context
	end     context.CancelFunc
	wg      sync.WaitGroup
}

// NewLeg makes a leg over a transport, which it owns from now on.
func NewLeg(t Transport, cfg LegConfig) *Leg {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	l := &Leg{t: t, log: cfg.Log, latch: cfg.Latch, heard: cfg.Heard, born: time.Now(), name: canonicalName()}
	l.life, l.end = context.WithCancel(context.Background())
	l.events.digits = make(chan rune, digitsKept)
	l.out.init(t)
	return l
}

// Start is Agree on a codec with its usual payload type and the payload type of telephone events (0: none) of the codec's
// clock.
func (l *Leg) Start(remote netip.AddrPort, c media.Codec, dtmfPT uint8) {
	t := NewTerms(c)
	t.Events, t.EventsReceive = dtmfPT, dtmfPT
	l.Agree(remote, t)
}

// Agree sets the peer's address (ignored by a transport that is not Addressed) and what was agreed on, and starts reading.
// Called again (a re-INVITE) it changes them.
func (l *Leg) Agree(remote netip.AddrPort, t Terms) {
	l.out.agree(t)
	l.terms.Store(newTerms(t))
	if a, ok := l.t.(Addressed); ok {
		a.Judge(l.valid)
		a.Connect(remote, l.latch)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.started || l.closed {
		return
	}
	l.started = true
	l.scheduleReport()
	if w, ok := l.t.(Watched); ok {
		l.wg.Add(1)
		w.Watch(l.handle, func(err error) {
			defer l.wg.Done()
			l.ended(err)
		})
		return
	}
	run.Go(&l.wg, l.log, "rtp leg", func() {
		defer l.events.close() // also where a packet breaks the goroutine
		l.ended(l.receive())
	})
}

// valid tells whether a packet is sound or keys as agreed on: only such a one may set the peer's port.
func (l *Leg) valid(packet []byte) bool {
	if _, _, ok := span(packet); !ok {
		return false
	}
	agreed, pt := l.terms.Load(), header(packet).PayloadType
	return agreed.sound(pt) || agreed.event(pt)
}

// ended is told why nothing more will be read.
func (l *Leg) ended(err error) {
	l.events.close()
	if err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) {
		l.log.Warn("rtp: reading ended", "error", err)
	}
}

func (l *Leg) receive() error {
	if p, ok := l.t.(Pusher); ok {
		return p.Push(l.handle)
	}
	buf := make([]byte, MaxPacket)
	for {
		n, err := l.t.ReadPacket(buf)
		if err != nil {
			return err
		}
		l.handle(buf[:n])
	}
}

// flying is a packet on its way from one leg to another: its bytes lie in the reader's buffer, which may be written to.
type flying struct {
	Header
	now        time.Time
	bytes      []byte
	start, end int // of the payload
	codec      media.Codec
	event      bool                   // a telephone event instead of sound
	made       [media.CodecCount]bool // it has been transcoded to
}

func (f *flying) payload() []byte { return f.bytes[f.start:f.end] }

// hush overwrites the sound with silence.
func (f *flying) hush() { f.end = f.start + len(f.codec.Hush(f.payload())) }

// handle is the whole way of a packet through the leg: check, count, copy to the tap, rewrite in place, send.
func (l *Leg) handle(b []byte) {
	start, end, ok := span(b)
	if !ok {
		l.in.malformed.Add(1)
		return
	}
	agreed := l.terms.Load()
	f := flying{Header: header(b), now: time.Now(), bytes: b, start: start, end: end, codec: agreed.codec}
	f.event = agreed.event(f.PayloadType)
	restart, ok := l.in.take(f.Header, end-start, f.now.Sub(l.born), agreed)
	l.left = l.speech.of(f.codec) || l.left || restart
	switch {
	case !ok || start == end:
		l.left = true
	case f.event:
		l.events.take(f.Header, f.payload())
		l.key(&f)
	default:
		l.speak(&f)
	}
}

// speak passes sound on to the ear, the tap and the bridged peer.
func (l *Leg) speak(f *flying) {
	if l.heard != nil {
		l.heard(f.codec, f.Timestamp, f.payload())
	}
	if l.muted.Load() {
		f.hush()
	}
	var full *stream
	if s := l.tapped.Load(); s != nil && !l.silenced() {
		if g := l.plainly(f); g != nil && s.take(l, g) {
			full = s
		}
	}
	l.say(f)
	if full != nil { // after the peer has been served
		full.tap.flush()
	}
}

// key passes a telephone event on.
func (l *Leg) key(f *flying) {
	if m := l.mixed.Load(); m != nil {
		m.press(f)
		return
	}
	l.pass(f)
}

// say passes sound to the mix or the bridged peer.
func (l *Leg) say(f *flying) {
	if m := l.mixed.Load(); m != nil {
		m.put(f)
		l.left, l.hearer = true, nil
		return
	}
	l.pass(f)
}

// silenced tells whether what the leg says reaches nobody: it or its peer is on hold.
func (l *Leg) silenced() bool {
	if l.held.Load() {
		return true
	}
	peer := l.bridged.Load()
	return peer != nil && peer.held.Load()
}

// pass sends a packet to the bridged peer.
func (l *Leg) pass(f *flying) {
	peer := l.bridged.Load()
	l.left = l.left || peer != l.hearer
	l.hearer = peer
	l.left = peer == nil || l.silenced() || !peer.relay(l, f, l.left)
}

// SetMuted makes silence of what the leg says, for its peer and for the tap. The packets go on: a trunk that hears none takes
// the call for dead, and a recording shows no gap. Keys pass.
func (l *Leg) SetMuted(on bool) { l.muted.Store(on) }

// Hold lets the leg hear music (an empty clip: nothing) and parts it from its bridged peer both ways until it is ended.
// What a held leg and its peer say meanwhile reaches nobody, and so it is not tapped either.
func (l *Leg) Hold(on bool, music media.Clip) {
	if l.held.Swap(on) == on {
		return
	}
	switch {
	case on && music.Len() > 0:
		l.Play(l.life, []media.Clip{music}, true)
	default:
		l.StopPlay()
	}
}

// DTMF gives the digits (0-9, *, #, A-D) that the peer presses, each once. It holds a few and drops more if nobody reads; it
// is closed when the leg has ended.
func (l *Leg) DTMF() <-chan rune { return l.events.digits }

// Bridge connects two legs: what one says, the other hears. Bridges and mixes that either had are ended.
func Bridge(a, b *Leg) {
	Unbridge(a)
	Unbridge(b)
	a.mixed.Store(nil)
	b.mixed.Store(nil)
	a.bridged.Store(b)
	b.bridged.Store(a)
}

// Unbridge ends the bridge of a, if it has one.
func Unbridge(a *Leg) {
	if b := a.bridged.Swap(nil); b != nil {
		b.bridged.CompareAndSwap(a, nil)
	}
}

// Close ends reading, playing, the bridge and the transport, and waits for the leg's goroutines.
func (l *Leg) Close() error {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	started := l.started
	if l.reports != nil {
		l.reports.Stop()
	}
	l.mu.Unlock()
	if !first {
		return nil
	}
	Unbridge(l)
	l.mixed.Store(nil)
	l.Tap(nil, Customer)
	l.end()
	l.StopPlay()
	l.sayBye()
	err := l.t.Close()
	l.wg.Wait()
	if !started {
		l.events.close()
	}
	return err
}

func randomSSRC() uint32 { return rand.Uint32() }
