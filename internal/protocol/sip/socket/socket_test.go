package socket

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip/siptest/certs"
)

// got is a message that came in.
type got struct {
	raw  string
	conn *Conn
	from netip.AddrPort
}

var (
	plainAddr  = netip.MustParseAddrPort("192.0.2.1:5060")
	secureAddr = netip.MustParseAddrPort("192.0.2.1:5061")
)

// open opens sockets on a host of a network and hands over what comes.
func open(t *testing.T, n *memnet.Network, ip string, secure *TLS, change ...func(*Config)) (*Set, chan got) {
	t.Helper()
	in := make(chan got, 10000)
	cfg := Config{
		Addr: ip + ":5060", TLS: secure, Network: n.Host(ip), Log: slog.New(slog.DiscardHandler), Message: 4096, Connections: 1000,
		Idle:      10 * time.Minute,
		Receive:   func(raw []byte, c *Conn, from netip.AddrPort) { in <- got{string(raw), c, from} },
		Untrusted: func(netip.AddrPort, string) {},
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Close)
	return s, in
}

func secured(t *testing.T, a *certs.Authority, ip string, names ...string) *TLS {
	t.Helper()
	s, err := NewTLS(ip+":5061", &tls.Config{Certificates: []tls.Certificate{a.For(append(names, ip))}, RootCAs: a.Pool(), ClientCAs: a.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func inBubble(t *testing.T, test func(t *testing.T, n *memnet.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, memnet.New(memnet.Faults{})) })
}

func TestMessagesByEveryTransport(t *testing.T) {
	inBubble(t, func(t *testing.T, n *memnet.Network) {
		a := certs.New(t)
		server, in := open(t, n, "192.0.2.1", secured(t, a, "192.0.2.1", "server.example"))
		client, back := open(t, n, "192.0.2.2", secured(t, a, "192.0.2.2"))
		if server.Addr() != plainAddr || server.TLSAddr() != secureAddr {
			t.Error(server.Addr(), server.TLSAddr())
		}
		if err := client.Send(plainAddr, []byte(one)); err != nil {
			t.Fatal(err)
		}
		if m := <-in; m.raw != one || m.conn != nil || m.from.String() != "192.0.2.2:5060" {
			t.Error(m)
		}
		for _, secure := range []bool{false, true} {
			to, name := plainAddr, ""
			if secure {
				to, name = secureAddr, "server.example"
			}
			c, err := client.Connect(to, secure, name)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Write([]byte(one))
			m := <-in
			if m.raw != one || m.conn.Secure() != secure || c.Name() != name || m.conn.Remote() != m.from {
				t.Errorf("%+v", m)
			}
			_ = m.conn.Write([]byte(one))
			if m := <-back; m.conn != c {
				t.Error("the answer came another way")
			}
			if again, _ := client.Connect(to, secure, name); again != c {
				t.Error("a second connection")
			}
			if secure && (c.Certificate() == nil || c.Certificate().DNSNames[0] != "server.example") {
				t.Error("no certificate")
			}
		}
		if other, _ := client.Connect(secureAddr, true, "192.0.2.1"); other.Name() != "192.0.2.1" {
			t.Error("a connection to one name serves another (RFC 5923)")
		}
		if client.Connections() != 3 {
			t.Error(client.Connections())
		}
	})
}

// A peer that can't prove its name, or shows no certificate where one is wanted, is not spoken with.
func TestTLSIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, n *memnet.Network) {
		a, stranger := certs.New(t), certs.New(t)
		wants := secured(t, a, "192.0.2.1", "server.example")
		wants.server.ClientAuth = tls.RequireAndVerifyClientCert
		var why []string
		_, in := open(t, n, "192.0.2.1", wants)
		note := func(c *Config) { c.Untrusted = func(_ netip.AddrPort, w string) { why = append(why, w) } }
		client, _ := open(t, n, "192.0.2.2", secured(t, a, "192.0.2.2"), note)
		try := func(s *Set, name string) bool {
			c, err := s.Connect(secureAddr, true, name)
			if err != nil {
				t.Fatal(err)
			}
			lost := make(chan struct{})
			c.Lost(func() { close(lost) })
			_ = c.Write([]byte(one))
			select {
			case <-in:
				return true
			case <-lost:
				return false
			}
		}
		if !try(client, "server.example") {
			t.Error("the right name is refused")
		}
		if try(client, "evil.example") || len(why) != 1 || why[0] != errOtherName.Error() {
			t.Error("another name is taken", why)
		}
		nobody, _ := open(t, n, "192.0.2.3", secured(t, stranger, "192.0.2.3"))
		if try(nobody, "server.example") {
			t.Error("an authority that is not trusted")
		}
		bare, err := NewTLS("", &tls.Config{RootCAs: a.Pool()})
		if err != nil {
			t.Fatal(err)
		}
		without, _ := open(t, n, "192.0.2.4", bare)
		if try(without, "server.example") {
			t.Error("no certificate of the client")
		}
		plain, _ := open(t, n, "192.0.2.5", nil)
		if _, err := plain.Connect(secureAddr, true, "x"); err == nil {
			t.Error("TLS without a configuration")
		}
	})
}

