package message

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"santra/internal/id"
)

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

// Outbound is a request of ours before it is written.
type Outbound struct {
	Method      string
	URI         string
	From, To    string // whole values with tags
	CallID      string
	Seq         uint32
	Branch      string
	Routes      []string
	Contact     string
	Who         string // the user part of contact
	Hops        int
	Extra       []Header
	ContentType string
	Content     []byte
}

// NewBranch makes the branch of a request of ours, unlike any other (RFC 3261 8.1.1.7).
func NewBranch() string { return MagicCookie + id.New() }

// Wire writes it for a transport; sentBy is our address in Via.
func (o *Outbound) Wire(transport string, sentBy netip.AddrPort, agent string) []byte {
	var w writer
	w.Grow(512 + len(o.Content))
	w.line(o.Method, " ", clean(o.URI), " SIP/2.0")
	w.line("Via: SIP/2.0/", strings.ToUpper(transport), " ", sentBy.String(), ";branch=", o.Branch, ";rport")
	for _, r := range o.Routes {
		w.header("Route", r)
	}
	w.header("From", o.From)
	w.header("To", o.To)
	w.header("Call-ID", o.CallID)
	w.line("CSeq: ", strconv.FormatUint(uint64(o.Seq), 10), " ", o.Method)
	w.header("Max-Forwards", strconv.Itoa(o.Hops))
	if o.Contact != "" {
		w.header("Contact", o.Contact)
	}
	w.header("User-Agent", agent)
	if o.Method == INVITE || o.Method == UPDATE || o.Method == OPTIONS {
		w.header("Allow", Allowed)
	}
	for _, h := range o.Extra {
		w.header(h.Name, h.Value)
	}
	return w.body(o.ContentType, o.Content)
}

// Reply is a response of ours before it is written.
type Reply struct {
	Code        int
	Reason      string
	ToTag       string // added where the request has none
	Contact     string
	Extra       []Header
	ContentType string
	Content     []byte
}

// Wire writes a response to a request (RFC 3261 8.2.6).
func (p Reply) Wire(in *Inbound, agent string) []byte {
	var w writer
	w.Grow(512 + len(p.Content))
	w.line("SIP/2.0 ", strconv.Itoa(p.Code), " ", clean(ReasonPhrase(p.Code, p.Reason)))
	w.vias(in)
	if in.Method == INVITE && p.Code > 100 && p.Code < 300 {
		for _, h := range in.GetHeaders("Record-Route") {
			w.header("Record-Route", h.Value())
		}
	}
	w.header("From", in.From().Value())
	to := in.To().Value()
	if in.ToTag == "" && p.ToTag != "" && p.Code > 100 {
		to += ";tag=" + p.ToTag
	}
	w.header("To", to)
	w.header("Call-ID", in.CallID)
	w.line("CSeq: ", strconv.FormatUint(uint64(in.Seq), 10), " ", in.Method)
	if p.Contact != "" {
		w.header("Contact", p.Contact)
	}
	w.header("Server", agent)
	if p.Code == 405 || p.Code == 501 || in.Method == INVITE && p.Code > 100 && p.Code < 300 { // in 1xx: RFC 3311 5.2
		w.header("Allow", Allowed)
	}
	for _, h := range p.Extra {
		w.header(h.Name, h.Value)
	}
	return w.body(p.ContentType, p.Content)
}

// vias copies the Via fields, with received and rport in the top one (RFC 3261 18.2.1, RFC 3581 4).
func (w *writer) vias(in *Inbound) {
	for i, h := range in.GetHeaders("Via") {
		v, ok := h.(*sip.ViaHeader)
		if !ok || i > 0 {
			w.header("Via", h.Value())
			continue
		}
		top := *v
		top.Params = v.Params.Clone()
		if top.Params.Has("rport") {
			top.Params.Add("rport", strconv.Itoa(int(in.Flow.Remote.Port())))
		}
		if addr := in.Flow.Remote.Addr().String(); addr != top.Host || top.Params.Has("rport") {
			top.Params.Add("received", addr)
		}
		w.header("Via", top.Value())
	}
}

// ReasonPhrase is the reason phrase of a code (RFC 3261 21) where its user gave none.
func ReasonPhrase(code int, reason string) string {
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

// Header is one further header field of a message.
type Header struct{ Name, Value string }

// Header is the value of one of the further fields.
func (o *Outbound) Header(name string) string {
	for _, h := range o.Extra {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}
