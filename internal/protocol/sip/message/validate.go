package message

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/socket"
)

var (
	crlf         = []byte("\r\n")
	endOfHeaders = []byte("\r\n\r\n")
)

// Further limits of one message.
const (
	MaxURI    = 2048      // bytes of the Request-URI; more gets 414
	maxSeq    = 1<<31 - 1 // RFC 3261 8.1.1.5
	maxHopsIn = 255       // RFC 3261 20.22
	MaxID     = 256       // bytes of a Call-ID, a tag or a branch
)

// Fault says what is wrong with a message. Code 0: it can't be answered and is dropped.
type Fault struct {
	Code   int
	Reason string
}

// The faults. Their reasons never repeat what the message said.
var (
	faultDrop    = &Fault{0, "not SIP, or nothing that can be answered"}
	faultParse   = &Fault{400, "Bad Request"}
	faultControl = &Fault{400, "Control Character in Header"}
	faultVersion = &Fault{505, ""}
	faultHeaders = &Fault{400, "Too Many Header Fields"}
	faultMissing = &Fault{400, "Mandatory Header Field Missing"}
	faultTwice   = &Fault{400, "Header Field Repeated"}
	faultLength  = &Fault{400, "Bad Content-Length"}
	faultCSeq    = &Fault{400, "Bad CSeq"}
	faultVia     = &Fault{400, "Bad Via"}
	faultTag     = &Fault{400, "Bad Tag or Call-ID"}
	faultContact = &Fault{400, "Bad Contact"}
	faultHops    = &Fault{400, "Bad Max-Forwards"}
	faultURI     = &Fault{400, "Bad Request-URI"}
	faultLongURI = &Fault{414, ""}
	faultScheme  = &Fault{416, ""}
	faultMethod  = &Fault{501, ""}
)

// Parser reads messages. It may be used by many at once.
type Parser struct {
	sip    *sip.Parser
	fields int // header fields of a message at most
}

// NewParser makes one for messages of so many bytes and header fields at most.
func NewParser(size, fields int) *Parser {
	p := &Parser{sip: sip.NewParser(), fields: fields}
	p.sip.MaxMessageLength = size
	return p
}

// Parse reads a message and checks what sipgo lets through (its parser takes 22 of the 37 invalid messages of RFC 4475).
// Where it gives a fault the message must not be used.
func (p *Parser) Parse(raw []byte) (m sip.Message, bad *Fault) {
	defer func() {
		if recover() != nil { // a bug below must not be a way to stop the house
			m, bad = nil, faultDrop
		}
	}()
	head, _, _ := bytes.Cut(raw, endOfHeaders)
	if bad := checkHead(head, p.fields); bad != nil {
		return nil, bad
	}
	m, err := p.sip.ParseSIP(raw)
	if err != nil || m == nil {
		return nil, unparsed(head)
	}
	if bad := checkCommon(m, raw); bad != nil {
		return nil, bad
	}
	if r, ok := m.(*sip.Request); ok {
		return m, checkRequest(r, head)
	}
	return m, checkResponse(m.(*sip.Response))
}

