package email

import (
	"context"
	"encoding/base64"
	"slices"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
)

// Limits of pictures that a message brings along and shows in its HTML.
const (
	MaxInlineImage  = 1 << 20 // bytes of one
	MaxInlineImages = 4 << 20 // bytes of all
)

// summary opens a message's row.
func (s *Service) summary(m MessageRow) (Summary, error) {
	var content messageContent
	if err := s.unseal(m.Agency, "message/"+m.ID, m.Sealed, &content); err != nil {
		return Summary{}, err
	}
	sum := Summary{
		ID: m.ID, CaseID: m.CaseID, Agency: m.Agency, Queue: m.Queue, Direction: m.Direction, From: content.From.shown(), Subject: content.Subject,
		Snippet: content.Snippet, At: m.At, Size: m.Size, SHA256: m.SHA256, Attachments: m.Attachments, Auto: m.Auto, Bounce: m.Bounce, Raw: m.Raw,
		Changed: m.Altered, Delivery: m.Delivery.State, Reply: m.Delivery.Reply, Attempts: m.Delivery.Attempts, Next: m.Delivery.Next,
	}
	for _, to := range content.To {
		sum.To = append(sum.To, to.shown())
	}
	return sum, nil
}

// readable finds a message of a case that the principal has in hand.
func (s *Service) readable(ctx context.Context, p identity.Principal, caseID, messageID string) (MessageRow, error) {
	if _, err := s.mine(ctx, p, caseID); err != nil {
		return MessageRow{}, err
	}
	m, err := s.cfg.Store.Message(ctx, messageID)
	if err == nil && m.CaseID != caseID {
		err = errs.New(errs.NotFound, "no such message in the case")
	}
	return m, err
}

// Message reads a message of a case that the principal has open.
func (s *Service) Message(ctx context.Context, p identity.Principal, caseID, messageID string) (Message, error) {
	m, err := s.readable(ctx, p, caseID, messageID)
	if err != nil {
		return Message{}, err
	}
	return s.shown(ctx, m)
}

// Raw gives the bytes of a message of a case that the principal has open, as they came.
func (s *Service) Raw(ctx context.Context, p identity.Principal, caseID, messageID string) ([]byte, error) {
	m, err := s.readable(ctx, p, caseID, messageID)
	if err != nil {
		return nil, err
	}
	st, err := s.archive.Read(ctx, m.Ref())
	return st.Raw, err
}

// Attachment gives a file of a message that the principal has open, decoded; index is that of Message.Files.
func (s *Service) Attachment(ctx context.Context, p identity.Principal, caseID, messageID string, index int) (mail.Attachment, []byte, error) {
	m, err := s.readable(ctx, p, caseID, messageID)
	if err != nil {
		return mail.Attachment{}, nil, err
	}
	st, err := s.archive.Read(ctx, m.Ref())
	if err != nil {
		return mail.Attachment{}, nil, err
	}
	parsed := mail.Parse(st.Raw)
	if index < 0 || index >= len(parsed.Attachments) {
		return mail.Attachment{}, nil, errs.New(errs.NotFound, "no such attachment")
	}
	return parsed.Attachments[index], parsed.Content(index), nil
}

// shown reads a message from the archive and makes it safe to show.
func (s *Service) shown(ctx context.Context, m MessageRow) (Message, error) {
	sum, err := s.summary(m)
	if err != nil {
		return Message{}, err
	}
	st, err := s.archive.Read(ctx, m.Ref())
	if err != nil {
		return Message{}, err
	}
	p := mail.Parse(st.Raw)
	out := Message{
		Summary: sum, Cc: parties(p.Cc), ReplyTo: parties(p.ReplyTo), MessageID: p.MessageID, Text: p.Text, Files: p.Attachments,
		Auth: p.Auth, Problems: p.Problems, Envelope: st.Envelope,
	}
	out.To = parties(p.To)
	if p.HTML != "" {
		out.HTML, out.Blocked = s.sanitiser.Clean(p.HTML, pictures(p))
	}
	return out, nil
}

func parties(list []mail.Mailbox) []Party {
	var out []Party
	for _, m := range list {
		out = append(out, Party{Name: pii.NewAddress(m.Name), Address: m.Address})
	}
	return out
}

// pictures gives a message's own images as data: URIs, so that showing it fetches nothing.
func pictures(p *mail.Parsed) func(contentID string) string {
	left := MaxInlineImages
	allowed := []string{"image/png", "image/jpeg", "image/gif", "image/webp"}
	return func(contentID string) string {
		for _, a := range p.Attachments {
			if a.ContentID != contentID || contentID == "" || !slices.Contains(allowed, a.Type) {
				continue
			}
			b := p.Content(a.Index)
			if len(b) > MaxInlineImage || len(b) > left {
				return ""
			}
			left -= len(b)
			return "data:" + a.Type + ";base64," + base64.StdEncoding.EncodeToString(b)
		}
		return ""
	}
}
