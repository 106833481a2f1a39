package impair

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// message writes a SIP message with the right Content-Length.
func message(head, body string) string {
	return strings.ReplaceAll(strings.TrimSpace(head), "\n", "\r\n") + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func described(host string, port int) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\na=rtcp:9\r\n", host, host, port)
}

const invite = `INVITE sip:+358931012001@192.0.2.2:5080 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1
Contact: <sip:a@192.0.2.1:5060>
Authorization: Digest uri="sip:192.0.2.2:5080"
Call-ID: one`

// TestACallThroughTheGateway: each side sees addresses of the proxy only, in signalling and description, and the sound passes
// by them both ways.
func TestACallThroughTheGateway(t *testing.T) {
	bubble(t, true, func(t *testing.T, e ends) {
		mine, theirs := packetConn(t, e.net.Host("192.0.2.1"), 7000), packetConn(t, e.net.Host("192.0.2.3"), 8000)
		defer mine.Close()
		defer theirs.Close()
		send(t, e.client, e.proxy.Addr(), message(invite, described("192.0.2.1", 7000)))
		text, from := receive(t, e.server)
		for _, want := range []string{
			"INVITE sip:+358931012001@192.0.2.3:5060 SIP/2.0\r\n", "Via: SIP/2.0/UDP " + from.String() + ";rport", "Contact: <sip:a@" + from.String() + ">",
			`Digest uri="sip:192.0.2.2:5080"`, "c=IN IP4 192.0.2.2\r\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
		_, body, _ := strings.Cut(text, "\r\n\r\n")
		if !strings.Contains(text, fmt.Sprintf("Content-Length: %d\r\n", len(body))) || strings.Contains(text, "a=rtcp:") {
			t.Errorf("the length is wrong, or RTCP is promised: %s", text)
		}
		outside, ok := soundAt([]byte(body))
		if !ok {
			t.Fatal("no sound in the offer")
		}
		answer := "SIP/2.0 200 OK\nVia: SIP/2.0/UDP " + from.String() + ";rport;branch=z9hG4bK1\nContact: <sip:b@192.0.2.3:5060>\ni: one"
		send(t, e.server, from, message(answer, described("192.0.2.3", 8000)))
		text, _ = receive(t, e.client)
		for _, want := range []string{"Via: SIP/2.0/UDP 192.0.2.1:5060;rport", "Contact: <sip:b@192.0.2.2:5080>"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
		_, body, _ = strings.Cut(text, "\r\n\r\n")
		inside, _ := soundAt([]byte(body))
		send(t, mine, inside, "voice")
		if text, at := receive(t, theirs); text != "voice" || at != outside {
			t.Errorf("the server heard %q from %s, it was told %s", text, at, outside)
		}
		send(t, theirs, outside, "other voice")
		if text, at := receive(t, mine); text != "other voice" || at != inside {
			t.Errorf("the client heard %q from %s, it was told %s", text, at, inside)
		}
		if err := e.proxy.MoveSound(); err != nil {
			t.Fatal(err)
		}
		send(t, mine, inside, "moved")
		if text, at := receive(t, theirs); text != "moved" || at == outside {
			t.Errorf("after the move the server heard %q from %s", text, at)
		}
	})
}

// TestOneCallHasOnePair: a re-INVITE from another address moves the client's side and opens nothing; too many calls are lost.
func TestOneCallHasOnePair(t *testing.T) {
	bubble(t, true, func(t *testing.T, e ends) {
		for _, port := range []int{7000, 7002} {
			send(t, e.client, e.proxy.Addr(), message(invite, described("192.0.2.1", port)))
			_, _ = receive(t, e.server)
		}
		if all := e.proxy.callPairs(); len(all) != 1 || all[0].sender(ToServer).Port() != 7002 {
			t.Errorf("%d pairs", len(all))
		}
		for i := range MaxCalls {
			send(t, e.client, e.proxy.Addr(), message(strings.Replace(invite, "one", fmt.Sprint(i), 1), described("192.0.2.1", 7000)))
			if text, _ := receive(t, e.server); (text == "") != (i == MaxCalls-1) {
				t.Errorf("call %d: %q", i, text)
			}
		}
	})
}

// TestACallByTCP: messages are framed and rewritten, and the server can connect back to where the client says it listens.
func TestACallByTCP(t *testing.T) {
	bubble(t, true, func(t *testing.T, e ends) {
		server, err := e.net.Host("192.0.2.3").Listen("192.0.2.3:5060")
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		client, err := e.net.Host("192.0.2.1").Listen("192.0.2.1:5060")
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		out, err := e.net.Host("192.0.2.1").Dial(t.Context(), e.proxy.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		_, _ = io.WriteString(out, "\r\n\r\n"+message(invite, "")[:40])
		_, _ = io.WriteString(out, message(invite, "")[40:])
		in, err := server.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		got := readMessage(t, in)
		contact := field([]byte(got), "Contact", "m")
		at, err := netip.ParseAddrPort(strings.TrimSuffix(strings.TrimPrefix(contact, "<sip:a@"), ">"))
		if err != nil || at.Addr().String() != "192.0.2.2" {
			t.Fatalf("Contact %q of %q", contact, got)
		}
		back, err := e.net.Host("192.0.2.3").Dial(t.Context(), at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer back.Close()
		_, _ = io.WriteString(back, message("BYE sip:a@"+at.String()+" SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.3:5060\nCall-ID: one", ""))
		home, err := client.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer home.Close()
		if got := readMessage(t, home); !strings.HasPrefix(got, "BYE sip:a@192.0.2.1:5060 ") || !strings.Contains(got, "TCP 192.0.2.2:5080") {
			t.Errorf("the client got %q", got)
		}
	})
}

// readMessage reads up to the end of a head, leaving out keep-alives.
func readMessage(t *testing.T, r io.Reader) string {
	t.Helper()
	var all []byte
	for !strings.Contains(strings.TrimLeft(string(all), "\r\n"), "\r\n\r\n") {
		b := make([]byte, 1)
		if _, err := r.Read(b); err != nil {
			t.Fatalf("%v after %q", err, all)
		}
		all = append(all, b...)
	}
	return strings.TrimLeft(string(all), "\r\n")
}

// TestReplaceAddr: whole addresses only.
func TestReplaceAddr(t *testing.T) {
	from, to := netip.MustParseAddrPort("10.0.0.1:506"), netip.MustParseAddrPort("10.0.0.9:7")
	for text, want := range map[string]string{
		"a 10.0.0.1:506;b": "a 10.0.0.9:7;b", "10.0.0.1:5060": "10.0.0.1:5060", "110.0.0.1:506": "110.0.0.1:506", "10.0.0.1:506 10.0.0.1:506": "10.0.0.9:7 10.0.0.9:7", "": "",
	} {
		if got := replaceAddr(text, from, to); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	if got := replaceAddr("x", netip.AddrPort{}, to); got != "x" {
		t.Error(got)
	}
}

// FuzzGateway: whatever passes, nothing panics, and what is rewritten there and back has its addresses again.
func FuzzGateway(f *testing.F) {
	f.Add([]byte(message(invite, described("192.0.2.1", 7000))))
	f.Add([]byte("\r\n\r\n"))
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP [::1]:5060\r\nl: 5\r\n\r\nv=0\r\nm=audio"))
	s := sides{
		netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:40001"), netip.MustParseAddrPort("192.0.2.2:5080"), netip.MustParseAddrPort("192.0.2.3:5060"),
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sentBy(b)
		soundAt(b)
		for line := range strings.SplitSeq(string(b), "\r\n") {
			if strings.Contains(line, s.outside.String()) || strings.Contains(line, s.server.String()) {
				continue
			}
			there := s.line(ToServer, line, 0)
			if home := s.line(ToClient, there, 0); home != line && !strings.Contains(there, "Content-Length") {
				t.Errorf("%q comes home as %q", line, home)
			}
		}
	})
}
