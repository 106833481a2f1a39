package agency

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"santra/internal/audit"
	"santra/internal/errs"
)

// The actions of emergency closings in the audit log.
const (
	QueueClosed   = "queue.closed"
	QueueReopened = "queue.reopened"
)

// Limits of emergency closings.
const (
	// MaxClosing is how long one lasts at most; what is to last longer belongs into the opening hours.
	MaxClosing = 31 * 24 * time.Hour
	// MaxClosingReason bounds the reason, in characters.
	MaxClosingReason = 200
)

// Closing is an emergency closing of a queue, whatever its opening hours say.
type Closing struct {
	Queue, Agency string
	Reason        string // for the log and the wallboard; nothing about customers
	Since, Until  time.Time
	By            string // person id
}

// ClosingStore keeps emergency closings, so that they outlast a restart and are known to every node.
type ClosingStore interface {
	// DoClosing runs one change with its audit entry in one transaction; f may run several times.
	DoClosing(ctx context.Context, e audit.Entry, f func(ClosingTx) error) error
	// Closings gives those whose end is after now, by queue, up to limit.
	Closings(ctx context.Context, now time.Time, limit int) ([]Closing, error)
}

// ClosingTx is what a change may do.
type ClosingTx interface {
	// SetClosing stores a closing in place of the queue's earlier one.
	SetClosing(ctx context.Context, c Closing) error
	// DropClosing removes a queue's closing in force; errs.NotFound without one.
	DropClosing(ctx context.Context, queue string, now time.Time) error
	// DropClosings removes those that are over.
	DropClosings(ctx context.Context, now time.Time) error
}

// Closings are the emergency closings of queues. They are kept and logged here; who routes is told of them afterwards.
type Closings struct{ store ClosingStore }

// NewClosings makes the service.
func NewClosings(store ClosingStore) *Closings { return &Closings{store} }

// Close keeps a closing from now on until c.Until, in the name of c.By; again: with another time or reason. c.Since is set.
// errs.Invalid names the field at fault.
func (s *Closings) Close(ctx context.Context, c Closing) (Closing, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	c.Since, c.Until, c.Reason = now, c.Until.UTC().Truncate(time.Microsecond), strings.TrimSpace(c.Reason)
	if !c.Until.After(now) || c.Until.Sub(now) > MaxClosing {
		return Closing{}, errs.At(errs.Invalid, "until", "must be in the future, at most %d days from now", MaxClosing/(24*time.Hour))
	}
	if n := utf8.RuneCountInString(c.Reason); n == 0 || n > MaxClosingReason || !plain(c.Reason) {
		return Closing{}, errs.At(errs.Invalid, "reason", "must be one line of 1–%d characters", MaxClosingReason)
	}
	e := audit.Entry{
		Action: QueueClosed, Actor: c.By, Agency: c.Agency, Object: c.Queue, Reason: c.Reason, Success: true,
		Detail: map[string]string{"until": c.Until.Format(time.RFC3339)},
	}
	return c, s.store.DoClosing(ctx, e, func(tx ClosingTx) error {
		if err := tx.DropClosings(ctx, now); err != nil {
			return err
		}
		return tx.SetClosing(ctx, c)
	})
}

// plain tells whether s is one line of text that every database takes.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Reopen ends a queue's closing in the name of by; errs.NotFound without one in force, and then nothing is logged.
func (s *Closings) Reopen(ctx context.Context, by, agencyID, queue string) error {
	e := audit.Entry{Action: QueueReopened, Actor: by, Agency: agencyID, Object: queue, Success: true}
	return s.store.DoClosing(ctx, e, func(tx ClosingTx) error { return tx.DropClosing(ctx, queue, time.Now()) })
}

// InForce gives the closings that hold at now, by queue.
func (s *Closings) InForce(ctx context.Context, now time.Time) ([]Closing, error) {
	return s.store.Closings(ctx, now, MaxQueues)
}
