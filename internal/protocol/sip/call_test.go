package sip

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/pii"
	"santra/internal/protocol/sip/guard"
)

var server = netip.MustParseAddrPort("192.0.2.1:5060")

func TestCallAndHangUpFromEitherSide(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		for _, callerEnds := range []bool{true, false} {
			t.Run(transport, func(t *testing.T) {
				inBubble(t, memnet.Faults{Delay: 5 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
					h := newAnswering()
					b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
					da := call(t, a, b, transport)
					in, db := <-h.calls, <-h.dialogs
					if string(da.RemoteBody()) != "answer" || string(db.RemoteBody()) != offer || da.ID() == db.ID() {
						t.Errorf("bodies %q, %q", da.RemoteBody(), db.RemoteBody())
					}
					if in.Called() != "+358941000" || in.Caller().Reveal() != "+358401234567" || in.Transport() != transport {
						t.Error(in.Called(), in.Caller().Reveal(), in.Transport())
					}
					near, far, why := da, db, EndRemote
					if !callerEnds {
						near, far = db, da
					}
					if err := near.Bye(t.Context()); err != nil {
						t.Fatal(err)
					}
					<-far.Ended()
					if near.Reason() != EndLocal || far.Reason() != why {
						t.Errorf("%q and %q", near.Reason(), far.Reason())
					}
					time.Sleep(time.Minute)
					for _, e := range []*Endpoint{a, b} {
						if s := e.Stats(); s.Calls != 0 || s.Transactions != 0 || s.Malformed != 0 {
							t.Errorf("left: %+v", s)
						}
					}
				})
			})
		}
	}
}

func TestRealSockets(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			h := newAnswering()
			b, a := listen(t, nil, "", h), listen(t, nil, "", nil)
			for range 100 {
				d := call(t, a, b, transport)
				far := <-h.dialogs
				if err := d.Bye(t.Context()); err != nil {
					t.Fatal(err)
				}
				<-far.Ended()
			}
			s := b.Stats()
			for end := time.Now().Add(5 * time.Second); s.Calls != 0 && time.Now().Before(end); s = b.Stats() {
				runtime.Gosched() // the last one is taken out of the table after its end
			}
			if s.Calls != 0 || s.Stray > 0 || s.Malformed > 0 {
				t.Errorf("%+v", s)
			}
			r, err := a.Options(t.Context(), to(b, transport))
			if err != nil || r.Code != 200 {
				t.Error(r.Code, err)
			}
		})
	}
}

func TestCallsSurviveLossAndReordering(t *testing.T) {
	f := memnet.Faults{Delay: 20 * time.Millisecond, Loss: 0.2, Reorder: 0.2, Late: 50 * time.Millisecond, Seed: 3}
	inBubble(t, f, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
		for range 50 {
			d := call(t, a, b, "udp")
			far := <-h.dialogs
			_ = d.Bye(t.Context())
			<-far.Ended()
			if far.Reason() != EndRemote {
				t.Error(far.Reason())
			}
		}
		time.Sleep(2 * time.Minute)
		if s := b.Stats(); s.Calls != 0 || s.Transactions != 0 {
			t.Errorf("left: %+v", s)
		}
	})
}

// RFC 3261 13.3.1.4: 0.5, 1, 2, 4, 4... s after each other, 64*T1 in all, then BYE.
func Test2xxIsSentAgainUntilAcknowledged(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		start := time.Now()
		w.send(server, invite)
		var at []time.Duration
		for {
			m := w.read(time.Minute)
			if strings.HasPrefix(m, "BYE ") {
				at = append(at, time.Since(start))
				w.send(server, "SIP/2.0 200 OK\nVia: "+field(m, "Via")+"\nFrom: "+field(m, "From")+"\nTo: "+field(m, "To")+
					"\nCall-ID: call-one\nCSeq: "+field(m, "CSeq")+"\nContent-Length: 0\n\n")
				break
			}
			if strings.HasPrefix(m, "SIP/2.0 200") {
				at = append(at, time.Since(start))
			}
		}
		want := []time.Duration{0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500, 32000}
		if len(at) != len(want) {
			t.Fatal(at)
		}
		for i := range at {
			if at[i] != want[i]*time.Millisecond {
				t.Errorf("%d: at %v, want %v", i, at[i], want[i]*time.Millisecond)
			}
		}
		d := <-h.dialogs
		<-d.Ended()
		if d.Reason() != EndNoAck {
			t.Error(d.Reason())
		}
	})
}

func TestAckStopsThe2xx(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		w.send(server, invite) // a late INVITE is absorbed (RFC 6026 7.1)
		w.send(server, inside("ACK", ok, 1, "ack"))
		if m := w.read(time.Minute); m != "" {
			t.Errorf("came %q", m)
		}
		d := <-h.dialogs
		if !closed(d.Acked()) || closed(d.Ended()) {
			t.Error("the dialog is not confirmed")
		}
		w.send(server, inside("BYE", ok, 2, "bye"))
		w.want("SIP/2.0 200")
		w.send(server, inside("BYE", ok, 2, "bye")) // again: the same answer
		w.want("SIP/2.0 200")
		w.send(server, inside("BYE", ok, 3, "dead"))
		w.want("SIP/2.0 481")
	})
}

