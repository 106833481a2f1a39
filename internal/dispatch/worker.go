package dispatch

import (
	"time"

	"santra/internal/routing"
)

// Offer is work that rings at one agent.
type Offer struct {
	Work    routing.Work
	Agent   string // person id
	Seat    string // seat code
	Expires time.Time
	Why     string      // Reasons in English, for logs
	Reasons routing.Why // why this agent, and why now; a copy of its own
	Epoch   uint64      // of the lease under which it was decided; AcceptOffer gives it back
}

// Worker does the work of one kind: voice for calls, email for cases. Its methods, and those of Carrier, are called one after
// the other, in the order of the decisions, and must not block.
type Worker interface {
	// Offered rings the agent's leg.
	Offered(o Offer)
	// Withdrawn stops the ringing; reason is one of routing's (NoAnswer, Gone, Interrupted, Forced, WasDeclined).
	Withdrawn(o Offer, reason string)
}

// Carrier is a Worker whose work can go elsewhere. Work of a Worker that is none, and that a queue diverts, is only logged.
type Carrier interface {
	// Diverted carries work to an announcement or a number: it has left routing, neither Remove nor Finish is due. Or it offers
	// the customer a callback: then the work goes on waiting, until Convert. The reason is the condition (routing.Condition's names, ConditionFull, ConditionRemoved).
	Diverted(w routing.Work, to routing.Target, reason string)
	// Moved says that the work waits in another queue now, with its place; w is as it was before.
	Moved(w routing.Work, to, reason string)
	// Expired says that a callback was not made in time. It has left routing.
	Expired(w routing.Work)
}

// Announcer is a Worker that tells the next owner of routing what there is of its work. A Worker that is none is taken at
// what the dispatcher itself remembers.
type Announcer interface {
	// Announce lists all work of the room that waits, rings or is in an agent's hands. It is called outside the dispatcher's
	// lock, while decisions rest, and should take no longer than it must. A room that has not started yet tells nothing.
	Announce() []Announcement
}

// Announcement is one piece of work at a take-over: it waits (no Agent), rings at Agent until Until, or is in Agent's hands
// (zero Until).
type Announcement struct {
	Work  routing.Work // Past, if the room knows it; Arrived keeps its place
	Agent string
	Until time.Time
	Epoch uint64 // of the Offer that rings, so that its acceptance counts
}

// Mark is a step of an e-mail case that routing does not see and the measures count.
type Mark uint8

// The marks.
const (
	FirstResponse Mark = iota // the first reply was handed to be sent
	Resolved                  // the case was closed
	Reopened                  // the customer wrote again after that
)
