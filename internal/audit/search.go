package audit

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"santra/internal/errs"
)

// Pages of Search.
const (
	DefaultPage = 100
	MaxPage     = 1000
)

// Filter chooses entries; an empty field chooses all.
type Filter struct {
	Action  string    // exact
	Actor   string    // person id, or System
	Agency  string    // exact
	Object  string    // exact
	From    time.Time // inclusive
	To      time.Time // exclusive
	Refused bool      // refusals alone
	After   string    // id of the last entry of the page before
	Limit   int       // 0: DefaultPage; at most MaxPage
}

// Search gives entries, newest first. Who may search is decided before (identity.AuditRead); the search itself is an act
// that the caller logs.
func (l *Log) Search(ctx context.Context, f Filter) ([]Row, error) {
	if f.Limit < 0 || f.Limit > MaxPage {
		return nil, errs.At(errs.Invalid, "limit", "must be between 1 and %d", MaxPage)
	}
	if f.Limit == 0 {
		f.Limit = DefaultPage
	}
	return l.cfg.Store.Search(ctx, f)
}

// Erase removes reason and detail of an entry for good, telling of it in e. The tree and every proof keep holding.
func (l *Log) Erase(ctx context.Context, e Entry, id string) error {
	return l.cfg.Store.Erase(ctx, e, id)
}

// Proof shows to who holds the log's public key that an entry is in the tree.
type Proof struct {
	Leaf       int64            // number of the entry
	Data       []byte           // its canonical record (Row.Data)
	Checkpoint string           // signed note
	Path       tlog.RecordProof // RFC 6962 2.1.1
}

// Prove makes the proof of an entry; errs.Unavailable while it waits for its place in the tree.
func (l *Log) Prove(ctx context.Context, id string) (Proof, error) {
	row, err := l.cfg.Store.Row(ctx, id)
	if err != nil {
		return Proof{}, err
	}
	signed, err := l.cfg.Store.Checkpoint(ctx)
	if err != nil {
		return Proof{}, err
	}
	c, err := l.Open(signed)
	if err != nil {
		return Proof{}, err
	}
	if row.Leaf < 0 || row.Leaf >= c.Size {
		return Proof{}, errs.New(errs.Unavailable, "audit: the entry is not in the tree yet")
	}
	path, err := tlog.ProveRecord(c.Size, row.Leaf, l.reader(ctx))
	if err != nil {
		return Proof{}, fmt.Errorf("audit: %w", err)
	}
	return Proof{row.Leaf, row.Data(), signed, path}, nil
}

// Check checks a proof with this log's key.
func (l *Log) Check(p Proof) error {
	c, err := l.Open(p.Checkpoint)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(p.Path, c.Size, c.Root, p.Leaf, tlog.RecordHash(p.Data)); err != nil {
		return errs.New(errs.Invalid, "audit: %w", err)
	}
	return nil
}
