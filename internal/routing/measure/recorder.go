package measure

import (
	"time"

	"santra/internal/routing"
)

// Recorder makes records of what the engine was told and decided. It belongs to one goroutine, or to a lock, as the engine
// does; it never blocks. Take gives what has come together, for a Journal.
type Recorder struct {
	source string
	seq    int64
	out    []Record
}

// NewRecorder makes one. source is opaque and fresh for each start (id.New): it keeps two owners' records apart.
func NewRecorder(source string) *Recorder { return &Recorder{source: source} }

// Target sets, for a queue's records from now on, within what time a call is answered in time (0: routing.DefaultWithin) and
// how long a wait is short (0: DefaultShort). It knows Within from QueueSet events too.
func (r *Recorder) Target(queue string, within, short time.Duration) {}

// DefaultShort is how long a wait is short for a queue that does not say: who hangs up sooner has dialled wrong, or heard
// what they wanted to know from the announcement.
const DefaultShort = 5 * time.Second

// Record makes the records of one event and the decisions that Apply gave for it. ev.At must be set. Neither is kept.
func (r *Recorder) Record(ev routing.Event, decisions []routing.Decision) {}

// Hold records that the customer of a call in hand was put on hold, or taken back. Other work is none.
func (r *Recorder) Hold(workID string, on bool, at time.Time) {}

// Mail records a step of an e-mail case that routing does not see (FirstResponse, Resolved or Reopened). arrived is when the
// case came; business is what of the time since then lies in opening hours (BusinessTime).
func (r *Recorder) Mail(t Type, w routing.Work, agent string, arrived, at time.Time, business time.Duration) {
}

// Checkpoint closes everybody's time in their state as of at, and lets it go on. The owner calls it at the end of each
// interval and before it stops, so that figures are never older than an interval.
func (r *Recorder) Checkpoint(at time.Time) {}

// Take gives the records made since the last Take, at most max; they are the caller's.
func (r *Recorder) Take(limit int) []Record { return nil }

// Replay tells a new Recorder of what the journal holds from before a take-over, so that work that is announced goes on
// where it was: since when it waits or is in hand. Records go in by time (ByTime); before the first Record.
func (r *Recorder) Replay(rec Record) {}

// Settle ends what Replay told of and nobody has announced since: waiting work is Lost, what was in hand has ended. The
// owner calls it when all announcements are in.
func (r *Recorder) Settle(at time.Time) {}