// A BYE must not go before the ACK (RFC 3261 15).
func TestByeWaitsForTheAck(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		d := <-h.dialogs
		go func() { _ = d.Bye(t.Context()) }()
		<-d.Ended()
		if m := w.read(400 * time.Millisecond); m != "" {
			t.Errorf("came %q", m)
		}
		w.send(server, inside("ACK", ok, 1, "ack"))
		bye := w.want("BYE ")
		w.send(server, strings.Replace(strings.ReplaceAll(bye, "\r\n", "\n"), "BYE sip:maija@192.0.2.2:5060 SIP/2.0", "SIP/2.0 200 OK", 1))
	})
}

func TestByeThatOvertookItsAck(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		e := listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		w.send(server, inside("BYE", ok, 2, "bye"))
		w.want("SIP/2.0 200 OK")
		w.send(server, inside("ACK", ok, 1, "ack"))
		d := <-h.dialogs
		<-d.Ended()
		if m := w.read(time.Minute); m != "" || d.Reason() != EndRemote || e.Stats().Stray != 0 || e.Stats().Calls != 0 {
			t.Errorf("%q %v %+v", m, d.Reason(), e.Stats())
		}
	})
}

func TestCancel(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
			w := make(waiting, 1)
			b, a := listen(t, n, "192.0.2.1", w), listen(t, n, "192.0.2.2", nil)
			o, err := a.Invite(t.Context(), to(b, transport), opts())
			if err != nil {
				t.Fatal(err)
			}
			in := <-w
			_ = in.Ringing()
			if p := <-o.Progress(); p.Code != 180 {
				t.Error(p.Code)
			}
			o.Cancel()
			_, err = o.Wait(t.Context())
			var r *Refused
			if !errors.As(err, &r) || r.Code != 487 {
				t.Error(err)
			}
			<-in.Done()
			if _, err := in.Answer("", nil); err == nil {
				t.Error("answered a cancelled call")
			}
			if in.Ringing() == nil {
				t.Error("rang a cancelled call")
			}
		})
	}
}

// CANCEL waits for a provisional response (RFC 3261 9.1).
func TestCancelBeforeAnyResponse(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: 10 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		w := make(waiting, 1)
		b, a := listen(t, n, "192.0.2.1", w), listen(t, n, "192.0.2.2", nil)
		o, err := a.Invite(t.Context(), to(b, "udp"), opts())
		if err != nil {
			t.Fatal(err)
		}
		o.Cancel()
		if _, err = o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 487" {
			t.Error(err)
		}
		<-(<-w).Done()
	})
}

// A 200 that crosses the CANCEL is acknowledged and hung up.
func TestAnswerCrossesCancel(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: 10 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		w := make(waiting, 1)
		b, a := listen(t, n, "192.0.2.1", w), listen(t, n, "192.0.2.2", nil)
		o, err := a.Invite(t.Context(), to(b, "udp"), opts())
		if err != nil {
			t.Fatal(err)
		}
		in := <-w
		_ = in.Ringing()
		<-o.Progress()
		o.Cancel()
		d, err := in.Answer("", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = o.Wait(t.Context()); err == nil {
			t.Error("a cancelled call was answered")
		}
		<-d.Ended()
		if d.Reason() != EndRemote || !closed(d.Acked()) {
			t.Error(d.Reason())
		}
	})
}

func TestRefusals(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		b := listen(t, n, "192.0.2.1", handlerFunc(func(in *Incoming) {
			if in.Called() == "404" {
				in.Reject(404, "")
			}
		}))
		a := listen(t, n, "192.0.2.2", nil)
		for user, want := range map[string]string{"404": "sip: refused with 404", "forgotten": "sip: refused with 500"} {
			o, err := a.Invite(t.Context(), Target{URI: "sip:" + user + "@" + b.Addr().String()}, opts())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.Wait(t.Context()); err == nil || err.Error() != want {
				t.Error(err, want)
			}
		}
	})
}

func TestNobodyThere(t *testing.T) {
	for transport, want := range map[string]time.Duration{"udp": 32 * time.Second, "tcp": 0} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			a := listen(t, n, "192.0.2.2", nil)
			start := time.Now()
			o, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.9", Transport: transport}, opts())
			if err != nil {
				t.Fatal(err)
			}
			if _, err = o.Wait(t.Context()); err == nil || time.Since(start) != want {
				t.Error(transport, err, time.Since(start))
			}
		})
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		w := make(waiting, 1)
		b, a := listen(t, n, "192.0.2.1", w), listen(t, n, "192.0.2.2", nil)
		o, _ := a.Invite(t.Context(), to(b, "udp"), opts())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := o.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		<-(<-w).Done()
	})
}

