package centre

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/email"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

// Email is the store of cases, messages, drafts and the search index.
func (s *Store) Email() email.Store { return emailStore{s, emailReads{s.queries()}} }

type emailStore struct {
	*Store
	emailReads
}

// emailReads are the reads that a transaction has too.
type emailReads struct{ q *db.Queries }

type emailTx struct{ emailReads }

// Do implements email.Store.
func (s emailStore) Do(ctx context.Context, entries []audit.Entry, f func(email.Tx) error) error {
	return doAll(s.Store, ctx, entries, func(q *db.Queries, _ store.Conn) email.Tx { return emailTx{emailReads{q}} }, f)
}

// Case implements email.Reads.
func (r emailReads) Case(ctx context.Context, id string) (email.CaseRow, error) {
	row, err := r.q.MailCase(ctx, id)
	return one(row, err, mailCase)
}

// Message implements email.Reads.
func (r emailReads) Message(ctx context.Context, id string) (email.MessageRow, error) {
	row, err := r.q.MailMessage(ctx, id)
	return one(row, err, mailMessage)
}

// MessagesByKey implements email.Reads.
func (r emailReads) MessagesByKey(ctx context.Context, agency string, key []byte) ([]email.MessageRow, error) {
	rows, err := r.q.MailMessagesByKey(ctx, db.MailMessagesByKeyParams{Agency: agency, MessageKey: key})
	return many(rows, err, mailMessage)
}

// Participant implements email.Reads.
func (r emailReads) Participant(ctx context.Context, caseID string, addressKey []byte) (bool, error) {
	n, err := r.q.CountMailParticipant(ctx, db.CountMailParticipantParams{CaseID: caseID, AddressKey: addressKey})
	return n > 0, store.Kind(err)
}

// Draft implements email.Reads.
func (r emailReads) Draft(ctx context.Context, caseID string) (email.DraftRow, error) {
	row, err := r.q.MailDraft(ctx, caseID)
	return one(row, err, func(d db.MailDraft) email.DraftRow {
		return email.DraftRow{CaseID: d.CaseID, Version: uint64(d.Version), Agent: d.Agent, Saved: store.Time(d.Saved), Sealed: d.Sealed}
	})
}

// LiveCases implements email.Store.
func (s emailStore) LiveCases(ctx context.Context, limit int) ([]email.CaseRow, error) {
	rows, err := s.q.LiveMailCases(ctx, int32(limit))
	return many(rows, err, mailCase)
}

// Messages implements email.Store.
func (s emailStore) Messages(ctx context.Context, caseID string, limit int) ([]email.MessageRow, error) {
	rows, err := s.q.MailMessagesOfCase(ctx, db.MailMessagesOfCaseParams{CaseID: caseID, Limit: int32(limit)})
	return many(rows, err, mailMessage)
}

// MessagesBySHA256 implements email.Store.
func (s emailStore) MessagesBySHA256(ctx context.Context, hex string) ([]email.MessageRow, error) {
	rows, err := s.q.MailMessagesBySHA256(ctx, hex)
	return many(rows, err, mailMessage)
}

// MessagesBetween implements email.Store.
func (s emailStore) MessagesBetween(ctx context.Context, agency string, from, to time.Time, limit int) ([]email.MessageRow, error) {
	rows, err := s.q.MailMessagesBetween(ctx, db.MailMessagesBetweenParams{Agency: agency, At: store.Micros(from), At_2: store.Micros(to), Limit: int32(limit)})
	return many(rows, err, mailMessage)
}

// MessagesAfter implements email.Store.
func (s emailStore) MessagesAfter(ctx context.Context, id string, limit int) ([]email.MessageRow, error) {
	rows, err := s.q.MailAfter(ctx, db.MailAfterParams{ID: id, Limit: int32(limit)})
	return many(rows, err, mailMessage)
}

// Queued implements email.Store.
func (s emailStore) Queued(ctx context.Context, now time.Time, limit int) ([]email.MessageRow, error) {
	rows, err := s.q.QueuedMail(ctx, db.QueuedMailParams{NextTry: store.Micros(now), Limit: int32(limit)})
	return many(rows, err, mailMessage)
}

// Unlexed implements email.Store.
func (s emailStore) Unlexed(ctx context.Context, limit int) ([]email.MessageRow, error) {
	rows, err := s.q.UnlexedMail(ctx, int32(limit))
	return many(rows, err, mailMessage)
}

// WithLexeme implements email.Store.
func (s emailStore) WithLexeme(ctx context.Context, agency string, lexeme int64, from, to time.Time, limit int) ([]email.Hit, error) {
	rows, err := s.q.MailWithLexeme(ctx, db.MailWithLexemeParams{Agency: agency, Lexeme: lexeme, At: store.Micros(from), At_2: store.Micros(to), Limit: int32(limit)})
	return many(rows, err, func(r db.MailWithLexemeRow) email.Hit { return email.Hit{Message: r.Message, At: store.Time(r.At)} })
}

// Cursor implements email.Store.
func (s emailStore) Cursor(ctx context.Context, agency string) (archive.Position, error) {
	row, err := s.q.MailCursor(ctx, agency)
	p, err := one(row, err, func(r db.MailCursorRow) archive.Position {
		return archive.Position{Segment: r.Segment, Offset: r.Position}
	})
	if errs.Is(err, errs.NotFound) {
		return archive.Position{}, nil
	}
	return p, err
}

// AddCase implements email.Tx.
func (t emailTx) AddCase(ctx context.Context, c email.CaseRow) error {
	return t.q.AddMailCase(ctx, db.AddMailCaseParams{
		ID: c.ID, Agency: c.Agency, Queue: c.Queue, State: string(c.State), Agent: c.Agent,
		Version: int64(c.Version), Arrived: store.Micros(c.Arrived), Changed: store.Micros(c.Changed), Failed: store.Bool(c.Failed), Sealed: c.Sealed,
		LastAgent: c.LastAgent, Language: c.Language, Answered: store.Bool(c.Answered),
	})
}

