package message

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/socket"
)

// invite is a raw INVITE of 192.0.2.2 to 192.0.2.1.
const invite = `INVITE sip:+358941000@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-one;rport
Via: SIP/2.0/TCP 198.51.100.9;branch=z9hG4bK-two
Record-Route: <sip:proxy.example.org;lr>
From: "Maija" <sip:+358401234567@192.0.2.2>;tag=alpha
To: <sip:+358941000@192.0.2.1>
Call-ID: call-one
CSeq: 1 INVITE
Contact: <sip:maija@192.0.2.2:5060>
Max-Forwards: 70
Content-Length: 0

`

var (
	us   = netip.MustParseAddrPort("192.0.2.1:5060")
	them = netip.MustParseAddrPort("192.0.2.2:5060")
)

// read reads a request that came from an address by UDP.
func read(t *testing.T, msg string, from netip.AddrPort) *Inbound {
	t.Helper()
	m, bad := newTestParser().Parse([]byte(crlfs(msg)))
	if bad != nil {
		t.Fatalf("%+v of %q", bad, msg)
	}
	return NewInbound(m.(*sip.Request), socket.Flow{Remote: from})
}

// with is invite with another field before its Contact.
func with(field string) string { return strings.Replace(invite, "Contact:", field+"\nContact:", 1) }

func TestInbound(t *testing.T) {
	in := read(t, invite, them)
	if in.Method != INVITE || in.CallID != "call-one" || in.FromTag != "alpha" || in.ToTag != "" || in.Seq != 1 || in.Flow.NAT || in.Flow.SIPS {
		t.Errorf("%+v", in)
	}
	in = read(t, strings.Replace(invite, "sip:+358941000@192.0.2.1 SIP", "sips:+358941000@192.0.2.1 SIP", 1), netip.MustParseAddrPort("203.0.113.5:61000"))
	if !in.Flow.NAT || !in.Flow.SIPS {
		t.Errorf("%+v", in.Flow)
	}
}

