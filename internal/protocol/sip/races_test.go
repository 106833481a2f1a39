package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/memnet"
	"santra/internal/protocol/sip/message"
)

// doubling sends some packets twice, which memnet does not.
type doubling struct {
	*memnet.Host
	share float64
	dice  *rand.Rand
}

func (d doubling) ListenPacket(addr string) (net.PacketConn, error) {
	c, err := d.Host.ListenPacket(addr)
	return &doubled{PacketConn: c, d: d}, err
}

type doubled struct {
	net.PacketConn
	mu sync.Mutex
	d  doubling
}

func (c *doubled) WriteTo(b []byte, to net.Addr) (int, error) {
	c.mu.Lock()
	twice := c.d.dice.Float64() < c.d.share
	c.mu.Unlock()
	if twice {
		_, _ = c.PacketConn.WriteTo(b, to)
	}
	return c.PacketConn.WriteTo(b, to)
}

// act is something that one side does at some time after the INVITE.
type act struct {
	at     time.Duration
	caller bool
	what   string
}

// plan is a call with all that crosses in it.
type plan struct {
	net       memnet.Faults
	double    float64
	transport string
	reliable  Reliable
	progress  int           // provisional responses
	answer    time.Duration // after which it is answered
	refuse    bool          // or refused
	early     bool          // both act in the early dialog too
	slow      time.Duration // until a request inside the dialog is answered
	acts      []act
}

func drawPlan(t *rapid.T) plan {
	ms := func(name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Millisecond
	}
	p := plan{
		net: memnet.Faults{
			Delay: ms("delay", 80), Late: ms("late", 400), Loss: rapid.Float64Range(0, 0.3).Draw(t, "loss"),
			Reorder: rapid.Float64Range(0, 0.4).Draw(t, "reorder"), Seed: rapid.Uint64().Draw(t, "seed"),
		},
		double:    rapid.Float64Range(0, 0.4).Draw(t, "double"),
		transport: rapid.SampledFrom([]string{"udp", "udp", "tcp"}).Draw(t, "transport"),
		reliable:  rapid.SampledFrom([]Reliable{ReliableOff, ReliableSupported, ReliableRequired}).Draw(t, "reliable"),
		progress:  rapid.IntRange(0, 3).Draw(t, "progress"),
		answer:    ms("answer", 1500),
		refuse:    rapid.IntRange(0, 9).Draw(t, "refuse") == 0,
		early:     rapid.Bool().Draw(t, "early"),
		slow:      ms("slow", 300),
	}
	whats := []string{"cancel", "bye", "reinvite", "reinvite", "negotiate", "update", "info", "refer", "solicit"}
	for range rapid.IntRange(0, 8).Draw(t, "acts") {
		p.acts = append(p.acts, act{ms("at", 4000), rapid.Bool().Draw(t, "caller"), rapid.SampledFrom(whats).Draw(t, "what")})
	}
	return p
}

// stage is where a plan is played.
type stage struct {
	plan
	t        *testing.T
	a, b     *Endpoint
	out      *Outgoing
	wg       sync.WaitGroup
	mu       sync.Mutex
	near     *Dialog
	far      *Dialog
	incoming *Incoming
	read     map[*Dialog]bool
	wrong    []string
}

