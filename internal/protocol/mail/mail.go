// Package mail speaks mail: it takes messages over SMTP and LMTP, submits them over SMTP, and reads MIME for display. It
// owns sockets and syntax. It must not know what a case, an agency or an archive is: a Backend owns the message from the
// moment Deliver returns.
//
// The server is our own. The library's (emersion/go-smtp 0.25.1) loses the end mark after CR CR LF, drops a CR after a dot
// and refuses lines over 2,000 bytes, and none of it can be mended from outside once STARTTLS has wrapped the connection;
// it stays as the client and as an independent partner in the tests.
package mail

import (
	"context"
	"io"
	"net/netip"
	"time"

	"santra/internal/pii"
)

// The server's limits. Those that a configuration may change are the defaults of ServerConfig.
const (
	DefaultMaxMessage    = 50 << 20          // bytes of one message, before 552
	DefaultMaxRecipients = 100               // RCPT of one message, before 452 (RFC 5321 4.5.3.1.8 asks for at least 100)
	DefaultMaxConns      = 1000              // open connections in all, before 421
	DefaultMaxPerAddr    = 100               // open connections of one remote address, before 421
	DefaultMaxBuffered   = 512 << 20         // bytes of messages under way in all connections, before 452
	DefaultIdle          = 5 * time.Minute   // wait for a command or for the next bytes of DATA (RFC 5321 4.5.3.2.7)
	MaxCommandLine       = 4096              // bytes of one command line (RFC 5321 4.5.3.1.4 asks for at least 512)
	MaxDataLine          = DefaultMaxMessage // bytes of one line of DATA: bounded by the message alone (RFC 5321 4.5.3.1.6: 1,000)
	MaxBadCommands       = 20                // commands refused on one connection before it is closed
	MaxMessagesPerConn   = 1000              // messages of one connection before 421
	deliverTime          = 5 * time.Minute   // a Backend's time for one message (RFC 5321 4.5.3.2.6: the client waits 10)
)

// Envelope is what the SMTP or LMTP transaction said about a message, apart from the message itself.
type Envelope struct {
	Protocol string // "smtp" or "lmtp"
	Remote   netip.AddrPort
	Helo     string      // as the client named itself: not to be trusted
	From     pii.Address // reverse-path; the zero Address is the null path of bounces
	To       []string    // forward-paths that the Backend accepted: our mailboxes, in the order of RCPT
	UTF8     bool        // SMTPUTF8 (RFC 6531)
	TLS      bool
	Received time.Time // the time of MAIL
}

// Backend owns mail after the protocol. Its errors are mapped by errs kind: NotFound 550, Denied 554, Invalid 554,
// TooLarge 552, Limited 452, Unavailable 452, all others 451; never 250 for an error.
type Backend interface {
	// Recipient answers RCPT: nil when the address is one of our mailboxes, else errs.NotFound.
	Recipient(ctx context.Context, address string) error
	// Deliver takes one message, byte for byte as it was sent, without dot-stuffing. It returns nil only when the message
	// is durable. An error of r is returned as it is (too large, connection lost).
	Deliver(ctx context.Context, e Envelope, r io.Reader) error
}
