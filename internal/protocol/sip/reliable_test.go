package sip

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/memnet"
	"santra/internal/protocol/sip/message"
)

// RFC 3262 4: a reliable response is acknowledged once, in its order; one that comes again or too early is not told.
func TestPrackOfTheCaller(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, w, o, m := dialled(t, n, opts(), reliableAs(ReliableSupported))
		if !strings.Contains(field(m, "Supported"), "100rel") || strings.Contains(m, "\r\nRequire:") {
			t.Error(m)
		}
		ring := func(code, rseq, body string) {
			w.send(a.Addr(), answerOf(m, code, "one", "Require: 100rel", "RSeq: "+rseq, "Content-Type: application/sdp", body))
		}
		ring("183 Session Progress", "7", "v=0 early")
		p := <-o.Progress()
		prack := w.want("PRACK sip:one@")
		if field(prack, "RAck") != "7 1 INVITE" || field(prack, "CSeq") != "2 PRACK" || string(p.Body) != "v=0 early" {
			t.Error(prack)
		}
		w.send(a.Addr(), answerOf(prack, "200 OK", ""))
		ring("183 Session Progress", "7", "v=0 early")
		ring("180 Ringing", "9", "")
		if m := w.read(time.Second); m != "" {
			t.Error("acknowledged what it must not:", m)
		}
		ring("180 Ringing", "8", "")
		w.send(a.Addr(), answerOf(w.want("PRACK "), "200 OK", ""))
		if p := <-o.Progress(); p.Code != 180 {
			t.Error(p.Code)
		}
		w.send(a.Addr(), answerOf(m, "200 OK", "one"))
		d, err := o.Wait(t.Context())
		if err != nil || string(d.RemoteBody()) != "v=0 early" { // the answer was in the 183
			t.Error(err)
		}
		go func() { _ = d.Bye(t.Context()) }()
		w.byes(a)
	})
}

// RFC 3262 3, 4 between two of us, over a network that loses and delays.
func TestReliableBothWays(t *testing.T) {
	for _, f := range []memnet.Faults{{}, {Delay: 20 * time.Millisecond, Loss: 0.25, Reorder: 0.2, Late: 70 * time.Millisecond, Seed: 5}} {
		inBubble(t, f, func(t *testing.T, n *memnet.Network) {
			b := listen(t, n, "192.0.2.1", handlerFunc(func(in *Incoming) {
				for _, code := range []int{183, 180, 182} {
					if err := in.Progress(code, "application/sdp", []byte("answer")); err != nil {
						t.Error(err)
					}
				}
				if _, err := in.Answer("", nil); err != nil {
					t.Error(err)
				}
			}), reliableAs(ReliableSupported))
			a := listen(t, n, "192.0.2.2", nil, reliableAs(ReliableRequired))
			for range 20 {
				o, err := a.Invite(t.Context(), to(b, "udp"), opts())
				if err != nil {
					t.Fatal(err)
				}
				d, err := o.Wait(t.Context())
				if err != nil || string(d.RemoteBody()) != "answer" {
					t.Fatal(err)
				}
				var codes []int
				for p := range o.Progress() {
					if p.Code > 100 {
						codes = append(codes, p.Code)
					}
				}
				if !slices.Equal(codes, []int{183, 180, 182}) {
					t.Error("they came as", codes)
				}
				_ = d.Bye(t.Context())
			}
			time.Sleep(3 * time.Minute)
			for _, e := range []*Endpoint{a, b} {
				if s := e.Stats(); s.Calls != 0 || s.Transactions != 0 || len(e.early) != 0 {
					t.Errorf("left: %+v, %d early", s, len(e.early))
				}
			}
		})
	}
}

const inviteReliably = "Require: 100rel\nContact:"

