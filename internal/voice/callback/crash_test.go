package callback_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/pii"
	"santra/internal/voice/callback"
)

// death kills a process at its n-th step that lasts (a file or a transaction), before or after it took effect: from then on
// nothing works. n < 0 never does.
type death struct {
	n     int
	after bool
	dead  bool
}

func (d *death) step(do func() error) error {
	if d.dead {
		return errCrash
	}
	if d.n--; d.n >= 0 || d.n < -1 {
		return do()
	}
	d.dead = true
	if d.after {
		_ = do()
	}
	return errCrash
}

func (d *death) look() error {
	if d.dead {
		return errCrash
	}
	return nil
}

type mortalStore struct {
	callback.Store
	*death
}

func (m mortalStore) Do(ctx context.Context, e audit.Entry, f func(callback.Tx) error) error {
	return m.step(func() error { return m.Store.Do(ctx, e, f) })
}

func (m mortalStore) Callback(ctx context.Context, id string) (callback.Record, error) {
	if err := m.look(); err != nil {
		return callback.Record{}, err
	}
	return m.Store.Callback(ctx, id)
}

type mortalVault struct {
	callback.Vault
	*death
}

func (m mortalVault) Put(name string, key []byte) error {
	return m.step(func() error { return m.Vault.Put(name, key) })
}

func (m mortalVault) Destroy(name string) error {
	return m.step(func() error { return m.Vault.Destroy(name) })
}

// ending is how a life of a callback goes on after its promise; it says whether the end was reported as done.
type ending struct {
	name string
	f    func(ctx context.Context, s *callback.Service, one string) error
	over bool // done means that nothing is left
}

func endings() []ending {
	open := func(f func(ctx context.Context, s *callback.Service, one string) error) func(context.Context, *callback.Service, string) error {
		return func(ctx context.Context, s *callback.Service, one string) error {
			if _, err := s.Open(ctx, one, "p"); err != nil {
				return err
			}
			return f(ctx, s, one)
		}
	}
	return []ending{
		{"reached", open(func(ctx context.Context, s *callback.Service, one string) error { return s.Done(ctx, one, "p") }), true},
		{"busy", open(func(ctx context.Context, s *callback.Service, one string) error {
			_, _, err := s.Tried(ctx, one, "p", callback.Busy)
			return err
		}), false},
		{"cancelled", func(ctx context.Context, s *callback.Service, one string) error { return s.Cancel(ctx, one, "boss") }, true},
		{"expired", func(ctx context.Context, s *callback.Service, _ string) error {
			_, err := s.EraseExpired(ctx, time.Now().Add(24*time.Hour))
			return err
		}, true},
	}
}

// TestKilledAtEachStep: whatever a crash cuts off, afterwards a promise stands, with its number, or nothing is left of it.
func TestKilledAtEachStep(t *testing.T) {
	h := newHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"))
	kills := 0
	for _, e := range endings() {
		for _, after := range []bool{false, true} {
			for n := 0; ; n++ {
				d := &death{n: n, after: after}
				h.lives(fmt.Sprintf("%s, step %d, after %v", e.name, n, after), e, d)
				if !d.dead {
					break
				}
				kills++
			}
		}
	}
	if kills < 2*(2+1+3) { // every kind of step was cut off at least once
		t.Errorf("killed %d times only", kills)
	}
}

// lives lets a callback live until it is over or its process is killed, starts anew, and looks at what is left.
func (h *house) lives(name string, e ending, d *death) {
	h.t.Helper()
	s := h.serve(mortalStore{h.store.Callbacks(), d}, mortalVault{h.vault, d})
	one := id.New()
	_, asked := h.request(s, one, number)
	ended := asked
	if asked == nil {
		ended = e.f(h.t.Context(), s, one)
	}
	h.open()
	if _, err := h.Sweep(h.t.Context()); err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	if _, err := h.Resume(h.t.Context()); err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	h.holds(true)
	records, secrets := h.kept()
	switch {
	case records != secrets || records > 1:
		h.t.Fatalf("%s: %d records, %d keys", name, records, secrets)
	case ended == nil && e.over && records != 0:
		h.t.Fatalf("%s: it is over, and the number is kept", name)
	case asked == nil && records == 0 && !slices.ContainsFunc(h.trail(), func(s string) bool { return strings.HasPrefix(s, "ended") }):
		h.t.Fatalf("%s: a promise was forgotten", name)
	}
	if records == 1 {
		call, err := h.Open(h.t.Context(), one, "p9")
		if err != nil || call.Number.Reveal() != number {
			h.t.Fatalf("%s: the promise can't be kept: %v", name, err)
		}
		h.ok(h.Done(h.t.Context(), one, "p9"))
	}
	h.nothing()
	h.once(name, one)
}

