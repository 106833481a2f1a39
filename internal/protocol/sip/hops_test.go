package sip

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/memnet"
	"santra/internal/protocol/sip/exchange"
	"santra/internal/protocol/sip/locate"
	"santra/internal/protocol/sip/siptest/certs"
	"santra/internal/protocol/sip/transaction"
)

// names is a locate.Resolver: servers of one domain by SRV, in their order.
type names map[string][]locate.SRV

func (names) NAPTR(context.Context, string) ([]locate.NAPTR, time.Duration, error) {
	return nil, time.Minute, nil
}

func (z names) SRV(_ context.Context, name string) ([]locate.SRV, time.Duration, error) {
	return z[name], time.Minute, nil
}

// Addrs knows hosts by the last part of their address: "h7" is 192.0.2.7.
func (names) Addrs(_ context.Context, name string) ([]netip.Addr, time.Duration, error) {
	a, err := netip.ParseAddr("192.0.2." + strings.TrimPrefix(name, "h"))
	if err != nil {
		return nil, time.Minute, nil
	}
	return []netip.Addr{a}, time.Minute, nil
}

func finding(z names) func(*Config) {
	return func(c *Config) { c.Locator = locate.New(z) }
}

// carrierNames has three servers by UDP, one behind the other, and one by TLS.
var carrierNames = names{
	"_sip._udp.carrier.example":  {{Priority: 1, Port: 5060, Target: "h11"}, {Priority: 2, Port: 5060, Target: "h12"}, {Priority: 3, Port: 5060, Target: "h13"}},
	"_sip._tcp.carrier.example":  {{Priority: 1, Port: 5060, Target: "h11"}, {Priority: 2, Port: 5060, Target: "h13"}},
	"_sips._tcp.carrier.example": {{Priority: 1, Port: 5061, Target: "h13"}},
}

func refuse(code int) handlerFunc { return func(in *Incoming) { in.Reject(code, "") } }

// RFC 3263 4.3: 503, silence and a refused connection each lead to the next server; another refusal does not.
func TestFailover(t *testing.T) {
	for _, c := range []struct {
		name      string
		transport string
		first     Handler // nil: nobody is there
		want      string  // error; empty: answered by the last
		within    time.Duration
	}{
		{"silence", "udp", nil, "", exchange.HopPatience},
		{"503", "udp", refuse(503), "", 0},
		{"no connection", "tcp", nil, "", 0},
		{"busy", "udp", refuse(486), "sip: refused with 486", 0},
		{"busy everywhere", "udp", refuse(600), "sip: refused with 600", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
				if c.first != nil {
					listen(t, n, "192.0.2.11", c.first)
				}
				listen(t, n, "192.0.2.12", refuse(503))
				h := newAnswering()
				listen(t, n, "192.0.2.13", h)
				a := listen(t, n, "192.0.2.2", nil, finding(carrierNames))
				start := time.Now()
				o, err := a.Invite(t.Context(), Target{URI: "sip:1@carrier.example", Transport: c.transport}, opts())
				if err != nil {
					t.Fatal(err)
				}
				d, err := o.Wait(t.Context())
				if err != nil && err.Error() != c.want || err == nil && c.want != "" || time.Since(start) != c.within {
					t.Fatalf("%v after %v", err, time.Since(start))
				}
				if c.want != "" {
					return
				}
				if d.Remote().Addr().String() != "192.0.2.13" {
					t.Error(d.Remote())
				}
				_ = d.Bye(t.Context())
				start = time.Now() // the next call does not try in vain
				r, err := a.Options(t.Context(), Target{URI: "sip:carrier.example", Transport: c.transport})
				if err != nil || r.Code != 200 || time.Since(start) != 0 {
					t.Error(r.Code, err, time.Since(start))
				}
			})
		})
	}
}

func TestAllServersFail(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a := listen(t, n, "192.0.2.2", nil, finding(carrierNames))
		start := time.Now()
		o, err := a.Invite(t.Context(), Target{URI: "sip:1@carrier.example", Transport: "udp"}, opts())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 408" || time.Since(start) != 2*exchange.HopPatience+transaction.Timeout {
			t.Error(err, time.Since(start))
		}
		if _, err := a.Invite(t.Context(), Target{URI: "sip:1@nowhere.example"}, opts()); !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
	})
}

// A call that was given up is not tried elsewhere.
func TestACancelledCallDoesNotFailOver(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.12", h)
		a := listen(t, n, "192.0.2.2", nil, finding(carrierNames))
		o, err := a.Invite(t.Context(), Target{URI: "sip:1@carrier.example", Transport: "udp"}, opts())
		if err != nil {
			t.Fatal(err)
		}
		o.Cancel()
		if _, err := o.Wait(t.Context()); err == nil || len(h.calls) != 0 {
			t.Error(err, len(h.calls))
		}
	})
}

