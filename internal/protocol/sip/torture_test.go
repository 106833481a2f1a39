package sip

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip/guard"
)

// base is a valid request; the table changes one thing at a time. After RFC 4475 (its section in brackets), whose own messages
// are in rfc4475_test.go.
const base = `OPTIONS sip:100@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-t
From: <sip:a@192.0.2.2>;tag=f
To: <sip:100@192.0.2.1>
Call-ID: c@192.0.2.2
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0

`

func edit(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(base) }

// torture maps a message to the code that it gets; 0 is no answer at all.
var torture = []struct {
	name string
	msg  string
	code int
}{
	{"plain", base, 200},
	{"tortuous [3.1.1.1]", "OPTIONS sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\nTO :\n sip:vivekg@chair-dnrc.example.com\n" +
		"from: \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\n  ;\n  tag = 98asjd8\nMaX-fOrWaRdS: 0068\nCall-ID: wsinv.ndaksdj@192.0.2.1\n" +
		"Content-Length   : 0\ncseq: 0009\n  OPTIONS\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-w\ns :\nNewFangledHeader:   newfangled value\n continued newfangled value\n\n", -1},
	{"wide range of characters [3.1.1.2]", edit("OPTIONS sip", "!interesting-Method0123456789_*+`.%indeed'~ sip", "1 OPTIONS", "1 !interesting-Method0123456789_*+`.%indeed'~"), 501},
	{"escaped user [3.1.1.3]", edit("sip:100@", "sip:sips%3Auser%40example.com@"), 200},
	{"long values [3.1.1.7]", edit("Max-Forwards", "X-Long: "+strings.Repeat("long ", 500)+"\nMax-Forwards"), 200},
	{"semicolon in user [3.1.1.9]", edit("sip:100@192.0.2.1 SIP", "sip:user;par=u%40example.net@192.0.2.1 SIP"), 200},
	{"trailing octets [3.1.1.8]", base + "INVITE sip:x SIP/2.0\n\n", 200},
	{"compact names", edit("Via:", "v:", "From:", "f:", "To:", "t:", "Call-ID:", "i:", "Content-Length:", "l:"), 200},
	{"extraneous separators [3.1.2.1]", edit("SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-t", "SIP/2.0/UDP 192.0.2.2;;,;,,"), 400},
	{"content length too large [3.1.2.2]", edit("Content-Length: 0", "Content-Length: 9999"), 400},
	{"negative content length [3.1.2.3]", edit("Content-Length: 0", "Content-Length: -999"), 400},
	{"overlarge sequence number [3.1.2.4]", edit("CSeq: 1 ", "CSeq: 36893488147419103232 "), 400},
	{"sequence number over 2^31", edit("CSeq: 1 ", "CSeq: 2147483648 "), 400},
	{"unterminated quote [3.1.2.6]", edit("To: <", "To: \"Mr J. User <"), 400},
	{"enclosed request URI [3.1.2.7]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS <sip:100@192.0.2.1>"), 400},
	{"spaces in request URI [3.1.2.8]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS sip:100@192.0.2.1; lr"), -1},
	{"too many spaces [3.1.2.9]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS  sip:100@192.0.2.1"), -1},
	{"trailing spaces [3.1.2.10]", edit("SIP/2.0\nVia", "SIP/2.0  \nVia"), 400},
	{"headers in request URI [3.1.2.11]", edit("sip:100@192.0.2.1 SIP", "sip:100@192.0.2.1?Route=%3Csip:e.com%3E SIP"), 400},
	{"unknown protocol version [3.1.2.16]", edit("1 SIP/2.0", "1 SIP/7.0"), 505},
	{"method mismatch [3.1.2.17]", edit("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"), 400},
	{"unknown method and mismatch [3.1.2.18]", edit("OPTIONS sip", "NEWMETHOD sip"), 400},
	{"unknown method", edit("OPTIONS", "NEWMETHOD"), 501},
	{"lower case method", edit("OPTIONS sip", "options sip"), 501},
	{"missing fields [3.3.1]", edit("Call-ID: c@192.0.2.2\n", ""), -1},
	{"no via", edit("Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-t\n", ""), 0},
	{"unknown hierarchical scheme [3.3.3]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS soap.beep://192.0.2.103:3002"), 416},
	{"bare contact with a header [3.1.2.13]", edit("Max-Forwards", "Contact: sip:a@b?Route=%3Csip:c%3E\nMax-Forwards"), 400},
	{"contact with a header in brackets [3.3.14]", edit("Max-Forwards", "Contact: <sip:a@b?Route=%3Csip:c%3E>\nMax-Forwards"), 200},
	{"unknown extension [3.3.5]", edit("Max-Forwards", "Require: nothing\nMax-Forwards"), 420},
	{"the cookie alone [3.2.1]", edit("z9hG4bK-t", "z9hG4bK"), 200},
	{"unknown scheme [3.3.2]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent"), 416},
	{"sip URI without host", edit("sip:100@192.0.2.1 SIP", "sip: SIP"), -1},
	{"two of a field [3.3.8]", edit("From: ", "From: <sip:b@192.0.2.2>;tag=g\nFrom: "), 400},
	{"two call ids", edit("Call-ID: ", "Call-ID: d\nCall-ID: "), 400},
	{"different lengths [3.3.9]", edit("Content-Length: 0", "Content-Length: 0\nContent-Length: 5"), -1},
	{"same length twice", edit("Content-Length: 0", "Content-Length: 0\nl: 0"), 200},
	{"max forwards zero [3.3.11]", edit("Max-Forwards: 70", "Max-Forwards: 0"), 200},
	{"max forwards too large", edit("Max-Forwards: 70", "Max-Forwards: 300"), 400},
	{"max forwards no number", edit("Max-Forwards: 70", "Max-Forwards: x"), 400},
	{"no max forwards", edit("Max-Forwards: 70\n", ""), 200},
	{"NUL in a header", edit("Max-Forwards", "X: a\x00b\nMax-Forwards"), -1},
	{"no tag", edit(";tag=f", ""), 400},
	{"spaces in a tag", edit("tag=f", "tag=f g"), -1},
	{"long tag", edit("tag=f", "tag="+strings.Repeat("f", 300)), 400},
	{"long URI", edit("sip:100@", "sip:"+strings.Repeat("1", 3000)+"@"), 414},
	{"long call id", edit("c@192", strings.Repeat("c", 300)+"@192"), 400},
	{"old via", edit("SIP/2.0/UDP", "SIP/1.0/UDP"), 400},
	{"via port", edit("192.0.2.2:5060;", "192.0.2.2:99999;"), -1},
	{"field without a name", edit("Max-Forwards", "nonsense\nMax-Forwards"), 400},
	{"too many headers", edit("Max-Forwards", strings.Repeat("X: y\n", 200)+"Max-Forwards"), 400},
	{"INVITE without contact", edit("OPTIONS", "INVITE"), 400},
	{"response out of the blue [3.1.1.13]", strings.Replace(base, "OPTIONS sip:100@192.0.2.1 SIP/2.0", "SIP/2.0 200 = 2**3 * 5**2", 1), 0},
	{"response with a bad code [3.1.2.19]", strings.Replace(base, "OPTIONS sip:100@192.0.2.1 SIP/2.0", "SIP/2.0 4294967301 better not", 1), 0},
	{"garbage", "\x16\x03\x01 hello", 0},
	{"http", "GET / HTTP/1.1\nHost: x\n\n", 0},
	{"start line only", "OPTIONS sip:100@192.0.2.1 SIP/2.0\n", 0},
	{"half", base[:120], 0},
	{"bad ACK", edit("OPTIONS sip", "ACK sip"), 0},
}

