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
	"santra/internal/pii"
)

// RFC 3261 8.1.3.4: a 3xx is followed once, to the first target that the policy takes; else it is a refusal.
func TestRedirection(t *testing.T) {
	follow := func(c *Config) {
		c.Dialogs.Redirect = func(contact string) (Target, bool) {
			return Target{URI: contact, Route: server}, strings.HasPrefix(contact, "sip:good")
		}
	}
	moved := []string{"302 Moved Temporarily", "x", "Contact: <sip:bad@h>;q=1, <sip:good@h;y>;q=0.9", "Contact: <sip:goodless@h>;q=0.1"}
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts(), follow)
		w.send(a.Addr(), answerOf(m, "183 Session Progress", "one"))
		p := <-o.Progress()
		w.send(a.Addr(), strings.Replace(answerOf(m, moved[0], moved[1], moved[2:]...), "Contact: <sip:x@192.0.2.1>\r\n", "", 1))
		w.want("ACK ")
		again := w.want("INVITE ")
		if !strings.HasPrefix(again, "INVITE sip:good@h;y SIP/2.0") || field(again, "Call-ID") != field(m, "Call-ID") || field(again, "CSeq") != "2 INVITE" ||
			field(again, "To") != field(m, "To") {
			t.Error(again)
		}
		<-p.Early.Ended()
		w.send(a.Addr(), strings.Replace(answerOf(again, moved[0], moved[1], moved[2:]...), "Contact: <sip:x@192.0.2.1>\r\n", "", 1))
		w.want("ACK ")
		if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 302" {
			t.Error(err)
		}
	})
	for name, change := range map[string]func(*Config){"off": func(*Config) {}, "not allowed": func(c *Config) {
		c.Dialogs.Redirect = func(string) (Target, bool) { return Target{}, false }
	}, "nowhere": func(c *Config) {
		c.Dialogs.Redirect = func(string) (Target, bool) { return Target{URI: "no address"}, true }
	}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
				a, w, o, m := dialled(t, n, opts(), change)
				w.send(a.Addr(), answerOf(m, moved[0], moved[1], moved[2:]...))
				if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 302" {
					t.Error(err)
				}
				w.want("ACK ")
			})
		})
	}
}

// A restricted number does not leave the trust domain by a redirection.
func TestRedirectionOutOfTheTrustDomain(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		outside := newWire(t, n, "192.0.2.9")
		o := opts()
		o.Privacy, o.Asserted = true, o.From
		a, w, out, m := dialled(t, n, o, func(c *Config) {
			c.Trust = func(src netip.AddrPort) bool { return src == server }
			c.Dialogs.Redirect = func(contact string) (Target, bool) { return Target{URI: contact}, true }
		})
		if !strings.Contains(m, "P-Asserted-Identity: <sip:+358401234567@") {
			t.Error(m)
		}
		w.send(a.Addr(), strings.Replace(answerOf(m, "302 Moved", "x", "Contact: <sip:1@192.0.2.9>"), "Contact: <sip:x@192.0.2.1>\r\n", "", 1))
		w.want("ACK ")
		again := outside.want("INVITE ")
		if strings.Contains(again, "401234567") || field(again, "Privacy") != "id" {
			t.Error(again)
		}
		outside.send(a.Addr(), answerOf(again, "486 Busy", "x"))
		_, _ = out.Wait(t.Context())
		outside.want("ACK ")
	})
}

// RFC 3326: why a phone stops ringing, and why a call ends, both ways.
func TestReasons(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		ws := make(waiting, 1)
		b, a := listen(t, n, "192.0.2.1", ws), listen(t, n, "192.0.2.2", nil)
		o, err := a.Invite(t.Context(), to(b, "udp"), opts())
		if err != nil {
			t.Fatal(err)
		}
		in := <-ws
		o.Cancel(AnsweredElsewhere()) // before any response: it waits for one
		_ = in.Ringing()
		<-in.Done()
		if got := in.CancelReasons(); len(got) != 1 || got[0] != AnsweredElsewhere() || !in.Cancelled() {
			t.Errorf("%+v", got)
		}
		da, db := pair2(t, a, b, ws)
		_ = da.Bye(t.Context(), Reason{Protocol: "Q.850", Cause: 16}, Reason{Protocol: "SIP", Cause: 200})
		<-db.Ended()
		if got := db.PeerReasons(); len(got) != 2 || got[0].Cause != 16 {
			t.Errorf("%+v", got)
		}
	})
}