// Slow, silent and greedy peers are bounded in time and number.
func TestSlowPeers(t *testing.T) {
	for _, c := range []struct {
		name   string
		secure bool
		send   func(net.Conn)
		within time.Duration
	}{
		{"silent", false, func(net.Conn) {}, MaxFirst},
		{"silent instead of a handshake", true, func(net.Conn) {}, MaxHandshake},
		{"no TLS at all", true, func(c net.Conn) { _, _ = io.WriteString(c, one) }, time.Second},
		{"half a message", false, func(c net.Conn) { _, _ = io.WriteString(c, one[:10]) }, MaxSlow},
		{"byte by byte", false, func(c net.Conn) {
			for _, b := range []byte(strings.Repeat(one[:30], 100)) {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}, MaxSlow + time.Second},
		{"half a body, for ever", false, func(c net.Conn) { _, _ = io.WriteString(c, strings.Replace(one, ": 4", ": 4000", 1)) }, MaxSlow},
	} {
		inBubble(t, func(t *testing.T, n *memnet.Network) {
			s, in := open(t, n, "192.0.2.1", secured(t, certs.New(t), "192.0.2.1"))
			to := plainAddr
			if c.secure {
				to = secureAddr
			}
			conn, err := n.Host("192.0.2.2").Dial(t.Context(), to.String())
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			var sender sync.WaitGroup
			sender.Go(func() { c.send(conn) })
			_, _ = io.Copy(io.Discard, conn)
			if took := time.Since(start); took > c.within {
				t.Errorf("%s: closed after %v, want %v", c.name, took, c.within)
			}
			_ = conn.Close()
			sender.Wait()
			synctest.Wait()
			if len(in) != 0 || s.Connections() != 0 || len(s.from) != 0 {
				t.Errorf("%s: %d messages, %d connections", c.name, len(in), s.Connections())
			}
		})
	}
}

// Who has said something whole may be silent for long; a keep-alive counts as life.
func TestPatientPeers(t *testing.T) {
	inBubble(t, func(t *testing.T, n *memnet.Network) {
		s, in := open(t, n, "192.0.2.1", nil)
		conn, err := n.Host("192.0.2.2").Dial(t.Context(), plainAddr.String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, one)
		<-in
		time.Sleep(9 * time.Minute)
		_, _ = io.WriteString(conn, "\r\n\r\n")
		buf := make([]byte, 10)
		if k, err := conn.Read(buf); err != nil || string(buf[:k]) != "\r\n" {
			t.Errorf("%q %v", buf[:k], err)
		}
		time.Sleep(9 * time.Minute)
		if s.Connections() != 1 {
			t.Error("a keep-alive is no life")
		}
		time.Sleep(2 * time.Minute)
		if s.Connections() != 0 {
			t.Error("an idle connection stays")
		}
	})
}

func TestConnectionsOfOneSource(t *testing.T) {
	inBubble(t, func(t *testing.T, n *memnet.Network) {
		s, _ := open(t, n, "192.0.2.1", nil, func(c *Config) { c.Connections = MaxPerSource + 1 })
		var all []net.Conn
		dial := func(ip string) {
			c, err := n.Host(ip).Dial(t.Context(), plainAddr.String())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
			synctest.Wait()
		}
		for range MaxPerSource + 10 {
			dial("192.0.2.2")
		}
		if s.Connections() != MaxPerSource {
			t.Error(s.Connections())
		}
		dial("192.0.2.3")
		dial("192.0.2.4")
		if s.Connections() != MaxPerSource+1 {
			t.Error("want one more of another source, and then none:", s.Connections())
		}
		for _, c := range all {
			_ = c.Close()
		}
		synctest.Wait()
		if s.Connections() != 0 || len(s.from) != 0 {
			t.Error("left:", s.Connections(), len(s.from))
		}
	})
}

// deaf is a listener whose connections are never read.
func deaf(t *testing.T, n *memnet.Network, ip string) (answer chan net.Conn) {
	t.Helper()
	l, err := n.Host(ip).Listen(ip + ":5060")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	answer = make(chan net.Conn, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answer <- c
		}
	}()
	return answer
}

