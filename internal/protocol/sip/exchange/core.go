package exchange

import (
	"net/netip"
	"strconv"
	"time"

	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/locate"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// Core is what requests of ours need of an endpoint: its sockets, its transactions, who finds servers, and the name that it has
// in User-Agent.
type Core struct {
	Sockets      *socket.Set
	Transactions *transaction.Table
	Locator      *locate.Locator
	Agent        string
}

// Target says whom to call and how to get there.
type Target struct {
	URI       string         // "sip:+358401234567@example.org"; the Request-URI. sips: goes by TLS only
	Route     netip.AddrPort // next hop; zero: that of the first of Routes, else of the URI, found by RFC 3263
	Transport string         // "udp", "tcp" or "tls"; empty: the URI's transport parameter, else what RFC 3263 finds
	User      string         // digest credentials, where the peer asks (RFC 3261 22)
	Password  string
	// Routes are the proxies to pass, the first one first (RFC 3261 8.1.2, 12.2.1.1): "<sip:proxy.example.org;lr>". Each must
	// be a loose router (;lr). A Service-Route (RFC 3608) or a Path (RFC 3327) is such a list.
	Routes []string
	// Host is the name that the peer's certificate must be for; empty: that of the URI, or of the first of Routes.
	Host string
	// KeepAlive sends a double CRLF that often over a connection (RFC 5626 3.5.1); 0: none.
	KeepAlive time.Duration

	flow *socket.Flow // the connection it registered over, reused while it lives
}

// By gives the target by a way, for as long as that lives.
func (t Target) By(f socket.Flow) Target {
	t.flow = &f
	return t
}

// Refused is a final response of 300 or more. 408 also stands for no answer at all, 503 for a broken connection.
type Refused struct {
	Code       int
	Reason     string
	RetryAfter time.Duration   // 0: not said
	Causes     []fields.Reason // Reason fields (RFC 3326), such as a Q.850 cause
}

// Error names the code; the reason phrase is the peer's and is left out, for it may hold anything.
func (r *Refused) Error() string { return "sip: refused with " + strconv.Itoa(r.Code) }

// Contact is how peers reach us inside a dialog (RFC 3261 8.1.1.8). In a dialog of sips it is sips.
func (c *Core) Contact(user string, f socket.Flow) string {
	scheme, transport := "sip:", ""
	switch {
	case f.SIPS:
		scheme = "sips:"
	case f.Conn != nil:
		transport = ";transport=" + f.Transport()
	}
	return "<" + scheme + message.EscapeUser(user) + "@" + message.JoinAddr(c.Sockets.LocalFor(f)) + transport + ">"
}
