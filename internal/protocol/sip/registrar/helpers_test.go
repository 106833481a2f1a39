package registrar

import (
	"context"
	"crypto/md5" //nolint:gosec // the algorithm of telephones
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip"
)

var server = netip.MustParseAddrPort("192.0.2.1:5060")

// md5hex is what the tests hash by, on their own.
func md5hex(parts ...string) string {
	h := md5.Sum([]byte(strings.Join(parts, ":"))) //nolint:gosec // see the import
	return hex.EncodeToString(h[:])
}

func inBubble(t *testing.T, f memnet.Faults, test func(t *testing.T, n *memnet.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, memnet.New(f)) })
}

// answering takes every call.
type answering struct{}

func (answering) Invite(in *sip.Incoming) { _, _ = in.Answer("application/sdp", []byte("answer")) }

func newAnswering() answering { return answering{} }

func listen(t *testing.T, n *memnet.Network, ip string, h sip.Handler, change ...func(*sip.Config)) *sip.Endpoint {
	t.Helper()
	cfg := sip.Config{Addr: ip + ":5060", Network: n.Host(ip)}
	for _, c := range change {
		c(&cfg)
	}
	e, err := sip.Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.Serve(h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = e.Close(ctx)
	})
	return e
}

func opts() sip.InviteOptions {
	return sip.InviteOptions{FromUser: "centre", ContentType: "application/sdp", Body: []byte("v=0\r\n")}
}

// wire is a phone that is played by the test, message by message, over UDP.
type wire struct {
	t *testing.T
	c net.PacketConn
}

func newWire(t *testing.T, n *memnet.Network, ip string) *wire {
	t.Helper()
	c, err := n.Host(ip).ListenPacket(ip + ":5060")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &wire{t, c}
}

func (w *wire) send(to netip.AddrPort, msg string) {
	w.t.Helper()
	if _, err := w.c.WriteTo([]byte(crlfs(msg)), net.UDPAddrFromAddrPort(to)); err != nil {
		w.t.Fatal(err)
	}
}

// read waits for a message, at most d; empty without one.
func (w *wire) read(d time.Duration) string {
	buf := make([]byte, 65535)
	_ = w.c.SetReadDeadline(time.Now().Add(d))
	n, _, err := w.c.ReadFrom(buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// want reads until a message begins with prefix.
func (w *wire) want(prefix string) string {
	w.t.Helper()
	for {
		m := w.read(time.Minute)
		if m == "" {
			w.t.Fatalf("no %q came", prefix)
		}
		if strings.HasPrefix(m, prefix) {
			return m
		}
	}
}

func crlfs(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// field is the first value of a header field in a raw message.
func field(msg, name string) string {
	for l := range strings.SplitSeq(msg, "\r\n") {
		if n, v, ok := strings.Cut(l, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