// RFC 5626 4.4.1: pings keep the way open, and who has answered one must answer the next.
func TestOurKeepAlives(t *testing.T) {
	for _, answers := range []bool{true, false} {
		inBubble(t, func(t *testing.T, n *memnet.Network) {
			peers := deaf(t, n, "192.0.2.2")
			s, _ := open(t, n, "192.0.2.1", nil)
			c, err := s.Connect(netip.MustParseAddrPort("192.0.2.2:5060"), false, "")
			if err != nil {
				t.Fatal(err)
			}
			lost := make(chan struct{})
			c.Lost(func() { close(lost) })
			c.KeepAlive(30 * time.Second)
			peer, buf := <-peers, make([]byte, 10)
			for range 3 {
				start := time.Now()
				if k, err := peer.Read(buf); err != nil || string(buf[:k]) != "\r\n\r\n" || time.Since(start) > 30*time.Second {
					t.Errorf("%q %v after %v", buf[:k], err, time.Since(start))
				}
				if answers {
					_, _ = io.WriteString(peer, "\r\n")
				}
			}
			if !answers { // a peer that knows no pings is not given up
				time.Sleep(time.Hour / 10)
				if c.Closed() {
					t.Error("given up")
				}
				return
			}
			start := time.Now()
			<-lost
			if took := time.Since(start); took > 2*time.Minute {
				t.Error("a dead peer is found after", took)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	n := memnet.New(memnet.Faults{})
	for _, addr := range []string{"", "x", "192.0.2.1"} {
		if _, err := Open(Config{Addr: addr, Network: n.Host("192.0.2.1")}); err == nil {
			t.Errorf("%q", addr)
		}
	}
	if _, err := Open(Config{Addr: "192.0.2.1:5060", TLS: &TLS{Addr: "192.0.2.1:5061"}, Network: n.Host("192.0.2.1")}); err == nil {
		t.Error("TLS without a certificate")
	}
	if l, err := n.Host("192.0.2.1").Listen("192.0.2.1:5060"); err != nil {
		t.Error("the sockets of a refused one are left open:", err)
	} else {
		_ = l.Close()
	}
}

func TestTheMachine(t *testing.T) {
	s, err := Open(Config{
		Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Message: 4096, Connections: 10, Idle: time.Minute,
		Receive: func([]byte, *Conn, netip.AddrPort) {}, Untrusted: func(netip.AddrPort, string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	defer s.Close()
	c, err := (Machine{}).Dial(context.Background(), s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "\r\n\r\n")
	buf := make([]byte, 2)
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "\r\n" {
		t.Error(buf, err)
	}
	_ = c.Close()
}