// RFC 3262 3: 0.5, 1, 2, 4, 8 s after each other without the bound T2, then the call is refused; the 200 waits for the PRACK.
func TestUnacknowledgedReliableResponse(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		over := make(chan error, 1)
		b := listen(t, n, "192.0.2.1", handlerFunc(func(in *Incoming) {
			_ = in.Progress(183, "application/sdp", []byte("answer"))
			_, err := in.Answer("", nil)
			over <- err
		}), reliableAs(ReliableSupported))
		w := newWire(t, n, "192.0.2.2")
		start := time.Now()
		w.send(server, strings.Replace(invite, "Contact:", inviteReliably, 1))
		var at []time.Duration
		for {
			m := w.read(time.Minute)
			at = append(at, time.Since(start))
			if !strings.HasPrefix(m, "SIP/2.0 183") {
				if !strings.HasPrefix(m, "SIP/2.0 504") {
					t.Error(m)
				}
				break
			}
			if field(m, "Require") != "100rel" || field(m, "RSeq") == "" {
				t.Error(m)
			}
		}
		want := []time.Duration{0, 500, 1500, 3500, 7500, 15500, 31500, 32000}
		for i := range want {
			if i >= len(at) || at[i] != want[i]*time.Millisecond {
				t.Fatal(at)
			}
		}
		if err := <-over; errs.KindOf(err) != errs.Gone {
			t.Error(err)
		}
		w.send(server, strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
		time.Sleep(time.Minute)
		if s := b.Stats(); s.Calls != 0 || s.Transactions != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// The treatment of PRACKs that match nothing, and of the policies (RFC 3262 3, RFC 3261 8.2.2.3, 21.4.16).
func TestPrackOfTheCallee(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		ws := make(waiting, 1)
		listen(t, n, "192.0.2.1", ws, reliableAs(ReliableSupported))
		w := newWire(t, n, "192.0.2.2")
		w.send(server, strings.Replace(invite, "Contact:", "Supported: 100rel\nContact:", 1))
		in := <-ws
		_ = in.Ringing() // without a description, to who only supports it
		if m := w.want("SIP/2.0 180"); field(m, "RSeq") != "" || !strings.Contains(field(m, "Allow"), "UPDATE") {
			t.Error(m)
		}
		_ = in.Progress(183, "application/sdp", []byte("offer")) // the INVITE has none
		m := w.want("SIP/2.0 183")
		rack := func(v, branch string, seq int, body string) string {
			p := strings.Replace(inside("PRACK", m, seq, branch), "\r\nContent-Length: 0\r\n\r\n", "\r\nRAck: "+v+"\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body, 1)
			w.send(server, p)
			return w.want("SIP/2.0 ")
		}
		for i, v := range []string{"", "x", "1 1 INVITE", field(m, "RSeq") + " 2 INVITE", field(m, "RSeq") + " 1 BYE"} {
			if got := rack(v, "bad"+strconv.Itoa(i), 2+i, ""); !strings.HasPrefix(got, "SIP/2.0 481") {
				t.Errorf("%q: %s", v, got)
			}
		}
		w.send(server, strings.Replace(inside("UPDATE", m, 8, "glare"), "Content-Length: 0\r\n\r\n", "Content-Length: 1\r\n\r\nx", 1))
		w.want("SIP/2.0 491") // our offer waits for its answer
		good := field(m, "RSeq") + " 1 INVITE"
		if got := rack(good, "good", 9, "the answer"); !strings.HasPrefix(got, "SIP/2.0 200") {
			t.Error(got)
		}
		if got := rack(good, "twice", 10, ""); !strings.HasPrefix(got, "SIP/2.0 481") {
			t.Error(got)
		}
		d, err := in.Answer("", nil)
		if err != nil || string(d.RemoteBody()) != "the answer" {
			t.Error(err)
		}
		ok := w.want("SIP/2.0 200")
		w.send(server, inside("ACK", ok, 1, "ack"))
		w.send(server, inside("BYE", ok, 11, "bye"))
		w.want("SIP/2.0 200")
	})
	for policy, want := range map[Reliable]string{ReliableOff: "SIP/2.0 420", ReliableRequired: "SIP/2.0 421"} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			listen(t, n, "192.0.2.1", newAnswering(), reliableAs(policy))
			w := newWire(t, n, "192.0.2.2")
			msg := invite
			if policy == ReliableOff {
				msg = strings.Replace(invite, "Contact:", inviteReliably, 1)
			}
			w.send(server, msg)
			if m := w.want(want); policy == ReliableRequired && field(m, "Require") != "100rel" {
				t.Error(m)
			}
			w.send(server, strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
		})
	}
}

