// Package message reads and writes the messages of SIP (RFC 3261 7, 20, 25): it has sipgo parse them, refuses what sipgo lets
// through, finds header fields under their long and short names, and writes requests and responses of ours so that no value
// can end its line.
//
// It owns what a message says: the names of methods and fields, reason phrases, URIs, who calls and what they want withheld. It
// knows the way that a request came by and nothing that lasts longer than one message: no transaction, no dialog, no
// endpoint. It never logs.
package message

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/socket"
)

// Methods (RFC 3261, 3311, 3515, 6086, 3428, 6665, 3262, 3903).
const (
	INVITE   = "INVITE"
	ACK      = "ACK"
	BYE      = "BYE"
	CANCEL   = "CANCEL"
	OPTIONS  = "OPTIONS"
	REGISTER = "REGISTER"
	UPDATE   = "UPDATE"
	INFO     = "INFO"
	REFER    = "REFER"
	MESSAGE  = "MESSAGE"
	NOTIFY   = "NOTIFY"
	PRACK    = "PRACK"
)

// What every message of ours says.
const (
	Allowed     = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER, MESSAGE, NOTIFY, PRACK" // Allow (20.5)
	MagicCookie = "z9hG4bK"                                                                        // RFC 3261 8.1.1.7
	MaxForwards = 70                                                                               // Max-Forwards of ours (RFC 3261 8.1.1.6)
)

// Inbound is a request that came in and was found valid. Method and CallID hide those of sipgo's Request, which are of other
// types.
type Inbound struct {
	*sip.Request
	Flow    socket.Flow
	Method  string
	CallID  string
	FromTag string
	ToTag   string
	Seq     uint32
	Trunk   string // by which it came; see package guard
	User    string // who has proved to have sent it
}

// NewInbound takes a request that Parse found good, and the way that it came.
func NewInbound(r *sip.Request, f socket.Flow) *Inbound {
	in := &Inbound{Request: r, Flow: f, Method: string(r.Method), CallID: r.CallID().Value(), Seq: r.CSeq().SeqNo}
	in.FromTag, _ = r.From().Params.Get("tag")
	in.ToTag, _ = r.To().Params.Get("tag")
	in.Flow.NAT, in.Flow.SIPS = behindNAT(r.Via(), f), strings.EqualFold(r.Recipient.Scheme, "sips")
	return in
}

// behindNAT tells whether the sender believes to be at another address than it is (RFC 3581). Over TCP the port is a passing
// one and says nothing.
func behindNAT(via *sip.ViaHeader, f socket.Flow) bool {
	host, err := netip.ParseAddr(via.Host)
	if err != nil {
		return false
	}
	port := via.Port
	if port == 0 {
		port = 5060
	}
	return host.Unmap() != f.Remote.Addr() || f.Conn == nil && port != int(f.Remote.Port())
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

// Headered is a message.
type Headered interface {
	GetHeaders(name string) []sip.Header
}

// inOrder are the fields of a message. sipgo's look-ups by name make a copy of each name that they do not know, so they are only
// used for messages that can't list their fields; those of sipgo can.
func inOrder(m Headered, name, short string) []sip.Header {
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

// Values are all values of a header field, in order, under its long or short name.
func Values(m Headered, name string) []string {
	var all []string
	short := compact(name)
	for _, h := range inOrder(m, name, short) {
		if named(h, name, short) {
			all = append(all, h.Value())
		}
	}
	return all
}

// Value is the first of them.
func Value(m Headered, name string) string {
	short := compact(name)
	for _, h := range inOrder(m, name, short) {
		if named(h, name, short) {
			return h.Value()
		}
	}
	return ""
}

// HasToken tells whether a token is in the comma-separated lists of a name, in any case.
func HasToken(m Headered, name, token string) bool {
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

// Tokens are the separated tokens of all fields of a name, lower case.
func Tokens(m Headered, name, separators string) []string {
	var all []string
	for _, v := range Values(m, name) {
		for t := range strings.FieldsFuncSeq(v, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
			all = append(all, strings.ToLower(strings.TrimSpace(t)))
		}
	}
	return all
}

// MethodForLog keeps what strangers write out of the log.
func MethodForLog(m string) string {
	if slices.Contains([]string{INVITE, BYE, OPTIONS, REGISTER, UPDATE, INFO, REFER, MESSAGE, NOTIFY}, m) {
		return m
	}
	return "other"
}

// Known tells whether a method is in Allow; names are case-sensitive (RFC 3261 7.1).
func Known(method string) bool {
	return slices.Contains(strings.Split(Allowed, ", "), method)
}
