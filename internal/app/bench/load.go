package bench

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"santra/internal/app/demo"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/webrtc/webrtctest"
)

// Times of the load.
const (
	registerLife   = time.Hour
	registerAtOnce = 16
	callWithin     = 30 * time.Second // from the INVITE until an agent is heard
	sdpType        = "application/sdp"
)

// Load is the role that plays customers and agents' telephones: real SIP, and real RTP where the sound matters. All callers
// share one SIP endpoint and one port for sound, and all telephones others, as behind a carrier's and an office's one address.
type Load struct {
	trunk   netip.AddrPort
	callers *sip.Endpoint
	phones  *sip.Endpoint
	driver  *driver
	sink    *net.UDPConn // where the sound of calls without media goes
	desk    desk

	mute atomic.Bool // callers only listen

	mu       sync.Mutex
	calls    []*sip.Dialog
	browsers []*webrtctest.Browser
	voices   []*stream // of the browsers
}

// desk is how the telephones behave.
type desk struct {
	l      *Load
	hangUp atomic.Int64 // ns after the answer; 0: never, and there is sound
	rings  atomic.Bool  // they ring and nobody answers
	up     atomic.Int64 // calls they are in
	taken  atomic.Uint64
}

func newLoad() *Load { return &Load{} }

// OpenArgs say where to call, and which telephones to register.
type OpenArgs struct {
	Trunk, Phones string
	Seats         []demo.ReadySeat
}

// Open registers every seat's telephone.
func (l *Load) Open(args OpenArgs, _ *Nothing) (err error) {
	if l.driver, err = newDriver(); err != nil {
		return err
	}
	l.desk.l = l
	if l.trunk, err = netip.ParseAddrPort(args.Trunk); err != nil {
		return err
	}
	if l.sink, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}); err != nil {
		return err
	}
	if l.callers, err = sip.Listen(sip.Config{Addr: "127.0.0.1:0"}); err != nil {
		return err
	}
	l.callers.Serve(nobody{})
	if l.phones, err = sip.Listen(sip.Config{Addr: "127.0.0.1:0"}); err != nil {
		return err
	}
	l.phones.Serve(&l.desk)
	return l.register(args)
}

// nobody takes no calls.
type nobody struct{}

func (nobody) Invite(in *sip.Incoming) { in.Reject(480, "") }

func (l *Load) register(args OpenArgs) error {
	at, err := netip.ParseAddrPort(args.Phones)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(registerAtOnce)
	for _, seat := range args.Seats {
		group.Go(func() error {
			t := sip.Target{URI: "sip:" + seat.SIPUser + "@" + args.Phones, Route: at, User: seat.SIPUser, Password: seat.SIPPassword}
			_, err := l.phones.Registrant(t).Register(ctx, registerLife)
			return err
		})
	}
	return group.Wait()
}

// Invite answers a telephone at once, or lets it ring.
func (d *desk) Invite(in *sip.Incoming) {
	if d.rings.Load() {
		_ = in.Ringing()
		<-in.Done()
		return
	}
	_, body := in.Body()
	talk := time.Duration(d.hangUp.Load())
	s, answer, err := d.l.answer(body, talk == 0)
	if err != nil {
		in.Reject(488, "")
		return
	}
	dialog, err := in.Answer(sdpType, answer)
	if err != nil {
		release(s)
		return
	}
	d.taken.Add(1)
	d.up.Add(1)
	defer d.up.Add(-1)
	defer release(s)
	if talk > 0 {
		time.AfterFunc(talk, func() { _ = dialog.Bye(context.Background()) })
	}
	attend(dialog)
}

func release(s *stream) {
	if s != nil {
		s.gone.Store(true)
	}
}

// attend answers what is asked in a dialog until it is over.
func attend(d *sip.Dialog) {
	for r := range d.Requests() {
		_ = r.Respond(200, "", nil)
	}
}

// answer describes a telephone's end, with a stream where it speaks.
func (l *Load) answer(offer []byte, speaks bool) (*stream, []byte, error) {
	o, err := sdp.Parse(offer)
	if err != nil {
		return nil, nil, err
	}
	s, local := l.media(speaks, l.driver.phones)
	body, choice, err := sdp.Answer(sdp.Options{}, o, local, []string{sdp.PCMA}, sdp.SendRecv)
	if err != nil {
		release(s)
		return nil, nil, err
	}
	if s != nil {
		s.aim(choice.Remote)
		l.driver.add(s)
	}
	return s, body, nil
}

