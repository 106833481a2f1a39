// Package recorder is the recorder's catalogue: its schema and queries on the shim of package store, for SQLite and
// PostgreSQL. It implements the interfaces that the recorder declares and decides nothing itself.
package recorder

import (
	"context"
	"embed"
	"io/fs"
	"math"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/recorder"
	"santra/internal/store"
	"santra/internal/store/recorder/db"
)

//go:generate go tool -modfile=../../../tools.mod sqlc generate

//go:embed migrations/*.sql
var files embed.FS

// Migrations is the schema, for who opens the database itself (tests).
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

// Store is an open catalogue; recorder.Store.
type Store struct{ db *store.DB }

var _ recorder.Store = (*Store)(nil)

// Open opens the catalogue ("sqlite:/path/file.db" or "postgres://..."), making and migrating it where needed.
func Open(ctx context.Context, dsn string) (*Store, error) {
	d, err := store.Open(ctx, store.Config{DSN: dsn, Migrations: Migrations()})
	if err != nil {
		return nil, err
	}
	return New(d), nil
}

// New wraps an open database that has the Migrations.
func New(d *store.DB) *Store { return &Store{d} }

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Scrub overwrites what deleted rows left in a write-ahead log.
func (s *Store) Scrub(ctx context.Context) error { return s.db.Scrub(ctx) }

// Log implements recorder.Store.
func (s *Store) Log() audit.Store { return s.db }

// Do implements recorder.Store.
func (s *Store) Do(ctx context.Context, e audit.Entry, f func(recorder.Tx) error) error {
	return s.DoAll(ctx, []audit.Entry{e}, f)
}

// DoAll implements recorder.Store.
func (s *Store) DoAll(ctx context.Context, entries []audit.Entry, f func(recorder.Tx) error) error {
	return s.db.Do(ctx, entries, func(c store.Conn) error {
		if f == nil {
			return nil
		}
		return f(tx{ctx, db.New(c)})
	})
}

func (s *Store) read() *db.Queries { return db.New(s.db.Read()) }

// Recording implements recorder.Store.
func (s *Store) Recording(ctx context.Context, key string) (recorder.Row, error) {
	r, err := s.read().Recording(ctx, key)
	return row(r), store.Kind(err)
}

// Recordings implements recorder.Store.
func (s *Store) Recordings(ctx context.Context, f recorder.Filter) ([]recorder.Row, error) {
	return rows(s.read().SearchRecordings(ctx, db.SearchRecordingsParams{
		Agency: f.Agency, Since: store.Micros(f.From), Until: upTo(store.Micros(f.To)), Seat: f.Seat, Queue: f.Queue,
		Fragment: f.Fragment, State: string(f.State), Shortest: f.MinLength.Microseconds(),
		Longest: upTo(f.MaxLength.Microseconds()), Most: int32(f.Limit),
	}))
}

// upTo is an upper bound, 0 for none.
func upTo(n int64) int64 {
	if n == 0 {
		return math.MaxInt64
	}
	return n
}

// Unfinished implements recorder.Store.
func (s *Store) Unfinished(ctx context.Context) ([]recorder.Row, error) {
	return rows(s.read().UnfinishedRecordings(ctx))
}

// Due implements recorder.Store.
func (s *Store) Due(ctx context.Context, day string, limit int) ([]recorder.Row, error) {
	return rows(s.read().DueRecordings(ctx, db.DueRecordingsParams{Destroy: day, Limit: int32(limit)}))
}

// Held implements recorder.Store.
func (s *Store) Held(ctx context.Context) ([]recorder.Row, error) {
	return rows(s.read().HeldRecordings(ctx))
}

// Clock implements recorder.Store.
func (s *Store) Clock(ctx context.Context) (string, error) {
	marks, err := s.read().Clock(ctx)
	if err != nil || len(marks) == 0 {
		return "", store.Kind(err)
	}
	return marks[0], nil
}

// Destructions implements recorder.Store.
func (s *Store) Destructions(ctx context.Context, limit int) ([]recorder.Destruction, error) {
	found, err := s.read().Destructions(ctx, int32(limit))
	out := make([]recorder.Destruction, len(found))
	for i, d := range found {
		out[i] = recorder.Destruction{Key: d.Key, At: store.Time(d.At), Due: d.Due, Rule: d.Rule, Late: d.Late != 0}
	}
	return out, store.Kind(err)
}

// Facts implements recorder.Store. The counts are of one moment each, not of one together.
func (s *Store) Facts(ctx context.Context, today string) (recorder.Facts, error) {
	c := counter{ctx: ctx}
	q := s.read()
	f := recorder.Facts{
		Counts: c.states(q.CountStates(ctx)), OldestDestroy: text(&c)(q.Oldest(ctx)), Late: c.count(q.CountLate(ctx, today)),
		Held: c.count(q.CountHeld(ctx)), Destroyed: c.count(q.CountDestroyed(ctx)),
		MaxFragment: c.count(q.LongestFragment(ctx)), WithoutGate: c.count(q.CountWithoutGate(ctx)),
		Columns: c.columns(s.db.Read()),
	}
	return f, store.Kind(c.err)
}

// counter keeps the first error of several questions.
type counter struct {
	ctx context.Context
	err error
}

func (c *counter) count(n int64, err error) int {
	c.keep(err)
	return int(n)
}

