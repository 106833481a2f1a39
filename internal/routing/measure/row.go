package measure

import (
	"cmp"
	"time"

	"santra/internal/routing"
)

// Rows are roll-ups, sorted by time, then queue and kind, or agent.
type Rows struct {
	Queues []QueueRow
	Agents []AgentRow
}

// QueueKey names a row of a queue: one medium's work that entered it within one interval.
type QueueKey struct {
	Start time.Time
	Queue string
	Kind  routing.Kind
}

// QueueRow is what became of the work of one medium that entered a queue within one interval, whenever it did: its figures
// are final when Waiting, TransferWaiting and Open are 0. docs/measures.md defines each figure.
type QueueRow struct {
	QueueKey
	Agency string
	QueueFigures
}

// QueueFigures count work and add up durations (whole microseconds). All are sums but LongestWait.
//
//	Offered + OverflowedIn = Answered + Abandoned + ShortAbandoned + OverflowedOut + Diverted + Expired + Closed + Lost + Waiting
//	TransferredIn = TransferAnswered + TransferAbandoned + TransferLeft + TransferWaiting
type QueueFigures struct {
	Offered        int64 // new work: each piece counts once in the city, whatever becomes of it
	OverflowedIn   int64 // came unanswered from another queue, or from the queue's calls as a callback
	Answered       int64 // accepted by an agent, the first time
	InTime         int64 // of them within the target
	Abandoned      int64 // the customer left while waiting, not short
	AbandonedLate  int64 // of them after the target
	ShortAbandoned int64 // the customer left sooner than the queue's short-abandon time
	OverflowedOut  int64 // left unanswered for another queue, or for the queue's callbacks
	Diverted       int64 // left unanswered for an announcement or a number
	Expired        int64 // callbacks that were not made in time
	Closed         int64 // left otherwise: the queue is gone, the case was handled without routing
	Lost           int64 // gone with a restart

	TransferredIn     int64 // came after somebody had answered it: by a transfer, or by an overflow after one
	TransferAnswered  int64
	TransferAbandoned int64
	TransferLeft      int64 // in any other way
	TransferredOut    int64 // an agent who answered it here gave it to a queue or a colleague

	Offers    int64 // times that it rang at an agent
	NoAnswers int64
	Declines  int64
	Handled   int64 // times that it was in an agent's hands and is not any more; transfers included
	WrappedUp int64 // wrap-ups that have ended
	Responded int64 // e-mail cases: first replies
	Resolved  int64 // e-mail cases that were closed; again after each reopening
	Reopened  int64

	WaitAnswered  time.Duration // of Answered, from the customer's arrival
	WaitAbandoned time.Duration // of Abandoned, from the customer's arrival
	LongestWait   time.Duration // of Answered, Abandoned, ShortAbandoned and Diverted
	InHand        time.Duration // of Handled: talk and hold
	Hold          time.Duration
	WrapUp        time.Duration
	Response      time.Duration // of Responded, in business hours
	Resolution    time.Duration // of Resolved, in business hours, from the first arrival
}

// AgentKey names a row of an agent.
type AgentKey struct {
	Start time.Time
	Agent string
}

// AgentRow is how an agent spent one interval: times are the parts that lie in it, counts are by when it happened.
type AgentRow struct {
	AgentKey
	AgentFigures
}

// AgentFigures count what an agent did and add up the time in each state (whole microseconds). The times of one interval of
// somebody who was signed in throughout add up to Interval.
type AgentFigures struct {
	Offers    int64
	Answered  int64 // calls and callbacks
	Mails     int64 // e-mail cases taken in hand
	NoAnswers int64
	Declines  int64
	Handled   int64 // calls and callbacks that ended
	Transfers int64 // of them given away

	Ready        time.Duration
	Mailing      time.Duration // part of Ready: with an e-mail case in hand
	Ringing      time.Duration // Offered
	Busy         time.Duration
	WrapUp       time.Duration
	Break        time.Duration
	NotAnswering time.Duration
	Offline      time.Duration // at a seat, offline by choice
}

// Waiting is how many have no outcome yet, transferred ones not counted.
func (f QueueFigures) Waiting() int64 {
	return f.Offered + f.OverflowedIn - f.Answered - f.Abandoned - f.ShortAbandoned - f.OverflowedOut - f.Diverted - f.Expired - f.Closed - f.Lost
}

// TransferWaiting is how many transferred ones have no outcome yet.
func (f QueueFigures) TransferWaiting() int64 {
	return f.TransferredIn - f.TransferAnswered - f.TransferAbandoned - f.TransferLeft
}

// Open is how many are in agents' hands: while it is not 0, handling times still grow.
func (f QueueFigures) Open() int64 { return f.Answered + f.TransferAnswered - f.Handled }

func (k QueueKey) compare(o QueueKey) int {
	return cmp.Or(k.Start.Compare(o.Start), cmp.Compare(k.Queue, o.Queue), cmp.Compare(k.Kind, o.Kind))
}

func (k AgentKey) compare(o AgentKey) int {
	return cmp.Or(k.Start.Compare(o.Start), cmp.Compare(k.Agent, o.Agent))
}
