package routing

import "time"

// EventType says what happened.
type EventType uint8

// The events. What each reads of an Event is in brackets. An event that does not fit is refused (Decision Refuse) and changes
// nothing; none panics.
const (
	SignedIn     EventType = iota // an agent took a seat [Agent]; a known one is replaced and keeps state and what is in hand
	SignedOut                     // [AgentID]; an offer is withdrawn, what is in hand stays until Finished
	StateSet                      // the agent, or a supervisor, chose Ready, Break or Offline [AgentID, State, Reason, Forced]
	Arrived                       // work waits [Work]
	Removed                       // work is no longer there: hung up, handled elsewhere [WorkID, Reason: the outcome; "": Abandoned, of what is in hand Handled]
	Accepted                      // the agent answered the offer [WorkID, AgentID]
	Declined                      // the agent pushed the offer away, or the phone could not ring [WorkID, AgentID]
	Finished                      // what the agent had accepted is over [WorkID, AgentID]
	Extended                      // the wrap-up lasts longer [AgentID, By]
	Restored                      // at take-over: the agent already has this in hand [Work, AgentID]
	Reoffered                     // at take-over: this rings at the agent [Work, AgentID, Until]
	QueueSet                      // a queue is made or changed; what waits there is placed anew [Queue]
	QueueRemoved                  // what waits there is diverted to "closed", what is in hand stays [QueueID]
	QueueOpened                   // [QueueID]
	QueueClosed                   // opening hours are over, or an emergency [QueueID, Reason]
	Transferred                   // the agent gives what is in hand back to a queue, or to an agent by Preferred [WorkID, AgentID, Work: Queue, Language, Skills, Priority, Preferred, PreferredFor]
	Converted                     // a waiting call becomes a callback at the same place [WorkID, Work: Once, Expires, NotBefore]
	Tick                          // time has passed
	eventTypes
)

// String names the event.
func (t EventType) String() string {
	if t < eventTypes {
		return [...]string{
			"signed_in", "signed_out", "state_set", "arrived", "removed", "accepted", "declined", "finished", "extended", "restored", "reoffered",
			"queue_set", "queue_removed", "queue_opened", "queue_closed", "transferred", "converted", "tick",
		}[t]
	}
	return "unknown"
}

// Event is one thing that happened at a time. Times never go back; an earlier one counts as the latest seen. What it points to
// is read during Apply and not kept.
type Event struct {
	Type    EventType
	Forced  bool // StateSet: by a supervisor; ends a wrap-up too, never a call
	At      time.Time
	Work    *Work
	Agent   *Agent
	Queue   *Queue
	WorkID  string
	AgentID string
	QueueID string
	State   State
	Reason  string
	By      time.Duration
	Until   time.Time
}

// DecisionType says what is to be done.
type DecisionType uint8

// The decisions.
const (
	Offer       DecisionType = iota // ring this agent for this work [WorkID, Kind, Queue, AgentID, Seat, Until, Why]
	Withdraw                        // stop ringing [WorkID, Kind, Queue, AgentID, Seat, Reason]
	StateChange                     // the agent's state is now this [AgentID, Seat, State, Until, Reason]
	Refuse                          // the event does not fit: who sent it must undo its side [WorkID, AgentID, Queue, Reason]
	Moved                           // the work waits in another queue now [WorkID, Kind, Queue: from, To, Reason: the condition]
	Divert                          // the work leaves for an announcement, callback or number [WorkID, Kind, Queue, To, Reason: the condition]; Ended follows, but for a callback: the call waits on until Converted
	Ended                           // exactly once for each work: its outcome [WorkID, Kind, Queue, AgentID, Reason]
)

// String names the decision.
func (t DecisionType) String() string {
	return [...]string{"offer", "withdraw", "state", "refuse", "moved", "divert", "ended"}[t]
}

// Reasons of Withdraw.
const (
	NoAnswer    = "no_answer"
	Gone        = "gone"        // the work went away
	Interrupted = "interrupted" // a call came before the e-mail
	Forced      = "forced"      // the agent changed state or left, or what the agent can do changed
	WasDeclined = "declined"
)

// Reasons of Refuse.
const (
	NotOffered = "not_offered"
	Unknown    = "unknown"
	Duplicate  = "duplicate"
	Invalid    = "invalid"
	Impossible = "impossible" // more skills, needs or queues than the limits
)

// Reasons of Ended: the outcomes. Removed may give others.
const (
	Handled    = "handled"    // accepted and finished
	Abandoned  = "abandoned"  // the customer left while waiting
	Overflowed = "overflowed" // diverted to announcement, callback or number
	Expired    = "expired"    // a callback that was not made in time
	Closed     = "closed"     // the queue is gone
)

// Reasons of Moved and Divert besides the conditions: a queue's cap, a queue that is removed.
const (
	ConditionFull    = "full"
	ConditionRemoved = "queue_removed"
)

// Decision is one thing to do. What it points to is valid until the next Apply.
type Decision struct {
	Type    DecisionType
	Kind    Kind
	WorkID  string
	AgentID string
	Seat    string
	Queue   string
	State   State
	Until   time.Time // Offer: when it ends; StateChange to WrapUp: when that ends, zero for UntilReady
	Reason  string
	To      Target
	Why     *Why // of an Offer
}
