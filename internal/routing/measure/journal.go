package measure

import (
	"context"
	"iter"
	"time"
)

// Journal keeps records and the roll-ups made of them; store/centre implements it for every database of the house.
//
// Roll-ups are kept in the transaction that keeps the records, so that they are equal to what Rollup makes of the journal at
// any moment, also after a crash.
type Journal interface {
	// Append keeps records, all or none, and adds them to the roll-ups. Those that are there already (Source, Seq) are left
	// out, so a batch may be given again after any error. errs.Invalid names the first record that is none (Record.Check),
	// errs.TooLarge for more than MaxBatch.
	Append(ctx context.Context, records []Record) error
	// Records gives every record that bears on a roll-up of [from, to), and some more; in no order that matters.
	Records(ctx context.Context, from, to time.Time) iter.Seq2[Record, error]
	// Open gives, by time, what the journal has begun and not ended (Openings): for Recorder.Replay at a start or a take-over.
	Open(ctx context.Context) ([]Record, error)
	// Rollups gives the rows of the intervals that begin in [from, to), sorted as Rollup does.
	Rollups(ctx context.Context, from, to time.Time) (Rows, error)
	// Erase removes at most limit records and at most limit rows from before a time, and says how many there were in all.
	// Who calls goes on until it gives 0.
	Erase(ctx context.Context, before time.Time, limit int) (int, error)
}

// MaxBatch bounds what one Append takes.
const MaxBatch = 10_000