// once: the log tells the end of a callback a single time.
func (h *house) once(name, one string) {
	h.t.Helper()
	rows, err := h.store.Audit().Search(h.t.Context(), audit.Filter{Object: one, Limit: audit.MaxPage})
	h.ok(err)
	n := 0
	for _, r := range rows {
		if r.Action == callback.ActionEnded {
			n++
		}
	}
	if n > 1 {
		h.t.Fatalf("%s: ended %d times", name, n)
	}
}

// TestADatabaseThatIsAwayKeepsNoNumber: the end is not logged then, yet the key is destroyed; the log gets it when it is back.
func TestADatabaseThatIsAwayKeepsNoNumber(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		one := h.ask(number)
		_, err := h.Open(t.Context(), one, "p")
		h.ok(err)
		away := h.serve(awayStore{h.store.Callbacks()}, h.vault)
		h.kind(away.Done(t.Context(), one, "p"), errs.Unavailable)
		if records, secrets := h.kept(); records != 1 || secrets != 0 {
			t.Fatal(records, secrets)
		}
		_, err = h.Sweep(t.Context())
		h.ok(err)
		h.nothing()
		h.left("requested", "opened", "ended lost", "erased lost")
	})
}

type awayStore struct{ callback.Store }

func (awayStore) Do(context.Context, audit.Entry, func(callback.Tx) error) error {
	return errs.New(errs.Unavailable, "no connection")
}

// TestAFullDiskPromisesNothing: where key or record can't be stored nothing is promised, and nothing is left.
func TestAFullDiskPromisesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		full := h.serve(awayStore{h.store.Callbacks()}, h.vault)
		_, err := h.request(full, id.New(), number)
		h.kind(err, errs.Unavailable)
		h.nothing()
		keyless := h.serve(h.store.Callbacks(), brokenVault{h.vault})
		if _, err := h.request(keyless, id.New(), number); !errors.Is(err, errCrash) {
			t.Error(err)
		}
		h.nothing()
	})
}

type brokenVault struct{ callback.Vault }

func (brokenVault) Put(string, []byte) error { return errCrash }

// TestAKeyThatStaysIsTriedAgain: a disk that refuses to destroy a key leaves the end unfinished, and the witness says so.
func TestAKeyThatStaysIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		one := h.ask(number)
		stubborn := h.serve(h.store.Callbacks(), stubbornVault{h.vault})
		if err := stubborn.Cancel(t.Context(), one, "boss"); !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		if records, secrets := h.kept(); records != 1 || secrets != 1 {
			t.Fatal(records, secrets)
		}
		h.holds(false)
		_, err := h.Open(t.Context(), one, "p")
		h.kind(err, errs.Gone)
		r, err := h.store.Callbacks().Callback(t.Context(), one)
		h.ok(err)
		if len(r.Sealed) != 0 || len(r.Once) != 0 {
			t.Error("the sealed number is there still")
		}
		_, err = h.Sweep(t.Context())
		h.ok(err)
		h.nothing()
		h.left("requested", "ended cancelled", "erased cancelled")
	})
}

type stubbornVault struct{ callback.Vault }

func (stubbornVault) Destroy(string) error { return errCrash }

// TestARestartCountsAsATry: a call that was under way when the process ended is made again, but not for ever.
func TestARestartCountsAsATry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		one := h.ask(number)
		for try := 1; try <= callback.MaxTries; try++ {
			_, err := h.Open(t.Context(), one, "p")
			h.ok(err)
			h.open()
			n, err := h.Resume(t.Context())
			h.ok(err)
			if n != 1 {
				t.Fatal(n)
			}
			if records, _ := h.kept(); (records == 1) != (try < callback.MaxTries) {
				t.Fatalf("try %d: %d records", try, records)
			}
		}
		h.nothing()
	})
}

