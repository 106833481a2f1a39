package sip

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"santra/internal/memnet"
)

// TestChallengedAfterShedding: what a call let go of when it was answered is not missed: a re-INVITE of ours that is challenged anew is sent
// with its own offer and new credentials, and a 2xx that comes again has its ACK again.
func TestChallengedAfterShedding(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w := listen(t, n, "192.0.2.2", nil), newWire(t, n, "192.0.2.1")
		answer := func(m, status, extra, body string) {
			w.send(a.Addr(), "SIP/2.0 "+status+"\nVia: "+field(m, "Via")+"\nFrom: "+field(m, "From")+"\nTo: <sip:1@192.0.2.1>;tag=x\nCall-ID: "+
				field(m, "Call-ID")+"\nCSeq: "+field(m, "CSeq")+"\nContact: <sip:1@192.0.2.1:5060>\n"+extra+"Content-Length: "+lengthOf(body)+"\n\n"+body)
		}
		challenge := func(m, nonce string) string {
			answer(m, "407 Who", "Proxy-Authenticate: Digest realm=\"r\", nonce=\""+nonce+"\", qop=\"auth\"\n", "")
			w.want("ACK ")
			m = w.want("INVITE ")
			if !strings.Contains(field(m, "Proxy-Authorization"), `nonce="`+nonce+`"`) {
				t.Error(m)
			}
			return m
		}
		o, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1", User: "u", Password: "p"}, opts())
		if err != nil {
			t.Fatal(err)
		}
		first := challenge(w.want("INVITE "), "n1")
		answer(first, "200 OK", "Content-Type: application/sdp\n", "one")
		ack := w.want("ACK ")
		d, err := o.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 1)
		go func() {
			body, err := d.Reinvite(t.Context(), "application/sdp", []byte("another offer"))
			if err != nil {
				t.Error(err)
			}
			got <- string(body)
		}()
		again := challenge(w.want("INVITE "), "n2")
		if !strings.HasSuffix(again, "another offer") {
			t.Error(again)
		}
		answer(again, "200 OK", "Content-Type: application/sdp\n", "two")
		w.want("ACK ")
		if body := <-got; body != "two" {
			t.Error(body)
		}
		answer(first, "200 OK", "Content-Type: application/sdp\n", "one")
		if m := w.want("ACK "); field(m, "Call-ID") != field(ack, "Call-ID") {
			t.Error(m)
		}
		if d.Reason() != "" {
			t.Error(d.Reason())
		}
	})
}

// TestLateCancelAndInviteAgain: what comes for an INVITE that was answered changes nothing: its CANCEL is answered without effect, and it makes
// no second call when it comes again, before and after the ACK.
func TestLateCancelAndInviteAgain(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		cancel := strings.Replace(strings.Replace(invite, "INVITE sip", "CANCEL sip", 1), "1 INVITE", "1 CANCEL", 1)
		w.send(server, invite)
		ok := w.want("SIP/2.0 200")
		d := <-h.dialogs
		late := func() {
			w.send(server, cancel)
			for m := ""; !strings.HasSuffix(field(m, "CSeq"), "CANCEL"); m = w.want("SIP/2.0 200") { // the INVITE's comes again
			}
			w.send(server, invite)
			time.Sleep(time.Second)
			if len(h.calls) != 1 || d.Reason() != "" {
				t.Error(len(h.calls), d.Reason())
			}
		}
		late()
		w.send(server, inside("ACK", ok, 1, "ack"))
		late()
		time.Sleep(40 * time.Second) // the transaction has gone
		if d.Reason() != "" {
			t.Error(d.Reason())
		}
		w.send(server, inside("BYE", ok, 2, "bye"))
		<-d.Ended()
	})
}

func lengthOf(body string) string { return strconv.Itoa(len(body)) }
