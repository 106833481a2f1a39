// Package measure says what happened to work and to agents, in figures. A Record is one step of a piece of work or of an
// agent's day; it carries the times that it closes, so that what it adds to the figures depends on nothing else. The
// figures of half-hours (QueueRow, AgentRow) are therefore sums over records: any order, any split of the log and any
// restart in its middle give the same ones, to the microsecond. docs/measures.md publishes the formulas and says to which
// interval each figure belongs.
//
// It owns records, roll-ups and formulas. It is pure, and knows no customers: work is an opaque id.
package measure

import (
	"cmp"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
)

// Interval is the length of the intervals of the roll-ups. They begin at the full and half hours of UTC, and so at those of
// every time zone whose offset is a multiple of half an hour.
const Interval = 30 * time.Minute

// Limits of records.
const (
	// MaxPhase bounds the time in one state that one record of an agent may close; a Recorder closes one for each interval.
	MaxPhase = 24 * time.Hour
	// MaxIDLen bounds, in bytes, each text of a record: ids, states, reasons.
	MaxIDLen = 128
	// Retention is how long records and roll-ups are kept: a year for the figures of the same week a year ago, and a month
	// to read them. Roll-ups by agent are data of staff, and are kept no longer for anybody.
	Retention = 400 * 24 * time.Hour
)

// Type says what a record tells.
type Type uint8

// The types, which the journal keeps as numbers: a new one goes to the end. Which fields a type has, beside Source, Seq, At and Type, is in brackets; Passage stands for Kind, Work, Queue,
// Agency, First, Arrived and Entered.
const (
	Queued        Type = iota // work entered a queue [Passage, Reason: "", Overflow, Transfer or Conversion, To: where it was before]
	Offered                   // it rings at an agent [Passage, Agent]
	NoAnswered                // the agent did not answer [Passage, Agent, Since: of the offer]
	Declined                  // the agent pushed it away [Passage, Agent, Since]
	Withdrawn                 // it stopped ringing for another reason [Passage, Agent, Since, Reason: routing's]
	Answered                  // the agent took it [Passage, Agent, Since: of the offer, Within]
	Held                      // the customer was put on hold [Passage, Agent]
	Retrieved                 // the customer was taken back from hold, or the call ended on hold [Passage, Agent, Since: put on hold]
	Ended                     // what the agent had in hand is over [Passage, Agent, Since: answered, Reason: Handled, or Transfer, To: its queue]
	Left                      // it left its queue unanswered [Passage, Reason: Abandoned, Expired, Closed, Lost or another outcome; Within, Short]
	Moved                     // it left its queue for another one, or became a callback [Passage, To, Reason: the condition]
	Diverted                  // it left for an announcement or a number [Passage, To: its kind, Reason: the condition]
	WrapUpEnded               // [Passage: of the work that it was for, Agent, Since]
	AgentState                // a state of an agent has ended, or goes on into the next interval [Agent, State: new, Was: ended, Since, Reason: of Was, To: WithMail or ""]
	FirstResponse             // an e-mail case's first reply was sent [Passage, Agent, Business: from Arrived]
	Resolved                  // an e-mail case was closed [Passage, Agent, Business: from Arrived]
	Reopened                  // the customer wrote again after that [Passage]
	types
)

// String names the type as the journal and the CSV do.
func (t Type) String() string {
	if t < types {
		return [...]string{
			"queued", "offered", "no_answer", "declined", "withdrawn", "answered", "held", "retrieved", "ended", "left", "moved", "diverted",
			"wrap_up_ended", "agent_state", "first_response", "resolved", "reopened",
		}[t]
	}
	return "unknown"
}

// Reasons of Queued beside "", which is new work.
const (
	Overflow   = "overflow"
	Transfer   = "transfer"   // also of Ended
	Conversion = "conversion" // a waiting call became a callback; also of Moved
)

// Lost is the outcome of work that was there before a restart and not after it.
const Lost = "lost"

