package tape

import (
	"context"
	"crypto/ed25519"
	"log/slog"
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
	"santra/internal/voice/actor"
	"santra/internal/voice/gate"
)

// recorder takes parts, or refuses them; it keeps no sound.
type recorder struct {
	end   *sip.Endpoint
	parts chan part

	mu     sync.Mutex
	refuse bool
	pauses bool // it takes them
	told   []sdp.Direction
}

type part struct {
	meta   siprec.Metadata
	dialog *sip.Dialog // nil: refused
}

// Invite implements sip.Handler.
func (r *recorder) Invite(in *sip.Incoming) {
	kind, body := in.Body()
	meta, text, err := siprec.Parse(kind, body)
	offer, bad := sdp.Parse(text)
	r.mu.Lock()
	refuse := r.refuse || err != nil || bad != nil
	r.mu.Unlock()
	if refuse {
		in.Reject(503, "")
		r.parts <- part{meta: meta}
		return
	}
	at := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:9"), netip.MustParseAddrPort("127.0.0.1:9")}
	answer, _, _ := sdp.AnswerAll(sdp.Options{}, offer, at, nil, sdp.RecvOnly)
	d, err := in.Answer(siprec.SDPType, answer)
	if err != nil {
		return
	}
	go r.agree(d, at)
	r.parts <- part{meta, d}
}

// agree answers re-INVITEs, or refuses them.
func (r *recorder) agree(d *sip.Dialog, at []netip.AddrPort) {
	for q := range d.Requests() {
		offer, err := sdp.Parse(q.Body)
		r.mu.Lock()
		if err != nil || !r.pauses {
			_ = q.Respond(488, "", nil)
		} else {
			answer, _, _ := sdp.AnswerAll(sdp.Options{Version: offer.Version}, offer, at, nil, sdp.RecvOnly)
			r.told = append(r.told, offer.Media[0].Direction)
			_ = q.Respond(200, siprec.SDPType, answer)
		}
		r.mu.Unlock()
	}
}

func (r *recorder) refuses(is bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = is
}

// heard are the pauses and their ends, as they were told.
func (r *recorder) heard() []sdp.Direction {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// owner is a conversation: an actor with a recording.
type owner struct {
	*testing.T
	ctx      context.Context
	mail     *actor.Mailbox
	recorder *recorder
	client   *Client
	r        *Recording
	wg       sync.WaitGroup

	mu    sync.Mutex
	shown []string
	taps  []string
}

func (o *owner) Context() context.Context      { return o.ctx }
func (o *owner) Log() *slog.Logger             { return slog.New(slog.DiscardHandler) }
func (o *owner) Background(_ string, f func()) { o.wg.Go(f) }
func (o *owner) Must(f func()) bool            { return o.mail.Must(f) }
func (o *owner) Tap()                          { o.note(&o.taps, "on") }
func (o *owner) Untap()                        { o.note(&o.taps, "off") }
func (o *owner) Changed()                      { o.note(&o.shown, o.r.Shown()) }
func (o *owner) Metadata() siprec.Metadata {
	return siprec.Metadata{Extension: siprec.Extension{Agency: "water", Queue: "main", Seat: "A11", Fragment: "1234"}}
}

func (o *owner) note(to *[]string, what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*to = append(*to, what)
}

// newOwner starts the actor of a conversation, with a recorder on loopback.
func newOwner(t *testing.T) *owner {
	t.Helper()
	t.Parallel() // they mostly wait
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	o := &owner{T: t, ctx: ctx, mail: actor.NewMailbox("call"), recorder: &recorder{parts: make(chan part, 16), pauses: true}}
	o.recorder.end = o.listen(o.recorder)
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	o.must(err)
	at := o.recorder.end.Addr()
	o.client = NewClient(Config{
		Recorder: sip.Target{URI: "sip:recorder@" + at.String(), Route: at, Transport: "tcp"}, Endpoint: o.listen(&recorder{}),
		Ports: pool, Parting: context.WithoutCancel(ctx),
	})
	o.r = New(o.client, o)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for o.ctx.Err() == nil {
			o.turn()
		}
		o.r.End()
	}()
	t.Cleanup(func() { cancel(); <-over; o.mail.Close(); o.wg.Wait() })
	return o
}

