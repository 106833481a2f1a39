package sip

import (
	"strings"
	"testing"

	"santra/internal/memnet"
)

func TestProxyChallenge(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a := listen(t, n, "192.0.2.2", nil)
		c, _ := n.Host("192.0.2.1").ListenPacket("192.0.2.1:5060")
		defer c.Close()
		w := &wire{t, c}
		o, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1", User: "u", Password: "p"}, opts())
		if err != nil {
			t.Fatal(err)
		}
		answer := func(m, status, extra string) {
			w.send(a.Addr(), "SIP/2.0 "+status+"\nVia: "+field(m, "Via")+"\nFrom: "+field(m, "From")+"\nTo: <sip:1@192.0.2.1>;tag=x\nCall-ID: "+
				field(m, "Call-ID")+"\nCSeq: "+field(m, "CSeq")+"\n"+extra+"Content-Length: 0\n\n")
		}
		answer(w.want("INVITE "), "407 Who", "Proxy-Authenticate: Bearer x\nProxy-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256\n")
		w.want("ACK ")
		m := w.want("INVITE ")
		if field(m, "CSeq") != "2 INVITE" || !strings.Contains(field(m, "Proxy-Authorization"), `nonce="n1"`) {
			t.Error(m)
		}
		answer(m, "407 Old", "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\", stale=true\n")
		w.want("ACK ")
		m = w.want("INVITE ")
		if field(m, "CSeq") != "3 INVITE" || strings.Count(m, "Proxy-Authorization") != 1 || !strings.Contains(m, `nonce="n2"`) {
			t.Error(m)
		}
		answer(m, "407 No", "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n3\", qop=\"auth\"\n")
		w.want("ACK ")
		if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 407" {
			t.Error(err)
		}
	})
}

func TestRegisterWithoutARegistrar(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		listen(t, n, "192.0.2.1", newAnswering())
		w := newWire(t, n, "192.0.2.2")
		w.send(server, strings.NewReplacer("INVITE", "REGISTER").Replace(invite))
		w.want("SIP/2.0 405")
	})
}