// SetCase implements email.Tx.
func (t emailTx) SetCase(ctx context.Context, c email.CaseRow) error {
	n, err := t.q.SetMailCase(ctx, db.SetMailCaseParams{
		ID: c.ID, State: string(c.State), Agent: c.Agent, Version: int64(c.Version),
		Arrived: store.Micros(c.Arrived), Changed: store.Micros(c.Changed), Failed: store.Bool(c.Failed),
		Queue: c.Queue, LastAgent: c.LastAgent, Language: c.Language, Answered: store.Bool(c.Answered),
	})
	if err == nil && n == 0 {
		return errs.New(errs.Conflict, "case %s was changed meanwhile", c.ID)
	}
	return err
}

// AddParticipant implements email.Tx.
func (t emailTx) AddParticipant(ctx context.Context, caseID string, addressKey []byte) error {
	return t.q.AddMailParticipant(ctx, db.AddMailParticipantParams{CaseID: caseID, AddressKey: addressKey})
}

// AddMessage implements email.Tx.
func (t emailTx) AddMessage(ctx context.Context, m email.MessageRow) error {
	return t.q.AddMailMessage(ctx, db.AddMailMessageParams{
		ID: m.ID, CaseID: m.CaseID, Agency: m.Agency, Queue: m.Queue, Direction: string(m.Direction),
		Segment: m.Position.Segment, Position: m.Position.Offset, Length: m.Length, Sha256: m.SHA256, At: store.Micros(m.At), Size: m.Size,
		MessageKey: m.Key, Attachments: int64(m.Attachments), Auto: store.Bool(m.Auto), Bounce: store.Bool(m.Bounce), Raw: store.Bool(m.Raw),
		Altered: store.Bool(m.Altered), Lexed: store.Bool(m.Lexed), Delivery: string(m.Delivery.State), Attempts: int64(m.Delivery.Attempts),
		NextTry: store.Micros(m.Delivery.Next), Trying: store.Bool(m.Delivery.Trying), Unsure: store.Bool(m.Delivery.Unsure), Reply: m.Delivery.Reply, Sealed: m.Sealed,
	})
}

// SetDelivery implements email.Tx.
func (t emailTx) SetDelivery(ctx context.Context, id string, d email.DeliveryRow) error {
	return t.q.SetMailDelivery(ctx, db.SetMailDeliveryParams{
		ID: id, Delivery: string(d.State), Attempts: int64(d.Attempts), NextTry: store.Micros(d.Next),
		Trying: store.Bool(d.Trying), Unsure: store.Bool(d.Unsure), Reply: d.Reply,
	})
}

// PutDraft implements email.Tx.
func (t emailTx) PutDraft(ctx context.Context, d email.DraftRow) error {
	return t.q.PutMailDraft(ctx, db.PutMailDraftParams{CaseID: d.CaseID, Version: int64(d.Version), Agent: d.Agent, Saved: store.Micros(d.Saved), Sealed: d.Sealed})
}

// DropDraft implements email.Tx.
func (t emailTx) DropDraft(ctx context.Context, caseID string, upTo uint64) error {
	return t.q.DropMailDraft(ctx, db.DropMailDraftParams{CaseID: caseID, Version: int64(upTo)})
}

// SetCursor implements email.Tx.
func (t emailTx) SetCursor(ctx context.Context, agency string, p archive.Position) error {
	return t.q.SetMailCursor(ctx, db.SetMailCursorParams{Agency: agency, Segment: p.Segment, Position: p.Offset})
}

// AddLexemes implements email.Tx.
func (t emailTx) AddLexemes(ctx context.Context, m email.MessageRow, lexemes []int64) error {
	for _, lexeme := range lexemes {
		if err := t.q.AddMailLexeme(ctx, db.AddMailLexemeParams{Agency: m.Agency, Lexeme: lexeme, At: store.Micros(m.At), Message: m.ID}); err != nil {
			return err
		}
	}
	return t.q.SetMailLexed(ctx, m.ID)
}

func mailCase(r db.MailCase) email.CaseRow {
	return email.CaseRow{
		ID: r.ID, Agency: r.Agency, Queue: r.Queue, State: email.State(r.State), Agent: r.Agent, Version: uint64(r.Version),
		Arrived: store.Time(r.Arrived), Changed: store.Time(r.Changed), Failed: r.Failed != 0, Sealed: r.Sealed,
		LastAgent: r.LastAgent, Language: r.Language, Answered: r.Answered != 0,
	}
}

func mailMessage(r db.MailMessage) email.MessageRow {
	return email.MessageRow{
		ID: r.ID, CaseID: r.CaseID, Agency: r.Agency, Queue: r.Queue, Direction: archive.Direction(r.Direction),
		Position: archive.Position{Segment: r.Segment, Offset: r.Position}, Length: r.Length, SHA256: r.Sha256, At: store.Time(r.At), Size: r.Size,
		Key: r.MessageKey, Attachments: int(r.Attachments), Auto: r.Auto != 0, Bounce: r.Bounce != 0, Raw: r.Raw != 0, Altered: r.Altered != 0, Lexed: r.Lexed != 0,
		Delivery: email.DeliveryRow{State: email.Delivery(r.Delivery), Attempts: int(r.Attempts), Next: store.Time(r.NextTry), Trying: r.Trying != 0, Unsure: r.Unsure != 0, Reply: r.Reply},
		Sealed:   r.Sealed,
	}
}