// media gives a stream with its address, or the sink's for a call that nobody speaks in.
func (l *Load) media(speaks bool, side *gateway) (*stream, netip.AddrPort) {
	if !speaks {
		return nil, l.sink.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	return newStream(side), side.local
}

// call places a call; s is nil where nobody speaks.
func (l *Load) call(ctx context.Context, number string, speaks bool) (*sip.Dialog, *stream, error) {
	s, local := l.media(speaks, l.driver.customers)
	offer := sdp.Offer(sdp.Options{}, sdp.Stream{Local: local, Codecs: []string{sdp.PCMA}, DTMF: true})
	d, err := l.invite(ctx, number, offer)
	if err != nil {
		release(s)
		return nil, nil, err
	}
	if s != nil {
		if err := l.speak(s, offer, d.RemoteBody()); err != nil {
			release(s)
			return nil, nil, err
		}
	}
	return d, s, nil
}

func (l *Load) invite(ctx context.Context, number string, offer []byte) (*sip.Dialog, error) {
	t := sip.Target{URI: "sip:" + number + "@" + l.trunk.String(), Route: l.trunk}
	out, err := l.callers.Invite(ctx, t, sip.InviteOptions{From: pii.NewNumber("+358991234567"), ContentType: sdpType, Body: offer})
	if err != nil {
		return nil, err
	}
	return out.Wait(ctx)
}

func (l *Load) speak(s *stream, offer, answer []byte) error {
	o, err := sdp.Parse(offer)
	if err != nil {
		return err
	}
	a, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	choices, err := sdp.Accepted(o, a)
	if err != nil {
		return err
	}
	s.mute = l.mute.Load()
	s.aim(choices[0].Remote)
	l.driver.add(s)
	return nil
}

// CallsArgs say how many calls to set up.
type CallsArgs struct {
	Number    string
	N         int
	PerSecond float64
}

// Calls sets calls up and returns once every caller hears an agent.
func (l *Load) Calls(args CallsArgs, _ *Nothing) error {
	l.desk.hangUp.Store(0)
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for i := range args.N {
		group.Go(func() error {
			time.Sleep(time.Until(start.Add(time.Duration(float64(i) / args.PerSecond * float64(time.Second)))))
			return l.keep(ctx, args.Number)
		})
	}
	return group.Wait()
}

// held keeps a call until HangUp.
func (l *Load) held(d *sip.Dialog, s *stream) {
	l.mu.Lock()
	l.calls = append(l.calls, d)
	l.mu.Unlock()
	go func() {
		defer release(s)
		attend(d)
	}()
}

// keep places a call that stays until HangUp, and waits until it hears an agent.
func (l *Load) keep(ctx context.Context, number string) error {
	d, s, err := l.call(ctx, number, true)
	if err != nil {
		return fmt.Errorf("a call was not answered: %w", err)
	}
	l.held(d, s)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for s.heard.Load() == 0 {
		select {
		case <-look.C:
		case <-d.Ended():
			return errs.New(errs.Unavailable, "a call ended before an agent was heard")
		case <-ctx.Done():
			return errs.New(errs.Unavailable, "a caller heard no agent within %s", callWithin)
		}
	}
	return nil
}

// HangUp ends all calls and waits until the telephones know.
func (l *Load) HangUp(_ Nothing, _ *Nothing) error {
	l.mu.Lock()
	calls, browsers, voices := l.calls, l.browsers, l.voices
	l.calls, l.browsers, l.voices = nil, nil, nil
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	var group errgroup.Group
	for _, d := range calls {
		group.Go(func() error { return d.Bye(ctx) })
	}
	for _, s := range voices {
		release(s)
	}
	_ = group.Wait()
	for _, b := range browsers {
		_ = b.Close()
	}
	for l.desk.up.Load() > 0 {
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return errs.New(errs.Unavailable, "%d telephones still talk", l.desk.up.Load())
		}
	}
	return nil
}

// Begin starts to count packets and delays.
func (l *Load) Begin(_ Nothing, _ *Nothing) error {
	l.driver.begin()
	return nil
}

// End gives what was counted.
func (l *Load) End(_ Nothing, w *Window) error {
	*w = l.driver.end()
	return nil
}

// StreamsArgs say how many parties: customers alone, or a customer and a telephone in turns.
type StreamsArgs struct {
	N         int
	Customers bool
}

// Streams makes the parties of a reference, and gives their addresses.
func (l *Load) Streams(args StreamsArgs, addrs *[]string) error {
	for i := range args.N {
		side := l.driver.customers
		if i%2 == 1 && !args.Customers {
			side = l.driver.phones
		}
		l.driver.add(newStream(side))
		*addrs = append(*addrs, side.local.String())
	}
	return nil
}

// Aim lets the streams speak, each to one address.
func (l *Load) Aim(addrs []string, _ *Nothing) error {
	streams := l.driver.snapshot()
	if len(streams) != len(addrs) {
		return errs.New(errs.Internal, "%d streams, %d addresses", len(streams), len(addrs))
	}
	for i, s := range streams {
		at, err := netip.ParseAddrPort(addrs[i])
		if err != nil {
			return err
		}
		s.aim(at)
	}
	return nil
}

// Drop ends all streams.
func (l *Load) Drop(_ Nothing, _ *Nothing) error {
	for _, s := range l.driver.snapshot() {
		release(s)
	}
	return nil
}
