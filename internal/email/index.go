package email

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/protocol/mail"
)

// What the room writes into the audit log.
const (
	ActionArchived  = "mail.archived"
	ActionDamaged   = "mail.damaged"
	ActionPassed    = "mail.passed" // over, for its key was destroyed
	ActionSent      = "mail.sent"
	ActionSubmitted = "mail.submitted"
	ActionRefused   = "mail.refused"
	ActionOpened    = "case.opened"
	ActionReleased  = "case.released"
	ActionMoved     = "case.moved" // by an overflow, to another queue of the agency
	ActionClosed    = "case.closed"
	ActionDrafted   = "case.drafted"
	ActionSearched  = "archive.searched"
	ActionRead      = "archive.read"
	ActionLexed     = "mail.indexed"
)

// Limits of indexing.
const (
	indexBatch = 32       // messages of one transaction
	indexBytes = 32 << 20 // of one transaction's messages, at most one message more
	indexRetry = time.Second
	indexTries = 3 // of a message that the database does not take, before it is indexed as raw text alone
)

// indexLoop gives the database what the archive has, as it comes.
func (s *Service) indexLoop() {
	for {
		err := s.indexAll(s.ctx)
		wait := make(<-chan time.Time)
		if err != nil && s.ctx.Err() == nil {
			s.cfg.Log.Error("mail index", "err", err)
			wait = time.After(indexRetry)
		}
		select {
		case <-s.kicks:
		case <-wait:
		case <-s.ctx.Done():
			return
		}
	}
}

// indexAll indexes every agency's messages from where the database is.
func (s *Service) indexAll(ctx context.Context) error {
	s.indexing.Lock()
	defer s.indexing.Unlock()
	agencies, err := s.archive.Agencies()
	if err != nil {
		return err
	}
	var all []error
	for _, agency := range agencies { // one agency's trouble does not stop the others
		all = append(all, s.indexAgency(ctx, agency))
	}
	return errors.Join(all...)
}

func (s *Service) indexAgency(ctx context.Context, agency string) error {
	s.mu.Lock()
	from := s.cursors[agency]
	s.mu.Unlock()
	var batch []*item
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := s.indexBatch(ctx, agency, batch)
		batch, size = nil, 0
		return err
	}
	for st, err := range s.archive.Scan(ctx, agency, from) {
		it, err := s.read(agency, st, err)
		if err != nil {
			return errors.Join(flush(), err)
		}
		batch = append(batch, it)
		if size += len(st.Raw); len(batch) >= indexBatch || size >= indexBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// item is one message on its way into the database.
type item struct {
	archive.Stored
	parsed *mail.Parsed
	damage *archive.Damage
	gone   bool // its key was destroyed
	box    Mailbox
	next   archive.Position
	done   outcome
}

// outcome is what the transaction did, to be told after it.
type outcome struct {
	c       CaseRow
	changed bool // c was made or changed
	entered bool // it must be queued
	left    bool // its agent has it in hand no more
	marks   []dispatch.Mark
}

// read parses what the scan found; a damaged record becomes an item that is reported and passed over.
func (s *Service) read(agency string, st archive.Stored, err error) (*item, error) {
	if d, ok := errors.AsType[*archive.Damage](err); ok {
		return &item{damage: d, next: d.Next}, nil
	}
	if errs.Is(err, errs.Gone) { // the agency has left: nobody can read it, and nothing is kept of it (M20)
		return &item{gone: true, next: st.Ref.Next()}, nil
	}
	if err != nil {
		return nil, err
	}
	it := &item{Stored: st, parsed: mail.Parse(st.Raw), next: st.Ref.Next()}
	it.box = s.boxOf(agency, st)
	return it, nil
}

// boxOf finds the mailbox of a stored message; where the configuration has it no more, one that keeps the case together.
func (s *Service) boxOf(agency string, st archive.Stored) Mailbox {
	address := st.Envelope.From.Reveal()
	if st.Direction == archive.In && len(st.Envelope.To) > 0 {
		address = st.Envelope.To[0]
	}
	if box, ok := s.cfg.Mailboxes.Mailbox(address); ok && box.Agency == agency {
		return box
	}
	return Mailbox{Address: address, Agency: agency}
}

// indexBatch writes a batch in one transaction, and a bad one message by message.
func (s *Service) indexBatch(ctx context.Context, agency string, batch []*item) error {
	err := s.write(ctx, agency, batch)
	if err == nil || ctx.Err() != nil || errs.Is(err, errs.Unavailable) {
		return s.tell(agency, batch, err)
	}
	for _, it := range batch {
		if err := s.tell(agency, []*item{it}, s.writeOne(ctx, agency, it)); err != nil {
			return err
		}
	}
	return nil
}

// writeOne tries a message a few times, at last as raw text: one bad mail must never stop the rest.
func (s *Service) writeOne(ctx context.Context, agency string, it *item) error {
	var err error
	for range indexTries {
		if err = s.write(ctx, agency, []*item{it}); err == nil || errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
			return err
		}
	}
	if it.parsed != nil && !errs.Is(err, errs.Conflict) {
		it.parsed = &mail.Parsed{Raw: true}
		err = s.write(ctx, agency, []*item{it})
	}
	return err
}