func (s *stage) complain(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// dialog is a side's dialog as far as there is one.
func (s *stage) dialog(caller bool) *Dialog {
	s.mu.Lock()
	defer s.mu.Unlock()
	if caller {
		return s.near
	}
	return s.far
}

// Invite is the callee.
func (s *stage) Invite(in *Incoming) {
	s.mu.Lock()
	s.incoming = in
	s.mu.Unlock()
	for i := range s.progress {
		_ = in.Progress(180+i, "application/sdp", []byte("answer"))
		if d := in.Early(); s.early && d != nil {
			s.begin(d, false)
		}
	}
	select {
	case <-time.After(s.answer):
	case <-in.Done():
	}
	if s.refuse {
		in.Reject(486, "")
		return
	}
	d, err := in.Answer("application/sdp", []byte("answer"))
	if err != nil {
		return
	}
	s.begin(d, false)
}

func (s *stage) begin(d *Dialog, caller bool) {
	s.mu.Lock()
	if caller {
		s.near = d
	} else {
		s.far = d
	}
	known := s.read[d]
	s.read[d] = true
	s.mu.Unlock()
	if known {
		return
	}
	s.wg.Go(func() {
		for r := range d.Requests() {
			s.wg.Go(func() { s.respond(d, r) })
		}
	})
}

// respond says of an offer what it was, so that a mixed-up answer is found.
func (s *stage) respond(d *Dialog, r *Request) {
	time.Sleep(s.slow)
	if r.Method == message.REFER {
		if tr, err := r.Transfer(); err == nil && tr.Accept() == nil {
			_ = tr.Notify(context.Background(), 200)
		}
		return
	}
	_ = r.Respond(200, "application/sdp", []byte("to "+string(r.Body)))
}

// play does an act; whatever comes of it must come in the time of a few transactions.
func (s *stage) play(n int, what act) {
	time.Sleep(what.at)
	if what.what == "cancel" && what.caller {
		s.out.Cancel(AnsweredElsewhere())
		return
	}
	d := s.dialog(what.caller)
	if d == nil {
		return
	}
	start := time.Now()
	offer := fmt.Sprintf("offer %d", n)
	var got []byte
	var err error
	switch what.what {
	case "bye":
		err = d.Bye(context.Background())
	case "reinvite":
		got, err = d.Reinvite(context.Background(), "application/sdp", []byte(offer))
	case "negotiate":
		got, err = d.Negotiate(context.Background(), "application/sdp", []byte(offer))
	case "update":
		got, err = d.Update(context.Background(), "application/sdp", []byte(offer))
	case "info":
		err = d.Info(context.Background(), "text/plain", []byte("x"))
	case "refer":
		_, err = d.Refer(context.Background(), "sip:1@h", ReferOptions{})
	case "solicit":
		err = d.Solicit(context.Background(), func(offer []byte) ([]byte, error) { return append([]byte("re "), offer...), nil })
	}
	if took := time.Since(start); took > 3*time.Minute {
		s.complain("%s took %v", what.what, took)
	}
	if got != nil && err == nil && string(got) != "to "+offer {
		s.complain("%q was answered %q", offer, got)
	}
	if err != nil && !expected(err) {
		s.complain("%s: %v", what.what, err)
	}
}

// expected are the ways in which a request may end whose dialog is a race.
func expected(err error) bool {
	refused, ok := errors.AsType[*Refused](err)
	return ok && (refused.Code == 491 || refused.Code == 500 || refused.Code == 487 || refused.Code == 481 || refused.Code == 408) ||
		errs.KindOf(err) == errs.Gone || errs.KindOf(err) == errs.Unavailable || errs.KindOf(err) == errs.Invalid
}

// perform plays it to the end and says what is wrong.
func (s *stage) perform(t *testing.T) {
	n := memnet.New(s.net)
	config := func(ip string) func(*Config) {
		return func(c *Config) {
			c.Network = doubling{n.Host(ip), s.double, rand.New(rand.NewPCG(s.net.Seed, 1))}
			c.Dialogs = DialogPolicy{Reliable: s.reliable, Session: MinSession}
		}
	}
	s.b = listen(t, n, "192.0.2.1", s, config("192.0.2.1"))
	s.a = listen(t, n, "192.0.2.2", nil, config("192.0.2.2"))
	var err error
	if s.out, err = s.a.Invite(t.Context(), to(s.b, s.transport), opts()); err != nil {
		s.complain("%v", err)
		return
	}
	for i, a := range s.acts {
		s.wg.Go(func() { s.play(i, a) })
	}
	s.wg.Go(func() {
		for p := range s.out.Progress() {
			if s.early && p.Early != nil {
				s.begin(p.Early, true)
			}
		}
	})
	s.wg.Go(func() {
		if d, err := s.out.Wait(context.Background()); err == nil {
			s.begin(d, true)
		}
	})
	time.Sleep(10 * time.Minute)
	s.judge()
	for _, caller := range []bool{true, false} {
		if d := s.dialog(caller); d != nil {
			_ = d.Bye(context.Background())
		}
	}
	time.Sleep(3 * time.Minute)
	s.wg.Wait()
	for name, e := range map[string]*Endpoint{"caller": s.a, "callee": s.b} {
		if st := e.Stats(); st.Calls != 0 || st.Transactions != 0 || len(e.early) != 0 || st.Malformed != 0 || st.Spoofed != 0 {
			s.complain("%s is left with %+v and %d early dialogs", name, st, len(e.early))
		}
	}
}

// judge compares the sides when all is quiet: a call lives on both, or on neither.
func (s *stage) judge() {
	alive := func(d *Dialog) bool { return d != nil && !closed(d.Ended()) }
	near, far := s.dialog(true), s.dialog(false)
	if alive(near) != alive(far) {
		s.complain("alive at the caller %v, at the callee %v (%q, %q)", alive(near), alive(far), reasonOfEnd(near), reasonOfEnd(far))
	}
	s.mu.Lock()
	in := s.incoming
	s.mu.Unlock()
	if in != nil && !closed(in.Done()) {
		s.complain("the incoming call is neither answered nor refused")
	}
}

func reasonOfEnd(d *Dialog) EndReason {
	if d == nil {
		return "no dialog"
	}
	return d.Reason()
}

// ACK, BYE, CANCEL, PRACK, re-INVITE, UPDATE, INFO and REFER cross each other in every order, on a network that loses, delays,
// reorders and doubles: both sides end in the same state, every request has an end, nothing is left.
func TestRaces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &stage{plan: drawPlan(rt), t: t, read: map[*Dialog]bool{}}
		synctest.Test(t, func(t *testing.T) { s.perform(t) })
		for _, w := range s.wrong {
			rt.Error(w)
		}
	})
}

