package sip

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip/message"
)

// pair is a call between two endpoints in a bubble.
func pair(t *testing.T, n *memnet.Network, transport string) (a, b *Dialog) {
	t.Helper()
	h := newAnswering()
	eb, ea := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
	a = call(t, ea, eb, transport)
	b = <-h.dialogs
	<-b.Acked()
	return a, b
}

// respond answers every request of a dialog by code and body.
func respond(d *Dialog, code int, body string) {
	go func() {
		for r := range d.Requests() {
			_ = r.Respond(code, "application/sdp", []byte(body))
		}
	}()
}

func TestReinviteBothWays(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
			a, b := pair(t, n, transport)
			respond(a, 200, "from a")
			respond(b, 200, "from b")
			for range 3 {
				got, err := a.Reinvite(t.Context(), "application/sdp", []byte("hold"))
				if err != nil || string(got) != "from b" {
					t.Fatal(string(got), err)
				}
				time.Sleep(10 * time.Millisecond) // its ACK arrives
				got, err = b.Reinvite(t.Context(), "application/sdp", []byte("hold"))
				if err != nil || string(got) != "from a" {
					t.Fatal(string(got), err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if err := b.Info(t.Context(), "application/dtmf-relay", []byte("Signal=1")); err != nil {
				t.Error(err)
			}
			if r, err := a.Request(t.Context(), "UPDATE", "application/sdp", []byte("x")); err != nil || r.Code != 200 {
				t.Error(r.Code, err)
			}
			if r, err := a.Request(t.Context(), "OPTIONS", "", nil); err != nil || r.Code != 200 {
				t.Error(r.Code, err)
			}
			if _, err := a.Request(t.Context(), "BREW", "", nil); err == nil {
				t.Error("sent an unknown method")
			}
			time.Sleep(time.Minute)
			if closed(a.Ended()) || closed(b.Ended()) {
				t.Error("the call has ended")
			}
			_ = b.Bye(t.Context())
			<-a.Ended()
			if _, err := a.Reinvite(t.Context(), "", nil); err == nil {
				t.Error("re-INVITE in an ended dialog")
			}
			if err := a.Bye(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// RFC 3261 14.2: who has an INVITE out answers another with 491.
func TestReinviteGlare(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: 50 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		a, b := pair(t, n, "udp")
		respond(a, 200, "a")
		respond(b, 200, "b")
		refused := make(chan string, 2)
		for _, d := range []*Dialog{a, b} {
			go func() {
				_, err := d.Reinvite(t.Context(), "application/sdp", []byte("x"))
				refused <- err.Error()
			}()
		}
		for range 2 {
			if got := <-refused; got != "sip: refused with 491" {
				t.Error(got)
			}
		}
		if _, err := a.Reinvite(t.Context(), "application/sdp", []byte("x")); err != nil {
			t.Error(err)
		}
	})
}

func TestReinviteWhileOneIsNotAnswered(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		w.send(server, inside("ACK", ok, 1, "ack"))
		w.send(server, inside("INVITE", ok, 2, "two"))
		w.send(server, inside("INVITE", ok, 3, "three"))
		if m := w.want("SIP/2.0 500"); field(m, "Retry-After") == "" {
			t.Error("no Retry-After")
		}
		w.send(server, inside("ACK", ok, 3, "three"))
		w.send(server, strings.Replace(inside("CANCEL", ok, 2, "two"), "CSeq: 2 INVITE", "CSeq: 2 CANCEL", 1))
		w.want("SIP/2.0 200")
		w.want("SIP/2.0 487")
		w.send(server, inside("ACK", ok, 2, "two"))
		w.send(server, inside("INVITE", ok, 4, "four"))
		w.send(server, inside("BYE", ok, 5, "bye"))
		w.want("SIP/2.0 200")
		w.want("SIP/2.0 487") // the INVITE that BYE left behind (15.1.2)
	})
}

func TestSequenceInsideADialog(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		w.send(server, inside("ACK", ok, 1, "ack"))
		respond(<-h.dialogs, 200, "")
		for _, c := range []struct {
			method, branch, want string
			seq                  int
		}{
			{"INFO", "a", "SIP/2.0 200", 9},
			{"INFO", "b", "SIP/2.0 500", 8}, // 12.2.2
			{"INFO", "c", "SIP/2.0 500", 9},
			{"OPTIONS", "d", "SIP/2.0 200", 10},
			{"REGISTER", "e", "SIP/2.0 405", 11},
			{"BREW", "f", "SIP/2.0 405", 12},
		} {
			w.send(server, inside(c.method, ok, c.seq, c.branch))
			if m := w.read(time.Second); !strings.HasPrefix(m, c.want) {
				t.Errorf("%s %d: %q, want %s", c.method, c.seq, m, c.want)
			}
		}
		w.send(server, strings.Replace(inside("BYE", ok, 13, "g"), "alpha", "beta", 1)) // another's tag
		w.want("SIP/2.0 481")
		w.send(server, strings.Replace(inside("INFO", ok, 13, "h"), "call-one", "call-two", 1))
		w.want("SIP/2.0 481")
	})
}

