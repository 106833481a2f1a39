package mail

import (
	"time"

	"santra/internal/pii"
)

// Limits of reading MIME.
const (
	MaxParts       = 500 // parts of one message; more and it is shown raw
	MaxDepth       = 30  // nested multiparts; more and it is shown raw
	MaxHeaderBytes = 256 << 10
	MaxTextBytes   = 2 << 20 // of decoded text or HTML for display
	MaxAddresses   = 1000    // parsed of one header field
	MaxReferences  = 200     // Message-IDs parsed of References
)

// Mailbox is an address in a header field with its display name.
type Mailbox struct {
	Name    string // personal: decoded display name
	Address pii.Address
}

// Attachment is a part that is not shown as text.
type Attachment struct {
	Index     int    // for Parsed.Content
	Name      string // decoded and made safe as a file name: no path, no control characters
	Type      string // media type as declared, lower case; never to be trusted
	ContentID string // without brackets; "" without
	Inline    bool
	Size      int64 // bytes, decoded
}

// AuthResult is one method of an Authentication-Results field (RFC 8601), as our own relay wrote it.
type AuthResult struct {
	Method string // "spf", "dkim", "dmarc", ...
	Value  string // "pass", "fail", ...
	Domain string // that the result is about; "" if not said
}

// Parsed is a message read for display and search. Every field may be empty; nothing in it is to be trusted.
type Parsed struct {
	Subject     string
	From        []Mailbox
	To, Cc      []Mailbox
	ReplyTo     []Mailbox
	Date        time.Time // as the sender's clock said
	MessageID   string    // with brackets; "" without
	InReplyTo   []string  // with brackets
	References  []string  // with brackets, oldest first
	Auto        bool      // sent by a machine in answer (RFC 3834), or by a list
	Bounce      bool      // a delivery status notification (RFC 3464) or its like
	Reported    []string  // Message-IDs of what a bounce is about
	Text        string    // UTF-8; from the HTML where there is no plain text
	HTML        string    // UTF-8, NOT sanitised
	Attachments []Attachment
	Auth        []AuthResult
	Problems    []string
	Raw         bool // not readable as MIME: Text is the message itself, made printable

	contents [][]byte
}

// Content gives the decoded bytes of Attachments[i]; nil out of range.
func (p *Parsed) Content(i int) []byte {
	if i < 0 || i >= len(p.contents) {
		return nil
	}
	return p.contents[i]
}
