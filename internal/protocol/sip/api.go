// Package sip is the telephone side of the house: it listens on one UDP and TCP port and on one for TLS, keeps transactions (RFC 3261 17) and
// dialogs (RFC 3261 12), authenticates phones, and hands calls to a Handler. Messages are read and written by sipgo, which
// no other package imports; everything that must happen in order is ours (see rfc.md for what is covered).
//
// It owns the wire and nothing above it: it does not know what a queue, an agent or a recording is, and it never logs the
// value of a header, for those hold personal data.
package sip

import (
	"log/slog"
	"net/netip"
	"time"

	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/locate"
	"santra/internal/protocol/sip/socket"
)

// The default limits. Each may be set in Limits.
const (
	MaxMessage     = 64 << 10         // bytes of one message over TCP; a UDP datagram ends there by itself
	MaxHeaders     = 128              // header fields of one message
	MaxConnections = 4096             // TCP and TLS connections at a time, both directions
	MaxCalls       = 20000            // dialogs and calls being set up at a time
	MaxIdle        = 10 * time.Minute // a TCP or TLS connection without a message or a keep-alive is closed
	MaxUDPRequest  = 1300             // bytes above which a request goes by TCP (RFC 3261 18.1.1)

	maxDatagram = 65535 // bytes
)

// Limits bounds what strangers can make an Endpoint hold. A zero field takes the default of the same name (Max...).
type Limits struct {
	Message, Headers, Connections, Calls int
	Idle                                 time.Duration
}

// Network is where the sockets come from: nil in Config is the machine's own; tests give a memnet.Host.
type Network = socket.Network

// Config says how an Endpoint listens.
type Config struct {
	Addr       string       // host:port, the same for UDP and TCP; port 0 picks one that is free in both
	Public     netip.Addr   // written in Contact and Via where it is not what the socket says; zero: the socket's
	Log        *slog.Logger // nil: discarded
	UserAgent  string       // Server and User-Agent header; empty: "santra"
	Extensions []string     // option tags that Require may hold, beside those of Dialogs; nil: "siprec". Another gets 420
	Accept     []string     // content types of INVITEs, in lower case; nil: any. Another gets 415
	Limits     Limits
	Network    Network
	Dialogs    DialogPolicy    // what its dialogs do beyond the least
	TLS        *TLS            // nil: none
	Locator    *locate.Locator // finds servers by name (RFC 3263); nil: one that asks the machine's name servers

	// Admit says whether a source may send INVITE and OPTIONS outside a dialog; nil admits all, unless there are Trunks or
	// Authenticate. A refused INVITE gets 403, at a bounded rate for each source and for all, then nothing.
	Admit func(src netip.AddrPort) bool
	// Trunks are the peers that may call besides those of Admit, by address or password. See Incoming.Trunk.
	Trunks []Trunk
	// Authenticate lets in who is not known by address but knows a password; nil: nobody.
	Authenticate *Authentication
	// Trust says whether a source's P-Asserted-Identity is believed (RFC 3325 5); nil trusts all that Admit admits.
	Trust func(src netip.AddrPort) bool
}

// Handler gets what comes in. If it is a RegisterHandler too, it also gets registrations; without that REGISTER is 405.
type Handler interface {
	// Invite gets a valid INVITE outside a dialog, in a goroutine of its own. It must Answer or Reject; returning without
	// either rejects with 500.
	Invite(in *Incoming)
}

// RegisterHandler gets REGISTER requests; *Registrar is one, to embed in a Handler.
type RegisterHandler interface {
	Register(r *Registration)
}

// Trunk is a peer that may call. One with Sources and a User may come from either, unless both are Required.
type Trunk struct {
	Name     string         // for Incoming.Trunk; not empty
	Sources  []netip.Prefix // the addresses it calls from; none: it is known by its password
	User     string         // its digest user; empty: its address is enough
	Required bool           // address and password are both wanted
}

// Authentication is how a caller proves who it is where its address does not (RFC 3261 22, RFC 7616, RFC 8760): its INVITE is
// challenged with SHA-256 and MD5, each nonce lives NonceLife, and no count of it is taken twice.
type Authentication struct {
	Realm     string
	Secrets   digest.Secrets // of users; see digest.HA1
	NonceLife time.Duration  // 0: NonceLife
	// Algorithms are offered (digest.SHA256, digest.MD5); nil: both, the stronger one first. Some peers that know only MD5 give
	// up where SHA-256 is offered too, against RFC 8760 2.4: for those it must be MD5 alone.
	Algorithms []string
}

// Header is one further header field of a message.
type Header struct{ Name, Value string }

// Response is what a peer said to a request of ours.
type Response struct {
	Code        int
	Reason      string
	ContentType string
	Body        []byte
	RetryAfter  time.Duration // Retry-After, where the peer says it; 0: not said
	Causes      []Reason      // Reason fields (RFC 3326), such as the Q.850 cause of a refusal
	Early       *Dialog       // of a provisional response with a tag: the early dialog that it belongs to, one for each fork

	silent bool // Refer-Sub: false of a 202: no reports will come (RFC 4488 4)
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

	flow *flow // the connection it registered over, reused while it lives
}

// EndReason says why a dialog is over.
type EndReason string

// Why a dialog ended.
const (
	EndRemote    EndReason = "remote"    // the peer sent BYE
	EndLocal     EndReason = "local"     // Bye was called
	EndNoAck     EndReason = "no_ack"    // our 2xx was never acknowledged in 64*T1 (RFC 3261 13.3.1.4)
	EndTimeout   EndReason = "timeout"   // the peer answered a request no more, or with 408 or 481 (RFC 3261 12.2.1.2)
	EndTransport EndReason = "transport" // the connection broke and could not be renewed
	EndClosed    EndReason = "closed"    // the Endpoint was closed
	EndRefused   EndReason = "refused"   // an early dialog whose call was refused, cancelled, or answered by another fork
	EndExpired   EndReason = "expired"   // nobody refreshed the session in time (RFC 4028 10)
)

// Stats counts what an Endpoint has seen.
type Stats struct {
	Requests, Responses uint64 // well-formed messages received
	Malformed           uint64 // garbage and messages that break RFC 3261, dropped or answered with 400
	Refused             uint64 // requests of strangers, wrong passwords
	Challenged          uint64 // requests that were asked for a password
	Limited             uint64 // messages dropped without an answer because their source sent too many
	Stray               uint64 // responses and ACKs that match nothing
	SendErrors          uint64 // messages that could not be written
	Spoofed             uint64 // requests inside a dialog from where its peer is not (DialogPolicy.Foreign)
	Unknown             uint64 // requests for a dialog that there is not: late, guessed, or of before a restart
	Calls               int    // dialogs and calls being set up, now
	Transactions        int    // transactions, now
	Connections         int    // TCP and TLS connections, now
}