// unparsed says why a message could not be parsed, where that is the scheme of its Request-URI (RFC 3261 8.2.2.1).
func unparsed(head []byte) *Fault {
	_, rest, _ := strings.Cut(string(head[:min(len(head), MaxURI)]), " ")
	scheme, _, ok := strings.Cut(rest, ":")
	foreign := ok && scheme != "" && !strings.ContainsFunc(scheme, func(r rune) bool {
		return (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("+-.", r)
	})
	if foreign && !slices.Contains([]string{"sip", "sips", "tel"}, strings.ToLower(scheme)) {
		return faultScheme
	}
	return faultParse
}

// checkHead looks at the bytes before anything is parsed.
func checkHead(head []byte, fields int) *Fault {
	first, _, _ := bytes.Cut(head, crlf)
	if !bytes.HasPrefix(first, []byte("SIP/")) && !bytes.Contains(first, []byte(" SIP/")) {
		return faultDrop
	}
	if bytes.Count(head, crlf) > fields {
		return faultHeaders
	}
	if bytes.ContainsFunc(head, func(r rune) bool { return isControl(r) && r != '\r' && r != '\n' }) {
		return faultControl
	}
	if bytes.HasPrefix(first, []byte("SIP/")) || bytes.HasSuffix(first, []byte(" SIP/2.0")) {
		return nil
	}
	if bytes.HasSuffix(bytes.TrimRight(first, " \t"), []byte(" SIP/2.0")) {
		return faultParse
	}
	return faultVersion
}

// checkCommon checks what requests and responses share.
func checkCommon(m sip.Message, raw []byte) *Fault {
	switch {
	case m.From() == nil || m.To() == nil || m.CallID() == nil || m.CSeq() == nil || m.Via() == nil:
		return faultMissing
	case repeated(m):
		return faultTwice
	case !lengthFits(m, raw):
		return faultLength
	}
	seq := m.CSeq()
	seq.MethodName = sip.RequestMethod(strings.TrimSpace(string(seq.MethodName)))
	if seq.SeqNo > maxSeq || seq.MethodName == "" {
		return faultCSeq
	}
	return checkNames(m)
}

// checkNames checks Via, Call-ID and tags.
func checkNames(m sip.Message) *Fault {
	via := m.Via()
	for _, ps := range []sip.HeaderParams{via.Params, m.From().Params, m.To().Params} {
		TrimParams(ps)
	}
	branch, _ := via.Params.Get("branch")
	if !strings.EqualFold(via.ProtocolName, "SIP") || via.ProtocolVersion != "2.0" || via.Host == "" || len(branch) > MaxID ||
		strings.ContainsAny(via.Host, " \t<>\"@") || via.Port < 0 || via.Port > 65535 {
		return faultVia
	}
	from, _ := m.From().Params.Get("tag")
	to, _ := m.To().Params.Get("tag")
	for _, s := range []string{from, to, m.CallID().Value()} {
		if len(s) > MaxID || strings.ContainsAny(s, " \t<>\",") {
			return faultTag
		}
	}
	return nil
}

// TrimParams takes away the white space that is allowed around "=" and ";" (RFC 3261 25.1: EQUAL, SEMI) and that sipgo leaves.
func TrimParams(ps sip.HeaderParams) {
	for i := range ps {
		ps[i].K, ps[i].V = strings.ToLower(strings.TrimSpace(ps[i].K)), strings.TrimSpace(ps[i].V)
	}
}

// unfold joins continued lines (RFC 3261 7.3.1).
func unfold(head []byte) string {
	return strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(string(head))
}

// repeated finds a header field that may be there once only, and is there twice (RFC 3261 7.3.1).
func repeated(m sip.Message) bool {
	for _, name := range []string{"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type"} {
		if len(m.GetHeaders(name)) > 1 {
			return true
		}
	}
	all := Values(m, "Content-Length")
	for _, v := range all {
		if v != all[0] {
			return true
		}
	}
	return false
}

// lengthFits checks that the body is as long as Content-Length says; sipgo corrects the field to what it read. In a datagram
// bytes behind the body are cut off (RFC 3261 18.3).
func lengthFits(m sip.Message, raw []byte) bool {
	head, rest, _ := bytes.Cut(raw, endOfHeaders)
	n, ok := socket.ContentLength(head)
	if !ok {
		return !bytes.Contains(bytes.ToLower(head), []byte("\r\ncontent-length")) && !bytes.Contains(head, []byte("\r\nl:"))
	}
	return n <= len(rest) && n == len(m.Body())
}

func checkRequest(r *sip.Request, head []byte) *Fault {
	method := string(r.Method)
	switch {
	case !bytes.HasPrefix(head, []byte(method+" ")): // sipgo raises the case; methods are case-sensitive (RFC 3261 7.1)
		return faultMethod
	case string(r.CSeq().MethodName) != method:
		return faultCSeq
	case !r.From().Params.Has("tag"): // RFC 3261 8.1.1.3; RFC 2543 peers without it are gone
		return faultTag
	}
	if h := r.GetHeader("Max-Forwards"); h != nil && (r.MaxForwards() == nil || r.MaxForwards().Val() > maxHopsIn) {
		return faultHops
	}
	if bad := checkURI(r, head); bad != nil {
		return bad
	}
	if c := r.Contact(); c != nil && len(c.Address.Headers) > 0 && bare(head) {
		return faultContact
	}
	return checkContact(r)
}

// checkURI checks the Request-URI (RFC 3261 7.1, 19.1.1).
func checkURI(r *sip.Request, head []byte) *Fault {
	first, _, _ := bytes.Cut(head, crlf)
	u := &r.Recipient
	switch {
	case len(first) > MaxURI+32:
		return faultLongURI
	case bytes.Count(first, []byte(" ")) != 2 || bytes.ContainsAny(first, "<>\"\t"):
		return faultURI
	}
	switch strings.ToLower(u.Scheme) {
	case "sip", "sips":
		if u.Host == "" || len(u.Headers) > 0 || strings.ContainsAny(u.Host, " ,;<>\"") || u.Port > 65535 {
			return faultURI
		}
	case "tel":
	default:
		return faultScheme
	}
	return nil
}

// bare tells whether a Contact with a question mark stands without brackets: what it means can't be known (RFC 3261 20).
func bare(head []byte) bool {
	for l := range strings.SplitSeq(unfold(head), "\r\n") {
		name, v, _ := strings.Cut(l, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if (name == "contact" || name == "m") && strings.Contains(v, "?") && !strings.Contains(v, "<") {
			return true
		}
	}
	return false
}

// checkContact checks that an INVITE says where its sender is (RFC 3261 8.1.1.8).
func checkContact(r *sip.Request) *Fault {
	if r.Method != INVITE {
		return nil
	}
	c := r.Contact()
	if c == nil || len(r.GetHeaders("Contact")) > 1 || c.Address.Wildcard || c.Address.Host == "" {
		return faultContact
	}
	return nil
}

// checkResponse drops what is no answer to anything of ours.
func checkResponse(r *sip.Response) *Fault {
	if r.StatusCode < 100 || r.StatusCode > 699 || r.SipVersion != "SIP/2.0" {
		return faultDrop
	}
	return nil
}

// RefuseRaw answers a request that could not be parsed, out of its own lines; nil where that is not possible (RFC 3261 8.1.3.6
// does without, but its sender would retransmit for 32 s).
func RefuseRaw(raw []byte, bad *Fault, agent string) []byte {
	head, _, _ := bytes.Cut(raw, endOfHeaders)
	lines := strings.Split(unfold(head), "\r\n")
	method, _, _ := strings.Cut(lines[0], " ")
	if bad.Code == 0 || method == ACK || strings.HasPrefix(lines[0], "SIP/") {
		return nil
	}
	var w writer
	w.line("SIP/2.0 ", strconv.Itoa(bad.Code), " ", ReasonPhrase(bad.Code, bad.Reason))
	seen := map[string]int{}
	for _, l := range lines[1:] {
		if name := echoed(l); name != "" && (seen[name] == 0 || name == "Via") && !strings.ContainsFunc(l, isControl) {
			seen[name]++
			w.line(l)
		}
	}
	if seen["Via"] == 0 || seen["CSeq"] == 0 || seen["Via"] > maxViasEchoed { // without the others it is of little use, but better than none
		return nil
	}
	w.header("Server", agent)
	return w.body("", nil)
}

// maxViasEchoed bounds what a malformed request gets back.
const maxViasEchoed = 16

// echoed names the header field of a line if a response repeats it.
func echoed(line string) string {
	name, _, ok := strings.Cut(line, ":")
	if !ok {
		return ""
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "via", "v":
		return "Via"
	case "from", "f":
		return "From"
	case "to", "t":
		return "To"
	case "call-id", "i":
		return "Call-ID"
	case "cseq":
		return "CSeq"
	}
	return ""
}
