package sip

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip/exchange"
	"santra/internal/protocol/sip/message"
)

func session90(c *Config) { c.Dialogs.Session = 90 * time.Second }

// cut makes a network that loses everything.
func cut(n *memnet.Network) {
	n.SetFaults(memnet.Faults{Drop: func(_, _ netip.AddrPort, _ []byte) bool { return true }})
}

// Two of us: the caller refreshes (it is asked to), by UPDATE, at half of the interval, and the call lives; when the network
// dies both ends hang up in time, each by itself (RFC 4028 10).
func TestSessionIsRefreshedAndExpires(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: 5 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		eb, ea := listen(t, n, "192.0.2.1", h, session90), listen(t, n, "192.0.2.2", nil)
		a := call(t, ea, eb, "udp")
		b := <-h.dialogs
		updates := 0
		go func() {
			for r := range b.Requests() {
				if r.Method != message.UPDATE || len(r.Body) > 0 {
					t.Error("refreshed by", r.Method)
				}
				updates++
				_ = r.Respond(200, "", nil)
			}
		}()
		time.Sleep(time.Hour)
		synctest.Wait()
		if closed(a.Ended()) || closed(b.Ended()) || updates != 79 && updates != 80 {
			t.Fatalf("%d refreshes, %q, %q", updates, a.Reason(), b.Reason())
		}
		cut(n)
		start := time.Now()
		<-b.Ended()
		if b.Reason() != EndExpired || time.Since(start) > 60*time.Second {
			t.Error(b.Reason(), time.Since(start))
		}
		<-a.Ended()
		if a.Reason() != EndTimeout || time.Since(start) > 90*time.Second {
			t.Error(a.Reason(), time.Since(start))
		}
		time.Sleep(2 * time.Minute)
		for _, e := range []*Endpoint{ea, eb} {
			if s := e.Stats(); s.Calls != 0 || s.Transactions != 0 {
				t.Errorf("left: %+v", s)
			}
		}
	})
}

// A caller that knows no session timers gets no Require, and we refresh (RFC 4028 9, table 2): by re-INVITE with what we said
// before, for its Allow names no UPDATE; it is hung up on when it does not answer.
func TestWeRefreshAPeerThatDoesNot(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h, session90)
		w := newWire(t, n, "192.0.2.2")
		reply := func(req, status string, more ...string) string {
			return strings.Replace(answerOf(req, status, "", more...), "@192.0.2.1>\r\n", "@192.0.2.2>\r\n", 1)
		}
		start := time.Now()
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		if field(ok, "Session-Expires") != "90;refresher=uas" || field(ok, "Require") != "" || !strings.Contains(field(ok, "Supported"), "timer") {
			t.Error(ok)
		}
		w.send(server, inside("ACK", ok, 1, "ack"))
		d := <-h.dialogs
		re := w.want("INVITE ")
		if time.Since(start) != 45*time.Second || field(re, "Session-Expires") != "90;refresher=uac" || !strings.HasSuffix(re, "\r\n\r\nanswer") {
			t.Error(time.Since(start), re)
		}
		w.send(server, reply(re, "200 OK", "Session-Expires: 100;refresher=uac"))
		w.want("ACK ")
		re = w.want("INVITE ")
		if time.Since(start) != 95*time.Second || field(re, "Session-Expires") != "100;refresher=uac" {
			t.Error(time.Since(start), re)
		}
		w.send(server, reply(re, "500 Server Error"))
		w.want("ACK ")
		again := w.want("INVITE ") // not the end: it is asked again
		if time.Since(start) != 105*time.Second {
			t.Error(time.Since(start))
		}
		w.send(server, reply(again, "481 Gone"))
		<-d.Ended()
		if d.Reason() != EndTimeout {
			t.Error(d.Reason())
		}
	})
}

// The roles as the caller's and the peer's messages say them (RFC 4028 7, 9).
func TestRolesOfTheSession(t *testing.T) {
	for _, c := range []struct{ asked, min, supported, want, require string }{
		{"", "", "timer", "1800;refresher=uac", "timer"},
		{"", "", "", "1800;refresher=uas", ""},
		{"600", "", "timer", "600;refresher=uac", "timer"},
		{"600;refresher=uas", "", "timer", "600;refresher=uas", ""},
		{"600;refresher=uac", "", "timer", "600;refresher=uac", "timer"},
		{"600", "", "", "600;refresher=uas", ""}, // a proxy asks
		{"4000", "", "timer", "1800;refresher=uac", "timer"},
		{"4000", "3600", "timer", "3600;refresher=uac", "timer"},
		{"60", "", "", "90;refresher=uas", ""},
	} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			listen(t, n, "192.0.2.1", newAnswering())
			w := newWire(t, n, "192.0.2.2")
			var hdr strings.Builder
			for name, v := range map[string]string{"x": c.asked, "Min-SE": c.min, "k": c.supported} { // short names too
				if v != "" {
					hdr.WriteString(name + ": " + v + "\n")
				}
			}
			w.send(server, strings.Replace(invite, "Contact:", hdr.String()+"Contact:", 1))
			ok := w.want("SIP/2.0 200")
			if field(ok, "Session-Expires") != c.want || field(ok, "Require") != c.require {
				t.Errorf("%+v: %q, %q", c, field(ok, "Session-Expires"), field(ok, "Require"))
			}
			w.send(server, inside("ACK", ok, 1, "ack"))
			w.send(server, inside("BYE", ok, 2, "bye"))
			w.want("SIP/2.0 200")
		})
	}
}

