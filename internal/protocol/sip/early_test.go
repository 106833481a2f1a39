package sip

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/memnet"
	"santra/internal/protocol/sip/message"
)

// answerOf writes a response of the played peer to a request of ours.
func answerOf(req, status, toTag string, more ...string) string {
	to := field(req, "To")
	if toTag != "" && !strings.Contains(to, "tag=") {
		to += ";tag=" + toTag
	}
	body := ""
	var hdr strings.Builder
	for _, m := range more {
		if strings.HasPrefix(m, "v=0") {
			body = m
			continue
		}
		hdr.WriteString(m + "\n")
	}
	return crlfs("SIP/2.0 "+status+"\nVia: "+field(req, "Via")+"\nFrom: "+field(req, "From")+"\nTo: "+to+"\nCall-ID: "+
		field(req, "Call-ID")+"\nCSeq: "+field(req, "CSeq")+"\nContact: <sip:"+toTag+"@192.0.2.1>\n"+hdr.String()) +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func reliableAs(r Reliable) func(*Config) { return func(c *Config) { c.Dialogs.Reliable = r } }

// dialled makes a call of ours to a played peer, and gives its INVITE.
func dialled(t *testing.T, n *memnet.Network, o InviteOptions, change ...func(*Config)) (*Endpoint, *wire, *Outgoing, string) {
	t.Helper()
	w := newWire(t, n, "192.0.2.1")
	a := listen(t, n, "192.0.2.2", nil, change...)
	out, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1"}, o)
	if err != nil {
		t.Fatal(err)
	}
	return a, w, out, w.want("INVITE ")
}

// byes answers BYE and ACK of ours until nothing comes for a minute.
func (w *wire) byes(us *Endpoint) (all []string) {
	for {
		m := w.read(time.Minute)
		switch {
		case m == "":
			return all
		case strings.HasPrefix(m, "BYE "):
			w.send(us.Addr(), answerOf(m, "200 OK", ""))
		}
		all = append(all, m)
	}
}

// Early media of two forks, each with its own dialog and description; the one that answers wins, the other ends, and its late
// answer is acknowledged and hung up (RFC 3261 12.1.2, 13.2.2.4).
func TestEarlyMediaOfTwoForks(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts())
		w.send(a.Addr(), answerOf(m, "183 Session Progress", "one", "Content-Type: application/sdp", "v=0 one"))
		w.send(a.Addr(), answerOf(m, "183 Session Progress", "two", "Content-Type: application/sdp", "v=0 two"))
		w.send(a.Addr(), answerOf(m, "180 Ringing", "two"))
		one, two, again := <-o.Progress(), <-o.Progress(), <-o.Progress()
		if string(one.Body) != "v=0 one" || one.ContentType != "application/sdp" || one.Early == nil || !one.Early.Early() {
			t.Errorf("%+v", one)
		}
		if one.Early == two.Early || two.Early != again.Early || string(again.Early.RemoteBody()) != "v=0 two" {
			t.Error("the dialogs of the forks are mixed up")
		}
		if s := a.Stats(); s.Calls != 1 {
			t.Error(s.Calls, "calls")
		}
		w.send(a.Addr(), answerOf(m, "200 OK", "two", "Record-Route: <sip:192.0.2.1;lr>"))
		d, err := o.Wait(t.Context())
		if err != nil || d != two.Early || d.Early() || string(d.RemoteBody()) != "v=0 two" {
			t.Fatal(err, d)
		}
		if ack := w.want("ACK "); field(ack, "Route") != "<sip:192.0.2.1;lr>" { // the route set is the 2xx's
			t.Error(ack)
		}
		if <-one.Early.Ended(); one.Early.Reason() != EndRefused {
			t.Error(one.Early.Reason())
		}
		w.send(a.Addr(), answerOf(m, "200 OK", "one"))
		w.want("ACK sip:one@")
		bye := w.want("BYE sip:one@")
		w.send(a.Addr(), answerOf(bye, "200 OK", ""))
		time.Sleep(time.Minute)
		if closed(d.Ended()) || a.Stats().Calls != 1 {
			t.Error("the answered call went with the other fork")
		}
		go func() { _ = d.Bye(t.Context()) }()
		w.byes(a)
	})
}

