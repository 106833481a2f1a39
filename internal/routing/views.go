package routing

import "time"

// AgentView is an agent as the desktop sees one.
type AgentView struct {
	ID, Seat string
	State    State
	Since    time.Time // in this state
	Until    time.Time // end of the offer or wrap-up; zero without one
	Reason   string    // of a break
	Next     State     // asked for while busy; "" for none
	Work     string    // the call in hand or the work on offer
	Mails    int       // e-mail cases in hand
	Handled  int       // since sign-in
	Agencies []string  // whose work they may do; empty for all. Not to be changed
}

// QueueView counts what waits in a queue.
type QueueView struct {
	Queue                   string
	Closed                  bool
	Calls, Mails, Callbacks int       // that wait or ring
	OldestCall              time.Time // arrival of the longest waiting; zero without one
	OldestMail              time.Time
	Talking, Open           int      // calls and callbacks, and e-mail cases, in agents' hands
	Staffed                 int      // agents ready, offered, busy or in wrap-up who can serve its widest ring
	Ready                   int      // of them ready for a call
	Estimate                Estimate // of a call that would come now
}
