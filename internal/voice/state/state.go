package state

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
	Dialling   State = "dialling"   // a call out: the agent's own telephone connects, then the other party rings
	Informing  State = "informing"  // the agent is there; the other party hears the recording announcement first
	Talking    State = "talking"    // bridged
	Held       State = "held"       // the agent has put the caller on hold, with music; a consultation may run
	Leaving    State = "leaving"    // the queue is closed or full: the caller hears why, then it ends
	Forwarding State = "forwarding" // given to another telephone, which rings; the caller hears music
	Forwarded  State = "forwarded"  // talking on with another telephone, without an agent
	WrapUp     State = "wrap_up"    // both legs are gone, the agent writes up
	Ended      State = "ended"      // nothing is left of it
)

// next is every legal transition of a call; what is not here can't happen.
func next(s State) []State {
	switch s {
	case Announcing:
		return []State{Waiting, Leaving, Forwarding, Ended}
	case Waiting:
		return []State{Offered, Leaving, Announcing, Ended} // Announcing: its flow leads elsewhere
	case Offered:
		return []State{Waiting, Talking, Informing, Dialling, Ended} // withdrawn or declined; answered, a callback: dialled; the caller gave up
	case Dialling:
		return []State{Informing, Talking, WrapUp, Ended}
	case Informing:
		return []State{Talking, WrapUp, Ended}
	case Leaving:
		return []State{Forwarding, Ended}
	case Talking:
		return []State{Held, Waiting, Forwarding, Forwarded, WrapUp, Ended}
	case Held:
		return []State{Talking, Waiting, Forwarding, Forwarded, WrapUp, Ended}
	case Forwarding:
		return []State{Forwarded, Waiting, Announcing, Leaving, Ended} // answered; it comes back; its flow goes on
	case Forwarded, WrapUp:
		return []State{Ended}
	}
	return nil // Ended is the end
}

// Move gives the new state, or errs.Conflict where the transition is not legal.
func (s State) Move(to State) (State, error) {
	if !slices.Contains(next(s), to) {
		return s, errs.New(errs.Conflict, "a call that is %s can't become %s", s, to)
	}
	return to, nil
}

// Connected tells whether an agent talks with the customer, on hold or not.
func (s State) Connected() bool { return s == Talking || s == Held }

// Placing tells whether a call is in its agent's hands before the two talk.
func (s State) Placing() bool { return s == Dialling || s == Informing }

// Queued tells whether dispatch has the call's work without an answer yet.
func (s State) Queued() bool { return s == Waiting || s == Offered }

// Live tells whether the caller is still there; in a call that is not, nobody gets the number any more (M3).
func (s State) Live() bool { return s != WrapUp && s != Ended }

// Direction says where a call comes from.
type Direction string

// The directions.
const (
	In     Direction = "in"     // from the trunk
	Out    Direction = "out"    // an agent calls, or calls back
	Inside Direction = "inside" // an agent consults another; the customer may be given to it
)

// Stage is where a consultation stands.
type Stage string

// The stages of a consultation.
const (
	ConsultRinging    Stage = "ringing"    // waits for its agent, or the telephone rings
	ConsultTalking    Stage = "talking"    // the agent talks with who is consulted; the customer hears music
	ConsultWaiting    Stage = "waiting"    // the agent is back with the customer; who is consulted hears music
	ConsultAnnouncing Stage = "announcing" // an outsider hears the announcement, to join afterwards
	ConsultJoined     Stage = "joined"     // all talk together
)