// TestNoTraceOfTheNumber: nowhere in database, write-ahead log, audit, log or keys, while it is owed and after each end.
func TestNoTraceOfTheNumber(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		const canary = "+358998612473905"
		for i, e := range endings() {
			one := h.ask(canary)
			owed := canary[:len(canary)-1] + fmt.Sprint(i)
			h.ask(owed)
			h.ok(e.f(ctx, h.Service, one))
			_ = h.Expire(ctx, one)
			if i == 0 || strings.HasPrefix(h.dsn, "sqlite:") { // PostgreSQL's log has all of it at the end
				h.clean(e.name, canary)
				h.clean("while it is owed", owed)
			}
		}
		h.clean("after all", canary)
		if text := h.logs.String() + fmt.Sprint(h.List(ctx)) + strings.Join(h.trail(), " "); strings.Contains(text, "8612473905") {
			t.Error("the number is in what is told")
		}
		_, err := h.Request(ctx, id.New(), "advice", pii.NewNumber(canary), agency.Finnish, time.Time{})
		if err == nil || strings.Contains(err.Error(), "8612473905") {
			t.Error(err)
		}
	})
}

func (h *house) clean(when, number string) {
	h.t.Helper()
	if found := h.traces(number); found.Read < 1000 || found.Count() > 0 {
		h.t.Fatalf("%s: %+v", when, found)
	}
}

// traces looks through copies of all files: this process has the database open, and to close any handle of one of its files
// would end its locks (pii.Traces).
func (h *house) traces(number string) pii.Trace {
	h.t.Helper()
	from := []string{h.dir}
	if path, ok := strings.CutPrefix(h.dsn, "sqlite:"); ok {
		from = append(from, filepath.Dir(path))
	} else {
		_, dir, _ := strings.Cut(h.dsn, "host=")
		from = append(from, filepath.Join(dir, "data", "base", h.flush()), filepath.Join(dir, "log"))
		from = append(from, h.segments(filepath.Join(dir, "data", "pg_wal"))...)
	}
	to, err := os.MkdirTemp(h.t.TempDir(), "copy")
	h.ok(err)
	for i, f := range from { // a server at work makes and drops files meanwhile: what has gone since is no failure
		out, err := exec.Command("cp", "-r", f, filepath.Join(to, fmt.Sprint(i))).CombinedOutput()
		if err != nil && !strings.Contains(string(out), "No such file") {
			h.t.Fatalf("%v: %s", err, out)
		}
	}
	found, err := pii.Traces(h.t.Context(), []string{to}, number)
	h.ok(errors.Join(err, os.RemoveAll(to)))
	return found
}

// segments gives the write-ahead log from the segment on that was written when the house was made.
func (h *house) segments(dir string) []string {
	h.t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "0*"))
	h.ok(err)
	recent := slices.DeleteFunc(all, func(path string) bool { return filepath.Base(path) < h.since })
	if len(recent) == 0 {
		h.t.Fatal("no write-ahead log is found")
	}
	return recent
}

// flush makes PostgreSQL write its pages, and gives the folder of the database.
func (h *house) flush() (folder string) {
	h.t.Helper()
	_, err := h.store.DB().Read().ExecContext(h.t.Context(), "checkpoint")
	h.ok(err)
	h.ok(h.store.DB().Read().QueryRowContext(h.t.Context(), "select oid::text from pg_database where datname = current_database()").Scan(&folder))
	return folder
}

// TestTheCanaryWouldBeFound: the look is one that finds a number that is there.
func TestTheCanaryWouldBeFound(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const canary = "+358998612473906"
		h.ok(h.store.Callbacks().Do(t.Context(), audit.Entry{Action: "test.leaked", Actor: audit.System, Success: true}, func(tx callback.Tx) error {
			return tx.Add(t.Context(), callback.Record{ID: id.New(), Ring: "x", Queue: canary, State: callback.Waiting, Sealed: []byte{}, Once: []byte{}})
		}))
		if trace := h.traces(canary); trace.Count() == 0 {
			t.Errorf("a number that is there is not found in %d bytes", trace.Read)
		}
	})
}