// A call cancelled while its answer waits for a PRACK is not answered.
func TestCancelWhileTheAnswerWaits(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		over := make(chan error, 1)
		b := listen(t, n, "192.0.2.1", handlerFunc(func(in *Incoming) {
			_ = in.Progress(183, "application/sdp", []byte("answer"))
			_, err := in.Answer("", nil)
			over <- err
		}), reliableAs(ReliableSupported))
		w := newWire(t, n, "192.0.2.2")
		w.send(server, strings.Replace(invite, "Contact:", inviteReliably, 1))
		w.want("SIP/2.0 183")
		w.send(server, strings.NewReplacer("INVITE sip", "CANCEL sip", "1 INVITE", "1 CANCEL", "Contact:", "Reason: SIP;cause=200\nContact:").Replace(invite))
		w.want("SIP/2.0 487")
		w.send(server, strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
		if err := <-over; errs.KindOf(err) != errs.Gone {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if s := b.Stats(); s.Calls != 0 || s.Transactions != 0 || len(b.early) != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// The offer may come in a reliable response and be answered in PRACK (RFC 3262 5); an unusable one ends the call.
func TestOfferInAReliableResponse(t *testing.T) {
	for _, usable := range []bool{true, false} {
		inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
			got := make(chan string, 1)
			b := listen(t, n, "192.0.2.1", handlerFunc(func(in *Incoming) {
				_ = in.Progress(183, "application/sdp", []byte("the offer"))
				d, err := in.Answer("", nil)
				if err != nil {
					got <- err.Error()
					return
				}
				<-d.Acked()
				got <- string(d.RemoteBody())
			}), reliableAs(ReliableSupported))
			a := listen(t, n, "192.0.2.2", nil, reliableAs(ReliableSupported))
			o, err := a.Invite(t.Context(), to(b, "udp"), InviteOptions{AnswerOffer: func(offer []byte) ([]byte, error) {
				if !usable {
					return nil, errors.New("of no use")
				}
				return []byte("to " + string(offer)), nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = o.Wait(t.Context())
			if want := "to the offer"; usable && (err != nil || <-got != want) {
				t.Error(err)
			}
			if !usable && err == nil {
				t.Error("the call was answered")
			}
		})
	}
}

// A new offer in PRACK is the user's to answer (RFC 3262 5), or 488 where nobody reads.
func TestNewOfferInPrack(t *testing.T) {
	for _, reads := range []bool{true, false} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			ws := make(waiting, 1)
			listen(t, n, "192.0.2.1", ws, reliableAs(ReliableSupported))
			w := newWire(t, n, "192.0.2.2")
			w.send(server, strings.NewReplacer("Contact:", inviteReliably, "Content-Length: 0\n\n", "Content-Length: 5\n\noffer").Replace(invite))
			in := <-ws
			want := "SIP/2.0 488"
			if reads {
				want = "SIP/2.0 200"
				go func() {
					r := <-in.Early().Requests()
					if r.Method != message.PRACK || string(r.Body) != "again" {
						t.Error(r.Method)
					}
					_ = r.Respond(200, "application/sdp", []byte("answer again"))
				}()
				synctest.Wait()
			}
			_ = in.Progress(183, "application/sdp", []byte("answer"))
			m := w.want("SIP/2.0 183")
			w.send(server, strings.Replace(inside("PRACK", m, 2, "prack"), "Content-Length: 0\r\n\r\n", "RAck: "+field(m, "RSeq")+" 1 INVITE\r\nContent-Length: 5\r\n\r\nagain", 1))
			if got := w.want("SIP/2.0 "); !strings.HasPrefix(got, want) || reads && !strings.HasSuffix(got, "answer again") {
				t.Error(got)
			}
			w.send(server, inside("BYE", m, 3, "bye"))
			w.want("SIP/2.0 200")
			<-in.Done()
		})
	}
}
