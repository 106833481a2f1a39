package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/store"
	"santra/internal/store/storetest"
)

// world is a log over a database, with its exported checkpoint.
type world struct {
	t      *testing.T
	db     *store.DB
	log    *audit.Log
	export string
}

func eachLog(t *testing.T, f func(w *world)) {
	t.Helper()
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		dir := t.TempDir()
		ring, err := keys.Open(filepath.Join(dir, "keys"))
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, db: db, export: filepath.Join(dir, "checkpoint")}
		w.log = w.newLog(ring)
		f(w)
	})
}

func (w *world) newLog(ring *keys.Ring) *audit.Log {
	w.t.Helper()
	log, err := audit.New(audit.Config{Store: w.db, Keys: ring, Origin: "example.org/centre", Export: w.export})
	if err != nil {
		w.t.Fatal(err)
	}
	return log
}

// write adds n entries and gives the id of the last.
func (w *world) write(n int) string {
	w.t.Helper()
	for i := range n {
		e := audit.Entry{Action: "recording.played", Actor: "p1", Agency: "social", Object: fmt.Sprint("r", i), Reason: "because", Success: true}
		if err := w.db.Do(w.t.Context(), []audit.Entry{e}, nil); err != nil {
			w.t.Fatal(err)
		}
	}
	rows, err := w.log.Search(w.t.Context(), audit.Filter{Limit: 1})
	if err != nil || len(rows) != 1 {
		w.t.Fatal(rows, err)
	}
	return rows[0].ID
}

func (w *world) integrate(want int) {
	w.t.Helper()
	if n, err := w.log.Integrate(w.t.Context()); err != nil || n != want {
		w.t.Fatalf("integrated %d of %d: %v", n, want, err)
	}
}