// pair2 is a call between endpoints that there are.
func pair2(t *testing.T, a, b *Endpoint, calls chan *Incoming) (da, db *Dialog) {
	t.Helper()
	o, err := a.Invite(t.Context(), to(b, "udp"), opts())
	if err != nil {
		t.Fatal(err)
	}
	if db, err = (<-calls).Answer("application/sdp", []byte("answer")); err != nil {
		t.Fatal(err)
	}
	if da, err = o.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-db.Acked()
	return da, db
}

// No new calls, the running one goes on and may be replaced, and who waits hears of its end.
func TestDrain(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		calls := make(chan *Incoming, 1)
		b := listen(t, n, "192.0.2.1", handlerFunc(func(in *Incoming) { calls <- in; <-in.Done() }), transfers)
		a := listen(t, n, "192.0.2.2", nil)
		da, db := pair2(t, a, b, calls)
		respond(db, 200, "x")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := b.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		drained := make(chan error, 1)
		go func() { drained <- b.Drain(t.Context()) }()
		o, err := a.Invite(t.Context(), to(b, "udp"), opts())
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.Wait(t.Context())
		if refused, ok := errors.AsType[*Refused](err); !ok || refused.Code != 503 || refused.RetryAfter == 0 {
			t.Error(err)
		}
		if r, err := a.Options(t.Context(), to(b, "udp")); err != nil || r.Code != 503 || r.RetryAfter != 30*time.Second {
			t.Error(r.Code, err)
		}
		if _, err := da.Reinvite(t.Context(), "application/sdp", []byte("x")); err != nil {
			t.Error(err)
		}
		other := opts()
		other.Headers = []Header{da.Replacing()}
		if o, err = a.Invite(t.Context(), to(b, "udp"), other); err != nil {
			t.Fatal(err)
		}
		if _, err := (<-calls).Answer("", nil); err != nil {
			t.Error(err)
		}
		d2, err := o.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_ = db.Bye(t.Context())
		synctest.Wait()
		select {
		case <-drained:
			t.Error("a call is left")
		default:
		}
		_ = d2.Bye(t.Context())
		if err := <-drained; err != nil {
			t.Error(err)
		}
		if err := b.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A BYE or re-INVITE with everything right but its source is refused and counted, its ACK ignored; a wrong tag is no dialog. The
// peer's own, its Contact's and its proxies' addresses are good, and what the policy allows.
func TestSpoofedRequests(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		e := listen(t, n, "192.0.2.1", h, func(c *Config) {
			c.Dialogs.Foreign = func(src netip.AddrPort) bool { return src.Addr() == netip.MustParseAddr("192.0.2.7") }
		})
		w, thief := newWire(t, n, "192.0.2.2"), newWire(t, n, "192.0.2.66")
		proxy, contact, friend := newWire(t, n, "192.0.2.3"), newWire(t, n, "192.0.2.4"), newWire(t, n, "192.0.2.7")
		msg := strings.NewReplacer("Contact: <sip:maija@192.0.2.2:5060>", "Contact: <sip:maija@192.0.2.4>\nRecord-Route: <sip:192.0.2.3;lr>").Replace(invite)
		w.send(server, msg)
		ok := w.want("SIP/2.0 200")
		from := func(ip, method string, seq int) string {
			return strings.Replace(inside(method, ok, seq, method+ip+strconv.Itoa(seq)), "UDP 192.0.2.2", "UDP "+ip, 1)
		}
		thief.send(server, from("192.0.2.66", "ACK", 1))
		d := <-h.dialogs
		synctest.Wait()
		if closed(d.Acked()) || e.Stats().Spoofed != 1 {
			t.Errorf("%+v", e.Stats())
		}
		w.send(server, from("192.0.2.2", "ACK", 1))
		<-d.Acked()
		respond(d, 200, "")
		for i, method := range []string{"BYE", "INVITE", "UPDATE", "INFO", "REFER"} {
			thief.send(server, from("192.0.2.66", method, 100+i))
			thief.want("SIP/2.0 403")
			if method == "INVITE" {
				thief.send(server, from("192.0.2.66", "ACK", 100+i))
			}
		}
		thief.send(server, strings.Replace(from("192.0.2.66", "BYE", 200), "alpha", "guess", 1))
		thief.want("SIP/2.0 481")
		if s := e.Stats(); closed(d.Ended()) || s.Spoofed < 6 || s.Unknown != 1 {
			t.Errorf("%+v", s)
		}
		proxy.send(server, from("192.0.2.3", "INFO", 2)) // and the thief's high numbers have moved nothing
		proxy.want("SIP/2.0 200")
		contact.send(server, from("192.0.2.4", "INFO", 3))
		contact.want("SIP/2.0 200")
		friend.send(server, from("192.0.2.7", "BYE", 4))
		friend.want("SIP/2.0 200")
		<-d.Ended()
	})
}