func text(c *counter) func(string, error) string {
	return func(s string, err error) string {
		c.keep(err)
		return s
	}
}

func (c *counter) states(found []db.CountStatesRow, err error) map[recorder.State]int {
	c.keep(err)
	out := map[recorder.State]int{}
	for _, r := range found {
		out[recorder.State(r.State)] = int(r.N)
	}
	return out
}

// columns asks the database itself what a row holds (M7).
func (c *counter) columns(conn store.Conn) []string {
	found, err := conn.QueryContext(c.ctx, "select * from recording where 1 = 0")
	if err != nil {
		c.keep(err)
		return nil
	}
	defer found.Close()
	names, err := found.Columns()
	c.keep(err)
	c.keep(found.Err())
	return names
}

func (c *counter) keep(err error) {
	if c.err == nil {
		c.err = err
	}
}

// tx implements recorder.Tx.
type tx struct {
	ctx context.Context // of the Do that made it: a Tx lives no longer
	q   *db.Queries
}

// UseGate implements recorder.Tx.
func (t tx) UseGate(gate string, part int, session string, expires time.Time) error {
	n, err := t.q.InsertGate(t.ctx, db.InsertGateParams{Gate: gate, Part: int64(part), Session: session, Expires: store.Micros(expires)})
	return once(n, err, "that part of the call was recorded already, or the gate token was used for another call")
}

// UsePlay implements recorder.Tx.
func (t tx) UsePlay(grant string, expires time.Time) error {
	n, err := t.q.InsertPlay(t.ctx, db.InsertPlayParams{Play: grant, Expires: store.Micros(expires)})
	return once(n, err, "the grant was used already")
}

func once(n int64, err error, used string) error {
	if err == nil && n == 0 {
		err = errs.New(errs.Denied, "%s", used)
	}
	return err
}

// Create implements recorder.Tx.
func (t tx) Create(r recorder.Row) error {
	return t.q.InsertRecording(t.ctx, db.InsertRecordingParams{
		Key: r.Key, Day: r.Date, Seat: r.Seat, Fragment: r.Fragment, Agency: r.Agency, Queue: r.Queue, Session: r.Session,
		Part: int64(r.Part), Announcement: r.Announcement, Language: r.Language, Codec: r.Codec,
		Started: store.Micros(r.Started), Length: r.Length.Microseconds(), Gaps: int64(r.Gaps), State: string(r.State),
		Hold: store.Bool(r.Hold), Destroy: r.Destroy, KeyRef: r.KeyRef, Gate: r.Gate, Hash: r.Hash,
		Pauses: int64(r.Pauses),
	})
}

// Close implements recorder.Tx.
func (t tx) Close(r recorder.Row) error {
	return found(t.q.CloseRecording(t.ctx, db.CloseRecordingParams{
		Key: r.Key, State: string(r.State), Length: r.Length.Microseconds(), Gaps: int64(r.Gaps), Hash: r.Hash, Pauses: int64(r.Pauses),
	}))
}

// SetHold implements recorder.Tx.
func (t tx) SetHold(key string, on bool) error {
	return found(t.q.HoldRecording(t.ctx, db.HoldRecordingParams{Key: key, Hold: store.Bool(on)}))
}

// Remove implements recorder.Tx.
func (t tx) Remove(key string) error { return found(t.q.DeleteRecording(t.ctx, key)) }

// Destroy implements recorder.Tx.
func (t tx) Destroy(d recorder.Destruction) error {
	if err := t.Remove(d.Key); err != nil {
		return err
	}
	return t.q.InsertDestruction(t.ctx, db.InsertDestructionParams{Key: d.Key, At: store.Micros(d.At), Due: d.Due, Rule: d.Rule, Late: store.Bool(d.Late)})
}

func found(n int64, err error) error {
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "no such recording")
	}
	return err
}

// SignClock implements recorder.Tx.
func (t tx) SignClock(mark string) error { return t.q.SetClock(t.ctx, mark) }

// Prune implements recorder.Tx.
func (t tx) Prune(now time.Time) error {
	if err := t.q.PruneGates(t.ctx, store.Micros(now)); err != nil {
		return err
	}
	return t.q.PrunePlays(t.ctx, store.Micros(now))
}

func rows(found []db.Recording, err error) ([]recorder.Row, error) {
	out := make([]recorder.Row, len(found))
	for i, r := range found {
		out[i] = row(r)
	}
	return out, store.Kind(err)
}

// row gives the row its identification, which is not stored but follows from it.
func row(r db.Recording) recorder.Row {
	return recorder.Row{
		Key: r.Key, ID: recorder.Identification(r.Day, r.Seat, r.Fragment), Date: r.Day, Seat: r.Seat, Fragment: r.Fragment,
		Agency: r.Agency, Queue: r.Queue, Session: r.Session, Part: int(r.Part), Announcement: r.Announcement,
		Language: r.Language, Codec: r.Codec, Started: store.Time(r.Started),
		Length: time.Duration(r.Length) * time.Microsecond, Gaps: int(r.Gaps), State: recorder.State(r.State),
		Hold: r.Hold != 0, Destroy: r.Destroy, KeyRef: r.KeyRef, Gate: r.Gate, Hash: r.Hash,
		Pauses: int(r.Pauses),
	}
}