// RFC 3261 12.2.2: a re-INVITE moves the target; 12.1.1: the route set stays as it was.
func TestTargetRefreshAndRoutes(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w, proxy := newWire(t, n, "192.0.2.2"), newWire(t, n, "192.0.2.3")
		w.send(server, strings.Replace(invite, "Contact:", "Record-Route: <sip:192.0.2.3;lr>, <sip:p2.example.org;lr>\nContact:", 1))
		ok := w.want("SIP/2.0 200")
		if !strings.Contains(ok, "Record-Route: <sip:192.0.2.3;lr>\r\nRecord-Route: <sip:p2.example.org;lr>\r\n") {
			t.Error(ok)
		}
		w.send(server, inside("ACK", ok, 1, "ack"))
		d := <-h.dialogs
		respond(d, 200, "")
		w.send(server, strings.Replace(inside("INVITE", ok, 2, "re"), "<sip:maija@192.0.2.2:5060>", "<sip:moved@192.0.2.9:5070>", 1))
		w.want("SIP/2.0 200")
		w.send(server, inside("ACK", ok, 2, "ack2"))
		go func() { _ = d.Bye(t.Context()) }()
		m := proxy.want("BYE ")
		if !strings.HasPrefix(m, "BYE sip:moved@192.0.2.9:5070 SIP/2.0") ||
			!strings.Contains(m, "Route: <sip:192.0.2.3;lr>\r\nRoute: <sip:p2.example.org;lr>\r\n") {
			t.Error(m)
		}
		proxy.send(server, strings.Replace(strings.ReplaceAll(m, "\r\n", "\n"), "BYE sip:moved@192.0.2.9:5070 SIP/2.0", "SIP/2.0 200 OK", 1))
	})
}

func TestStrictRouter(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w, proxy := newWire(t, n, "192.0.2.2"), newWire(t, n, "192.0.2.3")
		w.send(server, strings.Replace(invite, "Contact:", "Record-Route: <sip:192.0.2.3>\nContact:", 1))
		ok := w.want("SIP/2.0 200")
		w.send(server, inside("ACK", ok, 1, "ack"))
		d := <-h.dialogs
		go func() { _ = d.Bye(t.Context()) }()
		m := proxy.want("BYE ")
		if !strings.HasPrefix(m, "BYE sip:192.0.2.3 SIP/2.0") || field(m, "Route") != "<sip:maija@192.0.2.2:5060>" {
			t.Error(m)
		}
		proxy.send(server, strings.Replace(strings.ReplaceAll(m, "\r\n", "\n"), "BYE sip:192.0.2.3 SIP/2.0", "SIP/2.0 481 Gone", 1))
	})
}

// A peer that gives an address which it does not have is answered where it is.
func TestPeerBehindNAT(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		hidden := strings.NewReplacer("UDP 192.0.2.2:5060", "UDP 10.0.0.5:5062", "maija@192.0.2.2:5060", "maija@10.0.0.5:5062").Replace(invite)
		w.send(server, hidden)
		ok := w.want("SIP/2.0 200")
		if v := field(ok, "Via"); !strings.Contains(v, "received=192.0.2.2") || !strings.Contains(v, "rport=5060") {
			t.Error(v)
		}
		w.send(server, strings.Replace(inside("ACK", ok, 1, "ack"), "UDP 192.0.2.2:5060", "UDP 10.0.0.5:5062", 1))
		d := <-h.dialogs
		go func() { _ = d.Bye(t.Context()) }()
		if m := w.want("BYE "); !strings.HasPrefix(m, "BYE sip:maija@10.0.0.5:5062 ") {
			t.Error(m)
		} else {
			w.send(server, strings.Replace(strings.ReplaceAll(m, "\r\n", "\n"), "BYE sip:maija@10.0.0.5:5062 SIP/2.0", "SIP/2.0 200 OK", 1))
		}
	})
}

