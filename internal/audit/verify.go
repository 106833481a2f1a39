package audit

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const verifyPage = 1000 // entries read at once

// Report is what Verify found. It holds no content of any entry.
type Report struct {
	Size     int64     `json:"size"`     // entries in the signed tree
	Checked  int64     `json:"checked"`  // entries whose leaf was computed again
	Erased   int64     `json:"erased"`   // of those, entries whose reason and detail were erased; their leaves still hold
	Exported int64     `json:"exported"` // entries under the checkpoint outside the database
	Waiting  int64     `json:"waiting"`  // entries not yet in the tree: nothing vouches for them so far
	Oldest   time.Time `json:"oldest"`   // when the oldest of those was written; zero for none
	First    *Failure  `json:"first,omitempty"`
}

// Failure names the first entry or checkpoint that does not hold.
type Failure struct {
	Leaf int64  `json:"leaf"` // number in the tree, -1 where the failure is not one entry's
	ID   string `json:"id,omitempty"`
	What string `json:"what"`
}

// OK tells whether all held.
func (r Report) OK() bool { return r.First == nil }

// Age is for how long the oldest entry has waited for its place in the tree.
func (r Report) Age(now time.Time) time.Duration {
	if r.Oldest.IsZero() {
		return 0
	}
	return now.Sub(r.Oldest)
}

// verification is one walk over all entries.
type verification struct {
	report   Report
	tree     growing // the tree as computed from the entries alone; nothing of it is read from the database
	exported Checkpoint
}

// Verify computes every leaf and the tree again from the entries alone and compares them with the stored hashes, the signed
// checkpoint and the one exported outside the database. An error means that it could not check; what failed is in the Report.
func (l *Log) Verify(ctx context.Context) (Report, error) {
	v := &verification{}
	signed, err := l.cfg.Store.Checkpoint(ctx)
	if err != nil {
		return Report{}, err
	}
	last, err := l.Open(signed)
	if err != nil {
		v.fail(-1, "", "the database's checkpoint: "+err.Error())
	}
	if v.exported, err = l.exported(); err != nil {
		v.fail(-1, "", "the exported checkpoint: "+err.Error())
	}
	v.report.Size, v.report.Exported = last.Size, v.exported.Size
	if err := l.walk(ctx, v); err != nil {
		return Report{}, err
	}
	v.compare(last, "the signed checkpoint")
	v.compare(v.exported, "the exported checkpoint")
	v.report.Waiting, v.report.Oldest, err = l.cfg.Store.Waiting(ctx)
	return v.report, err
}

func (l *Log) walk(ctx context.Context, v *verification) error {
	for v.report.Checked < v.report.Size {
		rows, err := l.cfg.Store.Leaves(ctx, v.report.Checked, verifyPage)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			v.fail(v.report.Checked, "", "the entry is missing")
			return nil
		}
		for _, r := range rows[:min(int64(len(rows)), v.report.Size-v.report.Checked)] {
			if err := l.check(ctx, v, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// check computes one entry's leaf again. A mismatch is noted, and the walk goes on, to count.
func (l *Log) check(ctx context.Context, v *verification, r Row) error {
	n := v.report.Checked
	v.report.Checked++
	if r.Leaf != n {
		v.fail(n, "", "the entry is missing")
	}
	if !r.intact() {
		v.fail(n, r.ID, "reason or detail was altered")
	}
	if r.Erased() {
		v.report.Erased++
	}
	hashes, err := tlog.StoredHashes(n, r.Data(), &v.tree)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	v.tree.added = append(v.tree.added, hashes...)
	if v.report.First != nil {
		return nil
	}
	index := tlog.StoredHashIndex(0, n)
	stored, err := l.cfg.Store.Hashes(ctx, []int64{index})
	if err != nil {
		v.fail(n, r.ID, "its hash is missing from the tree")
	} else if stored[0] != hashes[0] {
		v.fail(n, r.ID, "the entry was altered")
	}
	return nil
}

// compare checks a checkpoint against the tree that was computed.
func (v *verification) compare(c Checkpoint, what string) {
	if c.Size == 0 {
		return
	}
	if c.Size > v.report.Checked {
		v.fail(-1, "", fmt.Sprintf("%s is over %d entries, %d are there", what, c.Size, v.report.Checked))
		return
	}
	root, err := tlog.TreeHash(c.Size, &v.tree)
	if err != nil || root != c.Root {
		v.fail(-1, "", fmt.Sprintf("%s over %d entries is not of these entries", what, c.Size))
	}
}

func (v *verification) fail(leaf int64, id, what string) {
	if v.report.First == nil {
		v.report.First = &Failure{leaf, id, what}
	}
}
