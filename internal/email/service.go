// Package email is the room of written contact: mailboxes, the archive that owns each message from the moment it is
// acknowledged, cases and threads, drafts and replies, and the sending of the same bytes that were archived.
//
// It calls dispatch to find an agent for a case, protocol/mail for syntax and sockets, and its own Store for what it knows.
// It must not know HTTP, calls or recordings, nor keep anything about a customer besides the messages themselves (M15).
package email

import (
	"context"
	"io"

	"santra/internal/errs"
	"santra/internal/protocol/mail"
)

// Recipient answers RCPT for the SMTP and LMTP servers (mail.Backend).
func (s *Service) Recipient(_ context.Context, address string) error {
	return errs.New(errs.Unavailable, "not yet")
}

// Deliver takes one message for one or more mailboxes and returns after it is durable in the archive of each agency (M12).
func (s *Service) Deliver(ctx context.Context, e mail.Envelope, r io.Reader) error {
	return errs.New(errs.Unavailable, "not yet")
}

// Service is the room. It is a run.Service, a mail.Backend and a dispatch.Worker.
type Service struct{}

// Cases lists cases, longest waiting first. An agent sees those offered to or held by them; who oversees a queue sees also
// the others of the agency, without subject and customer (M13).
func (s *Service) Cases(ctx context.Context, p Principal, f Filter) ([]Case, error) {
	return nil, errs.New(errs.Unavailable, "not yet")
}

// Case reads a case that the principal works on, with its messages and draft; errs.Denied once it is closed (M13).
func (s *Service) Case(ctx context.Context, p Principal, id string) (Case, error) {
	return Case{}, errs.New(errs.Unavailable, "not yet")
}

// Message reads a message of a case that the principal has open.
func (s *Service) Message(ctx context.Context, p Principal, caseID, messageID string) (Message, error) {
	return Message{}, errs.New(errs.Unavailable, "not yet")
}

// Attachment gives the decoded bytes of a file of a message that the principal has open; index is of Message.Files.
func (s *Service) Attachment(ctx context.Context, p Principal, caseID, messageID string, index int) (mail.Attachment, []byte, error) {
	return mail.Attachment{}, nil, errs.New(errs.Unavailable, "not yet")
}

// Raw gives the bytes of a message as they came.
func (s *Service) Raw(ctx context.Context, p Principal, caseID, messageID string) ([]byte, error) {
	return nil, errs.New(errs.Unavailable, "not yet")
}

// Accept takes the case that dispatch offers to the principal.
func (s *Service) Accept(ctx context.Context, p Principal, caseID string) (Case, error) {
	return Case{}, errs.New(errs.Unavailable, "not yet")
}

// Decline lets the offer go to another.
func (s *Service) Decline(ctx context.Context, p Principal, caseID string) error {
	return errs.New(errs.Unavailable, "not yet")
}

// Close ends a case. Who closed it can't open it again (M13).
func (s *Service) Close(ctx context.Context, p Principal, caseID string) error {
	return errs.New(errs.Unavailable, "not yet")
}

// SaveDraft keeps a reply in writing; errs.Conflict when d.Version is not the stored one.
func (s *Service) SaveDraft(ctx context.Context, p Principal, caseID string, d Draft) (Draft, error) {
	return Draft{}, errs.New(errs.Unavailable, "not yet")
}

// Send archives the draft of that version as a message and then queues the same bytes for submission.
func (s *Service) Send(ctx context.Context, p Principal, caseID string, version uint64) (Summary, error) {
	return Summary{}, errs.New(errs.Unavailable, "not yet")
}

// SearchArchive finds archived messages for an expert or the agency's manager; it is logged first (M13).
func (s *Service) SearchArchive(ctx context.Context, p Principal, purpose, reason string, f ArchiveFilter) ([]Summary, error) {
	return nil, errs.New(errs.Unavailable, "not yet")
}

// OpenArchived reads one archived message; it is logged before the bytes leave (M13).
func (s *Service) OpenArchived(ctx context.Context, p Principal, purpose, reason, messageID string) (Message, error) {
	return Message{}, errs.New(errs.Unavailable, "not yet")
}

// OpenArchivedRaw is OpenArchived for the bytes as they came.
func (s *Service) OpenArchivedRaw(ctx context.Context, p Principal, purpose, reason, messageID string) ([]byte, error) {
	return nil, errs.New(errs.Unavailable, "not yet")
}

// Start opens what needs opening, indexes what the archive has and the database has not, and offers waiting cases.
func (s *Service) Start(ctx context.Context) error { return nil }

// Stop ends indexing and submission; what was not submitted is at the next start.
func (s *Service) Stop(ctx context.Context) error { return nil }

// Principal is who asks; identity.Principal takes its place.
type Principal struct{ Person string }
