package sip

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/pii"
)

const offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"

// handlerFunc is a Handler.
type handlerFunc func(in *Incoming)

func (f handlerFunc) Invite(in *Incoming) { f(in) }

// answers hands over the dialogs that it answers.
type answering struct {
	dialogs chan *Dialog
	calls   chan *Incoming
}

func newAnswering() *answering {
	return &answering{dialogs: make(chan *Dialog, 1000), calls: make(chan *Incoming, 1000)}
}

func (a *answering) Invite(in *Incoming) {
	a.calls <- in
	_ = in.Ringing()
	if d, err := in.Answer("application/sdp", []byte("answer")); err == nil {
		a.dialogs <- d
	}
}

// waiting hands the calls over and lets the test decide.
type waiting chan *Incoming

func (w waiting) Invite(in *Incoming) { w <- in; <-in.Done() }

// inBubble runs a test with a network in virtual time.
func inBubble(t *testing.T, f memnet.Faults, test func(t *testing.T, n *memnet.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, memnet.New(f)) })
}

// listen opens an endpoint on 192.0.2.N:5060 or, without a network, on loopback.
func listen(t *testing.T, n *memnet.Network, ip string, h Handler, change ...func(*Config)) *Endpoint {
	t.Helper()
	cfg := Config{Addr: ip + ":5060"}
	if n != nil {
		cfg.Network = n.Host(ip)
	} else {
		cfg.Addr = "127.0.0.1:0"
	}
	for _, c := range change {
		c(&cfg)
	}
	e, err := Listen(cfg)
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

// logTo has an endpoint write its log into b.
func logTo(b *bytes.Buffer) func(*Config) {
	return func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

func to(e *Endpoint, transport string) Target {
	return Target{URI: "sip:+358941000@" + e.Addr().String(), Transport: transport}
}

func opts() InviteOptions {
	return InviteOptions{From: pii.NewNumber("+358401234567"), ContentType: "application/sdp", Body: []byte(offer)}
}

func call(t *testing.T, from, at *Endpoint, transport string) *Dialog {
	t.Helper()
	o, err := from.Invite(t.Context(), to(at, transport), opts())
	if err != nil {
		t.Fatal(err)
	}
	d, err := o.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// wire is a peer that is played by the test, message by message, over UDP.
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
	w.t.Helper()
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

// invite is a raw INVITE of 192.0.2.2 to 192.0.2.1.
const invite = `INVITE sip:+358941000@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-one;rport
From: "Maija" <sip:+358401234567@192.0.2.2>;tag=alpha
To: <sip:+358941000@192.0.2.1>
Call-ID: call-one
CSeq: 1 INVITE
Contact: <sip:maija@192.0.2.2:5060>
Max-Forwards: 70
Content-Length: 0

`

// inside makes a raw request inside the dialog that a 200 has made.
func inside(method, ok string, seq int, branch string) string {
	return crlfs(method + " sip:+358941000@192.0.2.1:5060 SIP/2.0\n" +
		"Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-" + branch + "\n" +
		"From: " + field(ok, "From") + "\nTo: " + field(ok, "To") + "\nCall-ID: call-one\n" +
		"CSeq: " + strconv.Itoa(seq) + " " + method + "\nContact: <sip:maija@192.0.2.2:5060>\nMax-Forwards: 70\nContent-Length: 0\n\n")
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
