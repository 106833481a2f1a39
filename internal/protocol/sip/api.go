// Package sip is the telephone side of the house: its Endpoint listens on one UDP and TCP port and on one for TLS, keeps calls and
// their dialogs (RFC 3261 12 to 15), and hands calls to a Handler. Below it are rooms that know no dialog: message (reading and
// writing), transaction (17), exchange (requests of ours, 8.1), guard (who may call), socket (18) and others; see DESIGN.md,
// and rfc.md for what is covered. Messages are parsed by sipgo, which nothing outside this folder imports.
//
// It owns the wire and nothing above it: it does not know what a queue, an agent or a recording is, and it never logs the
// value of a header, for those hold personal data.
package sip

import (
	"log/slog"
	"net/netip"
	"time"

	"santra/internal/protocol/sip/exchange"
	"santra/internal/protocol/sip/guard"
	"santra/internal/protocol/sip/locate"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
)

// The default limits. Each may be set in Limits.
const (
	MaxMessage     = 64 << 10         // bytes of one message over TCP; a UDP datagram ends there by itself
	MaxHeaders     = 128              // header fields of one message
	MaxConnections = 4096             // TCP and TLS connections at a time, both directions
	MaxCalls       = 20000            // dialogs and calls being set up at a time
	MaxIdle        = 10 * time.Minute // a TCP or TLS connection without a message or a keep-alive is closed

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

// What the rooms below define and the house says by this one's name.
type (
	// Header is one further header field of a message.
	Header = message.Header
	// Target says whom to call and how to get there.
	Target = exchange.Target
	// Refused is a final response of 300 or more. 408 also stands for no answer at all, 503 for a broken connection.
	Refused = exchange.Refused
	// Registrant registers a user of ours at a registrar; Endpoint.Registrant makes one.
	Registrant = exchange.Registrant
	// Trunk is a peer that may call.
	Trunk = guard.Trunk
	// TLS says how an Endpoint speaks TLS, at least 1.2 (RFC 3261 26, RFC 5922). The zero value calls by TLS and trusts those
	// whom the machine trusts.
	TLS = socket.Files
	// Authentication is how a caller proves who it is where its address does not.
	Authentication = guard.Authentication
)

// NonceLife is how long a nonce is good, by default.
const NonceLife = guard.NonceLife

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
