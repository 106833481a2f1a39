// Package routing decides who gets which call or e-mail and when. It is pure: events with their time go in, decisions come
// out; it has no I/O, no clock and no goroutine, so it can be simulated, fuzzed, replayed and measured without a socket.
// It must not know callers: a Work is an opaque id with requirements.
package routing

import (
	"fmt"
	"time"
)

// Kind is the medium of a piece of work.
type Kind uint8

// The media. A call interrupts the offer of an e-mail, never the reverse.
const (
	Call Kind = iota
	Mail
)

// String names the medium.
func (k Kind) String() string { return [...]string{"call", "mail"}[k] }

// State is what an agent is doing, as the desktop and the statistics name it.
type State string

// The states of an agent.
const (
	Offline      State = "offline"
	Ready        State = "ready"
	Break        State = "break"
	Offered      State = "offered"       // something rings
	Busy         State = "busy"          // in a call
	WrapUp       State = "wrap_up"       // after a call
	NotAnswering State = "not_answering" // let a call ring out, or pushed it away
)

// Limits of the engine's own behaviour.
const (
	// DefaultRing is how long an offer stands where the work does not say.
	DefaultRing = 20 * time.Second
	// MailPause is how long an agent who did not take an offered e-mail is offered no other.
	MailPause = time.Minute
	// DefaultMails is how many e-mail cases an agent may have in hand where the agent does not say.
	DefaultMails = 5
)

// Work is one call or e-mail case that waits for an agent.
type Work struct {
	ID       string
	Kind     Kind
	Queue    string
	Agency   string
	Language string        // an agent must speak it; "" for any
	Skills   []string      // an agent must have them all
	Priority int           // higher first
	Arrived  time.Time     // its place among equals; kept when an offer fails
	Ring     time.Duration // how long an offer stands; 0 for DefaultRing
	WrapUp   time.Duration // after it has ended; 0 for none
}

// Agent is a person at a seat with what they can do.
type Agent struct {
	ID        string
	Seat      string
	Skills    map[string]int
	Languages []string
	Agencies  []string // agencies whose work they may do; empty for all
	Mails     int      // e-mail cases at once; 0 for DefaultMails
}

// EventType says what happened.
type EventType uint8

// The events. What each reads of an Event is in brackets.
const (
	SignedIn  EventType = iota // an agent took a seat [Agent]; a known one is replaced and keeps what is in hand
	SignedOut                  // [AgentID]; an offer is withdrawn, what is in hand stays until Finished
	StateSet                   // the agent, or a supervisor, chose Ready, Break or Offline [AgentID, State]
	Arrived                    // work waits [Work]
	Removed                    // work is no longer there: hung up, handled elsewhere [WorkID]
	Accepted                   // the agent answered the offer [WorkID, AgentID]
	Declined                   // the agent pushed the offer away, or the phone could not ring [WorkID, AgentID]
	Finished                   // what the agent had accepted is over [WorkID, AgentID]
	Extended                   // the wrap-up lasts longer [AgentID, By]
	Restored                   // at take-over: the agent already has this in hand [Work, AgentID]
	Tick                       // time has passed
)

// Event is one thing that happened at a time. Times never go back; an earlier one counts as the latest seen.
type Event struct {
	Type    EventType
	At      time.Time
	Work    Work
	Agent   Agent
	WorkID  string
	AgentID string
	State   State
	By      time.Duration
}

// DecisionType says what is to be done.
type DecisionType uint8

// The decisions.
const (
	Offer       DecisionType = iota // ring this agent for this work
	Withdraw                        // stop ringing
	StateChange                     // the agent's state is now this
	Refuse                          // the event does not fit (accepting what is not offered): who sent it must undo its side
)

// Reasons of Withdraw and Refuse.
const (
	NoAnswer    = "no_answer"
	Gone        = "gone"        // the work went away
	Interrupted = "interrupted" // a call came before the e-mail
	Forced      = "forced"      // the agent changed state or left
	WasDeclined = "declined"
	NotOffered  = "not_offered"
	Unknown     = "unknown"
	Duplicate   = "duplicate"
)

// Decision is one thing to do.
type Decision struct {
	Type    DecisionType
	WorkID  string
	AgentID string
	Seat    string
	State   State
	Until   time.Time // Offer: when it ends; StateChange to WrapUp: when that ends
	Reason  string
	Why     Why
}

// Why explains an offer from data that are not personal.
type Why struct {
	Idle       time.Duration // how long the agent had been idle
	Waited     time.Duration // how long the work had waited
	Candidates int           // agents who were ready for it, at most (stale ones may be counted)
	Queue      string
	Language   string
}

// String says it in English, for logs and tests; the desktop says it in the reader's language.
func (w Why) String() string {
	s := fmt.Sprintf("queue %s: longest idle (%s) of %d ready; waited %s", w.Queue, w.Idle.Round(time.Second), w.Candidates, w.Waited.Round(time.Second))
	if w.Language != "" {
		s += "; speaks " + w.Language
	}
	return s
}
