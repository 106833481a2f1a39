package recorder

import (
	"context"
	"time"

	"santra/internal/audit"
)

// Store is the catalogue. Package store/recorder implements it on SQLite and PostgreSQL.
type Store interface {
	// Do runs a change and appends its entry to the recorder's own log in one transaction; a zero entry is refused. f may
	// run again after a serialization failure.
	Do(ctx context.Context, e audit.Entry, f func(Tx) error) error
	// DoAll does several changes with an entry each in one transaction: all or none.
	DoAll(ctx context.Context, entries []audit.Entry, f func(Tx) error) error
	// Recording gives one row; errs.NotFound.
	Recording(ctx context.Context, key string) (Row, error)
	// Recordings searches, newest first.
	Recordings(ctx context.Context, f Filter) ([]Row, error)
	// Unfinished gives the rows in state Recording.
	Unfinished(ctx context.Context) ([]Row, error)
	// Due gives up to limit rows without a hold whose destruction day is day or before, by day and agency.
	Due(ctx context.Context, day string, limit int) ([]Row, error)
	// Held gives the rows under a legal hold.
	Held(ctx context.Context) ([]Row, error)
	// Facts counts, for the evidence; late are rows whose destruction day is before today.
	Facts(ctx context.Context, today string) (Facts, error)
	// Clock gives the last signed mark of the clock, "" before the first.
	Clock(ctx context.Context) (string, error)
	// Destructions gives the newest destruction records.
	Destructions(ctx context.Context, limit int) ([]Destruction, error)
	// Ping tells whether the database answers.
	Ping(ctx context.Context) error
	// Scrub overwrites what deleted rows left behind, where the database can.
	Scrub(ctx context.Context) error
	// Log is the store of the recorder's own Merkle log.
	Log() audit.Store
}

// Tx is what one change may do.
type Tx interface {
	// UseGate admits a part of a call: errs.Denied where the part was used, or the gate's first use named another session.
	UseGate(gate string, part int, session string, expires time.Time) error
	// UsePlay admits a grant once: errs.Denied the second time.
	UsePlay(grant string, expires time.Time) error
	// Create adds a row in state Recording.
	Create(r Row) error
	// Close completes a row: State, Length, Gaps and Hash of r.
	Close(r Row) error
	// SetHold sets or lifts a legal hold.
	SetHold(key string, on bool) error
	// Remove removes a row that holds nothing.
	Remove(key string) error
	// Destroy replaces a row by the record of its destruction.
	Destroy(d Destruction) error
	// SignClock stores the signed mark of the clock.
	SignClock(mark string) error
	// Prune forgets used gates and grants that have expired.
	Prune(now time.Time) error
}

// Destruction is what remains of a recording: its opaque key, when and by which rule it was destroyed.
type Destruction struct {
	Key  string    `json:"key"`
	At   time.Time `json:"at"`
	Due  string    `json:"due"` // yyyy-mm-dd
	Rule string    `json:"rule"`
	Late bool      `json:"late"`
}

// Facts are counts over the catalogue.
type Facts struct {
	Counts        map[State]int
	OldestDestroy string
	Late          int // due before today and still there, holds not counted
	Held          int
	Destroyed     int
	MaxFragment   int
	WithoutGate   int
	Columns       []string // of the catalogue's table
}