func (s *Service) write(ctx context.Context, agency string, batch []*item) error {
	var entries []audit.Entry
	for _, it := range batch {
		entries = append(entries, it.entries(agency)...)
	}
	return s.cfg.Store.Do(ctx, entries, func(tx Tx) error {
		for _, it := range batch {
			it.done = outcome{}
			if err := s.enter(ctx, tx, it); err != nil {
				return err
			}
		}
		return tx.SetCursor(ctx, agency, batch[len(batch)-1].next)
	})
}

// entries tell of the message; its hash in one of them is what puts it into the Merkle log (M14).
func (it *item) entries(agency string) []audit.Entry {
	if it.damage != nil {
		return []audit.Entry{{Action: ActionDamaged, Actor: audit.System, Agency: agency, Object: it.damage.ID, Detail: map[string]string{"what": it.damage.What}}}
	}
	if it.gone {
		return []audit.Entry{{Action: ActionPassed, Actor: audit.System, Agency: agency, Success: true}}
	}
	detail := map[string]string{"sha256": it.Ref.SHA256, "direction": string(it.Direction)}
	entries := []audit.Entry{{Action: ActionArchived, Actor: audit.System, Agency: agency, Object: it.ID, Detail: detail, Success: true}}
	if it.Direction == archive.Out {
		entries = append(entries, audit.Entry{
			Action: ActionSent, Actor: it.Agent, Agency: agency, Object: it.ID,
			Detail: map[string]string{"sha256": it.Ref.SHA256, "case": it.Case}, Success: true,
		})
	}
	return entries
}

// tell says what a committed batch changed: to the router, to browsers and to who waits.
func (s *Service) tell(agency string, batch []*item, err error) error {
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.cursors[agency] = batch[len(batch)-1].next
	s.mu.Unlock()
	for _, it := range batch {
		if it.damage != nil {
			s.cfg.Log.Error("a stored mail is damaged", "agency", agency, "id", it.damage.ID, "what", it.damage.What)
			continue
		}
		if it.gone {
			continue
		}
		if it.done.left {
			s.cfg.Router.Finish(it.done.c.ID, it.done.c.Agent)
		}
		for _, m := range it.done.marks {
			s.cfg.Router.Mail(m, s.work(it.done.c), it.Agent)
		}
		if it.done.entered {
			s.enqueue(it.done.c)
		}
		if it.done.changed {
			s.publish(it.done.c)
		}
		s.indexed(it.ID)
	}
	kick(s.lexes)
	kick(s.out)
	return nil
}

// enter writes one message.
func (s *Service) enter(ctx context.Context, tx Tx, it *item) error {
	if it.damage != nil || it.gone {
		return nil
	}
	if _, err := tx.Message(ctx, it.ID); !errs.Is(err, errs.NotFound) {
		return err // known already, or the error
	}
	if it.Direction == archive.Out {
		return s.enterOut(ctx, tx, it)
	}
	return s.enterIn(ctx, tx, it)
}

