package mail

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
)

func client(t *testing.T, cfg ClientConfig) *Client {
	t.Helper()
	c, err := NewClient(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSubmitSendsTheSameBytes(t *testing.T) {
	b := &sink{}
	c := client(t, ClientConfig{Addr: startServer(t, ServerConfig{Backend: b}).Addr().String(), Security: Plain})
	for _, raw := range []string{"Subject: x\r\n\r\n.a\r\n..\r\n.\r\nh\xe4\x00\r\n", "\r\n", strings.Repeat("x", 5000) + "\r\n"} {
		if err := c.Submit(t.Context(), "parks@city.example", []string{"a@city.example", "ä@city.example"}, []byte(raw)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.last(), []byte(raw)) {
			t.Fatalf("%q became %q", raw, b.last())
		}
	}
	for _, raw := range []string{"", "x", "a\nb\r\n", "a\rb\r\n"} {
		if err := c.Submit(t.Context(), "a@b", []string{"a@city.example"}, []byte(raw)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestSubmitOverTLS(t *testing.T) {
	b, cert := &sink{}, certificate(t)
	s := startServer(t, ServerConfig{Backend: b, TLS: &tls.Config{Certificates: []tls.Certificate{cert}}})
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	c := client(t, ClientConfig{Addr: s.Addr().String(), TLS: &tls.Config{RootCAs: roots, ServerName: "localhost"}})
	if err := c.Submit(t.Context(), "a@b", []string{"x@city.example"}, []byte("x\r\n")); err != nil || !b.envs[0].TLS {
		t.Fatal(err)
	}
	stranger := client(t, ClientConfig{Addr: s.Addr().String()})
	wantClass(t, stranger.Submit(t.Context(), "a@b", []string{"x@city.example"}, []byte("x\r\n")), Connection, "tls", false)
	plain := client(t, ClientConfig{Addr: startServer(t, ServerConfig{Backend: b}).Addr().String()})
	if err := plain.Submit(t.Context(), "a@b", []string{"x@city.example"}, []byte("x\r\n")); err == nil || b.count() != 1 {
		t.Fatal("sent in clear", err)
	}
}

func wantClass(t *testing.T, err error, class Class, stage string, unsure bool) {
	t.Helper()
	e, ok := errors.AsType[*SubmitError](err)
	if !ok || e.Class != class || e.Stage != stage || e.Unsure != unsure {
		t.Fatalf("got %v (%+v), want %s at %s", err, e, class, stage)
	}
}

func TestSubmitErrorsByClass(t *testing.T) {
	b := &sink{}
	c := client(t, ClientConfig{Addr: startServer(t, ServerConfig{Backend: b}).Addr().String(), Security: Plain})
	submit := func(to string) error { return c.Submit(t.Context(), "a@b", []string{to}, []byte("x\r\n")) }
	wantClass(t, submit("x@elsewhere"), Permanent, "rcpt", false)
	b.fail = errs.New(errs.Unavailable, "full")
	wantClass(t, submit("x@city.example"), Temporary, "end", false)
	b.fail = errs.New(errs.Denied, "no")
	wantClass(t, submit("x@city.example"), Permanent, "end", false)
}

// script answers each line of a client with the next answer and hangs up after the last.
func script(t *testing.T, answers ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		buf := make([]byte, 4096)
		for _, a := range answers {
			if _, err := c.Write([]byte(a)); err != nil {
				return
			}
			if _, err := c.Read(buf); err != nil {
				return
			}
		}
	}()
	return l.Addr().String()
}

func TestSubmitConnectionErrors(t *testing.T) {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	gone := l.Addr().String()
	l.Close()
	submit := func(addr string) error {
		c := client(t, ClientConfig{Addr: addr, Security: Plain, Timeout: 10 * time.Second})
		return c.Submit(t.Context(), "a@b", []string{"c@d"}, []byte("x\r\n"))
	}
	wantClass(t, submit(gone), Connection, "connect", false)
	wantClass(t, submit(script(t, "220 hi\r\n", "250 hi\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n")), Connection, "end", true)
	wantClass(t, submit(script(t, "220 hi\r\n", "250 hi\r\n", "250 ok\r\n")), Connection, "rcpt", false)
	wantClass(t, submit(script(t, "554 go away\r\n")), Permanent, "hello", false)
	wantClass(t, submit(script(t, "220 hi\r\n", "250 hi\r\n", "451 greylisted\r\n")), Temporary, "mail", false)
}

func TestRelayConfiguration(t *testing.T) {
	for _, bad := range []ClientConfig{
		{},
		{Addr: "relay"},
		{Addr: "relay.example:25", Security: Plain},
		{Addr: "192.0.2.1:25", Security: Plain},
		{Addr: "127.0.0.1:25", Security: Plain, User: "x"},
		{Addr: "127.0.0.1:25", Security: "maybe"},
	} {
		if _, err := NewClient(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, good := range []ClientConfig{{Addr: "relay.example:587"}, {Addr: "[::1]:25", Security: Plain}, {Addr: "localhost:25", Security: Plain}, {Addr: "r:465", Security: Implicit, User: "u"}} {
		if _, err := NewClient(good); err != nil {
			t.Error(err)
		}
	}
}
