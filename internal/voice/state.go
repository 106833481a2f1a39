package voice

import (
	"slices"

	"santra/internal/errs"
)

// State is where a call stands.
type State string

// The states of a call, in the order of a good one.
const (
	Announcing State = "announcing" // answered; language menu and recording announcement play
	Waiting    State = "waiting"    // in the queue, with music
	Offered    State = "offered"    // an agent's leg rings; the caller still hears music
	Talking    State = "talking"    // bridged
	Held       State = "held"       // the agent has put the caller on hold, with music
	Leaving    State = "leaving"    // the queue is closed or full: the caller hears why, then it ends
	WrapUp     State = "wrap_up"    // both legs are gone, the agent writes up
	Ended      State = "ended"      // nothing is left of it
)

// next is every legal transition of a call; what is not here can't happen.
func next(s State) []State {
	switch s {
	case Announcing:
		return []State{Waiting, Ended}
	case Waiting:
		return []State{Offered, Leaving, Ended}
	case Offered:
		return []State{Waiting, Talking, Ended} // withdrawn or declined; answered; the caller gave up
	case Leaving:
		return []State{Ended}
	case Talking:
		return []State{Held, WrapUp, Ended}
	case Held:
		return []State{Talking, WrapUp, Ended}
	case WrapUp:
		return []State{Ended}
	}
	return nil // Ended is the end
}

// move gives the new state, or errs.Conflict where the transition is not legal.
func (s State) move(to State) (State, error) {
	if !slices.Contains(next(s), to) {
		return s, errs.New(errs.Conflict, "a call that is %s can't become %s", s, to)
	}
	return to, nil
}

// withAgent tells whether an agent has the call now: offered or connected.
func (s State) withAgent() bool { return s == Offered || s.connected() }

// connected tells whether the two parties are bridged, on hold or not.
func (s State) connected() bool { return s == Talking || s == Held }

// queued tells whether dispatch has the call's work without an answer yet.
func (s State) queued() bool { return s == Waiting || s == Offered }

// live tells whether the caller is still there; in a call that is not, nobody gets the number any more (M3).
func (s State) live() bool { return s != WrapUp && s != Ended }
