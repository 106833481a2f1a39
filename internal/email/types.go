package email

import (
	"time"

	"santra/internal/email/archive"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
)

// State is where a case stands.
type State string

// The states of a case. StateOffered is held in memory alone: after a restart an offered case is new again.
const (
	StateNew     State = "new"     // waits in its queue
	StateOffered State = "offered" // an agent is asked to take it
	StateOpen    State = "open"    // an agent works on it
	StateWaiting State = "waiting" // answered; the customer's next message opens it again
	StateClosed  State = "closed"  // for agents it is no more; the archive keeps its messages
)

// Delivery is how far a message of ours got.
type Delivery string

// The deliveries of an outbound message; an inbound one is Received.
const (
	Received Delivery = "received"
	Queued   Delivery = "queued"  // archived, to be submitted (again)
	Sent     Delivery = "sent"    // the relay took it
	Unsure   Delivery = "unsure"  // the relay took it; an earlier try broke off after the last byte: possibly sent twice
	Failed   Delivery = "failed"  // the relay refused it for good, or patience ended
	Bounced  Delivery = "bounced" // the relay took it, a bounce came back
)

// Mailbox is one address that the centre answers for an agency.
type Mailbox struct {
	Address  string // the envelope's and the From address
	Name     string // shown beside it in From
	Queue    string // queue id
	Agency   string // agency id
	Language string // an agent must speak it, where the customer's words don't tell another; "" for any
	// Languages are those in which the mailbox answers, codes: only one of them is asked of an agent.
	Languages []string
	Skills    []string // that an agent needs besides what the queue asks
	Priority  int
	WrapUp    time.Duration
}

// Mailboxes is the configuration that the room reads; see Book for the one over agency.Book.
type Mailboxes interface {
	Mailbox(address string) (Mailbox, bool) // by envelope address, in any case of letters
	OfQueue(queue string) (Mailbox, bool)
	Agencies() []string
}

// Party is one address with its display name.
type Party struct {
	Name    pii.Address // free text that the sender wrote: as personal as the address
	Address pii.Address
}

// Case is one conversation with one customer about one mailbox.
type Case struct {
	ID       string
	Agency   string
	Queue    string
	Mailbox  string
	State    State
	Agent    string // person id; of the offer, while State is StateOffered
	Version  uint64 // grows with each change
	Subject  string // personal; "" where the reader may not see the content
	Customer Party  // zero where the reader may not see the content
	Arrived  time.Time
	Changed  time.Time
	Failed   bool      // a reply did not reach the customer
	Why      string    // why the agent was offered the case
	Expires  time.Time // when the offer ends
	Messages []Summary // by Case alone, oldest first
	Draft    *Draft    // by Case alone
}

// Summary is a message in a list.
type Summary struct {
	ID          string
	CaseID      string
	Agency      string
	Queue       string
	Direction   archive.Direction
	From        Party
	To          []Party
	Subject     string
	Snippet     string // the first words, at most SnippetRunes
	At          time.Time
	Size        int64 // bytes as sent
	SHA256      string
	Attachments int
	Auto        bool // out-of-office and its like (RFC 3834)
	Bounce      bool
	Raw         bool // not parseable: shown as raw text
	Changed     bool // its subject is not the case's
	Delivery    Delivery
	Reply       string // the relay's last refusal: code and class, no personal data
	Attempts    int
	Next        time.Time // of the next try, while Queued
}

// Message is a message as it is shown.
type Message struct {
	Summary
	Cc        []Party
	ReplyTo   []Party
	MessageID string
	Text      string // plain text, from the HTML where there is no other
	HTML      string // sanitised: no script, no remote content; "" without
	Blocked   int    // remote images that were taken out
	Files     []mail.Attachment
	Auth      []mail.AuthResult
	Problems  []string // what was wrong with its form, in English
	Envelope  mail.Envelope
}

// Draft is a reply that an agent is writing; the server keeps it.
type Draft struct {
	Version uint64        // 0: none yet. Saving needs the version that was read: errs.Conflict otherwise
	To, Cc  []pii.Address // empty To: the customer
	Subject string        // empty: "Re: " and the case's
	Text    string
	HTML    string // sanitised before it is kept; "" for a text-only reply
	Agent   string
	Saved   time.Time
}

// Filter narrows Cases.
type Filter struct {
	Queue string
	State State
	Mine  bool // offered to me, or mine
	Limit int  // 0: MaxCases
}

// ArchiveFilter narrows SearchArchive. Agency is a must.
type ArchiveFilter struct {
	Agency   string
	Queue    string
	Text     string      // all words must occur, in any inflected form of Finnish, Swedish or English
	Address  pii.Address // an exact sender or recipient
	From, To time.Time   // received or sent in [From, To); zero: open
	Limit    int         // 0: MaxFound
}

// Limits of the room.
const (
	SnippetRunes  = 140
	MaxCases      = 500
	MaxFound      = 200
	MaxDraftBytes = 1 << 20
	MaxReplyTo    = 50  // recipients of a reply
	MaxSubject    = 500 // runes kept of a subject
)