// RFC 3261 12.2.1.2: a peer that does not answer, or knows the dialog no more, ends it.
func TestDeadPeerEndsTheDialog(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, b := pair(t, n, "udp")
		n.SetFaults(memnet.Faults{Drop: func(_, _ netip.AddrPort, _ []byte) bool { return true }})
		start := time.Now()
		if err := a.Info(t.Context(), "", nil); err == nil || time.Since(start) != 32*time.Second || a.Reason() != EndTimeout {
			t.Error(err, time.Since(start), a.Reason())
		}
		n.SetFaults(memnet.Faults{})
		<-b.Ended() // by the BYE that was tried
	})
}

func TestLostConnectionOfACall(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, b := pair(t, n, "tcp")
		respond(b, 200, "")
		a.mu.Lock()
		conn := a.flow.Conn
		a.mu.Unlock()
		conn.Close()
		synctest.Wait()
		if err := a.Info(t.Context(), "", nil); err != nil { // over a new one
			t.Error(err)
		}
	})
}

func TestConnectionLostBeforeTheAnswer(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		w := make(waiting, 1)
		listen(t, n, "192.0.2.1", w)
		c, err := n.Host("192.0.2.2").Dial(t.Context(), server.String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte(crlfs(strings.Replace(invite, "/UDP", "/TCP", 1))))
		in := <-w
		_ = c.Close()
		<-in.Done()
	})
}

func TestTooManyRequestsWaiting(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		w.send(server, inside("ACK", ok, 1, "ack"))
		for i := range unreadRequests + 1 {
			w.send(server, inside("INFO", ok, 2+i, "i"+strconv.Itoa(i)))
		}
		w.want("SIP/2.0 500")
		d := <-h.dialogs
		r := <-d.Requests()
		if r.Respond(100, "", nil) == nil || r.Respond(200, "", nil) != nil || r.Respond(200, "", nil) == nil {
			t.Error("Respond takes what it must not, or not what it must")
		}
	})
}

// An offer may come in the 200 and its answer in the ACK (RFC 3261 13.2.1).
func TestAnswerInTheAck(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		w.send(server, strings.Replace(inside("ACK", ok, 1, "ack"), "Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: 4\r\n\r\nlate", 1))
		d := <-h.dialogs
		<-d.Acked()
		if string(d.RemoteBody()) != "late" {
			t.Errorf("%q", d.RemoteBody())
		}
	})
}

func TestEarlyBye(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		ws := make(waiting, 1)
		listen(t, n, "192.0.2.1", ws)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		in := <-ws
		_ = in.Ringing()
		ringing := w.want("SIP/2.0 180")
		w.send(server, inside("BYE", ringing, 2, "bye"))
		w.want("SIP/2.0 200")
		w.want("SIP/2.0 487")
		<-in.Done()
	})
}

// A forked INVITE may be answered twice (RFC 3261 13.2.2.4): the second is acknowledged and hung up.
func TestForkedAnswer(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a := listen(t, n, "192.0.2.2", nil)
		c, _ := n.Host("192.0.2.1").ListenPacket("192.0.2.1:5060")
		defer c.Close()
		w := &wire{t, c}
		o, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1"}, opts())
		if err != nil {
			t.Fatal(err)
		}
		m := w.want("INVITE ")
		ok := func(tag, seq string) string {
			return "SIP/2.0 200 OK\nVia: " + field(m, "Via") + "\nFrom: " + field(m, "From") + "\nTo: <sip:1@192.0.2.1>;tag=" + tag +
				"\nCall-ID: " + field(m, "Call-ID") + "\nCSeq: " + seq + "\nContact: <sip:1@192.0.2.1>\nContent-Length: 0\n\n"
		}
		us := a.Addr()
		w.send(us, ok("one", "1 INVITE"))
		w.want("ACK ")
		w.send(us, ok("one", "1 INVITE"))
		w.want("ACK ")
		w.send(us, ok("two", "1 INVITE"))
		w.want("ACK ")
		bye := w.want("BYE ")
		if !strings.Contains(field(bye, "To"), "tag=two") {
			t.Error(bye)
		}
		w.send(us, strings.Replace(strings.ReplaceAll(bye, "\r\n", "\n"), "BYE sip:1@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK", 1))
		d, err := o.Wait(t.Context())
		if err != nil || closed(d.Ended()) {
			t.Error(err)
		}
		go func() { _ = d.Bye(t.Context()) }()
		bye = w.want("BYE ")
		w.send(us, strings.Replace(strings.ReplaceAll(bye, "\r\n", "\n"), "BYE sip:1@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK", 1))
	})
}