// What a peer can make us hold by forging tags is bounded.
func TestForksAreBounded(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts())
		for i := range 10 * maxForks {
			w.send(a.Addr(), answerOf(m, "180 Ringing", "t"+strconv.Itoa(i)))
		}
		for i := range 10 * maxForks {
			w.send(a.Addr(), answerOf(m, "200 OK", "t"+strconv.Itoa(i)))
		}
		d, err := o.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := a.Stats(); s.Calls > maxForks || s.Stray < 9*maxForks {
			t.Errorf("%+v", s)
		}
		go func() { _ = d.Bye(t.Context()) }()
		w.byes(a)
		if s := a.Stats(); s.Calls != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Early dialogs end with their call.
func TestEarlyDialogEndsWithARefusal(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts())
		w.send(a.Addr(), answerOf(m, "180 Ringing", "one"))
		p := <-o.Progress()
		w.send(a.Addr(), answerOf(m, "486 Busy Here", "one", "Retry-After: 7 (lunch)", "Reason: Q.850;cause=17"))
		_, err := o.Wait(t.Context())
		refused, ok := errors.AsType[*Refused](err)
		if !ok || refused.Code != 486 || refused.RetryAfter != 7*time.Second || len(refused.Causes) != 1 || refused.Causes[0].Cause != 17 {
			t.Errorf("%+v", refused)
		}
		<-p.Early.Ended()
		synctest.Wait() // it is taken out of the table after that
		reason := p.Early.Reason()
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(a.early) != 0 || reason != EndRefused {
			t.Error(len(a.early), reason)
		}
	})
}

// early makes a call whose callee has answered the offer in a reliable 183, and gives both early dialogs.
func early(t *testing.T, n *memnet.Network) (a, b *Dialog, o *Outgoing, in *Incoming) {
	t.Helper()
	ws := make(waiting, 1)
	eb := listen(t, n, "192.0.2.1", ws, reliableAs(ReliableSupported))
	ea := listen(t, n, "192.0.2.2", nil, reliableAs(ReliableSupported))
	o, err := ea.Invite(t.Context(), to(eb, "udp"), opts())
	if err != nil {
		t.Fatal(err)
	}
	in = <-ws
	b = in.Early()
	b.Requests()
	if err := in.Progress(183, "application/sdp", []byte("answer")); err != nil {
		t.Fatal(err)
	}
	p := <-o.Progress()
	p.Early.Requests()
	time.Sleep(time.Second) // the PRACK arrives
	return p.Early, b, o, in
}

// RFC 3311 5.1, 5.2: before the answer each side may change the session once the first offer is answered reliably.
func TestUpdateBeforeTheAnswer(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: 10 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		a, b, o, in := early(t, n)
		respond(a, 200, "of a")
		respond(b, 200, "of b")
		if got, err := a.Update(t.Context(), "application/sdp", []byte("new")); err != nil || string(got) != "of b" {
			t.Error(string(got), err)
		}
		if got, err := b.Update(t.Context(), "application/sdp", []byte("new")); err != nil || string(got) != "of a" {
			t.Error(string(got), err)
		}
		if _, err := a.Reinvite(t.Context(), "application/sdp", []byte("new")); err == nil || err.Error() != "sip: refused with 491" {
			t.Error(err)
		}
		answered, err := in.Answer("", nil)
		if err != nil || answered != b {
			t.Fatal(err)
		}
		d, err := o.Wait(t.Context())
		if err != nil || d != a {
			t.Fatal(err)
		}
		<-b.Acked()
		if _, err := a.Reinvite(t.Context(), "application/sdp", []byte("new")); err != nil {
			t.Error(err)
		}
		_ = b.Bye(t.Context())
		<-a.Ended()
	})
}

