package dial

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/leg"
)

// exchange is where calls begin.
type exchange struct {
	*testing.T
	ep   *sip.Endpoint
	pool *rtp.Pool
	ctx  context.Context
}

// nobody is who calls an exchange of ours.
type nobody struct{}

// Invite implements sip.Handler.
func (nobody) Invite(in *sip.Incoming) { in.Reject(sip.StatusNotFound, "") }

func newExchange(t *testing.T) *exchange {
	t.Helper()
	t.Parallel() // they mostly wait
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	x := &exchange{T: t, ctx: ctx}
	var err error
	x.ep, err = sip.Listen(sip.Config{Addr: "127.0.0.1:0"})
	x.must(err)
	x.ep.Serve(nobody{})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = x.ep.Close(ctx)
	})
	x.pool, err = rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	x.must(err)
	return x
}

func (x *exchange) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

// phone opens a telephone and gives the way to it.
func (x *exchange) phone(cfg siptest.Config) (*siptest.Phone, Route) {
	x.Helper()
	cfg.Server = x.ep.Addr()
	p, err := siptest.NewPhone(cfg)
	x.must(err)
	x.Cleanup(func() { _ = p.Close() })
	return p, Route{Trunk: "live", Endpoint: x.ep, Target: sip.Target{URI: "sip:1@" + p.Addr().String(), Route: p.Addr()}}
}

// dead is a way on which nobody takes the connection.
func (x *exchange) dead() Route {
	return Route{Trunk: "dead", Endpoint: x.ep, Target: sip.Target{URI: "sip:x@127.0.0.1:1;transport=tcp", Transport: "tcp"}}
}

func (x *exchange) dial(routes ...Route) *Dial {
	x.Helper()
	l, err := leg.Open(x.pool, leg.Customer, leg.Terms{Codecs: []string{sdp.PCMA}}, nil)
	x.must(err)
	x.Cleanup(func() { _ = l.Media.Close() })
	return New(x.ctx, l, routes, nil)
}

// rings gives the call that rings.
func (x *exchange) rings(p *siptest.Phone) *sip.Incoming {
	x.Helper()
	select {
	case in := <-p.Rings():
		return in
	case <-x.ctx.Done():
		x.Fatal("the telephone does not ring")
		return nil
	}
}

// misses waits until a telephone shows so many missed calls; it does a little after their end.
func (x *exchange) misses(p *siptest.Phone, want int) {
	x.Helper()
	for p.Missed() != want {
		select {
		case <-x.ctx.Done():
			x.Fatalf("%d missed calls are shown", p.Missed())
		case <-time.After(time.Millisecond):
		}
	}
}

func caller() sip.InviteOptions { return sip.InviteOptions{FromUser: "santra"} }

// What one trunk does not take another does; the leg stands with the answer.
func TestTheNextRouteIsTried(t *testing.T) {
	x := newExchange(t)
	full, one := x.phone(siptest.Config{Reject: sip.StatusServiceUnavailable})
	_, two := x.phone(siptest.Config{Tone: 1000})
	d := x.dial(x.dead(), one, two)
	a := d.Ring(caller(), 0, nil)
	x.must(a.Err)
	x.must(d.Take(a))
	if d.Leg.Dialog == nil || d.Leg.Deaf || a.by != 2 {
		t.Errorf("route %d", a.by)
	}
	if n := len(full.Rings()); n > 1 {
		t.Errorf("the full trunk got %d calls", n)
	}
	d.Leg.HangUp(x.ctx)
	<-d.Leg.Ended()
}

// A telephone that is busy is so by whatever trunk: nobody else is asked.
func TestBusyIsAnAnswer(t *testing.T) {
	x := newExchange(t)
	_, one := x.phone(siptest.Config{Reject: sip.StatusBusyHere})
	other, two := x.phone(siptest.Config{})
	d := x.dial(one, two)
	a := d.Ring(caller(), 0, nil)
	if Failure(a.Err) != Busy || !Declined(a.Err) || len(other.Calls()) != 0 {
		t.Errorf("%v", a.Err)
	}
	d.Release(x.ctx, a)
}

func TestNoWay(t *testing.T) {
	x := newExchange(t)
	if a := x.dial().Ring(caller(), 0, nil); !errs.Is(a.Err, errs.Unavailable) || Failure(a.Err) != Unavailable || Declined(a.Err) {
		t.Errorf("%v", a.Err)
	}
	if a := x.dial(x.dead()).Ring(caller(), 0, nil); Failure(a.Err) != Unavailable {
		t.Errorf("%v", a.Err)
	}
}

// A telephone rings only so long, and then no other way is tried.
func TestRingsSoLong(t *testing.T) {
	x := newExchange(t)
	phone, one := x.phone(siptest.Config{Answer: -1})
	other, two := x.phone(siptest.Config{})
	a := x.dial(one, two).Ring(caller(), 200*time.Millisecond, nil)
	if Failure(a.Err) != NoAnswer || len(other.Calls()) != 0 {
		t.Errorf("%v", a.Err)
	}
	<-x.rings(phone).Done()
	x.misses(phone, 1)
}