// Record is one step of a piece of work, or of an agent's day. (Source, Seq) names it: one that is written twice counts
// once. Times are whole microseconds, UTC.
type Record struct {
	Source string // opaque; fresh for each start of who writes
	Seq    int64  // grows by one within Source
	At     time.Time
	Type   Type
	Kind   routing.Kind
	First  bool          // nobody had answered this work before: a transfer counts once
	Work   string        // opaque and random; never something of a customer's
	Queue  string        // whose work it is
	Agency string        // of the queue
	Agent  string        // person id
	State  routing.State // AgentState: from At on
	Was    routing.State // AgentState: from Since to At
	Reason string
	To     string

	Arrived  time.Time     // when the customer's wait began, in whatever queue: for a call after the announcements
	Entered  time.Time     // into this queue; its interval is that of the figures
	Since    time.Time     // when that began which the record ends
	Within   time.Duration // the queue's target as it was then
	Short    time.Duration // abandoning sooner than this is short; as it was then
	Business time.Duration // within opening hours as they were then
}

// Micro cuts a time to whole microseconds, UTC, as databases keep it.
func Micro(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

// ByTime orders records by time, then source and number.
func ByTime(a, b Record) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Seq, b.Seq))
}

// Whole cuts the record's times and durations to whole microseconds, as a database keeps them.
func (r Record) Whole() Record {
	for _, t := range []*time.Time{&r.At, &r.Arrived, &r.Entered, &r.Since} {
		*t = Micro(*t)
	}
	for _, d := range []*time.Duration{&r.Within, &r.Short, &r.Business} {
		*d = d.Truncate(time.Microsecond)
	}
	return r
}

// Start gives the beginning of the interval in which t lies.
func Start(t time.Time) time.Time {
	micros, step := t.UnixMicro(), Interval.Microseconds()
	if micros%step < 0 { // before 1970
		micros -= step
	}
	return time.UnixMicro(micros - micros%step).UTC()
}

// Begin gives the earliest moment that the record bears on: with At, between which it may touch intervals.
func (r Record) Begin() time.Time {
	if r.Type == AgentState {
		if r.Since.IsZero() {
			return r.At
		}
		return r.Since
	}
	if r.Entered.IsZero() {
		return r.At
	}
	return r.Entered
}

// Check says what is wrong with a record before it is kept: errs.Invalid, naming the field.
func (r Record) Check() error {
	switch {
	case r.Source == "" || r.Seq <= 0:
		return errs.At(errs.Invalid, "source", "a record is named by its source and a sequence number from 1; have %q, %d", r.Source, r.Seq)
	case r.Type >= types:
		return errs.At(errs.Invalid, "type", "there are %d types of records, not %d", types, r.Type)
	case r.At.IsZero():
		return errs.At(errs.Invalid, "at", "a record needs its time")
	case int(r.Kind) >= routing.Kinds:
		return errs.At(errs.Invalid, "kind", "there are %d media, not %d", routing.Kinds, r.Kind)
	case r.Type == AgentState && r.Agent == "":
		return errs.At(errs.Invalid, "agent", "a state is somebody's")
	case r.Type == AgentState && r.At.Sub(r.Begin()) > MaxPhase:
		return errs.At(errs.Invalid, "since", "one record closes at most %s of a state, not %s", MaxPhase, r.At.Sub(r.Since))
	case r.Type != AgentState && (r.Queue == "" || r.Work == "" || r.Entered.IsZero() || r.Arrived.IsZero()):
		return errs.At(errs.Invalid, "work", "a step of work needs work, queue, arrived and entered")
	}
	return r.checkTexts()
}

func (r Record) checkTexts() error {
	for _, f := range []struct{ field, text string }{
		{"source", r.Source},
		{"work", r.Work},
		{"queue", r.Queue},
		{"agency", r.Agency},
		{"agent", r.Agent},
		{"state", string(r.State)},
		{"was", string(r.Was)},
		{"reason", r.Reason},
		{"to", r.To},
	} {
		if len(f.text) > MaxIDLen || strings.ContainsRune(f.text, 0) {
			return errs.At(errs.Invalid, f.field, "at most %d bytes without NUL; have %d", MaxIDLen, len(f.text))
		}
	}
	return nil
}