// A request is written as its peer reads it.
func TestWhatIsWrittenIsRead(t *testing.T) {
	out := &Outbound{
		Method: INVITE, URI: "sip:1@192.0.2.1", From: "<sip:2@192.0.2.2>;tag=a", To: "<sip:1@192.0.2.1>", CallID: "c", Seq: 7, Branch: NewBranch(),
		Routes: []string{"<sip:p;lr>", "<sip:q;lr>"}, Contact: "<sip:2@192.0.2.2>", Hops: 9,
		Extra: []Header{{Name: "X-One", Value: "1"}}, ContentType: "application/sdp", Content: []byte("v=0\r\n"),
	}
	in := read(t, string(out.Wire("udp", them, "santra")), them)
	for name, want := range map[string]string{
		"User-Agent": "santra", "X-One": "1", "Content-Type": "application/sdp", "Allow": Allowed, "CSeq": "7 INVITE", "Route": "<sip:p;lr>", "Max-Forwards": "9",
	} {
		if got := Value(in, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if string(in.Body()) != "v=0\r\n" || len(Values(in, "Route")) != 2 || out.Header("X-One") != "1" || out.Header("X-Two") != "" {
		t.Errorf("%q", out.Wire("udp", them, "santra"))
	}
	branch, _ := in.Via().Params.Get("branch")
	if branch != out.Branch || !strings.HasPrefix(branch, MagicCookie) || NewBranch() == branch {
		t.Error(branch)
	}
}

// No value can end its line: what a name or a number holds never becomes a field of its own.
func TestNoFieldIsSmuggledIn(t *testing.T) {
	evil := "x\r\nEvil: 1"
	out := Outbound{
		Method: INVITE, URI: "sip:1@192.0.2.1", From: "<sip:2@h>;tag=a", To: "<sip:1@h>", CallID: "c", Seq: 1, Branch: NewBranch(), Contact: "<sip:2@h>", Hops: 1,
		Extra: []Header{{Name: "Subject", Value: evil}, {Name: evil, Value: evil}},
	}
	wire := string(out.Wire("udp", us, evil)) + string(Reply{Code: 480, Reason: evil, Extra: []Header{{Name: "Warning", Value: evil}}}.Wire(read(t, invite, them), evil))
	if strings.Contains(wire, "\nEvil") {
		t.Errorf("%q", wire)
	}
	if q := Quoted("a\"b\\\r\nc"); q != `"a\"b\\  c"` {
		t.Error(q)
	}
}

// A response repeats Via, with received and rport in the top one alone, and tags what has no tag (RFC 3261 8.2.6, RFC 3581 4).
func TestReply(t *testing.T) {
	in := read(t, invite, netip.MustParseAddrPort("203.0.113.5:61000"))
	wire := string(Reply{Code: 200, ToTag: "ours", Contact: "<sip:us@h>"}.Wire(in, "santra"))
	for _, want := range []string{
		"SIP/2.0 200 OK\r\n", "rport=61000", "received=203.0.113.5", "Via: SIP/2.0/TCP 198.51.100.9;branch=z9hG4bK-two\r\n",
		"Record-Route: <sip:proxy.example.org;lr>", ";tag=ours", "Contact: <sip:us@h>", "Server: santra", "CSeq: 1 INVITE", "Allow: ", "Content-Length: 0\r\n\r\n",
	} {
		if !strings.Contains(wire, want) {
			t.Errorf("no %q in %q", want, wire)
		}
	}
	if strings.Count(wire, "received=") != 1 {
		t.Error(wire)
	}
	trying := string(Reply{Code: 100, ToTag: "ours"}.Wire(in, "santra"))
	if strings.Contains(trying, "ours") || strings.Contains(trying, "Record-Route") {
		t.Error(trying)
	}
	tagged := read(t, strings.Replace(invite, "<sip:+358941000@192.0.2.1>\n", "<sip:+358941000@192.0.2.1>;tag=had\n", 1), them)
	if wire := string(Reply{Code: 404, ToTag: "ours"}.Wire(tagged, "s")); strings.Contains(wire, "ours") || !strings.Contains(wire, "tag=had") {
		t.Error(wire)
	}
	for code, want := range map[int]string{404: "Not Found", 199: "Progress", 299: "OK", 499: "Refused"} {
		if got := ReasonPhrase(code, ""); got != want || ReasonPhrase(code, "own") != "own" {
			t.Error(code, got)
		}
	}
}

// Fields are found by long and short names, in any case and in order.
func TestFieldsByTheirNames(t *testing.T) {
	in := read(t, with("k: One, two\nSUPPORTED: three\nr: <sip:x@h>\nx: 90"), them)
	if got := Tokens(in, "Supported", ","); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Error(got)
	}
	if !HasToken(in, "supported", "TWO") || HasToken(in, "Supported", "tw") || HasToken(in, "Require", "two") {
		t.Error("tokens are not found")
	}
	if Value(in, "Refer-To") != "<sip:x@h>" || Value(in, "Session-Expires") != "90" || Value(in, "Nothing") != "" || len(Values(in, "Via")) != 2 {
		t.Error(in.String())
	}
	if !Known(PRACK) || Known("invite") || Known("PUBLISH") || MethodForLog("EVIL\nline") != "other" || MethodForLog(BYE) != BYE {
		t.Error("methods")
	}
}

func TestURIs(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:1@192.0.2.9": "192.0.2.9:5060 ", "sips:1@192.0.2.9": "192.0.2.9:5061 tls", "sip:1@192.0.2.9:7000;transport=TCP": "192.0.2.9:7000 tcp",
		"sip:1@[2001:db8::1]": "[2001:db8::1]:5060 ", "sip:1@192.0.2.9;transport=tls": "192.0.2.9:5061 tls",
	} {
		to, transport, ok := Literal(uri)
		if got := to.String() + " " + transport; !ok || got != want {
			t.Errorf("%s: %q %v, want %q", uri, got, ok, want)
		}
	}
	for _, uri := range []string{"sip:1@example.org", "nonsense", ""} {
		if to, _, ok := Literal(uri); ok {
			t.Error(uri, to)
		}
	}
	if !IsSIPS("SIPS:1@h") || IsSIPS("sip:1@h") || IsSIPS("sips:") {
		t.Error("sips")
	}
	if HostOf(netip.MustParseAddr("2001:db8::1")) != "[2001:db8::1]" || JoinAddr(us) != "192.0.2.1:5060" {
		t.Error("hosts")
	}
}