// Who is told that somebody else answered shows no missed call; who is only given up does.
func TestStop(t *testing.T) {
	for name, x := range map[string]struct {
		why    error
		missed int
	}{"answered elsewhere": {AnsweredElsewhere{}, 0}, "given up": {nil, 1}} {
		t.Run(name, func(t *testing.T) {
			e := newExchange(t)
			phone, route := e.phone(siptest.Config{Answer: -1})
			d := e.dial(route)
			answer := make(chan Answer, 1)
			go func() { answer <- d.Ring(caller(), 0, nil) }()
			in := e.rings(phone)
			d.Stop(x.why)
			if a := <-answer; !errors.Is(a.Err, context.Canceled) {
				t.Errorf("%v", a.Err)
			}
			<-in.Done()
			e.misses(phone, x.missed)
		})
	}
	(*Dial)(nil).Stop(nil) // nobody rings
}

// What the network says before the answer is heard, by the route that says it.
func TestEarlySound(t *testing.T) {
	x := newExchange(t)
	phone, route := x.phone(siptest.Config{Answer: -1, EarlyMedia: true, Tone: 1000})
	d := x.dial(x.dead(), route)
	said, answer := make(chan Early, 8), make(chan Answer, 1)
	go func() { answer <- d.Ring(caller(), 0, func(e Early) { said <- e }) }()
	in := x.rings(phone)
	x.must(d.TakeEarly(<-said))
	for d.Leg.Media.Stats().Packets == 0 {
		select {
		case <-x.ctx.Done():
			t.Fatal("nothing is heard")
		case <-time.After(2 * time.Millisecond):
		}
	}
	d.Stop(nil)
	if a := <-answer; a.Err == nil {
		t.Error("answered")
	}
	<-in.Done()
}

// An answer that leads the sound where it must not go is not taken.
func TestAnswerOfNoUse(t *testing.T) {
	x := newExchange(t)
	_, route := x.phone(siptest.Config{Codecs: []string{sdp.PCMA}})
	l, err := leg.Open(x.pool, leg.Customer, leg.Terms{Own: func(netip.AddrPort) bool { return true }, Codecs: []string{sdp.PCMA}}, nil)
	x.must(err)
	d := New(x.ctx, l, []Route{route}, nil)
	a := d.Ring(caller(), 0, nil)
	x.must(a.Err)
	if _, unsafe := errors.AsType[leg.Unsafe](d.Take(a)); !unsafe {
		t.Error("taken")
	}
	d.Leg.HangUp(x.ctx)
	<-d.Leg.Ended()
}

func TestFailure(t *testing.T) {
	for code, want := range map[int]string{
		sip.StatusBusyHere: Busy, sip.StatusBusyEverywhere: Busy, sip.StatusTemporarily: NoAnswer, sip.StatusRequestTimeout: NoAnswer, sip.StatusRequestTerminated: NoAnswer,
		sip.StatusNotFound: Unknown, sip.StatusGone: Unknown, sip.StatusAddressIncomplete: Unknown, sip.StatusNowhere: Unknown, sip.StatusForbidden: Refused, sip.StatusDecline: Refused,
		sip.StatusServiceUnavailable: Unavailable, sip.StatusServerInternalError: Unavailable, 499: Unavailable,
	} {
		if got := Failure(&sip.Refused{Code: code}); got != want {
			t.Errorf("%d: %s, want %s", code, got, want)
		}
	}
	if Failure(context.DeadlineExceeded) != NoAnswer || Failure(errors.New("no route")) != Unavailable {
		t.Error("without a response")
	}
}

// A way that is left forgets whither it led, and is taken off the caps.
func TestLeave(t *testing.T) {
	left := 0
	w := Way{Number: pii.NewNumber("+358501112222"), Shown: pii.NewNumber("+358931012345"), Done: func() { left++ }}
	o := w.Invite()
	w.Leave()
	if left != 1 || w.Number.Reveal() == "+358501112222" {
		t.Errorf("left %d times, %q is known", left, w.Number.Reveal())
	}
	if o.From.Reveal() != "+358931012345" || o.Asserted.Reveal() != "+358931012345" {
		t.Errorf("shown: %q, vouched for: %q", o.From.Reveal(), o.Asserted.Reveal())
	}
	Way{}.Leave()
}

// A telephone that refuses how its sound is offered is called again with the sound offered otherwise; a busy one is not, nor is one that
// says nothing for long taken for a trunk that is down.
func TestSoundIsOfferedOtherwise(t *testing.T) {
	x := newExchange(t)
	for code, calls := range map[int]int{sip.StatusNotAcceptableHere: 2, sip.StatusBusyHere: 1, sip.StatusServiceUnavailable: 1} {
		p, one := x.phone(siptest.Config{Reject: code})
		one.SRTP = sdp.Opportunistic
		two := one
		two.SRTP = sdp.Required
		d := x.dial(one, two)
		if d.another(0) {
			t.Error("the same telephone is another")
		}
		a := d.Ring(caller(), 0, nil)
		if refused, ok := errors.AsType[*sip.Refused](a.Err); !ok || refused.Code != code || a.by != calls-1 {
			t.Errorf("%d: %v, by %d", code, a.Err, a.by)
		}
		d.Release(x.ctx, a)
		_ = p.Close()
	}
}
