package sip

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"santra/internal/id"
)

// Methods (RFC 3261, 3311, 3515, 6086, 3428, 6665, 3262, 3903).
const (
	mINVITE   = "INVITE"
	mACK      = "ACK"
	mBYE      = "BYE"
	mCANCEL   = "CANCEL"
	mOPTIONS  = "OPTIONS"
	mREGISTER = "REGISTER"
	mUPDATE   = "UPDATE"
	mINFO     = "INFO"
	mREFER    = "REFER"
	mMESSAGE  = "MESSAGE"
	mNOTIFY   = "NOTIFY"
	mPRACK    = "PRACK"
)

const (
	allowed     = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER, MESSAGE, NOTIFY, PRACK"
	magicCookie = "z9hG4bK" // RFC 3261 8.1.1.7
	hops        = 70        // Max-Forwards of ours (RFC 3261 8.1.1.6)
)

// inbound is a request that came in and was found valid.
type inbound struct {
	*sip.Request
	flow    flow
	method  string
	callID  string
	fromTag string
	toTag   string
	seq     uint32
	trunk   string // by which it came; see gate
	user    string // who has proved to have sent it
}

func newInbound(r *sip.Request, f flow) *inbound {
	in := &inbound{Request: r, flow: f, method: string(r.Method), callID: r.CallID().Value(), seq: r.CSeq().SeqNo}
	in.fromTag, _ = r.From().Params.Get("tag")
	in.toTag, _ = r.To().Params.Get("tag")
	in.flow.nat, in.flow.sips = behindNAT(r.Via(), f), strings.EqualFold(r.Recipient.Scheme, "sips")
	return in
}

// behindNAT tells whether the sender believes to be at another address than it is (RFC 3581). Over TCP the port is a passing
// one and says nothing.
func behindNAT(via *sip.ViaHeader, f flow) bool {
	host, err := netip.ParseAddr(via.Host)
	if err != nil {
		return false
	}
	port := via.Port
	if port == 0 {
		port = 5060
	}
	return host.Unmap() != f.remote.Addr() || f.conn == nil && port != int(f.remote.Port())
}

// compact are the short names that sipgo leaves as they are (RFC 3261 7.3.3 and later ones).
func compact(name string) string {
	switch strings.ToLower(name) {
	case "supported":
		return "k"
	case "subject":
		return "s"
	case "event":
		return "o"
	case "refer-to":
		return "r"
	case "referred-by":
		return "b"
	case "content-encoding":
		return "e"
	case "session-expires":
		return "x"
	case "identity":
		return "y"
	case "content-type":
		return "c"
	case "contact":
		return "m"
	}
	return ""
}

// headered is a message.
type headered interface {
	GetHeaders(name string) []sip.Header
}

// inOrder are the fields of a message. sipgo's look-ups by name make a copy of each name that they do not know, so they are only
// used for messages that can't list their fields; those of sipgo can.
func inOrder(m headered, name, short string) []sip.Header {
	if all, ok := m.(interface{ Headers() []sip.Header }); ok {
		return all.Headers()
	}
	all := m.GetHeaders(name)
	if short != "" {
		all = append(all, m.GetHeaders(short)...)
	}
	return all
}

// named tells whether a field has a name, long or short.
func named(h sip.Header, name, short string) bool {
	n := h.Name()
	return strings.EqualFold(n, name) || short != "" && strings.EqualFold(n, short)
}

// values are all values of a header field, in order, under its long or short name.
func values(m headered, name string) []string {
	var all []string
	short := compact(name)
	for _, h := range inOrder(m, name, short) {
		if named(h, name, short) {
			all = append(all, h.Value())
		}
	}
	return all
}

// value is the first of them.
func value(m headered, name string) string {
	short := compact(name)
	for _, h := range inOrder(m, name, short) {
		if named(h, name, short) {
			return h.Value()
		}
	}
	return ""
}

