package email

import (
	"context"
	"strings"
	"time"

	"santra/internal/audit"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/identity"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
)

// sendWait is how long Send waits for its message to be known to the database; it is archived and goes out in any case.
const sendWait = 30 * time.Second

// draft reads a case's draft; errs.NotFound without one.
func (s *Service) draft(ctx context.Context, c CaseRow) (Draft, error) {
	row, err := s.cfg.Store.Draft(ctx, c.ID)
	if err != nil {
		return Draft{}, err
	}
	var content draftContent
	if err := s.unseal(c.Agency, "draft/"+c.ID, row.Sealed, &content); err != nil {
		return Draft{}, err
	}
	return Draft{
		Version: row.Version, To: hide(content.To), Cc: hide(content.Cc), Subject: content.Subject, Text: content.Text, HTML: content.HTML,
		Agent: row.Agent, Saved: row.Saved,
	}, nil
}

// SaveDraft keeps a reply in writing and gives it back with its new version; errs.Conflict when d.Version is not the stored
// one: somebody else, or another window, wrote meanwhile.
func (s *Service) SaveDraft(ctx context.Context, p identity.Principal, caseID string, d Draft) (Draft, error) {
	c, err := s.mine(ctx, p, caseID)
	if err != nil {
		return Draft{}, err
	}
	if err := checkDraft(d); err != nil {
		return Draft{}, err
	}
	d.HTML, _ = s.sanitiser.Clean(d.HTML, nil)
	sealed, err := s.seal(c.Agency, "draft/"+c.ID, draftContent{reveal(d.To), reveal(d.Cc), d.Subject, d.Text, d.HTML})
	if err != nil {
		return Draft{}, err
	}
	want := d.Version
	d.Version, d.Agent, d.Saved = want+1, p.Person, time.Now().UTC().Truncate(time.Microsecond)
	err = s.cfg.Store.Do(ctx, []audit.Entry{s.entry(ActionDrafted, p, c)}, func(tx Tx) error {
		now, err := tx.Case(ctx, caseID)
		if err != nil {
			return err
		}
		if err := held(now, p); err != nil {
			return err
		}
		stored, err := tx.Draft(ctx, caseID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if stored.Version != want {
			return errs.At(errs.Conflict, "version", "the draft is at version %d", stored.Version)
		}
		return tx.PutDraft(ctx, DraftRow{caseID, d.Version, d.Agent, d.Saved, sealed})
	})
	return d, err
}

func checkDraft(d Draft) error {
	if len(d.Text)+len(d.HTML)+len(d.Subject) > MaxDraftBytes {
		return errs.At(errs.TooLarge, "text", "a draft has at most %d bytes", MaxDraftBytes)
	}
	if len(d.To)+len(d.Cc) > MaxReplyTo {
		return errs.At(errs.TooLarge, "to", "a reply has at most %d recipients", MaxReplyTo)
	}
	return nil
}

// Send archives the draft of that version as a message and queues the same bytes for submission; the case then waits for the
// customer. errs.Conflict for another version, or while a reply is on its way. errs.Unavailable with the message already
// archived is possible when the database is down: the reply then goes out when it is back.
func (s *Service) Send(ctx context.Context, p identity.Principal, caseID string, version uint64) (Summary, error) {
	if !s.beginSending(caseID) {
		return Summary{}, errs.New(errs.Conflict, "a reply is on its way already")
	}
	rec, err := s.reply(ctx, p, caseID, version)
	if err != nil {
		s.endSending(caseID)
		return Summary{}, err
	}
	indexed := make(chan struct{})
	s.mu.Lock()
	s.waiters[rec.ID] = waiter{caseID, indexed} // the case is busy until the database knows the message, whoever waits
	s.mu.Unlock()
	if _, err := s.archive.Append(ctx, []archive.Record{rec}); err != nil {
		s.mu.Lock()
		delete(s.waiters, rec.ID)
		s.mu.Unlock()
		s.endSending(caseID)
		return Summary{}, err
	}
	kick(s.kicks)
	return s.sent(ctx, rec.ID, indexed)
}

// sent waits for the indexer.
func (s *Service) sent(ctx context.Context, messageID string, indexed <-chan struct{}) (Summary, error) {
	ctx, cancel := context.WithTimeout(ctx, sendWait)
	defer cancel()
	select {
	case <-indexed:
	case <-ctx.Done():
		return Summary{}, errs.New(errs.Unavailable, "the reply is archived and will be sent when the database is back")
	}
	m, err := s.cfg.Store.Message(ctx, messageID)
	if err != nil {
		return Summary{}, err
	}
	return s.summary(m)
}

// waiter is a Send that waits for the indexer.
type waiter struct {
	caseID  string
	indexed chan struct{}
}

func (s *Service) beginSending(caseID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sending[caseID] {
		return false
	}
	s.sending[caseID] = true
	return true
}

func (s *Service) endSending(caseID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sending, caseID)
}

