package sip

import (
	"bytes"
	gotls "crypto/tls"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/memnet"
	"santra/internal/protocol/sip/siptest/certs"
)

// secure lets an endpoint speak TLS on port 5061, as its address and as name.
func secure(a *certs.Authority, ip, name string) func(*Config) {
	return func(c *Config) {
		c.TLS = &TLS{Addr: ip + ":5061", Config: &gotls.Config{
			Certificates: []gotls.Certificate{a.For([]string{ip, name})}, RootCAs: a.Pool(), ClientCAs: a.Pool(),
		}}
	}
}

func TestCallByTLS(t *testing.T) {
	for _, scheme := range []string{"sip", "sips"} {
		t.Run(scheme, func(t *testing.T) {
			inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
				a, h := certs.New(t), newAnswering()
				at := listen(t, n, "192.0.2.1", h, secure(a, "192.0.2.1", "city.example"))
				from := listen(t, n, "192.0.2.2", newAnswering(), secure(a, "192.0.2.2", "carrier.example"))
				target := Target{URI: scheme + ":+358941000@192.0.2.1", Transport: "tls", Host: "city.example"}
				for i := range 3 {
					o, err := from.Invite(t.Context(), target, opts())
					if err != nil {
						t.Fatal(err)
					}
					d, err := o.Wait(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					in, far := <-h.calls, <-h.dialogs
					contact, via := in.Header("Contact"), in.Header("Via")
					want := "@192.0.2.2:5061;transport=tls>"
					if scheme == "sips" {
						want = "@192.0.2.2:5061>"
					}
					if in.Transport() != "tls" || !strings.HasPrefix(contact, "<"+scheme+":") || !strings.HasSuffix(contact, want) || !strings.HasPrefix(via, "SIP/2.0/TLS 192.0.2.2:5061;") {
						t.Error(in.Transport(), contact, via)
					}
					if i%2 == 0 {
						_ = far.Bye(t.Context())
						<-d.Ended()
					} else {
						_ = d.Bye(t.Context())
						<-far.Ended()
					}
				}
				if at.Stats().Connections != 1 || from.Stats().Connections != 1 {
					t.Error("the connection is not used again", at.Stats(), from.Stats())
				}
			})
		})
	}
}

// A server that can't prove the name that was asked for gets nothing of the call.
func TestTLSProvesTheName(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		var log bytes.Buffer
		a, h := certs.New(t), newAnswering()
		listen(t, n, "192.0.2.1", h, secure(a, "192.0.2.1", "city.example"))
		from := listen(t, n, "192.0.2.2", nil, secure(a, "192.0.2.2", "carrier.example"), logTo(&log))
		for range 50 {
			o, err := from.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1;transport=tls", Host: "bank.example"}, opts())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 503" {
				t.Error(err)
			}
		}
		if len(h.calls) != 0 || strings.Count(log.String(), "the certificate is for another name") != 1 {
			t.Error(len(h.calls), log.String())
		}
		if _, err := listen(t, n, "192.0.2.3", nil).Invite(t.Context(), Target{URI: "sips:1@192.0.2.1"}, opts()); !errs.Is(err, errs.Invalid) {
			t.Error("sips without TLS:", err)
		}
	})
}

// A dialog whose connection is gone goes on over a new one to the same name.
func TestTLSConnectionIsLostInTheCall(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, h := certs.New(t), newAnswering()
		listen(t, n, "192.0.2.1", h, secure(a, "192.0.2.1", "city.example"))
		from := listen(t, n, "192.0.2.2", newAnswering(), secure(a, "192.0.2.2", "carrier.example"))
		o, err := from.Invite(t.Context(), Target{URI: "sips:1@192.0.2.1", Host: "city.example"}, opts())
		if err != nil {
			t.Fatal(err)
		}
		d, err := o.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		far := <-h.dialogs
		<-far.Acked()
		d.flow.Conn.Close()
		synctest.Wait()
		if err := d.Bye(t.Context()); err != nil {
			t.Error(err)
		}
		<-far.Ended()
		if far.Reason() != EndRemote {
			t.Error(far.Reason())
		}
	})
}

func TestCertificatesOfFiles(t *testing.T) {
	a := certs.New(t)
	cert, key, ca := a.Files(a.For([]string{"127.0.0.1"}))
	h := newAnswering()
	both := func(c *Config) {
		c.TLS = &TLS{Addr: "127.0.0.1:0", CertFile: cert, KeyFile: key, CAFile: ca, ClientCA: ca}
	}
	at, from := listen(t, nil, "", h, both), listen(t, nil, "", newAnswering(), both)
	o, err := from.Invite(t.Context(), Target{URI: "sips:1@" + at.TLSAddr().String()}, opts())
	if err != nil {
		t.Fatal(err)
	}
	d, err := o.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Bye(t.Context()); err != nil {
		t.Error(err)
	}
	empty := t.TempDir() + "/empty"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*TLS{
		{Addr: "127.0.0.1:0"}, {CertFile: cert}, {CertFile: empty, KeyFile: key}, {CAFile: empty}, {CAFile: empty + "x"}, {ClientCA: empty},
	} {
		if e, err := Listen(Config{Addr: "127.0.0.1:0", TLS: c}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v, %v", c, e, err)
		}
	}
}