func TestLargeInviteGoesByTCP(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
		o := opts()
		o.Body = append(o.Body, strings.Repeat("a=x\r\n", 400)...)
		out, err := a.Invite(t.Context(), to(b, "udp"), o)
		if err != nil {
			t.Fatal(err)
		}
		d, err := out.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := (<-h.calls).Transport(); got != "tcp" {
			t.Error(got)
		}
		_ = d.Bye(t.Context())
	})
}

func TestLargeInviteFallsBackToUDP(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a := listen(t, n, "192.0.2.2", nil)
		c, err := n.Host("192.0.2.1").ListenPacket("192.0.2.1:5060")
		if err != nil {
			t.Fatal(err)
		}
		w := &wire{t, c}
		defer c.Close()
		o := opts()
		o.Body = append(o.Body, strings.Repeat("a=x\r\n", 400)...)
		out, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1"}, o)
		if err != nil {
			t.Fatal(err)
		}
		m := w.want("INVITE ")
		if !strings.HasPrefix(field(m, "Via"), "SIP/2.0/UDP ") {
			t.Error(field(m, "Via"))
		}
		w.send(netip.MustParseAddrPort("192.0.2.2:5060"), "SIP/2.0 486 Busy\nVia: "+field(m, "Via")+"\nFrom: "+field(m, "From")+
			"\nTo: "+field(m, "To")+";tag=x\nCall-ID: "+field(m, "Call-ID")+"\nCSeq: 1 INVITE\nContent-Length: 0\n\n")
		w.want("ACK ")
		if _, err := out.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 486" {
			t.Error(err)
		}
	})
}

func TestCloseHangsUp(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
		d := call(t, a, b, "udp")
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
		<-d.Ended()
		if d.Reason() != EndRemote || (<-h.dialogs).Reason() != EndClosed {
			t.Error(d.Reason())
		}
		if err := b.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := b.Invite(t.Context(), to(a, "udp"), opts()); err == nil {
			t.Error("called from a closed endpoint")
		}
	})
}

func TestPrivacy(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
		pai := Header{Name: "P-Asserted-Identity", Value: `"x" <sip:+358509999999@host>, <tel:+358-50-999 9999>`}
		for _, c := range []struct {
			name string
			opt  InviteOptions
			want string
		}{
			{"from", InviteOptions{From: pii.NewNumber("+358401234567")}, "+358401234567"},
			{"asserted", InviteOptions{From: pii.NewNumber("+358401234567"), Headers: []Header{pai}}, "+358509999999"},
			{"tel", InviteOptions{From: pii.NewNumber("1"), Headers: []Header{{Name: "P-Asserted-Identity", Value: "<tel:+358-50-1>"}}}, "+358501"},
			{"privacy", InviteOptions{From: pii.NewNumber("+358401234567"), Headers: []Header{pai, {Name: "Privacy", Value: "header;id"}}}, ""},
			{"user", InviteOptions{From: pii.NewNumber("+358401234567"), Headers: []Header{{Name: "Privacy", Value: "user"}}}, ""},
			{"none", InviteOptions{From: pii.NewNumber("+358401234567"), Headers: []Header{{Name: "Privacy", Value: "none"}}}, "+358401234567"},
			{"ours", InviteOptions{From: pii.NewNumber("+358401234567"), Privacy: true}, ""},
			{"withheld", InviteOptions{}, ""},
			{"odd", InviteOptions{From: pii.NewNumber("a#b\r\nX: y"), FromDisplay: "q\"\\\r\nInjected: 1"}, "a#b\r\nX: y"},
		} {
			o, err := a.Invite(t.Context(), to(b, "udp"), c.opt)
			if err != nil {
				t.Fatal(err)
			}
			d, err := o.Wait(t.Context())
			if err != nil {
				t.Fatal(c.name, err)
			}
			in := <-h.calls
			if got := in.Caller().Reveal(); got != c.want || in.Header("Injected") != "" || in.Header("X") != "" {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
			_ = d.Bye(t.Context())
		}
	})
}

func TestStrangersAreRefusedAndThenIgnored(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering(), func(c *Config) { c.Admit = func(netip.AddrPort) bool { return false } })
		w := newWire(t, n, "192.0.2.2")
		got := 0
		for i := range 100 {
			w.send(server, strings.NewReplacer("-one", "-"+strconv.Itoa(i), "call-one", "call-"+strconv.Itoa(i)).Replace(invite))
			synctest.Wait()
		}
		for {
			m := w.read(time.Millisecond)
			if m == "" {
				break
			}
			if strings.HasPrefix(m, "SIP/2.0 403") {
				got++
			}
		}
		if s := e.Stats(); got < 5 || got > guard.AnswersBurst || s.Refused != 100 || s.Limited != 80 {
			t.Errorf("%d answers, %+v", got, s)
		}
		lost := newWire(t, n, "192.0.2.3") // a peer of before our restart
		lost.send(server, strings.NewReplacer("INVITE", "OPTIONS", "192.0.2.2", "192.0.2.3", "941000@192.0.2.1>", "941000@192.0.2.1>;tag=lost").Replace(invite))
		lost.want("SIP/2.0 481")
	})
}