// The certificate is for the name that was asked for, not for what name servers made of it.
func TestTLSByName(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a := certs.New(t)
		listen(t, n, "192.0.2.13", newAnswering(), secure(a, "192.0.2.13", "carrier.example"))
		from := listen(t, n, "192.0.2.2", nil, secure(a, "192.0.2.2", "x"), finding(names{
			"_sips._tcp.carrier.example": carrierNames["_sips._tcp.carrier.example"], "_sips._tcp.bank.example": carrierNames["_sips._tcp.carrier.example"],
		}))
		if r, err := from.Options(t.Context(), Target{URI: "sips:carrier.example"}); err != nil || r.Code != 200 {
			t.Error(r.Code, err)
		}
		if _, err := from.Options(t.Context(), Target{URI: "sips:bank.example"}); err == nil {
			t.Error("a forged answer of a name server is believed")
		}
	})
}

// proxy is a loose router that is played by the test: what comes it hands to a server, with itself in Record-Route.
func proxy(t *testing.T, w *wire, to netip.AddrPort, back netip.AddrPort) {
	t.Helper()
	m := w.want("INVITE ")
	if field(m, "Route") != "<sip:192.0.2.9;lr>" {
		t.Errorf("Route: %q", field(m, "Route"))
	}
	m = strings.Replace(m, "Route: <sip:192.0.2.9;lr>\r\n", "Record-Route: <sip:192.0.2.9;lr>\r\n", 1)
	w.send(to, strings.Replace(m, "Via: ", "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-p\r\nVia: ", 1))
	ok := w.want("SIP/2.0 200")
	_, rest, _ := strings.Cut(ok, "Via: ")
	_, rest, _ = strings.Cut(rest, "\r\n")
	w.send(back, "SIP/2.0 200 OK\r\n"+rest)
}

// RFC 3261 8.1.2: a pre-loaded route is followed; afterwards the route set of the dialog is.
func TestOutboundProxy(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		b := listen(t, n, "192.0.2.1", h)
		a := listen(t, n, "192.0.2.2", nil)
		w := newWire(t, n, "192.0.2.9")
		o, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1", Routes: []string{"<sip:192.0.2.9;lr>"}}, opts())
		if err != nil {
			t.Fatal(err)
		}
		proxy(t, w, b.Addr(), a.Addr())
		d, err := o.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ack := w.want("ACK ")
		if field(ack, "Route") != "<sip:192.0.2.9;lr>" || !strings.HasPrefix(ack, "ACK sip:+") && !strings.HasPrefix(ack, "ACK sip:1@192.0.2.1") {
			t.Error(ack)
		}
		go func() { _ = d.Bye(t.Context()) }()
		if m := w.want("BYE "); field(m, "Route") != "<sip:192.0.2.9;lr>" {
			t.Error(m)
		}
		far := <-h.dialogs
		go func() { _ = far.Bye(t.Context()) }()
		if m := w.want("BYE sip:santra@192.0.2.2"); field(m, "Route") != "<sip:192.0.2.9;lr>" {
			t.Error(m)
		}
	})
}

func TestRoutesAreChecked(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a := listen(t, n, "192.0.2.2", nil)
		for _, routes := range [][]string{
			{"<sip:192.0.2.9>"}, {"sip:192.0.2.9;lr"}, {"<sip:192.0.2.9;lr>", ""}, {"<x>"}, make([]string, exchange.MaxRoutes+1),
		} {
			if _, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1", Routes: routes}, opts()); !errs.Is(err, errs.Invalid) {
				t.Error(routes, err)
			}
		}
		if _, err := a.Options(t.Context(), Target{URI: "sip:192.0.2.1", Transport: "sctp"}); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
}

// RFC 3608: the way that the registrar wants calls to take.
func TestServiceRoute(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a := listen(t, n, "192.0.2.2", nil)
		w := newWire(t, n, "192.0.2.9")
		r := a.Registrant(Target{URI: "sip:city@192.0.2.9", User: "city", Password: "x"})
		for _, c := range []struct{ fields, want string }{
			{"Service-Route: <sip:192.0.2.9;lr>, <sip:192.0.2.8;lr>\r\nService-Route: <sip:192.0.2.7;lr>\r\n", "<sip:192.0.2.9;lr> <sip:192.0.2.8;lr> <sip:192.0.2.7;lr>"},
			{"", ""},
			{"Service-Route: <sip:192.0.2.9;lr>, <sip:strict.example>\r\n", ""},
		} {
			done := make(chan time.Duration, 1)
			go func() { life, _ := r.Register(t.Context(), time.Hour); done <- life }()
			m := w.want("REGISTER ")
			w.send(a.Addr(), "SIP/2.0 200 OK\r\nVia: "+field(m, "Via")+"\r\nFrom: "+field(m, "From")+"\r\nTo: "+field(m, "To")+";tag=x\r\nCall-ID: "+
				field(m, "Call-ID")+"\r\nCSeq: "+field(m, "CSeq")+"\r\nContact: "+field(m, "Contact")+";expires=1800\r\n"+c.fields+"Content-Length: 0\r\n\r\n")
			if life := <-done; life != 30*time.Minute {
				t.Error(life)
			}
			got := r.Target("sip:1@192.0.2.9")
			if strings.Join(got.Routes, " ") != c.want || got.User != "city" || got.URI != "sip:1@192.0.2.9" {
				t.Errorf("%+v", got)
			}
		}
	})
}
