// Package routing decides who gets which call, callback or e-mail and when. It is pure: events with their time go in,
// decisions come out; it has no I/O, no clock and no goroutine, so it can be simulated (routing/sim), explored, fuzzed,
// replayed and measured without a socket. It must not know customers: a Work is an opaque id with requirements. Here is what is said
// to routing and what it says, by DESIGN.md; routing/engine decides fast, routing/plain plainly.
package routing

import (
	"math"
	"time"
)

// Kind is the medium of a piece of work.
type Kind uint8

// The media.
const (
	Call Kind = iota
	Mail
	Callback // a call that we owe: it waits as a call does, without the caller on the line
	Outgoing // a call that an agent makes: it never waits, it is in the agent's hands from the start (Restored)
)

// Kinds is how many media there are.
const Kinds = 4

// String names the medium.
func (k Kind) String() string {
	if int(k) < Kinds {
		return [...]string{"call", "mail", "callback", "outgoing"}[k]
	}
	return "unknown"
}

// State is what an agent is doing, as the desktop and the statistics name it.
type State string

// The states of an agent.
const (
	Offline      State = "offline"
	Ready        State = "ready"
	Break        State = "break"   // with a reason
	Offered      State = "offered" // something rings
	Busy         State = "busy"    // in a call or callback
	WrapUp       State = "wrap_up" // after a call
	NotAnswering State = "not_answering"
)

// Limits of the engine's own behaviour.
const (
	// DefaultRing is how long an offer stands where neither the work nor its queue says.
	DefaultRing = 20 * time.Second
	// MailPause is how long an agent who did not take an offered e-mail is offered no other.
	MailPause = time.Minute
	// DefaultMails is how many e-mail cases an agent may have in hand where the agent does not say.
	DefaultMails = 5
	// MaxNeeds bounds what one piece of work may ask, its queue's needs included.
	MaxNeeds = 32
	// MaxSkills bounds the different skills that an engine knows; what asks for a further one is refused (Impossible).
	MaxSkills = 4096
	// MaxLevel is the highest level of a skill.
	MaxLevel = 10
	// MaxQueuesAtOnce is how many queues one piece of work waits in at most, its first included.
	MaxQueuesAtOnce = 4
	// MaxHops is how often work may overflow from queue to queue; then it stays where it is. (Cycles are refused when the
	// configuration is read; this is for whoever configures the engine otherwise.)
	MaxHops = 8
	// MaxOverflows bounds the overflow rules of a queue.
	MaxOverflows = 16 // as many as Placement.Fired has bits
	// MaxRings bounds the rings of a queue.
	MaxRings = 8
)

// UntilReady is a wrap-up that lasts until the agent ends it.
const UntilReady time.Duration = math.MaxInt64

// CallerLanguage stands, in a Ring, for the language that the customer chose.
const CallerLanguage = "language"

// Language is the skill that speaking a language is, for example "language:sv".
func Language(code string) string { return "language:" + code }

// Work is one call, callback or e-mail case that waits for an agent. What it leaves zero, its queue says.
type Work struct {
	ID           string
	Kind         Kind
	Queue        string
	Agency       string        // where the queue has none
	Language     string        // that the customer chose: an agent must speak it; "" for any
	Skills       []string      // an agent must have them all, besides what the queue asks
	Priority     int           // 0–9, higher first; each step is worth Policy.Ageing of waiting
	Arrived      time.Time     // its place among equals; kept when an offer fails and when it overflows
	Ring         time.Duration // how long an offer stands; 0: the queue's
	WrapUp       time.Duration // after it has ended; 0: the queue's, UntilReady: until the agent says so
	Preferred    string        // agent who had the case, or promised the callback; waited for as long as PreferredFor
	PreferredFor time.Duration // 0: the queue's
	Once         string        // callbacks: opaque; a second one with the same Once in the queue is refused (Duplicate)
	Expires      time.Time     // callbacks: then it is over (outcome Expired); zero: never
	NotBefore    time.Time     // callbacks: it is not offered before; zero: at once
	Transferred  bool          // it was in somebody's hands before (measures count it once)
	Past         *Placement    // at take-over: where it stood
}

// Placement is what the engine remembers of waiting work beyond the work itself, for take-over.
type Placement struct {
	Entered    time.Time // into this queue: rings, overflow and delays count from here
	Hops       int       // overflows so far
	Fired      uint16    // bit i: overflow rule i of the queue has been tried
	Seq        uint64    // its number among arrivals; 0: a new one
	Passed     int       // of its line, see Policy.Overtaken
	Invited    bool      // to a callback, once
	Unkept     bool      // its preferred agent is waited for no more
	Guarded    bool      // offered e-mail: no call interrupts it
	AlsoPassed []int     // as Passed, of the lines in Also's queues
	Disturbed  int       // times that a call interrupted its offer
}

// Capacity is how much an agent takes at once. The zero Capacity takes one call, or DefaultMails e-mail cases with room for a
// call over them.
type Capacity struct {
	Mails          int  `json:"mails,omitempty"`            // e-mail cases in hand; 0: DefaultMails, negative: none
	NoCalls        bool `json:"no_calls,omitempty"`         // neither calls nor callbacks
	Undisturbed    bool `json:"undisturbed,omitempty"`      // an e-mail on offer or in hand is not interrupted by a call
	MailDuringCall bool `json:"mail_during_call,omitempty"` // e-mails are offered while in a call
}

// Agent is a person at a seat with what they can do.
type Agent struct {
	ID        string
	Seat      string
	Skills    map[string]int     // skill → level 1–MaxLevel; Language("sv") gives a language a level
	Languages []string           // codes; each is the skill Language(code), of level 1 where Skills does not say
	Agencies  []string           // agencies whose work they may do; empty for all
	Weights   map[string]float64 // by agency: its work's waiting counts this much for this agent; absent: 1
	Tiers     map[string]int     // by queue: 1 is asked first (strategy Tiers); absent: 1
	Capacity  Capacity
	Past      *History // at take-over
}

// History is what the engine remembers of an agent beyond the agent, for take-over.
type History struct {
	State      State
	Next       State  // asked for while busy
	Hurried    bool   // Next by a supervisor: instead of the wrap-up
	Reason     string // of a break
	NextReason string
	Since      time.Time // in this state
	Idle       time.Time // since when
	Until      time.Time // end of a wrap-up
	Paused     time.Time // no e-mail before
	Handled    int       // since sign-in
	Turn       uint64    // when last offered, as a number that grows
	Occupied   float64   // 0–1: share of time busy, exponentially weighted, at Measured
	Measured   time.Time
	Wrapping   time.Time // end of the call that is wrapped up
	MaxWrap    time.Duration
}
