//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
)

// wire sends SIP as bytes, from an address of its own.
type wire struct {
	t    *testing.T
	conn net.Conn
	to   string
}

func newWire(t *testing.T, network, from, to string) *wire {
	t.Helper()
	d := net.Dialer{}
	switch ip := net.ParseIP(from); network {
	case "udp":
		d.LocalAddr = &net.UDPAddr{IP: ip}
	default:
		d.LocalAddr = &net.TCPAddr{IP: ip}
	}
	conn, err := d.DialContext(t.Context(), network, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &wire{t, conn, to}
}

// send writes a message or what is to pass for one; a peer that has closed the connection is no fault of the test.
func (w *wire) send(b []byte) { _, _ = w.conn.Write(b) }

// answer waits for the next final response: its code and the whole of it; 0 when none comes.
func (w *wire) answer(within time.Duration) (int, string) {
	_ = w.conn.SetReadDeadline(time.Now().Add(within))
	buf := make([]byte, 1<<16)
	for {
		n, err := w.conn.Read(buf)
		if err != nil {
			return 0, ""
		}
		fields := strings.Fields(string(buf[:n]))
		if len(fields) < 2 || fields[0] != "SIP/2.0" {
			continue
		}
		if code, _ := strconv.Atoi(fields[1]); code >= 200 {
			return code, string(buf[:n])
		}
	}
}

func (w *wire) ask(b []byte) (int, string) { w.send(b); return w.answer(5 * time.Second) }

const pcmaOffer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0\r\n"

// sipRequest writes a request; headers named in extra replace ours.
func (w *wire) sipRequest(method, user, body string, extra ...string) []byte {
	local := w.conn.LocalAddr()
	unique := strconv.FormatUint(rand.Uint64(), 36)
	lines := []string{
		"Via: SIP/2.0/" + strings.ToUpper(local.Network()) + " " + local.String() + ";branch=z9hG4bK" + unique,
		"Max-Forwards: 70", "From: <sip:+358401112223@127.0.0.1>;tag=" + unique, "To: <sip:" + user + "@" + w.to + ">",
		"Call-ID: " + unique, "CSeq: 1 " + method, "Contact: <sip:x@" + local.String() + ">",
	}
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	for _, e := range extra {
		name, _, _ := strings.Cut(e, ":")
		at := -1
		for i, l := range lines {
			if strings.HasPrefix(l, name+":") {
				at = i
			}
		}
		if at < 0 {
			lines = append(lines, e)
		} else {
			lines[at] = e
		}
	}
	lines = append(lines, "Content-Length: "+strconv.Itoa(len(body)), "", body)
	return []byte(method + " sip:" + user + "@" + w.to + " SIP/2.0\r\n" + strings.Join(lines, "\r\n"))
}

// alive asks a port of the city from an address that was not used before: the trunk answers 200, the agents' port refuses a
// stranger.
func alive(t *testing.T, network, port string) {
	t.Helper()
	w := newWire(t, network, fmt.Sprintf("127.1.%d.%d", rand.IntN(256), rand.IntN(254)+1), port)
	if code, _ := w.ask(w.sipRequest("OPTIONS", "santra", "")); code != 200 && code != 403 {
		t.Errorf("OPTIONS is answered by %d", code)
	}
}

// logSize is how much the contact centre has logged.
func (c *city) logSize() int64 {
	info, err := os.Stat(filepath.Join(c.dir, "centre.log"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// maxLogGrowth is what an attack of thousands of messages may write into the log.
const maxLogGrowth = 16 << 10

// quietly fails the test where f makes the log grow by more than maxLogGrowth.
func (c *city) quietly(t *testing.T, f func()) {
	t.Helper()
	before := c.logSize()
	f()
	if grown := c.logSize() - before; grown > maxLogGrowth {
		t.Errorf("the log grew by %d bytes", grown)
	}
}

// TestHostileSIP attacks both telephone ports of one city, and after all of it a call goes all the way.
func TestHostileSIP(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "3")
	t.Run("garbage", func(t *testing.T) { c.quietly(t, func() { sipGarbage(t, c) }) })
	t.Run("tcp garbage", func(t *testing.T) { c.quietly(t, func() { sipTCPGarbage(t, c) }) })
	t.Run("refusals", func(t *testing.T) { sipRefusals(t, c) })
	t.Run("strangers", func(t *testing.T) { c.quietly(t, func() { sipStrangers(t, c) }) })
	t.Run("passwords", func(t *testing.T) { c.quietly(t, func() { sipPasswords(t, c) }) })
	t.Run("injected sound", func(t *testing.T) { injectedSound(t, c) })
	nothingKeeps(t, c, "+358401112223")
}

// sipGarbage sends what is no SIP, and SIP that is cut off at every length.
func sipGarbage(t *testing.T, c *city) {
	for _, port := range []string{c.SIP, c.PhonesSIP} {
		w := newWire(t, "udp", "127.0.0.2", port)
		r := rand.New(rand.NewPCG(1, 2))
		for range 500 {
			b := make([]byte, r.IntN(1500)+1)
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			w.send(b)
		}
		whole := w.sipRequest("INVITE", c.Queues[0].Number, pcmaOffer)
		for n := range whole {
			w.send(whole[:n])
		}
		for range 2000 { // one byte wrong
			b := bytes.Clone(whole)
			b[r.IntN(len(b))] = byte(r.Uint32())
			w.send(bytes.Replace(b, []byte("branch=z9hG4bK"), fmt.Appendf(nil, "branch=z9hG4bK%d", r.Uint32()), 1))
		}
		w.send(append(w.sipRequest("INVITE", c.Queues[0].Number, ""), bytes.Repeat([]byte("a=x\r\n"), 12_000)...))
		w.send(w.sipRequest("OPTIONS", strings.Repeat("9", 60_000), ""))
		w.send(w.sipRequest("INVITE", "1", "", "Subject: "+strings.Repeat("\r\n x", 15_000)))
		alive(t, "udp", port)
	}
}

// sipTCPGarbage sends heads without an end, lengths that are lies, and connections that say nothing.
func sipTCPGarbage(t *testing.T, c *city) {
	for _, port := range []string{c.SIP, c.PhonesSIP} {
		for _, text := range []string{
			strings.Repeat("A", 1<<20), "INVITE sip:1@x SIP/2.0\r\n" + strings.Repeat("X: y\r\n", 100_000),
			"INVITE sip:1@x SIP/2.0\r\nContent-Length: 2000000000\r\n\r\n", "INVITE sip:1@x SIP/2.0\r\nContent-Length: -1\r\n\r\n",
			"OPTIONS sip:1@x SIP/2.0\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n1234567", strings.Repeat("\r\n", 100_000), "\x16\x03\x01\x02\x00\x01\x00",
		} {
			newWire(t, "tcp", "127.0.0.1", port).send([]byte(text))
		}
		for range 300 {
			_ = newWire(t, "tcp", "127.0.0.1", port)
		}
		alive(t, "tcp", port)
	}
}

// sipRefusals: each wrong request gets the code that the standard says.
func sipRefusals(t *testing.T, c *city) {
	number := c.Queues[0].Number
	ulaw := strings.Replace(pcmaOffer, "RTP/AVP 8 0", "RTP/AVP 96\r\na=rtpmap:96 opus/48000/2", 1)
	for _, transport := range []string{"udp", "tcp"} {
		for _, k := range []struct {
			name string
			code int
			say  func(w *wire) []byte
		}{
			{"a CSeq of another method", 400, func(w *wire) []byte { return w.sipRequest("INVITE", number, pcmaOffer, "CSeq: 1 OPTIONS") }},
			{"a CSeq that is no number", 400, func(w *wire) []byte { return w.sipRequest("INVITE", number, pcmaOffer, "CSeq: x INVITE") }},
			{"a CSeq that is too large", 400, func(w *wire) []byte { return w.sipRequest("INVITE", number, pcmaOffer, "CSeq: 4294967296 INVITE") }},
			{"an unknown number", 404, func(w *wire) []byte { return w.sipRequest("INVITE", "+358999999999", pcmaOffer) }},
			{"no common codec", 488, func(w *wire) []byte { return w.sipRequest("INVITE", number, ulaw) }},
			{"no SDP that can be read", 488, func(w *wire) []byte { return w.sipRequest("INVITE", number, "v=0\r\nm=audio") }},
			{"BYE for a dead call", 481, func(w *wire) []byte {
				return w.sipRequest("BYE", number, "", "To: <sip:"+number+"@x>;tag=dead", "CSeq: 2 BYE")
			}},
			{"re-INVITE of a dead call", 481, func(w *wire) []byte {
				return w.sipRequest("INVITE", number, pcmaOffer, "To: <sip:"+number+"@x>;tag=dead")
			}},
			{"CANCEL of nothing", 481, func(w *wire) []byte { return w.sipRequest("CANCEL", number, "") }},
			{"an extension that nobody knows", 420, func(w *wire) []byte { return w.sipRequest("INVITE", number, pcmaOffer, "Require: teleport") }},
			{"a method that nobody knows", 501, func(w *wire) []byte { return w.sipRequest("TELEPORT", number, "") }},
			{"another version", 505, func(w *wire) []byte {
				return bytes.Replace(w.sipRequest("OPTIONS", number, ""), []byte(" SIP/2.0\r\n"), []byte(" SIP/7.0\r\n"), 1)
			}},
			{"REGISTER at the trunk", 405, func(w *wire) []byte { return w.sipRequest("REGISTER", "seat01", "") }},
		} {
			w := newWire(t, transport, "127.0.0.5", c.SIP)
			if code, _ := w.ask(k.say(w)); code != k.code {
				t.Errorf("%s over %s is answered by %d instead of %d", k.name, transport, code, k.code)
			}
		}
	}
	var refused *sip.Refused
	_, caller := newCaller()
	if _, err := customer(t, c, "tcp").Call(t.Context(), "+358999999999", caller); !errors.As(err, &refused) || refused.Code != 404 {
		t.Errorf("a phone that calls an unknown number hears %v", err)
	}
}

// sipStrangers call on the agents' port, thousands of times: they are refused, and then not even that.
func sipStrangers(t *testing.T, c *city) {
	for _, user := range []string{c.Seats[0].SIPUser, c.Queues[0].Number, "112"} {
		w := newWire(t, "udp", "127.0.0.1", c.PhonesSIP)
		if code, _ := w.ask(w.sipRequest("INVITE", user, pcmaOffer)); code != 403 && code != 401 {
			t.Errorf("a stranger's INVITE to %q is answered by %d", user, code)
		}
	}
	w := newWire(t, "udp", "127.0.0.3", c.PhonesSIP)
	const attack = 2000
	for i := range attack {
		w.send(w.sipRequest("INVITE", []string{"112", "seat01"}[i%2], pcmaOffer))
	}
	answers := 0
	for code := 1; code != 0; {
		if code, _ = w.answer(time.Second); code != 0 {
			answers++
		}
	}
	if answers > attack/4 {
		t.Errorf("%d INVITEs of a stranger were answered %d times: that is an amplifier", attack, answers)
	}
	alive(t, "udp", c.PhonesSIP)
}

// sipPasswords guesses passwords as fast as it can: refused, then silence; a good phone registers meanwhile, from the same
// address even.
func sipPasswords(t *testing.T, c *city) {
	w := newWire(t, "udp", "127.0.0.1", c.PhonesSIP)
	code, text := w.ask(w.sipRequest("REGISTER", "seat01", ""))
	if code != 401 {
		t.Fatalf("a REGISTER without a password is answered by %d", code)
	}
	nonce := between(text, `nonce="`, `"`)
	realm := between(text, `realm="`, `"`)
	ctx, cancel := context.WithCancel(t.Context())
	attack := make(chan struct{})
	go func() {
		defer close(attack)
		for i := 0; ctx.Err() == nil; i++ {
			w.send(w.sipRequest("REGISTER", "seat01", "", fmt.Sprintf(`CSeq: %d REGISTER`, i+2), fmt.Sprintf(
				`Authorization: Digest username="seat01", realm="%s", nonce="%s", uri="sip:seat01@%s", response="%032x", algorithm=MD5, qop=auth, cnonce="x", nc=%08x`,
				realm, nonce, c.PhonesSIP, i, i+1)))
			if i%10 == 9 {
				during(t, time.Millisecond) // the sockets' buffers are no part of the test
			}
		}
	}()
	refused, seen := 0, time.Now()
	for time.Since(seen) < 3*time.Second {
		switch code, _ := w.answer(100 * time.Millisecond); code {
		case 0:
		case 401, 403:
			refused++
		default:
			t.Errorf("a wrong password is answered by %d", code)
		}
	}
	if refused == 0 || refused > 200 {
		t.Errorf("%d guesses were answered", refused)
	}
	good := newPhone(t, siptest.Config{Server: addr(t, c.PhonesSIP), User: c.Seats[1].SIPUser, Password: c.Seats[1].SIPPassword, NoMedia: true})
	within, done := context.WithTimeout(t.Context(), 10*time.Second)
	defer done()
	if err := good.Register(within); err != nil {
		t.Errorf("a good phone can't register while another guesses: %v", err)
	}
	cancel()
	<-attack
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	text, _, _ := strings.Cut(rest, to)
	return text
}

// injectedSound sends RTP into a call from addresses that are not its parties': nobody hears it.
func injectedSound(t *testing.T, c *city) {
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	call, desk, _ := c.talk(ctx, t, a, customer(t, c, "udp"))
	const injected = 2500.0
	stop := make(chan struct{})
	for _, target := range []netip.AddrPort{call.Remote().Remote, desk.Remote().Remote} {
		for _, from := range []string{"127.0.0.1:0", "127.0.0.9:0"} {
			go inject(t, from, target, injected, stop)
		}
	}
	for range 20 {
		during(t, 100*time.Millisecond)
		if x, y := desk.Hears(injected), call.Hears(injected); x > 0.05 || y > 0.05 {
			t.Fatalf("an injected tone is heard: %.2f by the agent, %.2f by the customer", x, y)
		}
	}
	close(stop)
	hear(ctx, t, call, desk)
	if err := call.HangUp(ctx); err != nil {
		t.Error(err)
	}
	eventually(t, soon, "the dropped packets are counted", func() bool {
		log, _ := os.ReadFile(filepath.Join(c.dir, "centre.log"))
		_, count, _ := cutLast(string(log), "state=talking foreign_packets=")
		count, _, _ = strings.Cut(count, "\n")
		n, _ := strconv.Atoi(count)
		return n > 500 // of four injectors' 200 a second each
	})
}

// inject sends 20 ms packets of a square wave.
func inject(t *testing.T, from string, to netip.AddrPort, hz float64, stop <-chan struct{}) {
	local, _ := net.ResolveUDPAddr("udp", from)
	conn, err := net.DialUDP("udp", local, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	packet := make([]byte, 12+160)
	packet[0], packet[1] = 0x80, 8
	for n := uint16(0); ; n++ {
		stamp := uint32(n) * 160
		copy(packet[2:], []byte{byte(n >> 8), byte(n), byte(stamp >> 24), byte(stamp >> 16), byte(stamp >> 8), byte(stamp)})
		for i := range 160 {
			packet[12+i] = 0x2A // loud
			if int(float64(int(n)*160+i)*2*hz/8000)%2 == 1 {
				packet[12+i] = 0xAA
			}
		}
		_, _ = conn.Write(packet)
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}
