package callback

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/pii"
)

// Limits of the room.
const (
	// MaxKept is how long a number is kept at most, whatever is configured; it is published (M3).
	MaxKept = agency.MaxCallbackExpires
	// MaxOwed is how many callbacks are owed at a time, on all nodes; more are not offered.
	MaxOwed = 5000
	// MaxOwedByQueue is how many of them one queue owes.
	MaxOwedByQueue = 1000
	// MaxTries is how often somebody who is busy or does not answer is called.
	MaxTries = 3
	// BusyGap, SilentGap and FailedGap are the times before the next try.
	BusyGap   = 5 * time.Minute
	SilentGap = 15 * time.Minute
	FailedGap = 2 * time.Minute
	// SweepEvery is how often what has expired is erased: a number outlives its time by no more.
	SweepEvery = time.Minute
)

// State is where a callback stands.
type State string

// The states.
const (
	Waiting State = "waiting" // for an agent, or for its next try
	Opened  State = "opened"  // an agent has the number and calls
	Ending  State = "ending"  // over; its key is being destroyed
)

// Outcome is how a callback ended, or how a try went.
type Outcome string

// The outcomes. Of the tries that failed: Busy, Silent and Failed.
const (
	Reached   Outcome = "reached"   // the customer answered
	Unreached Outcome = "unreached" // MaxTries came to nothing, or no time was left for another
	Cancelled Outcome = "cancelled" // by a supervisor, or the caller who waited on
	Expired   Outcome = "expired"
	Lost      Outcome = "lost" // its key is not there: the number can't be read any more

	Busy   Outcome = "busy"
	Silent Outcome = "no_answer"
	Failed Outcome = "failed" // the call could not be made; the reasons are ours
)

// The actions of this room in the audit log. Their object is the callback's id; no entry has a number.
const (
	ActionRequested = "callback.requested"
	ActionOpened    = "callback.opened" // the agent got the number
	ActionTried     = "callback.tried"  // and did not reach the customer; it waits again
	ActionEnded     = "callback.ended"
	ActionErased    = "callback.erased" // its key is destroyed, its row goes
)

// Record is a callback as it is stored. Sealed is the number under the callback's key; Once is an HMAC of it under the same:
// both say nothing once the key is destroyed, and are emptied at the end.
type Record struct {
	ID        string // that of the call from which it came, and of the work in routing
	Ring      string // the folder of keys that has its key: each node has its own
	Queue     string
	Agency    string
	Language  agency.Lang
	State     State
	Outcome   Outcome   // of Ending
	Agent     string    // of Opened: person id
	Requested time.Time // UTC, whole microseconds, as the others
	Until     time.Time // by when the caller was told to be called
	Expires   time.Time // then it is erased, reached or not
	NotBefore time.Time // zero: at once
	Tries     int       // that failed
	Sealed    []byte
	Once      []byte
}

// View is a callback as supervisors see it: without its number.
type View struct {
	ID        string    `json:"id"`
	Queue     string    `json:"queue"`
	Agency    string    `json:"agency"`
	Language  string    `json:"language"`
	State     State     `json:"state"`
	Agent     string    `json:"agent,omitempty"`
	Requested time.Time `json:"requested"`
	Until     time.Time `json:"until"`
	Expires   time.Time `json:"expires"`
	NotBefore time.Time `json:"not_before,omitzero"`
	Tries     int       `json:"tries"`
}

// Counts says how many numbers are kept, for the register's keeper.
type Counts struct {
	Waiting int       `json:"waiting"`
	Opened  int       `json:"opened"`
	Ending  int       `json:"ending"`
	Overdue int       `json:"overdue"` // of Waiting and Opened: past what the caller was told
	Oldest  time.Time `json:"oldest,omitzero"`
}

// Call is what an agent's telephone needs of a callback. Who has it erases the number at the call's end.
type Call struct {
	ID       string
	Queue    string
	Agency   string
	Language agency.Lang
	Number   pii.Number
	Until    time.Time // by when the caller was told to be called
	Expires  time.Time
	Try      int // from 1
}

// Store keeps the records.
type Store interface {
	// Do runs one change with its audit entry in one transaction; f may run several times.
	Do(ctx context.Context, e audit.Entry, f func(Tx) error) error
	// Callback gives one; errs.NotFound without it.
	Callback(ctx context.Context, id string) (Record, error)
	// Callbacks gives up to limit, oldest first.
	Callbacks(ctx context.Context, limit int) ([]Record, error)
}

// Tx is what a change may do.
type Tx interface {
	// Add stores a record; errs.Conflict where the id is taken.
	Add(ctx context.Context, r Record) error
	// Set changes State, Outcome, Agent, NotBefore, Tries, Sealed and Once of a record; errs.Conflict unless its state is was.
	Set(ctx context.Context, r Record, was State) error
	// Drop removes a record; one that is not there is none.
	Drop(ctx context.Context, id string) error
}

// Vault keeps the keys; *keys.Ring is one.
type Vault interface {
	Put(name string, key []byte) error
	Get(name string) ([]byte, error)
	Destroy(name string) error
	List(prefix string) ([]string, error)
	// Clean destroys what an interrupted Put left below prefix, and says how many.
	Clean(prefix string) (int, error)
	Ensure(name string, size int) ([]byte, error)
}
