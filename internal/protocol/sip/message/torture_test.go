package message

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"santra/internal/protocol/sip/socket"

	"github.com/emiago/sipgo/sip"
)

// base is a valid request; the table changes one thing at a time. After RFC 4475 (its section in brackets), whose own messages
// are played to an endpoint in package sip.
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

// torture maps a message to the code that it is refused with here: 200 is none, 0 no answer at all.
var torture = []struct {
	name string
	msg  string
	code int
}{
	{"plain", base, 200},
	{"tortuous [3.1.1.1]", "OPTIONS sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\nTO :\n sip:vivekg@chair-dnrc.example.com\n" +
		"from: \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\n  ;\n  tag = 98asjd8\nMaX-fOrWaRdS: 0068\nCall-ID: wsinv.ndaksdj@192.0.2.1\n" +
		"Content-Length   : 0\ncseq: 0009\n  OPTIONS\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-w\ns :\nNewFangledHeader:   newfangled value\n continued newfangled value\n\n", 200},
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
	{"spaces in request URI [3.1.2.8]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS sip:100@192.0.2.1; lr"), 400},
	{"too many spaces [3.1.2.9]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS  sip:100@192.0.2.1"), 400},
	{"trailing spaces [3.1.2.10]", edit("SIP/2.0\nVia", "SIP/2.0  \nVia"), 400},
	{"headers in request URI [3.1.2.11]", edit("sip:100@192.0.2.1 SIP", "sip:100@192.0.2.1?Route=%3Csip:e.com%3E SIP"), 400},
	{"unknown protocol version [3.1.2.16]", edit("1 SIP/2.0", "1 SIP/7.0"), 505},
	{"method mismatch [3.1.2.17]", edit("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"), 400},
	{"unknown method and mismatch [3.1.2.18]", edit("OPTIONS sip", "NEWMETHOD sip"), 400},
	{"unknown method", edit("OPTIONS", "NEWMETHOD"), 200},
	{"lower case method", edit("OPTIONS sip", "options sip"), 501},
	{"missing fields [3.3.1]", edit("Call-ID: c@192.0.2.2\n", ""), 400},
	{"no via", edit("Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-t\n", ""), 0},
	{"unknown hierarchical scheme [3.3.3]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS soap.beep://192.0.2.103:3002"), 416},
	{"bare contact with a header [3.1.2.13]", edit("Max-Forwards", "Contact: sip:a@b?Route=%3Csip:c%3E\nMax-Forwards"), 400},
	{"contact with a header in brackets [3.3.14]", edit("Max-Forwards", "Contact: <sip:a@b?Route=%3Csip:c%3E>\nMax-Forwards"), 200},
	{"unknown extension [3.3.5]", edit("Max-Forwards", "Require: nothing\nMax-Forwards"), 200},
	{"the cookie alone [3.2.1]", edit("z9hG4bK-t", "z9hG4bK"), 200},
	{"unknown scheme [3.3.2]", edit("OPTIONS sip:100@192.0.2.1", "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent"), 416},
	{"sip URI without host", edit("sip:100@192.0.2.1 SIP", "sip: SIP"), 400},
	{"two of a field [3.3.8]", edit("From: ", "From: <sip:b@192.0.2.2>;tag=g\nFrom: "), 400},
	{"two call ids", edit("Call-ID: ", "Call-ID: d\nCall-ID: "), 400},
	{"different lengths [3.3.9]", edit("Content-Length: 0", "Content-Length: 0\nContent-Length: 5"), 400},
	{"same length twice", edit("Content-Length: 0", "Content-Length: 0\nl: 0"), 200},
	{"max forwards zero [3.3.11]", edit("Max-Forwards: 70", "Max-Forwards: 0"), 200},
	{"max forwards too large", edit("Max-Forwards: 70", "Max-Forwards: 300"), 400},
	{"max forwards no number", edit("Max-Forwards: 70", "Max-Forwards: x"), 400},
	{"no max forwards", edit("Max-Forwards: 70\n", ""), 200},
	{"NUL in a header", edit("Max-Forwards", "X: a\x00b\nMax-Forwards"), 400},
	{"no tag", edit(";tag=f", ""), 400},
	{"spaces in a tag", edit("tag=f", "tag=f g"), 400},
	{"long tag", edit("tag=f", "tag="+strings.Repeat("f", 300)), 400},
	{"long URI", edit("sip:100@", "sip:"+strings.Repeat("1", 3000)+"@"), 414},
	{"long call id", edit("c@192", strings.Repeat("c", 300)+"@192"), 400},
	{"old via", edit("SIP/2.0/UDP", "SIP/1.0/UDP"), 400},
	{"via port", edit("192.0.2.2:5060;", "192.0.2.2:99999;"), 400},
	{"field without a name", edit("Max-Forwards", "nonsense\nMax-Forwards"), 400},
	{"too many headers", edit("Max-Forwards", strings.Repeat("X: y\n", 200)+"Max-Forwards"), 400},
	{"INVITE without contact", edit("OPTIONS", "INVITE"), 400},
	{"response out of the blue [3.1.1.13]", strings.Replace(base, "OPTIONS sip:100@192.0.2.1 SIP/2.0", "SIP/2.0 200 = 2**3 * 5**2", 1), 200},
	{"response with a bad code [3.1.2.19]", strings.Replace(base, "OPTIONS sip:100@192.0.2.1 SIP/2.0", "SIP/2.0 4294967301 better not", 1), 0},
	{"garbage", "\x16\x03\x01 hello", 0},
	{"http", "GET / HTTP/1.1\nHost: x\n\n", 0},
	{"start line only", "OPTIONS sip:100@192.0.2.1 SIP/2.0\n", 0},
	{"half", base[:120], 0},
	{"bad ACK", edit("OPTIONS sip", "ACK sip"), 0},
}

