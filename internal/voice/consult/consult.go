// Package consult is who is there beside the customer: somebody whom an agent asks, or to whom a customer is given. It names them
// (Whom) and holds what there is of them: a telephone that rings or has answered, the leg of another agent's own call, the
// announcement that an outsider hears before they join.
//
// It must not know why they are asked, nor who hears them: the call whose consultation it is decides, and owns it.
package consult

import (
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/voice/dial"
	"santra/internal/voice/gate"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

// Whom says who is to be consulted, or given a call: exactly one of them.
type Whom struct {
	Agent  string // person id
	Queue  string
	Seat   string // whoever sits there, else its telephone
	Number string // outside
}

// Kind names what it is, for views and logs.
func (w Whom) Kind() string {
	switch {
	case w.Agent != "":
		return "agent"
	case w.Queue != "":
		return "queue"
	case w.Seat != "":
		return "seat"
	}
	return "number"
}

// name is who it is, where that is no outsider: an outside number is shown by nobody (M3).
func (w Whom) name() string { return w.Agent + w.Queue + w.Seat }

// Check tells whether it names one; errs.Invalid.
func (w Whom) Check() error {
	n := 0
	for _, s := range []string{w.Agent, w.Queue, w.Seat, w.Number} {
		if s != "" {
			n++
		}
	}
	if n != 1 {
		return errs.At(errs.Invalid, "to", "name one of agent, queue, seat and number")
	}
	return nil
}

// Consultation is who is there beside the customer: an agent, whose own call (Inner, a pointer) has the leg, or a telephone that we
// called. All its methods but Hush and Untimed take a nil one for none. Only its owner, the customer's call, touches it.
type Consultation[Call any] struct {
	To       Whom
	At       state.Stage
	Inner    Call
	Media    *rtp.Leg   // the consulted agent's, while that agent is there
	Dial     *dial.Dial // the telephone that rings
	Leg      *leg.Leg   // the telephone that answered
	Own      *leg.Leg   // the agent's second line, where the consultation began at the desk phone
	Outside  bool
	Way      dial.Way
	Pass     gate.Pass // of an outsider who has heard the announcement to its end
	Warned   bool      // that announcement said that somebody may listen
	Noticed  <-chan gate.Outcome
	Tries    int         // of the announcement
	Failed   func()      // of a caller who is connected by a flow: where nobody is reached
	NoticeOf func()      // cancels the announcement
	Longest  *time.Timer // of an outsider: when the number plan ends it (toll fraud); nil: never
}

// New is one that begins to ring; Inner, Dial or Leg is to follow.
func New[Call any](to Whom, way dial.Way) *Consultation[Call] {
	return &Consultation[Call]{To: to, At: state.ConsultRinging, Way: way, Outside: to.Number != ""}
}

// Stage is where it stands; "" for none.
func (k *Consultation[Call]) Stage() state.Stage {
	if k == nil {
		return ""
	}
	return k.At
}

// Ringing tells whether nobody has answered yet.
func (k *Consultation[Call]) Ringing() bool { return k.Stage() == state.ConsultRinging }

// Sound is the media of who is consulted, once they are there.
func (k *Consultation[Call]) Sound() *rtp.Leg {
	switch {
	case k == nil:
		return nil
	case k.Leg != nil:
		return k.Leg.Media
	}
	return k.Media
}

// Telephone is the one that answered; nil without.
func (k *Consultation[Call]) Telephone() *leg.Leg {
	if k == nil {
		return nil
	}
	return k.Leg
}

// Keys are those pressed there.
func (k *Consultation[Call]) Keys() <-chan rune { return k.Telephone().Keys() }

// Requests are those that come inside its dialog.
func (k *Consultation[Call]) Requests() <-chan *sip.Request { return k.Telephone().Requests() }

// Notice tells how the announcement ended; nil while none plays.
func (k *Consultation[Call]) Notice() <-chan gate.Outcome {
	if k == nil {
		return nil
	}
	return k.Noticed
}

// Line is the agent's second line; nil without.
func (k *Consultation[Call]) Line() *leg.Leg {
	if k == nil {
		return nil
	}
	return k.Own
}

// View is what may be shown of it; nil for none.
func (k *Consultation[Call]) View() *state.Consult {
	if k == nil {
		return nil
	}
	return &state.Consult{Stage: k.At, Kind: k.To.Kind(), Name: k.To.name(), Outside: k.Outside, Emergency: k.Way.Emergency}
}

// Hush ends the announcement, if one plays.
func (k *Consultation[Call]) Hush() {
	if k.NoticeOf != nil {
		k.NoticeOf()
	}
	k.Noticed, k.NoticeOf = nil, nil
}

// Wait lets who is consulted wait while the agent talks with the customer.
func (k *Consultation[Call]) Wait() {
	if k.Stage() == state.ConsultTalking {
		k.At = state.ConsultWaiting
	}
}

// Untimed lets it last: the whole call is timed now, or over.
func (k *Consultation[Call]) Untimed() {
	if k.Longest != nil {
		k.Longest.Stop()
	}
}