// RFC 3311 5.2: an UPDATE with an offer gets 500 with Retry-After while the first is not answered, 504 where nobody would read
// it, 491 while an offer of ours is out; one without a body is no offer.
func TestUpdateTooEarly(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		ws := make(waiting, 1)
		listen(t, n, "192.0.2.1", ws, reliableAs(ReliableSupported))
		w := newWire(t, n, "192.0.2.2")
		w.send(server, strings.NewReplacer("Contact:", inviteReliably, "Content-Length: 0\n\n", "Content-Length: 5\n\noffer").Replace(invite))
		in := <-ws
		_ = in.Progress(183, "application/sdp", []byte("x"))
		m := w.want("SIP/2.0 183")
		update := func(seq int, body string) string {
			w.send(server, strings.Replace(inside("UPDATE", m, seq, "u"+strconv.Itoa(seq)), "Content-Length: 0\r\n\r\n", "Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body, 1))
			return w.want("SIP/2.0 ")
		}
		if got := update(2, "offer"); !strings.HasPrefix(got, "SIP/2.0 500") || field(got, "Retry-After") == "" {
			t.Error(got)
		}
		if got := update(3, ""); !strings.HasPrefix(got, "SIP/2.0 200") {
			t.Error(got)
		}
		w.send(server, strings.Replace(inside("PRACK", m, 4, "prack"), "Content-Length: 0", "RAck: "+field(m, "RSeq")+" 1 INVITE\r\nContent-Length: 0", 1))
		w.want("SIP/2.0 200")
		if got := update(5, "offer"); !strings.HasPrefix(got, "SIP/2.0 504") {
			t.Error(got)
		}
		w.send(server, inside("INVITE", m, 6, "re"))
		if got := w.want("SIP/2.0 500"); field(got, "Retry-After") == "" { // RFC 3261 14.2
			t.Error(got)
		}
		w.send(server, inside("ACK", m, 6, "re"))
		w.send(server, inside("BYE", m, 7, "bye"))
		w.want("SIP/2.0 200")
		w.want("SIP/2.0 487")
		<-in.Done()
		w.send(server, strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
	})
}

// The callee can't send BYE before the answer (RFC 3261 15): hanging up refuses the call. The caller can.
func TestHangUpBeforeTheAnswer(t *testing.T) {
	for _, byCaller := range []bool{true, false} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			a, b, o, in := early(t, n)
			want := "sip: refused with 487"
			if byCaller {
				_ = a.Bye(t.Context())
			} else {
				want = "sip: refused with 480"
				_ = b.Bye(t.Context())
			}
			<-in.Done()
			<-a.Ended()
			<-b.Ended()
			if _, err := o.Wait(t.Context()); err == nil || err.Error() != want {
				t.Error(err)
			}
			time.Sleep(time.Minute)
			if s := a.ep.Stats(); s.Calls != 0 || s.Transactions != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// RFC 3261 14.1: both ask at once, get 491, wait their times, and both succeed.
func TestNegotiateAfterGlare(t *testing.T) {
	for _, method := range []string{message.INVITE, message.UPDATE} {
		inBubble(t, memnet.Faults{Delay: 50 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
			a, b := pair(t, n, "udp")
			respond(a, 200, "a")
			respond(b, 200, "b")
			start := time.Now()
			took := make(chan time.Duration, 1)
			go func() {
				if _, err := a.Negotiate(t.Context(), "application/sdp", []byte("x")); err != nil {
					t.Error(err)
				}
				took <- time.Since(start)
			}()
			var err error
			if method == message.INVITE {
				_, err = b.Negotiate(t.Context(), "application/sdp", []byte("x"))
			} else {
				_, err = b.Update(t.Context(), "application/sdp", []byte("x"))
				if err == nil || err.Error() != "sip: refused with 491" {
					t.Error(err)
				}
				err = nil
			}
			if err != nil || time.Since(start) > 2200*time.Millisecond {
				t.Error(err, time.Since(start))
			}
			if d := <-took; d < 2100*time.Millisecond || d > 4300*time.Millisecond {
				t.Error("who owns the Call-ID waited", d)
			}
		})
	}
}

// An INVITE without an offer: the 200 brings it and the ACK our answer (RFC 3261 13.2.1).
func TestOfferlessInvite(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
		o, err := a.Invite(t.Context(), to(b, "udp"), InviteOptions{AnswerOffer: func(offer []byte) ([]byte, error) {
			return []byte("to " + string(offer)), nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := o.Wait(t.Context())
		if err != nil || string(d.RemoteBody()) != "answer" {
			t.Fatal(err)
		}
		far := <-h.dialogs
		<-far.Acked()
		if string(far.RemoteBody()) != "to answer" {
			t.Errorf("%q", far.RemoteBody())
		}
		// and the same inside the dialog
		acked := make(chan string, 1)
		go func() {
			r := <-far.Requests()
			_ = r.Respond(200, "application/sdp", []byte("second offer"))
			b, err := r.Answer(t.Context())
			acked <- string(b) + errText(err)
		}()
		if err := d.Solicit(t.Context(), func(offer []byte) ([]byte, error) { return []byte("to " + string(offer)), nil }); err != nil {
			t.Error(err)
		}
		if got := <-acked; got != "to second offer" {
			t.Error(got)
		}
		respond(far, 200, "third")
		wrong := errors.New("of no use")
		if err := d.Solicit(t.Context(), func([]byte) ([]byte, error) { return nil, wrong }); !errors.Is(err, wrong) && errs.KindOf(err) != errs.Gone {
			t.Error(err)
		}
		<-far.Ended()
	})
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
