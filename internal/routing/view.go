package routing

import (
	"cmp"
	"slices"
	"time"
)

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
	Ready                   int      // of them ready
	Estimate                Estimate // of a call that would come now
}

// Agents lists all who are signed in, by id.
func (e *Engine) Agents() []AgentView {
	views := make([]AgentView, 0, len(e.agents))
	for _, a := range e.agents {
		views = append(views, e.view(a))
	}
	slices.SortFunc(views, func(a, b AgentView) int { return cmp.Compare(a.ID, b.ID) })
	return views
}

// Agent gives one agent's view.
func (e *Engine) Agent(id string) (AgentView, bool) {
	a, ok := e.agents[id]
	if !ok {
		return AgentView{}, false
	}
	return e.view(a), true
}

func (e *Engine) view(a *agent) AgentView {
	v := AgentView{ID: a.ID, Seat: a.Seat, State: a.state, Until: a.until, Mails: a.mails}
	switch {
	case a.offer != nil:
		v.Work = a.offer.ID
	case a.call != nil:
		v.Work = a.call.ID
	}
	return v
}

// Queues counts what waits and what is in hand, by queue.
func (e *Engine) Queues() map[string]QueueView {
	views := map[string]QueueView{}
	for _, w := range e.work {
		v := views[w.Queue]
		v.Queue = w.Queue
		v.count(w)
		views[w.Queue] = v
	}
	return views
}

func (v *QueueView) count(w *work) {
	waits, oldest := &v.Calls, &v.OldestCall
	inHand := &v.Talking
	if w.Kind == Mail {
		waits, oldest, inHand = &v.Mails, &v.OldestMail, &v.Open
	}
	if w.taken {
		*inHand++
		return
	}
	*waits++
	if oldest.IsZero() || w.Arrived.Before(*oldest) {
		*oldest = w.Arrived
	}
}