// What the model found, each by itself.

// A BYE of the early dialog that meets our 2xx: the 2xx goes on until its ACK, then nothing is left, also where our user has
// hung up meanwhile.
func TestEarlyByeMeetsTheAnswer(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		e := listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ringing := w.want("SIP/2.0 180")
		w.want("SIP/2.0 200")
		w.send(server, inside("BYE", ringing, 2, "bye"))
		if m := w.want("SIP/2.0 200"); field(m, "CSeq") != "2 BYE" {
			t.Error(m)
		}
		if m := w.want("SIP/2.0 200"); field(m, "CSeq") != "1 INVITE" {
			t.Error("the answer is not sent again:", m)
		}
		d := <-h.dialogs
		if err := d.Bye(t.Context()); err != nil || d.Reason() != EndRemote {
			t.Error(err, d.Reason())
		}
		w.send(server, inside("ACK", ringing, 1, "ack"))
		if m := w.read(time.Second); m != "" || e.Stats().Calls != 0 {
			t.Errorf("%q %+v", m, e.Stats())
		}
	})
}

// The same without an ACK: it is forgotten after 64*T1, without a BYE.
func TestEarlyByeWithoutAnAck(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering())
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ringing := w.want("SIP/2.0 180")
		w.send(server, inside("BYE", ringing, 2, "bye"))
		for m := w.read(time.Minute); m != ""; m = w.read(time.Minute) {
			if field(m, "CSeq") == "1 BYE" {
				t.Error(m)
			}
		}
		if s := e.Stats(); s.Calls != 0 || s.Transactions != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Our BYE of an early dialog that crosses the 2xx: it is acknowledged, and the call is over.
func TestOurEarlyByeCrossesTheAnswer(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts())
		w.send(a.Addr(), answerOf(m, "180 Ringing", "x"))
		p := <-o.Progress()
		go func() { _ = p.Early.Bye(t.Context()) }()
		bye := w.want("BYE ")
		w.send(a.Addr(), answerOf(m, "200 OK", "x"))
		w.want("ACK ")
		w.send(a.Addr(), answerOf(bye, "200 OK", ""))
		if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 487" {
			t.Error(err)
		}
		w.send(a.Addr(), answerOf(m, "200 OK", "x"))
		w.want("ACK ")
		time.Sleep(time.Minute)
		if s := a.Stats(); s.Calls != 0 || s.Transactions != 0 {
			t.Errorf("%+v", s)
		}
	})
}
