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
	report Report
	tree   frontier // computed from the entries alone; nothing of it is read from the database
	due    []due    // checkpoints to compare it with
}

type due struct {
	Checkpoint
	what string
	root tlog.Hash // of the computed tree at that size
	met  bool
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
	exported, err := l.exported()
	if err != nil {
		v.fail(-1, "", "the exported checkpoint: "+err.Error())
	}
	v.report.Size, v.report.Exported = last.Size, exported.Size
	v.due = []due{{Checkpoint: last, what: "the signed checkpoint"}, {Checkpoint: exported, what: "the exported checkpoint"}}
	if err := l.walk(ctx, v); err != nil {
		return Report{}, err
	}
	for _, d := range v.due {
		v.compare(d)
	}
	if err := l.holds(ctx, last, last.Size); err != nil {
		v.fail(-1, "", "the stored hashes: "+err.Error())
	}
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
			l.check(ctx, v, r)
		}
	}
	return nil
}

// check computes one entry's leaf again. A mismatch is noted, and the walk goes on, to count.
func (l *Log) check(ctx context.Context, v *verification, r Row) {
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
	leaf := tlog.RecordHash(r.Data())
	v.grow(leaf)
	if v.report.First != nil {
		return
	}
	stored, err := l.cfg.Store.Hashes(ctx, []int64{tlog.StoredHashIndex(0, n)})
	if err != nil {
		v.fail(n, r.ID, "its hash can't be read from the tree")
	} else if stored[0] != leaf {
		v.fail(n, r.ID, "the entry was altered")
	}
}

// grow appends a leaf to the computed tree.
func (v *verification) grow(leaf tlog.Hash) {
	v.tree.add(leaf)
	for i := range v.due {
		if v.due[i].Size == v.tree.size {
			v.due[i].root, v.due[i].met = v.tree.root(), true
		}
	}
}

// compare checks a checkpoint against the tree that was computed.
func (v *verification) compare(d due) {
	switch {
	case d.Size == 0:
	case !d.met:
		v.fail(-1, "", fmt.Sprintf("%s is over %d entries, %d are there", d.what, d.Size, v.report.Checked))
	case d.root != d.Root:
		v.fail(-1, "", fmt.Sprintf("%s over %d entries is not of these entries", d.what, d.Size))
	}
}

func (v *verification) fail(leaf int64, id, what string) {
	if v.report.First == nil {
		v.report.First = &Failure{leaf, id, what}
	}
}

// frontier is a Merkle tree (RFC 6962 2.1) of which only the roots of its full subtrees are kept, largest first.
type frontier struct {
	size int64
	full []tlog.Hash
}

func (f *frontier) add(leaf tlog.Hash) {
	f.full = append(f.full, leaf)
	for n := f.size; n&1 == 1; n >>= 1 {
		last := len(f.full) - 1
		f.full = append(f.full[:last-1], tlog.NodeHash(f.full[last-1], f.full[last]))
	}
	f.size++
}

func (f *frontier) root() tlog.Hash {
	last := len(f.full) - 1
	root := f.full[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(f.full[i], root)
	}
	return root
}
