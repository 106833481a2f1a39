package email

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/email/archive"
)

// Store is what the room needs of the database. Whatever is personal in a row is sealed or an HMAC before it gets here.
type Store interface {
	// Do makes one change in one transaction with the audit entries that tell of it; f may run several times.
	Do(ctx context.Context, entries []audit.Entry, f func(Tx) error) error
	Reads
	LiveCases(ctx context.Context, limit int) ([]CaseRow, error) // not closed, longest waiting first
	Messages(ctx context.Context, caseID string, limit int) ([]MessageRow, error)
	MessagesBySHA256(ctx context.Context, hex string) ([]MessageRow, error)
	MessagesBetween(ctx context.Context, agency string, from, to time.Time, limit int) ([]MessageRow, error) // newest first
	MessagesAfter(ctx context.Context, id string, limit int) ([]MessageRow, error)                           // all, by id
	Queued(ctx context.Context, now time.Time, limit int) ([]MessageRow, error)
	Unlexed(ctx context.Context, limit int) ([]MessageRow, error)
	WithLexeme(ctx context.Context, agency string, lexeme int64, from, to time.Time, limit int) ([]Hit, error) // newest first
	Cursor(ctx context.Context, agency string) (archive.Position, error)                                       // zero without one
}

// Reads are possible in a transaction too. errs.NotFound for what is not there.
type Reads interface {
	Case(ctx context.Context, id string) (CaseRow, error)
	Message(ctx context.Context, id string) (MessageRow, error)
	MessagesByKey(ctx context.Context, agency string, key []byte) ([]MessageRow, error) // newest first, at most 20
	Participant(ctx context.Context, caseID string, addressKey []byte) (bool, error)
	Draft(ctx context.Context, caseID string) (DraftRow, error)
}

// Tx is what a change may write.
type Tx interface {
	Reads
	AddCase(ctx context.Context, c CaseRow) error
	SetCase(ctx context.Context, c CaseRow) error // c.Version is one more than the stored one: errs.Conflict otherwise
	AddParticipant(ctx context.Context, caseID string, addressKey []byte) error
	AddMessage(ctx context.Context, m MessageRow) error
	SetDelivery(ctx context.Context, id string, d DeliveryRow) error
	PutDraft(ctx context.Context, d DraftRow) error
	DropDraft(ctx context.Context, caseID string, upTo uint64) error
	SetCursor(ctx context.Context, agency string, p archive.Position) error
	AddLexemes(ctx context.Context, m MessageRow, lexemes []int64) error // and marks m as indexed for search
}

// CaseRow is a case as it is stored.
type CaseRow struct {
	ID, Agency, Queue string
	State             State // never Offered
	Agent             string
	Version           uint64
	Arrived, Changed  time.Time
	Failed            bool
	Sealed            []byte // caseContent
	LastAgent         string // who had it in hand last; "" for nobody yet
	Language          string // of the customer's words where they tell it, else ""
	Answered          bool   // a reply was handed to be sent
}

// MessageRow is a message as it is stored; its bytes are in the archive.
type MessageRow struct {
	ID, CaseID, Agency, Queue string
	Direction                 archive.Direction
	Position                  archive.Position
	Length                    int64
	SHA256                    string
	At                        time.Time
	Size                      int64
	Key                       []byte // HMAC of the Message-ID
	Attachments               int
	Auto, Bounce, Raw         bool
	Altered                   bool // its subject is not the case's
	Lexed                     bool
	Delivery                  DeliveryRow
	Sealed                    []byte // messageContent
}

// Ref says where the bytes are.
func (m MessageRow) Ref() archive.Ref {
	return archive.Ref{Agency: m.Agency, ID: m.ID, Position: m.Position, Length: m.Length, SHA256: m.SHA256}
}

// DeliveryRow is how far a message of ours got.
type DeliveryRow struct {
	State    Delivery
	Attempts int
	Next     time.Time
	Trying   bool // a submission has begun and its end is not known
	Unsure   bool // an earlier one may have succeeded
	Reply    string
}

// DraftRow is a draft as it is stored.
type DraftRow struct {
	CaseID  string
	Version uint64
	Agent   string
	Saved   time.Time
	Sealed  []byte // draftContent
}

// Hit is a message with a lexeme.
type Hit struct {
	Message string
	At      time.Time
}