func (o *owner) turn() {
	select {
	case f := <-o.mail.Next():
		f()
	case <-o.r.Alarm.C():
		o.r.Alarm.Ring()
	case q, ok := <-o.r.Requests():
		o.r.Asked(q, ok)
	case <-o.ctx.Done():
	}
}

func (o *owner) listen(h sip.Handler) *sip.Endpoint {
	o.Helper()
	e, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0"})
	o.must(err)
	e.Serve(h)
	o.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = e.Close(ctx)
	})
	return e
}

func (o *owner) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

// do has the actor do something.
func (o *owner) do(f func()) {
	o.Helper()
	o.must(o.mail.Ask(func() error { f(); return nil }))
}

// until waits until the actor sees that something is so.
func (o *owner) until(what string, is func() bool) {
	o.Helper()
	for so := false; !so; {
		o.do(func() { so = is() })
		select {
		case <-o.ctx.Done():
			o.Fatal("in vain awaited: " + what)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (o *owner) shows(want string) {
	o.Helper()
	o.until(want, func() bool { return o.r.Shown() == want })
}

func (o *owner) next() part {
	o.Helper()
	select {
	case p := <-o.recorder.parts:
		return p
	case <-o.ctx.Done():
		o.Fatal("nothing reaches the recorder")
		return part{}
	}
}

// played plays everything to its end at once.
type played struct{}

// Play implements gate.Player.
func (played) Play(context.Context, []media.Clip, bool) <-chan error {
	c := make(chan error, 1)
	c <- nil
	return c
}

// pass is of an announcement heard to its end.
func (o *owner) pass() gate.Pass {
	o.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	o.must(err)
	out := <-gate.Announce(o.ctx, played{}, gate.Notice{Clips: []media.Clip{media.Tone(700, time.Second, 9000)}, Language: "fi", Agency: "water", Queue: "main"}, key)
	o.must(out.Err)
	return out.Pass
}

// M4: without a pass of everybody nothing reaches the recorder, whoever asks.
func TestNoPassNoRecording(t *testing.T) {
	o := newOwner(t)
	for _, gates := range [][]gate.Pass{nil, {{}}, {o.pass(), {}}} {
		if _, err := o.client.open(o.ctx, gates, o.Metadata()); !errs.Is(err, errs.Denied) {
			t.Errorf("%d passes: %v", len(gates), err)
		}
	}
	o.do(func() { o.r.Begin(nil) })
	o.shows(Off)
	if n := o.recorder.end.Stats().Requests; n != 0 {
		t.Errorf("%d requests reached the recorder", n)
	}
}

// A part is taken: it has the passes of all, and what is said of the conversation; nothing more is to be had at its end.
func TestAPart(t *testing.T) {
	o := newOwner(t)
	gates := []gate.Pass{o.pass(), o.pass()}
	o.do(func() { o.r.Begin(gates) })
	p := o.next()
	o.shows(On)
	x := p.meta.Extension
	if x.Part != 1 || x.Gate != gates[0].Token() || !slices.Equal(x.Gates, []string{gates[1].Token()}) || x.Outside() != 2 {
		t.Errorf("%+v", x)
	}
	if x.Agency != "water" || x.Queue != "main" || x.Seat != "A11" || x.Fragment != "1234" || x.Session == "" || x.Session != p.meta.Session {
		t.Errorf("%+v", p.meta)
	}
	o.do(func() {
		if !o.r.With(gates) || o.r.With(gates[:1]) || o.r.With(nil) || o.r.Tap() == nil {
			t.Error("it is not known with whose passes it began")
		}
		if o.r.End(); o.r.Tap() != nil || o.r.Shown() != None || o.r.ID != x.Session || o.r.Part != 1 {
			t.Errorf("%+v", o.r.Thread)
		}
	})
	<-p.dialog.Ended()
	if o.client.Taken.Load() != 1 || o.client.Lost.Load() != 0 || !slices.Equal(o.taps, []string{"on", "off"}) {
		t.Errorf("%d taken, taps %v", o.client.Taken.Load(), o.taps)
	}
}

// Without the recorder it is off, and the next try is another part of the same session.
func TestTheNextPart(t *testing.T) {
	o := newOwner(t)
	o.recorder.refuses(true)
	gates := []gate.Pass{o.pass()}
	o.do(func() { o.r.Begin(gates) })
	first := o.next()
	o.shows(Off)
	o.recorder.refuses(false)
	second := o.next()
	o.shows(On)
	o.must(second.dialog.Bye(o.ctx))
	third := o.next()
	o.shows(On)
	for i, p := range []part{first, second, third} {
		if x := p.meta.Extension; x.Part != i+1 || x.Session != first.meta.Session || x.Gate != gates[0].Token() {
			t.Errorf("try %d: %+v", i, x)
		}
	}
	if c := o.client; c.Failed.Load() != 1 || c.Taken.Load() != 2 || c.Lost.Load() != 1 {
		t.Errorf("%d failed, %d taken, %d lost", c.Failed.Load(), c.Taken.Load(), c.Lost.Load())
	}
	if !slices.Contains(o.shown, Off) {
		t.Errorf("that it is off is not shown: %v", o.shown)
	}
}

// A pause is told, and its end is agreed; what comes in haste is told one thing at a time.
func TestPause(t *testing.T) {
	o := newOwner(t)
	o.do(func() { o.r.Begin([]gate.Pass{o.pass()}) })
	o.next()
	o.shows(On)
	o.do(func() { o.r.Pause(true) })
	o.shows(Held)
	o.until("the pause", func() bool { return slices.Equal(o.recorder.heard(), []sdp.Direction{sdp.Inactive}) })
	o.do(func() {
		for range 3 {
			o.r.Pause(false)
			o.r.Pause(true)
		}
		o.r.Pause(false)
	})
	o.shows(On)
	o.until("its end", func() bool {
		h := o.recorder.heard()
		return len(h)%2 == 0 && h[len(h)-1] == sdp.SendOnly && !o.r.session.pause.asking
	})
}

// A recorder that takes no pauses keeps the part.
func TestPauseWithoutTheRecorder(t *testing.T) {
	o := newOwner(t)
	o.recorder.pauses = false
	o.do(func() { o.r.Begin([]gate.Pass{o.pass()}) })
	p := o.next()
	o.shows(On)
	o.do(func() { o.r.Pause(true) })
	o.until("the refusal", func() bool { return o.r.session.pause.deaf })
	o.do(func() { o.r.Pause(false) })
	o.shows(On)
	select {
	case <-p.dialog.Ended():
		t.Error("the part has ended")
	default:
	}
}

// What comes of a try when nobody wants it any more is hung up.
func TestTooLate(t *testing.T) {
	o := newOwner(t)
	o.do(func() {
		o.r.Begin([]gate.Pass{o.pass()})
		o.r.try.cancel = func() {} // the answer is on its way
		o.r.End()
	})
	if p := o.next(); p.dialog != nil {
		<-p.dialog.Ended()
	}
	o.shows(None)
	if o.client.Taken.Load() != 0 {
		t.Error("it is taken all the same")
	}
}

// The recorder may ask whether we live; it renegotiates nothing.
func TestTheRecorderAsks(t *testing.T) {
	o := newOwner(t)
	o.do(func() { o.r.Begin([]gate.Pass{o.pass()}) })
	p := o.next()
	o.shows(On)
	if _, err := p.dialog.Request(o.ctx, "OPTIONS", "", nil); err != nil {
		t.Error(err)
	}
	if _, err := p.dialog.Reinvite(o.ctx, siprec.SDPType, []byte("v=0")); err == nil {
		t.Error("a new offer is taken")
	}
	o.shows(On)
}

// Nothing runs without a recorder.
func TestNoRecorder(t *testing.T) {
	c := NewClient(Config{})
	o := &owner{T: t, ctx: t.Context()}
	o.r = New(c, o)
	o.r.Begin([]gate.Pass{o.pass()})
	if c.Records() || o.r.Shown() != Off || o.r.Requests() != nil || o.r.Tap() != nil {
		t.Errorf("%s", o.r.Shown())
	}
	if o.r.End(); o.r.Shown() != None {
		t.Errorf("%s", o.r.Shown())
	}
}