func TestUserOfAURI(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:+358-40-123%34@h": "+358401234", "tel:+358-40-1;phone-context=x": "+358401", "sip:a%40b@h": "a@b", "sip:a%4@h": "a%4", "sip:h": "",
		"sip:12-34@h": "12-34", "sip:+3584;phone-context=x@h": "+3584",
	} {
		u, ok := ParseURI(uri)
		if got := UserOf(&u); !ok || got != want {
			t.Errorf("%s: %q %v, want %q", uri, got, ok, want)
		}
	}
	for _, user := range []string{"+358401", "a b@c", "ä%", "x;y?z"} {
		u, ok := ParseURI("sip:" + EscapeUser(user) + "@h")
		if want, _, _ := strings.Cut(user, ";"); !ok || UserOf(&u) != want {
			t.Errorf("%q becomes %q %v", user, UserOf(&u), ok)
		}
	}
}

// A caller who wants to be withheld is, whatever else the message says; P-Asserted-Identity counts of whom is trusted.
func TestCaller(t *testing.T) {
	asserted := `P-Asserted-Identity: "x" <sip:+358509999999@host>, <tel:+358-50-999 9999>`
	for _, c := range []struct {
		name, msg string
		trusted   bool
		want      string
	}{
		{"from", invite, true, "+358401234567"},
		{"asserted", with(asserted), true, "+358509999999"},
		{"not trusted", with(asserted), false, "+358401234567"},
		{"private", with(asserted + "\nPrivacy: id"), true, ""},
		{"anonymous", strings.Replace(with(asserted), "+358401234567@192.0.2.2", "anonymous@anonymous.invalid", 1), true, ""},
		{"asserts nobody", with("P-Asserted-Identity: <sip:unknown@h>"), true, "+358401234567"},
	} {
		got := CallerOf(read(t, c.msg, them), c.trusted)
		if got.Withheld() != (c.want == "") || !got.Withheld() && got.Reveal() != c.want {
			t.Errorf("%s: withheld %v", c.name, got.Withheld())
		}
	}
	if got := PrivacyOf(read(t, with("Privacy: id;header"), them)); got != fields.PrivacyID|fields.PrivacyHeader {
		t.Error(got)
	}
}

func TestWhatIsNotAcceptable(t *testing.T) {
	body := func(kind, more string) string {
		return strings.Replace(with("Content-Type: "+kind+more), "Content-Length: 0\n\n", "Content-Length: 3\n\nv=0", 1)
	}
	for _, c := range []struct {
		name, msg, field string
		code             int
	}{
		{"plain", invite, "", 0},
		{"required and known", with("Require: timer"), "", 0},
		{"required and unknown", with("Require: timer, 100rel"), "100rel", 420},
		{"a body that is read", body("Application/SDP; x=1", ""), "", 0},
		{"another body", body("text/plain", ""), "application/sdp", 415},
		{"a coded body", body("application/sdp", "\nContent-Encoding: gzip"), "application/sdp", 415},
		{"a caller who reads something else", with("Accept: text/plain"), "", 406},
		{"a caller who reads anything", with("Accept: text/plain, */*;q=0.1"), "", 0},
		{"a registrar asks for itself", strings.NewReplacer("INVITE", "REGISTER").Replace(with("Require: 100rel")), "", 0},
	} {
		r, refused := read(t, c.msg, them).Unacceptable([]string{"timer"}, []string{"application/sdp"})
		if refused != (c.code != 0) || r.Code != c.code || c.field != "" && r.Extra[0].Value != c.field {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}
