package impair

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
)

// ends is a client and a server with a proxy between, on a network in memory.
type ends struct {
	proxy          *Proxy
	link           *Link
	client, server net.PacketConn
	net            *memnet.Network
}

// bubble runs f with a proxy inside a synctest bubble.
func bubble(t *testing.T, sip bool, f func(t *testing.T, e ends)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Faults{})
		e := ends{link: NewLink(7), net: n, client: packetConn(t, n.Host("192.0.2.1"), 5060), server: packetConn(t, n.Host("192.0.2.3"), 5060)}
		var err error
		e.proxy, err = Listen(Config{
			Target: addrPort(e.server.LocalAddr()), Link: e.link, Listen: "192.0.2.2:5080", Host: "192.0.2.2", SIP: sip, Network: n.Host("192.0.2.2"),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := errors.Join(e.proxy.Close(), e.proxy.Close(), e.client.Close(), e.server.Close()); err != nil {
				t.Error(err)
			}
		}()
		f(t, e)
	})
}

func packetConn(t *testing.T, h *memnet.Host, port int) net.PacketConn {
	t.Helper()
	c, err := h.ListenPacket(fmt.Sprintf("0.0.0.0:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// send sends from a socket.
func send(t *testing.T, c net.PacketConn, to netip.AddrPort, text string) {
	t.Helper()
	if _, err := c.WriteTo([]byte(text), net.UDPAddrFromAddrPort(to)); err != nil {
		t.Fatal(err)
	}
}

// receive gives what comes within 10 s, and from where; "" for nothing.
func receive(t *testing.T, c net.PacketConn) (string, netip.AddrPort) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	buf := make([]byte, maxPacket)
	n, from, err := c.ReadFrom(buf)
	if err != nil {
		return "", netip.AddrPort{}
	}
	return string(buf[:n]), addrPort(from)
}

// TestPacketsPassBothWays, each client by a port of its own; strangers' don't.
func TestPacketsPassBothWays(t *testing.T) {
	bubble(t, false, func(t *testing.T, e ends) {
		other := packetConn(t, e.net.Host("192.0.2.1"), 5070)
		defer other.Close()
		send(t, e.client, e.proxy.Addr(), "from the client")
		text, first := receive(t, e.server)
		if text != "from the client" {
			t.Fatalf("the server got %q", text)
		}
		send(t, other, e.proxy.Addr(), "from another")
		if text, second := receive(t, e.server); text != "from another" || first == second {
			t.Errorf("%q from %s, the first from %s", text, second, first)
		}
		send(t, e.server, first, "back")
		if text, from := receive(t, e.client); text != "back" || from != e.proxy.Addr() {
			t.Errorf("the client got %q from %s", text, from)
		}
		send(t, other, first, "not from the server")
		if text, _ := receive(t, e.client); text != "" {
			t.Errorf("a stranger's packet passes: %q", text)
		}
		if c := e.link.Counts(ToClient); c.Strange != 1 || c.Taken != 1 {
			t.Errorf("%+v", c)
		}
	})
}

// TestFaultsOfPackets: of 1,000 packets the counted ones arrive, late by what was wished, and doubled.
func TestFaultsOfPackets(t *testing.T) {
	bubble(t, false, func(t *testing.T, e ends) {
		e.link.Set(ToServer, Faults{Loss: 0.1, Duplicate: 0.1, Delay: 50 * time.Millisecond})
		start := time.Now()
		for i := range 1000 {
			send(t, e.client, e.proxy.Addr(), fmt.Sprint(i))
		}
		got, last := 0, -1
		for {
			text, _ := receive(t, e.server)
			if text == "" {
				break
			}
			if got++; got == 1 && time.Since(start) != 50*time.Millisecond {
				t.Errorf("the first came after %s", time.Since(start))
			}
			var n int
			_, _ = fmt.Sscan(text, &n)
			if n < last {
				t.Errorf("%d after %d", n, last)
			}
			last = n
		}
		c := e.link.Counts(ToServer)
		if c.Lost < 60 || c.Lost > 140 || c.Doubled < 50 || c.Doubled > 140 || uint64(got) != 1000-c.Lost+c.Doubled {
			t.Errorf("%d arrived: %+v", got, c)
		}
	})
}

// TestMoving: the server sees another port and answers there; what it sends to the old one is lost.
func TestMoving(t *testing.T) {
	bubble(t, false, func(t *testing.T, e ends) {
		send(t, e.client, e.proxy.Addr(), "a")
		_, before := receive(t, e.server)
		if err := e.proxy.Move(); err != nil {
			t.Fatal(err)
		}
		send(t, e.client, e.proxy.Addr(), "b")
		text, after := receive(t, e.server)
		if text != "b" || after == before {
			t.Errorf("%q from %s, before from %s", text, after, before)
		}
		send(t, e.server, before, "to the old port")
		send(t, e.server, after, "to the new port")
		if text, _ := receive(t, e.client); text != "to the new port" {
			t.Errorf("the client got %q", text)
		}
	})
}

// TestTooManyClients: further ones are not served, and counted.
func TestTooManyClients(t *testing.T) {
	bubble(t, false, func(t *testing.T, e ends) {
		for i := range MaxClients + 1 {
			c := packetConn(t, e.net.Host("192.0.2.1"), 6000+i)
			send(t, c, e.proxy.Addr(), "x")
			_ = c.Close()
			if text, _ := receive(t, e.server); (text == "x") != (i < MaxClients) {
				t.Errorf("client %d: %q", i, text)
			}
		}
		if c := e.link.Counts(ToServer); c.Overflow != 1 {
			t.Errorf("%+v", c)
		}
	})
}

// TestAStreamLosesNothing: bytes pass in order, late by the delay and the outage, and the end comes after them.
func TestAStreamLosesNothing(t *testing.T) {
	bubble(t, false, func(t *testing.T, e ends) {
		l, err := e.net.Host("192.0.2.3").Listen("192.0.2.3:5060")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		e.link.Both(Faults{Loss: 0.5, Delay: 20 * time.Millisecond, Jitter: 100 * time.Millisecond})
		e.link.Cut(ToServer, 3*time.Second)
		start := time.Now()
		out, err := e.net.Host("192.0.2.1").Dial(t.Context(), e.proxy.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Repeat("0123456789", 1000)
		go func() {
			_, _ = io.WriteString(out, want)
			_ = out.Close()
		}()
		in, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		got, err := io.ReadAll(in)
		if err != nil || string(got) != want {
			t.Errorf("%d bytes of %d: %v", len(got), len(want), err)
		}
		if d := time.Since(start); d < 3*time.Second || d > 4*time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

// TestWhatAProxyNeeds: without a target or a link it does not start.
func TestWhatAProxyNeeds(t *testing.T) {
	for _, cfg := range []Config{{}, {Link: NewLink(1)}, {Target: netip.MustParseAddrPort("127.0.0.1:5060")}} {
		if _, err := Listen(cfg); err == nil {
			t.Errorf("%+v starts", cfg)
		}
	}
}

// TestOnTheMachinesOwnNetwork: one port for UDP and TCP, real sockets.
func TestOnTheMachinesOwnNetwork(t *testing.T) {
	server, err := net.ListenPacket("udp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	p, err := Listen(Config{Target: addrPort(server.LocalAddr()), Link: NewLink(1)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	client, err := net.Dial("udp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, _ = io.WriteString(client, "hello")
	if text, _ := receive(t, server); text != "hello" {
		t.Errorf("the server got %q", text)
	}
	conn, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