// enterIn continues a case or opens one.
func (s *Service) enterIn(ctx context.Context, tx Tx, it *item) error {
	from := sender(it)
	found, err := s.findThread(ctx, tx, it.box, it.parsed, from.Address)
	if err != nil {
		return err
	}
	var c CaseRow
	bounce := it.parsed.Bounce || (it.Envelope.From.IsZero() && found.replyTo != "")
	if found.caseID == "" {
		c, err = s.newCase(ctx, tx, it, from)
	} else {
		c, err = s.continueCase(ctx, tx, it, found, bounce)
	}
	if err != nil {
		return err
	}
	if err := s.addParticipant(ctx, tx, c, from.Address); err != nil {
		return err
	}
	m, err := s.messageRow(it, c, from)
	if err != nil {
		return err
	}
	m.Bounce = bounce
	m.Delivery = DeliveryRow{State: Received}
	it.done.c, it.done.changed = c, true
	return tx.AddMessage(ctx, m)
}

// newCase opens a case. Its id is that of its first message: where the database was lost and is made again from the archive,
// cases keep their ids, and so do the tokens in the mails that we have sent.
func (s *Service) newCase(ctx context.Context, tx Tx, it *item, from party) (CaseRow, error) {
	c := CaseRow{ID: it.ID, Agency: it.Agency, Queue: it.box.Queue, State: StateNew, Version: 1, Arrived: it.At, Changed: it.At, Language: s.language(it)}
	sealed, err := s.seal(c.Agency, "case/"+c.ID, caseContent{clip(it.parsed.Subject, MaxSubject), from.Name, from.Address})
	if err != nil {
		return c, err
	}
	c.Sealed = sealed
	it.done.entered = true
	return c, tx.AddCase(ctx, c)
}

// continueCase adds to a case. A person's words open it again, and so does a bounce, for the customer has no answer; an
// out-of-office does not.
func (s *Service) continueCase(ctx context.Context, tx Tx, it *item, found thread, bounce bool) (CaseRow, error) {
	c, err := tx.Case(ctx, found.caseID)
	if err != nil {
		return c, err
	}
	if bounce {
		c.Failed = true
		if err := s.bounced(ctx, tx, c, found.replyTo); err != nil {
			return c, err
		}
	}
	if (c.State == StateWaiting || c.State == StateClosed) && (bounce || !it.parsed.Auto) {
		s.reopen(it, &c)
	}
	c.Version++
	c.Changed = it.At
	return c, tx.SetCase(ctx, c)
}

// reopen lets a case wait again. Who had it last is asked first.
func (s *Service) reopen(it *item, c *CaseRow) {
	if c.State == StateClosed {
		it.done.marks = append(it.done.marks, dispatch.Reopened)
	}
	if l := s.language(it); l != "" {
		c.Language = l
	}
	c.State, c.Agent, c.Arrived = StateNew, "", it.At
	it.done.entered = true
}

// language is that of the customer's words, where they tell it and the mailbox answers in it.
func (s *Service) language(it *item) string {
	l := s.tongues.of(it.parsed.Text)
	if !slices.Contains(it.box.Languages, l) {
		return ""
	}
	return l
}

// bounced marks the message of ours that came back.
func (s *Service) bounced(ctx context.Context, tx Tx, c CaseRow, messageID string) error {
	m, err := tx.Message(ctx, messageID)
	if errs.Is(err, errs.NotFound) || (err == nil && (m.CaseID != c.ID || m.Direction != archive.Out)) {
		return nil
	}
	if err != nil {
		return err
	}
	m.Delivery.State = Bounced
	return tx.SetDelivery(ctx, m.ID, m.Delivery)
}

func (s *Service) addParticipant(ctx context.Context, tx Tx, c CaseRow, address string) error {
	if address == "" {
		return nil
	}
	key, err := s.addressKey(c.Agency, address)
	if err != nil {
		return err
	}
	return tx.AddParticipant(ctx, c.ID, key)
}