// A request that nobody reads, or that its reader forgets, leaves nothing behind.
func TestRequestThatNobodyAnswers(t *testing.T) {
	for _, reads := range []bool{true, false} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			a, b := pair(t, n, "udp")
			refused := make(chan Response, 1)
			go func() {
				res, _ := a.Request(t.Context(), message.INFO, "", nil)
				refused <- res
			}()
			time.Sleep(time.Second)
			if reads {
				<-b.Requests()
			}
			_ = b.Bye(t.Context())
			if res := <-refused; !reads && res.Code != 487 { // RFC 3261 15.1.2
				t.Error(res.Code)
			}
			time.Sleep(time.Minute)
			for _, e := range []*Endpoint{a.ep, b.ep} {
				if s := e.Stats(); s.Transactions != 0 {
					t.Errorf("%v: %+v", reads, s)
				}
			}
		})
	}
}

// A re-INVITE that got 100, before or after its dialog ended, and then nothing is given up.
func TestReinviteThatIsNeverAnswered(t *testing.T) {
	for _, late := range []bool{false, true} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			a, w, o, m := dialled(t, n, opts())
			w.send(a.Addr(), answerOf(m, "200 OK", "x"))
			d, err := o.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			over := make(chan error, 1)
			go func() {
				_, err := d.Reinvite(t.Context(), "application/sdp", []byte("x"))
				over <- err
			}()
			re := w.want("INVITE ")
			if !late {
				w.send(a.Addr(), answerOf(re, "100 Trying", ""))
				time.Sleep(time.Minute)
			}
			go func() { _ = d.Bye(t.Context()) }()
			w.send(a.Addr(), answerOf(w.want("BYE "), "200 OK", ""))
			if <-over == nil {
				t.Error("it was answered")
			}
			if late {
				w.send(a.Addr(), answerOf(re, "100 Trying", ""))
			}
			time.Sleep(time.Minute)
			if s := a.Stats(); s.Transactions != 0 || s.Calls != 0 {
				t.Errorf("late %v: %+v", late, s)
			}
		})
	}
}

// A re-INVITE whose user waits no more is cancelled when it can be, and until its end no other offer goes (RFC 3261 9.1, 14.1).
func TestReinviteGivenUp(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts())
		w.send(a.Addr(), answerOf(m, "200 OK", "x", "Allow: UPDATE"))
		d, err := o.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.Reinvite(ctx, "application/sdp", []byte("x")); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if _, err := d.Update(t.Context(), "application/sdp", []byte("y")); err == nil || err.Error() != "sip: refused with 491" {
			t.Error(err)
		}
		re := w.want("INVITE ")
		w.send(a.Addr(), answerOf(re, "100 Trying", ""))
		w.send(a.Addr(), answerOf(w.want("CANCEL "), "200 OK", ""))
		w.send(a.Addr(), answerOf(re, "487 Request Terminated", ""))
		w.want("ACK ")
		go func() { w.send(a.Addr(), answerOf(w.want("UPDATE "), "200 OK", "")) }()
		if _, err := d.Update(t.Context(), "application/sdp", []byte("z")); err != nil {
			t.Error(err)
		}
		go func() { _ = d.Bye(t.Context()) }()
		w.byes(a)
	})
}

// A subscription that the peer does not know is not the call's end (RFC 6665 4.2.2).
func TestNotifyOfAnUnknownSubscription(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, b := pair(t, n, "udp")
		respond(b, 481, "")
		if r, err := a.Request(t.Context(), message.NOTIFY, "", nil); err != nil || r.Code != 481 || closed(a.Ended()) {
			t.Error(r.Code, err)
		}
		if r, err := a.Request(t.Context(), message.INFO, "", nil); err != nil || r.Code != 481 || !closed(a.Ended()) {
			t.Error(r.Code, err)
		}
	})
}