// Too short a session is refused with what would do (422), inside dialogs too; we do as we are told by one (RFC 4028 5, 7.3).
func TestSessionIntervalTooSmall(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		short := strings.Replace(invite, "Contact:", "Supported: timer\nSession-Expires: 30\nContact:", 1)
		w.send(server, short)
		if m := w.want("SIP/2.0 422"); field(m, "Min-SE") != "90" {
			t.Error(m)
		}
		w.send(server, strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
		w.send(server, strings.NewReplacer("one", "two", "1 INVITE", "2 INVITE", "30", "90").Replace(short))
		ok := w.want("SIP/2.0 200")
		in := func(method string, seq int) string {
			return strings.Replace(inside(method, ok, seq, method+strconv.Itoa(seq)), "call-one", "call-two", 1)
		}
		w.send(server, in("ACK", 2))
		w.send(server, strings.Replace(in("UPDATE", 3), "Max-Forwards", "Supported: timer\r\nSession-Expires: 30\r\nMax-Forwards", 1))
		if m := w.want("SIP/2.0 422"); field(m, "Min-SE") != "90" {
			t.Error(m)
		}
		w.send(server, in("BYE", 4))
		w.want("SIP/2.0 200")
	})
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts(), session90)
		if field(m, "Session-Expires") != "90" || field(m, "Min-SE") != "90" {
			t.Error(m)
		}
		w.send(a.Addr(), answerOf(m, "422 Session Interval Too Small", "x", "Min-SE: 300"))
		w.want("ACK ")
		again := w.want("INVITE ")
		if field(again, "Session-Expires") != "300" || field(again, "Min-SE") != "300" || field(again, "CSeq") != "2 INVITE" || field(again, "Call-ID") != field(m, "Call-ID") {
			t.Error(again)
		}
		start := time.Now()
		w.send(a.Addr(), answerOf(again, "200 OK", "x", "Session-Expires: 300;refresher=uas"))
		d, err := o.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		<-d.Ended()
		if d.Reason() != EndExpired || time.Since(start) != 268*time.Second { // 32 s before the end
			t.Error(d.Reason(), time.Since(start))
		}
		w.byes(a)
	})
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts())
		for range exchange.MaxWidened {
			w.send(a.Addr(), answerOf(m, "422 Session Interval Too Small", "x", "Min-SE: 300"))
			m = w.want("INVITE ")
		}
		w.send(a.Addr(), answerOf(m, "422 Session Interval Too Small", "x", "Min-SE: 300"))
		if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 422" {
			t.Error(err)
		}
	})
}

// No timer where the peer answers without, where the dialog wants none, or the Endpoint speaks none.
func TestNoSessionTimer(t *testing.T) {
	off := func(c *Config) { c.Dialogs.Session = -1 }
	for _, c := range []struct {
		name string
		o    func(*InviteOptions)
		cfg  func(*Config)
	}{
		{"peer without", func(*InviteOptions) {}, session90},
		{"dialog without", func(o *InviteOptions) { o.NoSessionTimer = true }, session90},
		{"endpoint without", func(*InviteOptions) {}, off},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
				o := opts()
				c.o(&o)
				a, w, out, m := dialled(t, n, o, c.cfg)
				answer := []string{}
				if c.name != "peer without" {
					answer = append(answer, "Session-Expires: 90;refresher=uas")
					if field(m, "Session-Expires") != "" {
						t.Error(m)
					}
				}
				w.send(a.Addr(), answerOf(m, "200 OK", "x", answer...))
				d, err := out.Wait(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour)
				if closed(d.Ended()) {
					t.Error(d.Reason())
				}
				go func() { _ = d.Bye(t.Context()) }()
				w.byes(a)
			})
		})
	}
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		listen(t, n, "192.0.2.1", handlerFunc(func(in *Incoming) {
			in.NoSessionTimer()
			_, _ = in.Answer("", []byte("answer"))
		}))
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		if field(ok, "Session-Expires") != "" {
			t.Error(ok)
		}
		w.send(server, inside("ACK", ok, 1, "ack"))
		w.send(server, inside("BYE", ok, 2, "bye"))
		w.want("SIP/2.0 200")
	})
}

// A peer whose Allow lies is refreshed by re-INVITE from then on.
func TestUpdateThatIsNotTaken(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts(), session90)
		w.send(a.Addr(), answerOf(m, "200 OK", "x", "Allow: INVITE, UPDATE", "Session-Expires: 90;refresher=uac"))
		d, err := o.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.send(a.Addr(), answerOf(w.want("UPDATE "), "501 Not Implemented", ""))
		for range 2 {
			re := w.want("INVITE ")
			if !strings.Contains(re, "\r\n\r\nv=0") {
				t.Error(re)
			}
			w.send(a.Addr(), answerOf(re, "200 OK", "", "Session-Expires: 90;refresher=uac"))
		}
		go func() { _ = d.Bye(t.Context()) }()
		w.byes(a)
	})
}