// messageRow makes the row of a message, personal fields sealed.
func (s *Service) messageRow(it *item, c CaseRow, from party) (MessageRow, error) {
	messageID := it.parsed.MessageID
	if messageID == "" {
		messageID = derivedID(it.Raw)
	}
	key, err := s.messageKey(it.Agency, messageID)
	if err != nil {
		return MessageRow{}, err
	}
	content := messageContent{From: from, Subject: clip(it.parsed.Subject, MaxSubject), Snippet: snippet(it.parsed.Text)}
	for _, to := range it.parsed.To[:min(len(it.parsed.To), MaxReplyTo)] {
		content.To = append(content.To, party{to.Name, to.Address.Reveal()})
	}
	sealed, err := s.seal(it.Agency, "message/"+it.ID, content)
	if err != nil {
		return MessageRow{}, err
	}
	var known caseContent
	if err := s.unseal(c.Agency, "case/"+c.ID, c.Sealed, &known); err != nil {
		return MessageRow{}, err
	}
	return MessageRow{
		ID: it.ID, CaseID: c.ID, Agency: it.Agency, Queue: cmp.Or(it.box.Queue, c.Queue), Direction: it.Direction, Position: it.Ref.Position, Length: it.Ref.Length,
		SHA256: it.Ref.SHA256, At: it.At, Size: int64(len(it.Raw)), Key: key, Attachments: len(it.parsed.Attachments), Auto: it.parsed.Auto, Bounce: it.parsed.Bounce,
		Raw: it.parsed.Raw, Altered: plainSubject(it.parsed.Subject) != plainSubject(known.Subject), Sealed: sealed,
	}, nil
}

// enterOut writes a message of ours: it is queued for submission, its draft is done with, its case waits for the customer.
func (s *Service) enterOut(ctx context.Context, tx Tx, it *item) error {
	c, err := s.answered(ctx, tx, it)
	if err != nil {
		return err
	}
	if c.State == StateOpen && c.Agent == it.Agent {
		c.State, it.done.left = StateWaiting, true
	}
	if !c.Answered {
		c.Answered = true
		it.done.marks = append(it.done.marks, dispatch.FirstResponse)
	}
	c.Failed = false
	c.Version++
	c.Changed = it.At
	if err := tx.SetCase(ctx, c); err != nil {
		return err
	}
	for _, to := range it.Envelope.To {
		if err := s.addParticipant(ctx, tx, c, to); err != nil {
			return err
		}
	}
	if err := tx.DropDraft(ctx, c.ID, it.Draft); err != nil {
		return err
	}
	m, err := s.messageRow(it, c, sender(it))
	if err != nil {
		return err
	}
	m.Delivery = DeliveryRow{State: Queued, Next: it.At}
	it.done.c, it.done.changed = c, true
	return tx.AddMessage(ctx, m)
}

// answered finds the case that a message of ours answers, or makes it again where the database has lost it.
func (s *Service) answered(ctx context.Context, tx Tx, it *item) (CaseRow, error) {
	c, err := tx.Case(ctx, it.Case)
	if !errs.Is(err, errs.NotFound) {
		return c, err
	}
	c = CaseRow{ID: it.Case, Agency: it.Agency, Queue: it.box.Queue, State: StateWaiting, Agent: it.Agent, LastAgent: it.Agent, Version: 1, Arrived: it.At, Changed: it.At}
	customer := ""
	if len(it.Envelope.To) > 0 {
		customer = it.Envelope.To[0]
	}
	if c.Sealed, err = s.seal(c.Agency, "case/"+c.ID, caseContent{clip(it.parsed.Subject, MaxSubject), "", customer}); err != nil {
		return c, err
	}
	return c, tx.AddCase(ctx, c)
}

// sender is who a message says it is from; the envelope's where it does not.
func sender(it *item) party {
	for _, f := range it.parsed.From {
		if !f.Address.IsZero() {
			return party{clip(f.Name, MaxSubject), f.Address.Reveal()}
		}
	}
	return party{Address: it.Envelope.From.Reveal()}
}

// snippet is the first words of a text.
func snippet(text string) string {
	return clip(strings.Join(strings.Fields(text[:min(len(text), 8*SnippetRunes)]), " "), SnippetRunes)
}

// clip keeps the first n runes.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
