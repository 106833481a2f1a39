package email

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/mail"
)

// The Message-IDs of our own messages are <santra.CASE.MESSAGE.MAC@domain>: MAC is an HMAC of case and message under the
// agency's index key, so that nobody can make up one that posts into a case.
const (
	tokenPrefix = "santra"
	macSize     = 16
)

func macText(index []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(index[:macSize]))
}

// messageID makes the Message-ID of a message of ours.
func (s *Service) messageID(agency, caseID, messageID, domain string) (string, error) {
	mac, err := s.index(agency, "token", caseID+"."+messageID)
	if err != nil {
		return "", err
	}
	return "<" + strings.Join([]string{tokenPrefix, caseID, messageID, macText(mac)}, ".") + "@" + domain + ">", nil
}

// ownToken reads a Message-ID as one of ours; false for everything else, forgeries included.
func (s *Service) ownToken(agency, messageID string) (caseID, ofMessage string, ok bool) {
	local, _, _ := cutLast(strings.Trim(messageID, "<>"), "@")
	part := strings.Split(strings.ToLower(local), ".")
	if len(part) != 4 || part[0] != tokenPrefix || !id.Valid(part[1]) || !id.Valid(part[2]) {
		return "", "", false
	}
	mac, err := s.index(agency, "token", part[1]+"."+part[2])
	if err != nil || !hmac.Equal([]byte(macText(mac)), []byte(part[3])) {
		return "", "", false
	}
	return part[1], part[2], true
}

// thread is what was found of an inbound message's conversation.
type thread struct {
	caseID  string // "": a new case
	replyTo string // id of the message of ours that it answers or that bounced; "" if unknown
}

// findThread finds the case that a message continues: by our own token, then by a known Message-ID and a known participant.
// Headers alone would both split a case and mix strangers.
func (s *Service) findThread(ctx context.Context, r Reads, box Mailbox, p *mail.Parsed, sender string) (thread, error) {
	mentioned := append(append(append([]string{}, p.InReplyTo...), lastFirst(p.References)...), p.Reported...)
	for _, m := range mentioned {
		caseID, message, ok := s.ownToken(box.Agency, m)
		if !ok {
			continue
		}
		here, err := ofMailbox(ctx, r, box, caseID, message)
		if err != nil {
			return thread{}, err
		}
		if here {
			return thread{caseID, message}, nil
		}
	}
	from, err := s.addressKey(box.Agency, sender)
	if err != nil || sender == "" {
		return thread{}, err
	}
	for _, m := range mentioned {
		found, err := s.byReference(ctx, r, box, m, from)
		if err != nil || found != "" {
			return thread{caseID: found}, err
		}
	}
	return thread{}, nil
}

// ofMailbox tells whether a case is the mailbox's: it is in its queue, or the message that is answered went out from there
// before the case was moved.
func ofMailbox(ctx context.Context, r Reads, box Mailbox, caseID, message string) (bool, error) {
	c, err := r.Case(ctx, caseID)
	if err != nil || c.Agency != box.Agency {
		return false, unless(errs.NotFound, err)
	}
	if c.Queue == box.Queue {
		return true, nil
	}
	m, err := r.Message(ctx, message)
	return err == nil && m.CaseID == caseID && m.Queue == box.Queue, unless(errs.NotFound, err)
}

// unless gives an error that is not of a kind.
func unless(k errs.Kind, err error) error {
	if errs.Is(err, k) {
		return nil
	}
	return err
}

// byReference finds the case with that Message-ID in which the sender takes part.
func (s *Service) byReference(ctx context.Context, r Reads, box Mailbox, messageID string, sender []byte) (string, error) {
	key, err := s.messageKey(box.Agency, messageID)
	if err != nil {
		return "", err
	}
	rows, err := r.MessagesByKey(ctx, box.Agency, key)
	if err != nil {
		return "", err
	}
	for _, row := range rows {
		if row.Queue != box.Queue {
			continue
		}
		known, err := r.Participant(ctx, row.CaseID, sender)
		if err != nil {
			return "", err
		}
		if known {
			return row.CaseID, nil
		}
	}
	return "", nil
}

// messageKey is the look-up key of a Message-ID.
func (s *Service) messageKey(agency, messageID string) ([]byte, error) {
	return s.index(agency, "message-id", strings.Trim(messageID, "<> "))
}

// derivedID stands in for a missing Message-ID.
func derivedID(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "derived." + macText(sum[:])
}

func lastFirst(ids []string) []string {
	out := make([]string, len(ids))
	for i, m := range ids {
		out[len(ids)-1-i] = m
	}
	return out
}

// plainSubject drops what mail programs put before a subject, in our three languages and some more, for comparing.
func plainSubject(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	for {
		before, after, found := strings.Cut(s, ":")
		if !found || !replyPrefix(strings.TrimSpace(before)) {
			return s
		}
		s = strings.TrimSpace(after)
	}
}

func replyPrefix(s string) bool {
	s, _, _ = strings.Cut(s, "[") // Re[2]:
	return strings.Contains(" re fwd fw vs vl sv vb aw wg antw vast lähetetty ", " "+s+" ")
}
