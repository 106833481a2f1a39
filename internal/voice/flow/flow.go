// Package flow goes through a flow with one caller: it takes what happened (an Event) and says what to do next (Actions). It is
// pure: no I/O, no clock, no goroutine, so that a call's whole course can be tested, fuzzed and simulated.
//
// It owns the order of what a caller hears. It knows nothing of legs, sounds, routing or telephones: the call that drives it carries
// the actions out and reports how they went. One goroutine at a time uses a Run.
package flow

import (
	"time"

	"santra/internal/agency"
)

// MaxSteps bounds the steps of one call: a caller who presses keys for ever comes to an end too.
const MaxSteps = 200

// FirstWord is how long after its arrival in a queue a call's position is said first: until then routing has decided.
const FirstWord = time.Second

// Facts are what a flow asks about the world.
type Facts interface {
	// Open tells whether it is open, by HoursStep.Of or HoursStep.Queue, and until when that stays so; zero where that is not known.
	Open(h agency.HoursStep) (open bool, until time.Time)
	// Records tells whether a queue's calls are recorded.
	Records(queue string) bool
	// Now is the time, in the city's time zone.
	Now() time.Time
}

// Part is one prompt to play, in a language.
type Part struct {
	Lang agency.Lang
	Name string // of a prompt, package media's or the city's own
}

// Action is what to do next. The actions of one answer are carried out in their order.
type Action interface{ action() }

// The actions.
type (
	// Play plays the parts one after the other, in place of what plays now. Where Loop is not set, Played follows, once for the
	// newest Play alone.
	Play struct {
		Parts []Part
		Loop  bool
	}
	// Announce plays the recording announcement, which alone opens a recording, to its end; Announced follows.
	Announce struct {
		Prompt    string
		Languages []agency.Lang // one after the other
	}
	// Collect asks for a Timeout after a while, unless other actions come before. A key alone does not end it: it may be one that means
	// nothing. Keys are reported at any time.
	Collect struct{ Within time.Duration }
	// Enqueue gives the call to routing.
	Enqueue struct {
		Queue    string
		Language agency.Lang // that was chosen; "" for none
		Record   bool        // the caller has heard the announcement to its end, and the queue records
		Away     bool        // the queue is closed: routing counts the call and diverts it
	}
	// Wake asks for a Woken after a while; a later Wake replaces an earlier one.
	Wake struct{ After time.Duration }
	// Promise asks whether a callback by the queue's agents can be promised, and does it; Promised follows.
	Promise struct {
		Queue string
		Keep  bool // the call waits there: the callback takes over its place
	}
	// Dial calls another telephone and connects the caller; Dialled follows.
	Dial struct {
		Number string        // E.164
		Ring   time.Duration // at most
	}
	// HangUp ends the call. Nothing comes after it.
	HangUp struct{}
)

func (Play) action()     {}
func (Announce) action() {}
func (Collect) action()  {}
func (Enqueue) action()  {}
func (Wake) action()     {}
func (Promise) action()  {}
func (Dial) action()     {}
func (HangUp) action()   {}

// Event is what happened. One that does not fit where the call is changes nothing: it came too late.
type Event interface{ event() }

// The events.
type (
	// Played tells that the newest Play has ended, however.
	Played struct{}
	// Announced tells how the announcement ended; OK when it was heard to its end. Tries are the call's matter.
	Announced struct{ OK bool }
	// Key is a key that the caller pressed: one of 0–9, * and #.
	Key struct{ Key rune }
	// Timeout tells that the time of Collect is over.
	Timeout struct{}
	// Woken answers Wake, with what is known of the wait just now.
	Woken struct {
		Position int           // from 1; 0 where it is not known
		Estimate time.Duration // of the rest of the wait; 0 where there is none
		Callback bool          // a callback can be promised
		Invited  bool          // routing invites the caller to one, whatever the time
	}
	// Diverted tells that routing has sent the call out of its queue to an announcement.
	Diverted struct{ Announcement string }
	// Promised answers Promise.
	Promised struct {
		OK bool
		By time.Time // until when the callback comes
	}
	// Dialled answers Dial: OK when the two are connected, and then the flow is over.
	Dialled struct{ OK bool }
	// Answered tells that an agent has the call: the flow is over.
	Answered struct{}
	// Deaf tells that the caller hears us no more (holds us), or again. What was not heard to its end begins again.
	Deaf struct{ On bool }
)

func (Played) event()    {}
func (Announced) event() {}
func (Key) event()       {}
func (Timeout) event()   {}
func (Woken) event()     {}
func (Diverted) event()  {}
func (Promised) event()  {}
func (Dialled) event()   {}
func (Answered) event()  {}
func (Deaf) event()      {}
