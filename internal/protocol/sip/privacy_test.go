package sip

import (
	"bytes"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"santra/internal/memnet"
)

// refusing refuses all.
type refusing struct{}

func (refusing) Invite(in *Incoming) { in.Reject(404, "") }

func (refusing) Register(r *Registration) { r.Refuse(403) }

// Nothing that a message says reaches the log (M3), whatever is wrong with it, and the lines of one source are bounded.
func TestTheLogHoldsNothingOfAMessage(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		var out bytes.Buffer
		logged := func(c *Config) {
			c.Log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		}
		h := refusing{}
		e := listen(t, n, "192.0.2.1", h, logged)
		w := newWire(t, n, "192.0.2.2")
		for i := range 50 {
			w.send(server, strings.NewReplacer("z9hG4bK-one", "z9hG4bK-"+strconv.Itoa(i), "call-one", "c"+strconv.Itoa(i)).Replace(invite))
			w.send(server, strings.Replace(invite, "CSeq: 1 INVITE", "CSeq: 1 maija", 1))
			w.send(server, strings.Replace(invite, "INVITE sip", "+358401234567 sip", 1))
			w.send(server, strings.NewReplacer("INVITE", "REGISTER", "z9hG4bK-one", "z9hG4bK-r"+strconv.Itoa(i), "Contact", "Authorization: Digest username=\"maija\", realm=\"santra\", nonce=\"x\", response=\"y\", uri=\"sip:maija\"\nContact").Replace(invite))
		}
		time.Sleep(time.Minute)
		if s := e.Stats(); s.Malformed == 0 {
			t.Errorf("%+v", s)
		}
		for _, secret := range []string{"358401234567", "401234567", "maija", "Maija", "1001"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("the log holds %q:\n%s", secret, out.String())
			}
		}
		if lines := strings.Count(out.String(), "\n"); lines > 3 {
			t.Errorf("%d lines for one source in a minute", lines)
		}
	})
}

func TestIncomingPrintsNoNumber(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		ws := make(waiting, 1)
		listen(t, n, "192.0.2.1", ws)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		in := <-ws
		if s := fmt.Sprintf("%v %+v", in.Caller(), in.Caller()); strings.Contains(s, "40123") {
			t.Error(s)
		}
		in.Reject(404, "")
		w.want("SIP/2.0 404")
		w.send(server, strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
	})
}

func BenchmarkCall(b *testing.B) {
	h := handlerFunc(func(in *Incoming) {
		_ = in.Ringing()
		_, _ = in.Answer("application/sdp", []byte(offer))
	})
	at, err := Listen(Config{Addr: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	at.Serve(h)
	from, err := Listen(Config{Addr: "127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	from.Serve(nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			o, err := from.Invite(b.Context(), to(at, "udp"), opts())
			if err != nil {
				b.Error(err)
				return
			}
			d, err := o.Wait(b.Context())
			if err != nil {
				b.Error(err)
				return
			}
			_ = d.Bye(b.Context())
		}
	})
}

// By a registration the Request-URI names who has registered, and To whom the caller has called.
func TestWhomACallIsTo(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		calls := make(waiting, 1)
		e := listen(t, n, "192.0.2.1", calls)
		w := newWire(t, n, "192.0.2.2")
		w.send(e.Addr(), strings.Replace(invite, "INVITE sip:+358941000@", "INVITE sip:city@", 1))
		in := <-calls
		if in.Called() != "city" || in.Addressed() != "+358941000" {
			t.Errorf("called %q, to %q", in.Called(), in.Addressed())
		}
		in.Reject(404, "")
	})
}