// indexed tells who waits that the database knows a message.
func (s *Service) indexed(messageID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.waiters[messageID]; ok {
		delete(s.sending, w.caseID)
		delete(s.waiters, messageID)
		close(w.indexed)
	}
}

// reply makes the record of the draft as a message.
func (s *Service) reply(ctx context.Context, p identity.Principal, caseID string, version uint64) (archive.Record, error) {
	c, err := s.mine(ctx, p, caseID)
	if err != nil {
		return archive.Record{}, err
	}
	d, err := s.draft(ctx, c)
	if errs.Is(err, errs.NotFound) || (err == nil && d.Version != version) {
		return archive.Record{}, errs.At(errs.Conflict, "version", "the draft is at version %d", d.Version)
	}
	if err != nil {
		return archive.Record{}, err
	}
	box, ok := s.cfg.Mailboxes.OfQueue(c.Queue)
	if !ok {
		return archive.Record{}, errs.New(errs.Conflict, "the queue has no mailbox any more")
	}
	rec := archive.Record{ID: id.New(), Agency: c.Agency, Direction: archive.Out, At: time.Now().UTC().Truncate(time.Microsecond), Case: c.ID, Agent: p.Person, Draft: version}
	out, err := s.outgoing(ctx, c, d, box, rec)
	if err != nil {
		return archive.Record{}, err
	}
	if rec.Raw, err = mail.Compose(out); err != nil {
		return archive.Record{}, err
	}
	rec.Envelope = mail.Envelope{From: pii.NewAddress(box.Address), To: reveal(append(append([]pii.Address{}, out.To...), out.Cc...)), Received: rec.At}
	return rec, nil
}

// outgoing addresses a draft and ties it to the thread.
func (s *Service) outgoing(ctx context.Context, c CaseRow, d Draft, box Mailbox, rec archive.Record) (mail.Outgoing, error) {
	var content caseContent
	if err := s.unseal(c.Agency, "case/"+c.ID, c.Sealed, &content); err != nil {
		return mail.Outgoing{}, err
	}
	_, domain, _ := cutLast(box.Address, "@")
	messageID, err := s.messageID(c.Agency, c.ID, rec.ID, domain)
	if err != nil {
		return mail.Outgoing{}, err
	}
	last, err := s.lastInbound(ctx, c)
	if err != nil {
		return mail.Outgoing{}, err
	}
	out := mail.Outgoing{
		From: mail.Mailbox{Name: box.Name, Address: pii.NewAddress(box.Address)}, To: d.To, Cc: d.Cc, Subject: d.Subject, Date: rec.At,
		MessageID: messageID, Text: d.Text, HTML: d.HTML,
	}
	if last != nil && last.MessageID != "" {
		out.InReplyTo, out.References = last.MessageID, append(append([]string{}, last.References...), last.MessageID)
	}
	if len(out.To) == 0 {
		out.To = answerTo(last, content.Address)
	}
	if len(out.To) == 0 {
		return out, errs.At(errs.Invalid, "to", "the customer has given no address")
	}
	if strings.TrimSpace(out.Subject) == "" {
		out.Subject = "Re: " + strings.TrimSpace(trimReply(content.Subject))
	}
	return out, nil
}

// answerTo is where the customer wants the answer: Reply-To, else the sender (RFC 5322 3.6.2).
func answerTo(last *mail.Parsed, address string) []pii.Address {
	if last != nil {
		for _, r := range last.ReplyTo {
			if !r.Address.IsZero() {
				return []pii.Address{r.Address}
			}
		}
	}
	if address == "" {
		return nil
	}
	return []pii.Address{pii.NewAddress(address)}
}

// trimReply drops one "Re:" so that it does not grow.
func trimReply(s string) string {
	before, after, found := strings.Cut(s, ":")
	if found && replyPrefix(strings.ToLower(strings.TrimSpace(before))) {
		return after
	}
	return s
}

// lastInbound reads the newest message of the customer; nil without one.
func (s *Service) lastInbound(ctx context.Context, c CaseRow) (*mail.Parsed, error) {
	rows, err := s.cfg.Store.Messages(ctx, c.ID, MaxMessages)
	if err != nil {
		return nil, err
	}
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].Direction != archive.In || rows[i].Bounce || rows[i].Auto {
			continue
		}
		st, err := s.archive.Read(ctx, rows[i].Ref())
		if err != nil {
			return nil, err
		}
		return mail.Parse(st.Raw), nil
	}
	return nil, nil
}

func reveal(list []pii.Address) []string {
	out := make([]string, 0, len(list))
	for _, a := range list {
		out = append(out, a.Reveal())
	}
	return out
}

func hide(list []string) []pii.Address {
	var out []pii.Address
	for _, a := range list {
		out = append(out, pii.NewAddress(a))
	}
	return out
}
