package dial

import (
	"context"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
)

// Want is a call out that somebody in the centre asks for.
type Want struct {
	Number string // as it was dialled or typed
	Agent  string // person id; "" for a telephone at a seat where nobody has signed in (emergency calls only)
	Seat   string
	Queue  string // whose number is shown, and whose rules of recording hold
	Agency string
}

// Way is how a wanted number is reached. It is used once, and Done tells that the call is over.
type Way struct {
	Number     pii.Number    // E.164, or a short number
	Emergency  bool          // 112: no cap, no announcement, no recording
	Inside     string        // a queue's id: the number is our own, and no trunk is asked
	InsideSeat string        // a seat's code, likewise
	Shown      pii.Number    // the agency's number, for From
	Routes     []Route       // tried in order
	Longest    time.Duration // of the call; 0: no bound but the house's own
	Done       func()        // takes it off the caps; nil: there is nothing to take off
}

// Route is one trunk's way to a number.
type Route struct {
	Trunk    string // its name, for the log
	Endpoint *sip.Endpoint
	Target   sip.Target
	SRTP     sdp.Security // of its sound
}

// Carrier knows the ways out of the centre. Emergency numbers it never refuses.
type Carrier interface {
	// Way says how a number is reached: errs.Invalid for what is no number, errs.Denied for one that may not be called,
	// errs.Limited over a cap, errs.Unavailable where no trunk is up.
	Way(ctx context.Context, w Want) (Way, error)
}

// Leave tells that the way is used no more, and forgets whither it led.
func (w Way) Leave() {
	w.Number.Erase()
	if w.Done != nil {
		w.Done()
	}
}

// Invite is what a call by this way tells of its caller: the agency's number, for which the city vouches to its operator (RFC 3325
// 9.1).
func (w Way) Invite() sip.InviteOptions {
	return sip.InviteOptions{From: pii.NewNumber(w.Shown.Reveal()), Asserted: pii.NewNumber(w.Shown.Reveal())}
}