func TestTorture(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering())
		w := newWire(t, n, "192.0.2.2")
		for _, c := range torture {
			time.Sleep(time.Minute) // no allowance is used up, no transaction is left
			w.send(server, c.msg)
			m := w.read(time.Second)
			switch {
			case c.code == 0 && m != "":
				t.Errorf("%s: answered by %q", c.name, m)
			case c.code > 0 && !strings.HasPrefix(m, "SIP/2.0 "+strconv.Itoa(c.code)+" "):
				t.Errorf("%s: %q, want %d", c.name, m, c.code)
			case c.code < 0 && strings.HasPrefix(m, "SIP/2.0 2") && !strings.HasPrefix(c.name, "tortuous"):
				t.Errorf("%s: taken: %q", c.name, m)
			case strings.HasPrefix(c.name, "tortuous") && !strings.HasPrefix(m, "SIP/2.0 200"):
				t.Errorf("%s: %q", c.name, m)
			}
		}
		w.send(server, base) // it still works
		w.want("SIP/2.0 200")
		if s := e.Stats(); s.Malformed < 20 || s.Stray == 0 {
			t.Errorf("%+v", s)
		}
	})
}

// The same over TCP: whatever comes, the endpoint lives, and a stream whose end can't be known is closed.
func TestTortureOverTCP(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering())
		for _, c := range torture {
			conn, err := n.Host("192.0.2.2").Dial(t.Context(), server.String())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = conn.Write([]byte(crlfs(strings.Replace(c.msg, "/UDP", "/TCP", 1))))
			synctest.Wait()
			_ = conn.Close()
		}
		synctest.Wait()
		if s := e.Stats(); s.Connections != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestKeepAlives(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering())
		w := newWire(t, n, "192.0.2.2")
		for _, s := range []string{"\r\n\r\n", "\x00", "", "\r\n"} {
			w.send(server, s)
		}
		conn, err := n.Host("192.0.2.2").Dial(t.Context(), server.String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte("\r\n\r\n"))
		buf := make([]byte, 4096)
		if k, err := conn.Read(buf); err != nil || string(buf[:k]) != "\r\n" {
			t.Errorf("%q %v", buf[:k], err)
		}
		_, _ = conn.Write([]byte("\r\n" + crlfs(strings.Replace(base, "/UDP", "/TCP", 1))))
		if k, err := conn.Read(buf); err != nil || !bytes.HasPrefix(buf[:k], []byte("SIP/2.0 200")) {
			t.Errorf("%q %v", buf[:k], err)
		}
		if s := e.Stats(); s.Malformed != 0 || w.read(time.Second) != "" {
			t.Errorf("%+v", s)
		}
		time.Sleep(MaxIdle + time.Second)
		if _, err := conn.Read(buf); err != io.EOF {
			t.Error("an idle connection stays:", err)
		}
	})
}