func (w *world) verify() audit.Report {
	w.t.Helper()
	r, err := w.log.Verify(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// alter runs a statement past the log, as an administrator of the database could.
func (w *world) alter(statement string, args ...any) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(c store.Conn) error {
		_, err := c.ExecContext(context.Background(), statement, args...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestLogGrowsAndVerifies(t *testing.T) {
	eachLog(t, func(w *world) {
		if r := w.verify(); !r.OK() || r.Size != 0 {
			w.t.Fatal("empty log:", r)
		}
		for _, n := range []int{1, 2, 5, 9} {
			w.write(n)
			w.integrate(n)
		}
		w.write(3)
		r := w.verify()
		if !r.OK() || r.Size != 17 || r.Checked != 17 || r.Exported != 17 || r.Waiting != 3 || r.Age(time.Now()) > time.Minute || r.Oldest.IsZero() {
			w.t.Fatalf("%+v %+v", r, r.First)
		}
	})
}

func TestEveryAlterationIsFoundAndNamed(t *testing.T) {
	for name, c := range map[string]struct {
		statement string
		leaf      int64
		what      string
	}{
		"actor":      {`update audit_entry set actor = 'p2' where leaf = 3`, 3, "the entry was altered"},
		"time":       {`update audit_entry set at = at + 1 where leaf = 0`, 0, "the entry was altered"},
		"refusal":    {`update audit_entry set success = 0 where leaf = 6`, 6, "the entry was altered"},
		"body":       {`update audit_entry set body = (select body from audit_entry where leaf = 5) where leaf = 4`, 4, "reason or detail was altered"},
		"dropped":    {`delete from audit_entry where leaf = 2`, 2, "the entry is missing"},
		"last":       {`delete from audit_entry where leaf = 6`, 6, "the entry is missing"},
		"hash":       {`update audit_hash set hash = (select hash from audit_hash where idx = 0) where idx = 1`, 1, "the entry was altered"},
		"interior":   {`update audit_hash set hash = (select hash from audit_hash where idx = 0) where idx = 6`, -1, "the stored hashes: audit: the tree of the first 7 entries is not the one that was signed"},
		"rolledback": {`delete from audit_checkpoint`, -1, "the exported checkpoint is over 7 entries, 0 are there"},
	} {
		t.Run(name, func(t *testing.T) {
			eachLog(t, func(w *world) {
				w.write(7)
				w.integrate(7)
				if name == "body" {
					w.alter(`update audit_entry set salt = (select salt from audit_entry where leaf = 5) where leaf = 4`)
				}
				w.alter(c.statement)
				r := w.verify()
				if r.OK() || r.First.Leaf != c.leaf || r.First.What != c.what {
					w.t.Fatalf("%+v", r.First)
				}
			})
		})
	}
}

// Whoever owns the database can compute every hash anew, but not sign; and what was exported tells on them.
func TestRewrittenHistoryIsNotSigned(t *testing.T) {
	eachLog(t, func(w *world) {
		w.write(4)
		w.integrate(4)
		kept, err := os.ReadFile(w.export)
		if err != nil {
			w.t.Fatal(err)
		}
		w.alter(`update audit_entry set actor = 'nobody', leaf = null`)
		w.alter(`delete from audit_hash`)
		w.alter(`delete from audit_checkpoint`)
		if _, err := w.log.Integrate(w.t.Context()); !errs.Is(err, errs.Conflict) {
			w.t.Fatal("rewritten history was signed:", err)
		}
		if now, _ := os.ReadFile(w.export); string(now) != string(kept) {
			w.t.Fatal("the exported checkpoint was overwritten")
		}
		if r := w.verify(); r.OK() {
			w.t.Fatal("rewritten history verifies")
		}
	})
}

func TestForeignKeySignsNothing(t *testing.T) {
	eachLog(t, func(w *world) {
		w.write(1)
		w.integrate(1)
		ring, _ := keys.Open(w.t.TempDir())
		w.log = w.newLog(ring)
		r := w.verify()
		if r.OK() || !strings.Contains(r.First.What, "not signed by this log's key") {
			w.t.Fatalf("%+v", r.First)
		}
	})
}

func TestErasureKeepsEveryProof(t *testing.T) {
	eachLog(t, func(w *world) {
		id := w.write(5)
		w.integrate(5)
		before, err := w.log.Prove(w.t.Context(), id)
		if err != nil {
			w.t.Fatal(err)
		}
		e := audit.Entry{Action: "audit.erased", Actor: "p9", Object: id, Success: true}
		if err := w.log.Erase(w.t.Context(), e, id); err != nil {
			w.t.Fatal(err)
		}
		w.integrate(1)
		row, err := w.db.Row(w.t.Context(), id)
		if err != nil || !row.Erased() || row.Entry().Reason != "" || row.Actor != "p1" {
			w.t.Fatal(row, err)
		}
		after, err := w.log.Prove(w.t.Context(), id)
		if err != nil || w.log.Check(before) != nil || w.log.Check(after) != nil {
			w.t.Fatal("a proof broke:", err)
		}
		if r := w.verify(); !r.OK() || r.Erased != 1 {
			w.t.Fatalf("%+v %+v", r, r.First)
		}
		if err := w.log.Erase(w.t.Context(), e, "none"); !errs.Is(err, errs.NotFound) {
			w.t.Fatal(err)
		}
	})
}

func TestProofIsOfThisEntryAlone(t *testing.T) {
	eachLog(t, func(w *world) {
		w.write(9)
		w.integrate(9)
		id := w.write(1)
		if _, err := w.log.Prove(w.t.Context(), id); !errs.Is(err, errs.Unavailable) {
			w.t.Fatal(err)
		}
		if _, err := w.log.Prove(w.t.Context(), "none"); !errs.Is(err, errs.NotFound) {
			w.t.Fatal(err)
		}
		w.integrate(1)
		p, err := w.log.Prove(w.t.Context(), id)
		if err != nil || p.Leaf != 9 {
			w.t.Fatal(p, err)
		}
		p.Data[len(p.Data)-2] ^= 1
		if err := w.log.Check(p); err == nil {
			w.t.Fatal("an altered record passes")
		}
	})
}

// The checkpoint is a C2SP signed note that an outsider with the public key reads.
func TestCheckpointIsASignedNote(t *testing.T) {
	eachLog(t, func(w *world) {
		w.write(2)
		w.integrate(2)
		text, err := os.ReadFile(w.export)
		if err != nil {
			w.t.Fatal(err)
		}
		v, err := note.NewVerifier(w.log.Key())
		if err != nil {
			w.t.Fatal(err)
		}
		n, err := note.Open(text, note.VerifierList(v))
		if err != nil || !strings.HasPrefix(n.Text, "example.org/centre\n2\n") {
			w.t.Fatal(n, err)
		}
	})
}

func TestTwoIntegratorsMakeOneTree(t *testing.T) {
	eachLog(t, func(w *world) {
		ring, _ := keys.Open(filepath.Join(filepath.Dir(w.export), "keys"))
		other := w.newLog(ring)
		w.write(30)
		var wg sync.WaitGroup
		for _, log := range []*audit.Log{w.log, other, w.log, other} {
			wg.Go(func() {
				if _, err := log.Integrate(w.t.Context()); err != nil {
					w.t.Error(err)
				}
			})
		}
		wg.Wait()
		if r := w.verify(); !r.OK() || r.Size != 30 || r.Waiting != 0 {
			w.t.Fatalf("%+v %+v", r, r.First)
		}
	})
}

func TestServiceIntegratesUntilItStops(t *testing.T) {
	eachLog(t, func(w *world) {
		if err := w.log.Start(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		w.write(3)
		for range 2 {
			if err := w.log.Stop(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
		}
		if r := w.verify(); !r.OK() || r.Size != 3 {
			w.t.Fatalf("%+v", r)
		}
	})
}

func TestSearch(t *testing.T) {
	storetest.Each(t, nil, func(t *testing.T, db *store.DB) {
		log := &world{t: t, db: db, export: ""}
		ring, _ := keys.Open(t.TempDir())
		l := log.newLog(ring)
		for i, e := range []audit.Entry{
			{Action: "recording.played", Actor: "p1", Agency: "social", Object: "r1", Success: true},
			{Action: "recording.played", Actor: "p2", Agency: "water", Object: "r2"},
			{Action: "case.closed", Actor: "p1", Agency: "social", Object: "c1", Success: true},
		} {
			if err := db.Do(t.Context(), []audit.Entry{e}, nil); err != nil {
				t.Fatal(i, err)
			}
		}
		for want, f := range map[string]audit.Filter{
			"c1 r2 r1": {},
			"r2 r1":    {Action: "recording.played"},
			"c1 r1":    {Actor: "p1", Agency: "social"},
			"r2":       {Refused: true},
			"c1":       {Limit: 1},
			"r1":       {Object: "r1", From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)},
			"":         {To: time.Now().Add(-time.Hour)},
		} {
			if got := objects(t, l, f); got != want {
				t.Errorf("%+v: %q, want %q", f, got, want)
			}
		}
		first, _ := l.Search(t.Context(), audit.Filter{Limit: 1})
		if got := objects(t, l, audit.Filter{After: first[0].ID}); got != "r2 r1" {
			t.Error("second page:", got)
		}
		if _, err := l.Search(t.Context(), audit.Filter{Limit: audit.MaxPage + 1}); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
}

func objects(t *testing.T, l *audit.Log, f audit.Filter) string {
	t.Helper()
	rows, err := l.Search(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Object)
	}
	return strings.Join(out, " ")
}

// An integrator that read what waits before another integrated it must not number the entries again.
func TestStaleBatchIsRefused(t *testing.T) {
	eachLog(t, func(w *world) {
		id := w.write(1)
		w.integrate(1)
		b := audit.Batch{First: 1, IDs: []string{id}, HashIndex: 1, Size: 2, Checkpoint: "x", At: time.Now()}
		if err := w.db.Integrate(w.t.Context(), b); !errs.Is(err, errs.Conflict) {
			w.t.Fatal(err)
		}
		b.First = 0
		if err := w.db.Integrate(w.t.Context(), b); !errs.Is(err, errs.Conflict) {
			w.t.Fatal(err)
		}
		if r := w.verify(); !r.OK() || r.Size != 1 {
			w.t.Fatalf("%+v %+v", r, r.First)
		}
	})
}