// RFC 3323, 3325: what a call of ours tells of the caller, to peers inside and outside of the trust domain.
func TestAssertedIdentity(t *testing.T) {
	number := pii.NewNumber("+358401234567")
	for _, c := range []struct {
		name          string
		o             InviteOptions
		trusted       bool
		pai, privacy  string
		from, subject string
	}{
		{"plain", InviteOptions{From: number, Asserted: number}, true, "<sip:+358401234567@192.0.2.2>", "", "<sip:+358401234567@192.0.2.2>", "secret"},
		{"plain outside", InviteOptions{From: number, Asserted: number}, false, "<sip:+358401234567@192.0.2.2>", "", "<sip:+358401234567@192.0.2.2>", "secret"},
		{"id", InviteOptions{From: number, Asserted: number, Privacy: true}, true, "<sip:+358401234567@192.0.2.2>", "id", `"Anonymous" <sip:anonymous@anonymous.invalid>`, "secret"},
		{"id outside", InviteOptions{From: number, Asserted: number, Privacy: true}, false, "", "id", `"Anonymous" <sip:anonymous@anonymous.invalid>`, "secret"},
		{
			"header",
			InviteOptions{FromUser: "centre", Asserted: number, Restrict: PrivacyHeader | PrivacyCritical},
			false, "", "id;header;critical",
			`"Anonymous" <sip:anonymous@anonymous.invalid>`, "",
		},
		{"unknown", InviteOptions{}, true, "", "id", `"Anonymous" <sip:anonymous@anonymous.invalid>`, "secret"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
				c.o.Headers = []Header{{Name: "Subject", Value: "secret"}}
				a, w, o, m := dialled(t, n, c.o, func(cfg *Config) { cfg.Trust = func(netip.AddrPort) bool { return c.trusted } })
				if field(m, "P-Asserted-Identity") != c.pai || field(m, "Privacy") != c.privacy || !strings.HasPrefix(field(m, "From"), c.from) || field(m, "Subject") != c.subject {
					t.Error(m)
				}
				if c.pai == "" && strings.Contains(m, "401234567") {
					t.Error("the number is told:", m)
				}
				w.send(a.Addr(), answerOf(m, "486 Busy", "x"))
				w.want("ACK ")
				_, _ = o.Wait(t.Context())
			})
		})
	}
}

// What comes in: kinds of privacy, critical ones that we do not know, and who forwarded the call.
func TestPrivacyAskedOfUs(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		ws := make(waiting, 1)
		listen(t, n, "192.0.2.1", ws)
		w := newWire(t, n, "192.0.2.2")
		send := func(i int, hdr string) {
			w.send(server, strings.NewReplacer("z9hG4bK-one", "z9hG4bK-"+strconv.Itoa(i), "call-one", "c"+strconv.Itoa(i), "Contact:", hdr+"\nContact:").Replace(invite))
		}
		refuse := func(in *Incoming, i int) {
			in.Reject(486, "")
			w.want("SIP/2.0 486")
			w.send(server, strings.NewReplacer("z9hG4bK-one", "z9hG4bK-"+strconv.Itoa(i), "call-one", "c"+strconv.Itoa(i), "INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
		}
		send(1, "Privacy: user;critical\nDiversion: <sip:+358500000000@h>;reason=no-answer\nHistory-Info: <sip:x@h>;index=1")
		in := <-ws
		if in.Privacy() != PrivacyUser|PrivacyCritical || !in.Caller().Withheld() || len(in.Forwarding()) != 2 || in.Forwarding()[0].Name != "Diversion" {
			t.Error(in.Privacy(), in.Forwarding())
		}
		refuse(in, 1)
		send(2, "Privacy: header\nDiversion: <sip:+358500000000@h>")
		in = <-ws
		if in.Forwarding() != nil || !in.Caller().Withheld() {
			t.Error("header privacy is not kept")
		}
		refuse(in, 2)
		send(3, "Privacy: moon;critical")
		w.want("SIP/2.0 500")
		w.send(server, strings.NewReplacer("z9hG4bK-one", "z9hG4bK-3", "call-one", "c3", "INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
	})
}

func TestAutoAnswer(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, _, m := dialled(t, n, InviteOptions{AutoAnswer: true})
		if field(m, "Answer-Mode") != "Auto" || !strings.Contains(field(m, "Alert-Info"), "info=alert-autoanswer") || !strings.Contains(field(m, "Call-Info"), "answer-after=0") {
			t.Error(m)
		}
		w.send(a.Addr(), answerOf(m, "486 Busy", "x"))
		w.want("ACK ")
	})
}
