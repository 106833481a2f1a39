package sip

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip/guard"
)

// base is a valid request of 192.0.2.2.
const base = `OPTIONS sip:100@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-t
From: <sip:a@192.0.2.2>;tag=f
To: <sip:100@192.0.2.1>
Call-ID: c@192.0.2.2
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0

`

func edit(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(base) }

func TestKeepAlives(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering())
		w := newWire(t, n, "192.0.2.2")
		for _, s := range []string{"\r\n\r\n", "\x00", "", "\r\n"} {
			w.send(server, s)
		}
		conn, err := n.Host("192.0.2.2").Dial(t.Context(), server.String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte("\r\n\r\n"))
		buf := make([]byte, 4096)
		if k, err := conn.Read(buf); err != nil || string(buf[:k]) != "\r\n" {
			t.Errorf("%q %v", buf[:k], err)
		}
		_, _ = conn.Write([]byte("\r\n" + crlfs(strings.Replace(base, "/UDP", "/TCP", 1))))
		if k, err := conn.Read(buf); err != nil || !bytes.HasPrefix(buf[:k], []byte("SIP/2.0 200")) {
			t.Errorf("%q %v", buf[:k], err)
		}
		if s := e.Stats(); s.Malformed != 0 || w.read(time.Second) != "" {
			t.Errorf("%+v", s)
		}
		time.Sleep(MaxIdle + time.Second)
		if _, err := conn.Read(buf); err != io.EOF {
			t.Error("an idle connection stays:", err)
		}
	})
}

func TestConnectionsAndCallsAreBounded(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering(), func(c *Config) { c.Limits = Limits{Connections: 2, Calls: 1} })
		for range 5 {
			_, _ = n.Host("192.0.2.2").Dial(t.Context(), server.String())
		}
		synctest.Wait()
		if s := e.Stats(); s.Connections != 2 {
			t.Errorf("%+v", s)
		}
		a := listen(t, n, "192.0.2.3", nil)
		call(t, a, e, "udp")
		o, _ := a.Invite(t.Context(), to(e, "udp"), opts())
		if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 503" {
			t.Error(err)
		}
	})
}

func TestUnsupportedExtensionAndMerge(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		ws := make(waiting, 9)
		listen(t, n, "192.0.2.1", ws)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, strings.NewReplacer("Contact", "Require: siprec, 100rel\nContact", "-one", "-r").Replace(invite))
		if m := w.want("SIP/2.0 420"); field(m, "Unsupported") != "100rel" {
			t.Error(m)
		}
		w.send(server, strings.Replace(invite, "Contact", "Require: siprec\nContact", 1))
		if in := <-ws; len(in.Require()) != 1 || in.Require()[0] != "siprec" || in.MaxForwards() != 70 {
			t.Error(in.Require())
		}
		w.send(server, strings.Replace(invite, "z9hG4bK-one", "z9hG4bK-other", 1))
		w.want("SIP/2.0 482")
		w.send(server, strings.NewReplacer("INVITE sip", "CANCEL sip", "1 INVITE", "1 CANCEL", "-one", "-nothing").Replace(invite))
		w.want("SIP/2.0 481")
	})
}

func TestMalformedFromOneSourceIsAnsweredSparingly(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering())
		w := newWire(t, n, "192.0.2.2")
		for range 1000 {
			w.send(server, edit("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"))
		}
		synctest.Wait()
		if s := e.Stats(); s.Malformed != 1000 || s.Limited != 1000-guard.AnswersBurst {
			t.Errorf("%+v", s)
		}
	})
}