func TestConnectionsAndCallsAreBounded(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering(), func(c *Config) { c.Limits = Limits{Connections: 2, Calls: 1} })
		for range 5 {
			_, _ = n.Host("192.0.2.2").Dial(t.Context(), server.String())
		}
		synctest.Wait()
		if s := e.Stats(); s.Connections != 2 {
			t.Errorf("%+v", s)
		}
		a := listen(t, n, "192.0.2.3", nil)
		call(t, a, e, "udp")
		o, _ := a.Invite(t.Context(), to(e, "udp"), opts())
		if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 503" {
			t.Error(err)
		}
	})
}

func TestUnsupportedExtensionAndMerge(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		ws := make(waiting, 9)
		listen(t, n, "192.0.2.1", ws)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, strings.NewReplacer("Contact", "Require: siprec, 100rel\nContact", "-one", "-r").Replace(invite))
		if m := w.want("SIP/2.0 420"); field(m, "Unsupported") != "100rel" {
			t.Error(m)
		}
		w.send(server, strings.Replace(invite, "Contact", "Require: siprec\nContact", 1))
		if in := <-ws; len(in.Require()) != 1 || in.Require()[0] != "siprec" || in.MaxForwards() != 70 {
			t.Error(in.Require())
		}
		w.send(server, strings.Replace(invite, "z9hG4bK-one", "z9hG4bK-other", 1))
		w.want("SIP/2.0 482")
		w.send(server, strings.NewReplacer("INVITE sip", "CANCEL sip", "1 INVITE", "1 CANCEL", "-one", "-nothing").Replace(invite))
		w.want("SIP/2.0 481")
	})
}

func TestMalformedFromOneSourceIsAnsweredSparingly(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering())
		w := newWire(t, n, "192.0.2.2")
		for range 1000 {
			w.send(server, edit("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"))
		}
		synctest.Wait()
		if s := e.Stats(); s.Malformed != 1000 || s.Limited != 1000-guard.AnswersBurst {
			t.Errorf("%+v", s)
		}
	})
}