func crlfs(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

func newTestParser() *Parser { return NewParser(1<<17, 128) }

// verdict is the code that a message is refused with and the answer: 200 for one that is taken, 0 for one that gets none.
func verdict(p *Parser, raw []byte) (code int, answer string) {
	_, bad := p.Parse(raw)
	if bad == nil {
		return 200, ""
	}
	if answer = string(RefuseRaw(raw, bad, "santra")); answer == "" {
		return 0, ""
	}
	return bad.Code, answer
}

func TestTorture(t *testing.T) {
	p := newTestParser()
	for _, c := range torture {
		code, answer := verdict(p, []byte(crlfs(c.msg)))
		if code != c.code {
			t.Errorf("%s: %d, want %d", c.name, code, c.code)
		}
		if answer != "" && !strings.HasPrefix(answer, "SIP/2.0 "+strconv.Itoa(c.code)+" ") {
			t.Errorf("%s: answered by %q", c.name, answer)
		}
	}
}

// The valid messages of RFC 4475 3.1.1 are taken but the second, whose header holds control characters; of 3.1.2 those are whose
// fault is in what we do not read (12: a Date). The rest is in package sip, where an endpoint meets them.
func TestSyntaxOfRFC4475(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "rfc4475", "3.1.*.dat"))
	if err != nil || len(files) != 32 {
		t.Fatalf("%d files, %v; want 32", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		_, bad := newTestParser().Parse(raw)
		taken := strings.HasPrefix(name, "3.1.1.") && !strings.HasPrefix(name, "3.1.1.02") || strings.HasPrefix(name, "3.1.2.12")
		if taken != (bad == nil) {
			t.Errorf("%s: %+v, want taken: %v", name, bad, taken)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range torture {
		f.Add([]byte(crlfs(c.msg)))
	}
	f.Add([]byte(crlfs(invite)))
	p, from := newTestParser(), socket.Flow{Remote: netip.MustParseAddrPort("192.0.2.1:5060")}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, bad := p.Parse(raw)
		if bad != nil {
			if wire := RefuseRaw(raw, bad, "x"); bytes.Count(wire, endOfHeaders) > 1 {
				t.Fatalf("%q", wire)
			}
			return
		}
		r, ok := m.(*sip.Request)
		if !ok {
			return
		}
		in := NewInbound(r, from)
		_, _ = CallerOf(in, true), Tokens(in, "Require", ",")
		wire := Reply{Code: 200, ToTag: "t"}.Wire(in, "x")
		if _, _, ok := bytes.Cut(wire, endOfHeaders); !ok || bytes.Count(wire, endOfHeaders) != 1 {
			t.Fatalf("%q answered by %q", raw, wire)
		}
	})
}