// hasToken tells whether a token is in the comma-separated lists of a name, in any case.
func hasToken(m headered, name, token string) bool {
	short := compact(name)
	for _, h := range inOrder(m, name, short) {
		if !named(h, name, short) {
			continue
		}
		for t := range strings.SplitSeq(h.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}

// tokens are the separated tokens of all fields of a name, lower case.
func tokens(m headered, name, separators string) []string {
	var all []string
	for _, v := range values(m, name) {
		for t := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			all = append(all, strings.ToLower(strings.TrimSpace(t)))
		}
	}
	return all
}

// writer builds a message.
type writer struct{ strings.Builder }

func (w *writer) line(parts ...string) {
	for _, p := range parts {
		w.WriteString(p)
	}
	w.WriteString("\r\n")
}

func (w *writer) header(name, value string) {
	w.line(clean(name), ": ", clean(value))
}

// clean keeps a value from ending its line: no header can be smuggled in by a name or a number.
func clean(s string) string {
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, s)
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

func (w *writer) body(contentType string, body []byte) []byte {
	if contentType != "" && len(body) > 0 {
		w.header("Content-Type", contentType)
	}
	w.header("Content-Length", strconv.Itoa(len(body)))
	w.WriteString("\r\n")
	w.Write(body)
	return []byte(w.String())
}

// outbound is a request of ours before it is written.
type outbound struct {
	method   string
	uri      string
	from, to string // whole values with tags
	callID   string
	seq      uint32
	branch   string
	routes   []string
	contact  string
	who      string // the user part of contact
	hops     int
	extra    []Header
	ctype    string
	content  []byte
}

func newBranch() string { return magicCookie + id.New() }

// wire writes it for a transport; sentBy is our address in Via.
func (o *outbound) wire(transport string, sentBy netip.AddrPort, agent string) []byte {
	var w writer
	w.Grow(512 + len(o.content))
	w.line(o.method, " ", clean(o.uri), " SIP/2.0")
	w.line("Via: SIP/2.0/", strings.ToUpper(transport), " ", sentBy.String(), ";branch=", o.branch, ";rport")
	for _, r := range o.routes {
		w.header("Route", r)
	}
	w.header("From", o.from)
	w.header("To", o.to)
	w.header("Call-ID", o.callID)
	w.line("CSeq: ", strconv.FormatUint(uint64(o.seq), 10), " ", o.method)
	w.header("Max-Forwards", strconv.Itoa(o.hops))
	if o.contact != "" {
		w.header("Contact", o.contact)
	}
	w.header("User-Agent", agent)
	if o.method == mINVITE || o.method == mUPDATE || o.method == mOPTIONS {
		w.header("Allow", allowed)
	}
	for _, h := range o.extra {
		w.header(h.Name, h.Value)
	}
	return w.body(o.ctype, o.content)
}

// reply is a response of ours before it is written.
type reply struct {
	code    int
	reason  string
	toTag   string // added where the request has none
	contact string
	extra   []Header
	ctype   string
	content []byte
}

// wire writes a response to a request (RFC 3261 8.2.6).
func (p reply) wire(in *inbound, agent string) []byte {
	var w writer
	w.Grow(512 + len(p.content))
	w.line("SIP/2.0 ", strconv.Itoa(p.code), " ", clean(reasonOf(p.code, p.reason)))
	w.vias(in)
	if in.method == mINVITE && p.code > 100 && p.code < 300 {
		for _, h := range in.GetHeaders("Record-Route") {
			w.header("Record-Route", h.Value())
		}
	}
	w.header("From", in.From().Value())
	to := in.To().Value()
	if in.toTag == "" && p.toTag != "" && p.code > 100 {
		to += ";tag=" + p.toTag
	}
	w.header("To", to)
	w.header("Call-ID", in.callID)
	w.line("CSeq: ", strconv.FormatUint(uint64(in.seq), 10), " ", in.method)
	if p.contact != "" {
		w.header("Contact", p.contact)
	}
	w.header("Server", agent)
	if p.code == 405 || p.code == 501 || in.method == mINVITE && p.code > 100 && p.code < 300 { // in 1xx: RFC 3311 5.2
		w.header("Allow", allowed)
	}
	for _, h := range p.extra {
		w.header(h.Name, h.Value)
	}
	return w.body(p.ctype, p.content)
}

// vias copies the Via fields, with received and rport in the top one (RFC 3261 18.2.1, RFC 3581 4).
func (w *writer) vias(in *inbound) {
	for i, h := range in.GetHeaders("Via") {
		v, ok := h.(*sip.ViaHeader)
		if !ok || i > 0 {
			w.header("Via", h.Value())
			continue
		}
		top := *v
		top.Params = v.Params.Clone()
		if top.Params.Has("rport") {
			top.Params.Add("rport", strconv.Itoa(int(in.flow.remote.Port())))
		}
		if addr := in.flow.remote.Addr().String(); addr != top.Host || top.Params.Has("rport") {
			top.Params.Add("received", addr)
		}
		w.header("Via", top.Value())
	}
}

// reasonOf is the reason phrase of a code (RFC 3261 21) where its user gave none.
func reasonOf(code int, reason string) string {
	if reason != "" {
		return reason
	}
	for _, r := range reasons {
		if r.code == code {
			return r.text
		}
	}
	switch code / 100 {
	case 1:
		return "Progress"
	case 2:
		return "OK"
	}
	return "Refused"
}

// reasons is never written to; the most used come first.
var reasons = [...]struct {
	code int
	text string
}{
	{200, "OK"},
	{180, "Ringing"},
	{100, "Trying"},
	{181, "Call Is Being Forwarded"},
	{182, "Queued"},
	{183, "Session Progress"},
	{202, "Accepted"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{408, "Request Timeout"},
	{413, "Request Entity Too Large"},
	{414, "Request-URI Too Long"},
	{415, "Unsupported Media Type"},
	{416, "Unsupported URI Scheme"},
	{420, "Bad Extension"},
	{421, "Extension Required"},
	{422, "Session Interval Too Small"},
	{423, "Interval Too Brief"},
	{480, "Temporarily Unavailable"},
	{481, "Call/Transaction Does Not Exist"},
	{482, "Loop Detected"},
	{483, "Too Many Hops"},
	{486, "Busy Here"},
	{487, "Request Terminated"},
	{488, "Not Acceptable Here"},
	{491, "Request Pending"},
	{500, "Server Internal Error"},
	{501, "Not Implemented"},
	{503, "Service Unavailable"},
	{504, "Server Time-out"},
	{505, "Version Not Supported"},
	{513, "Message Too Large"},
	{600, "Busy Everywhere"},
	{603, "Decline"},
	{604, "Does Not Exist Anywhere"},
}

// hostAddr reads the address of a URI where it is a literal one; the port defaults to 5060, by TLS to 5061.
func hostAddr(u *sip.Uri) (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a.Unmap(), uriPort(u)), true
}

// uriPort is the port of a URI; by TLS the default is another (RFC 3261 19.1.2).
func uriPort(u *sip.Uri) uint16 {
	switch {
	case u.Port > 0 && u.Port < 65536:
		return uint16(u.Port)
	case strings.EqualFold(u.Scheme, "sips") || uriTransport(u) == overTLS:
		return 5061
	default:
		return 5060
	}
}

// uriTransport is what a URI wants: of a sips one always TLS (RFC 3261 26.2.2).
func uriTransport(u *sip.Uri) string {
	if strings.EqualFold(u.Scheme, "sips") {
		return overTLS
	}
	t, _ := u.UriParams.Get("transport")
	return strings.ToLower(t)
}

// parseURI reads a URI of ours or of a peer.
func parseURI(s string) (sip.Uri, bool) {
	var u sip.Uri
	err := sip.ParseUri(s, &u)
	return u, err == nil && u.Host+u.Raw() != ""
}

// hostOf writes an address as the host part of a URI.
func hostOf(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// joinAddr writes an address as host:port of a URI.
func joinAddr(a netip.AddrPort) string { return joinHost(a.Addr().String(), a.Port()) }

func joinHost(host string, port uint16) string { return net.JoinHostPort(host, itoa(int(port))) }

func itoa(n int) string { return strconv.Itoa(n) }
