package flow

import (
	"time"

	"santra/internal/agency"
)

// state is what a run waits for.
type state uint8

const (
	playing    state = iota // Played; keys count already
	announcing              // Announced
	collecting              // Key or Timeout
	queued                  // Woken, or routing
	speaking                // Played, in a queue
	promising               // Promised
	dialling                // Dialled
	paused                  // the caller to hear us again
	leaving                 // Played, then the end
	over                    // nothing
)

// Run is one call's way through a flow.
type Run struct {
	flow    agency.Flow
	facts   Facts
	step    agency.Step
	state   state
	lang    agency.Lang // chosen; "" before
	heard   bool        // the recording announcement, to its end
	deaf    bool        // the caller does not hear us
	entered int         // steps so far
	tries   int         // of the step's prompt
	invalid bool        // the last key meant nothing: say so
	shut    bool        // closed hours were met
	opens   time.Time   // when it is open again, where that is known
	since   time.Time   // when the queue was entered
	offered bool        // a callback, in this queue
	invited bool        // to one, by routing
}

// Start begins a valid flow (agency.City.Validate) with a caller who hears us.
func Start(f agency.Flow, facts Facts) (*Run, []Action) {
	r := &Run{flow: f, facts: facts}
	if len(f.Steps) == 0 {
		return r, r.hangUp()
	}
	return r, r.enter(f.Steps[0].ID)
}

// Step is the id of the step at which the call is.
func (r *Run) Step() string { return r.step.ID }

// Language is the language that the caller has chosen; "" before, and for who has chosen none.
func (r *Run) Language() agency.Lang { return r.lang }

// Shut tells whether the caller has met closed hours.
func (r *Run) Shut() bool { return r.shut }

// Leaving tells whether the caller hears the last words of the call.
func (r *Run) Leaving() bool { return r.state == leaving }

// Over tells whether the flow has ended: the call was hung up or somebody has it.
func (r *Run) Over() bool { return r.state == over }

// On takes an event and gives what to do next; nil for nothing.
func (r *Run) On(e Event) []Action {
	switch e := e.(type) {
	case Played:
		return r.played()
	case Announced:
		return r.announced(e.OK)
	case Key:
		return r.key(string(e.Key))
	case Timeout:
		return r.timeout()
	case Woken:
		return r.woken(e)
	case Diverted:
		return r.diverted(e.Announcement)
	case Promised:
		return r.promised(e)
	case Dialled:
		return r.dialled(e.OK)
	case Answered:
		r.state = over
	case Deaf:
		return r.hears(!e.On)
	}
	return nil
}

// enter goes to a step, through hours without stopping.
func (r *Run) enter(id string) []Action {
	for {
		s, ok := r.flow.Step(id)
		if r.entered++; !ok || r.entered > MaxSteps {
			return r.end(unavailable)
		}
		r.step, r.tries, r.invalid = s, 0, false
		if s.Hours == nil {
			return r.begin()
		}
		id = r.hours(s)
	}
}

// hours chooses the way by opening hours.
func (r *Run) hours(s agency.Step) (next string) {
	open, until := r.facts.Open(*s.Hours)
	if open {
		return s.Next
	}
	r.shut, r.opens = true, until
	return s.Hours.Closed
}

// begin begins the step, or what of it is said, again.
func (r *Run) begin() []Action {
	switch s := &r.step; {
	case s.Queue != nil:
		return r.enqueue()
	case s.Callback != nil:
		r.state = promising
		return []Action{Promise{Queue: s.Callback.Queue}}
	case r.deaf:
		r.state = paused
		return nil
	case s.Announce != nil:
		r.state = announcing
		return []Action{Announce{Prompt: s.Announce.Prompt, Languages: r.spoken()}}
	case s.HangUp != nil:
		return r.end(s.HangUp.Prompt)
	}
	r.state = playing
	return []Action{Play{Parts: r.words()}}
}

// played goes on from what was said.
func (r *Run) played() []Action {
	switch s := &r.step; {
	case r.deaf:
		return nil
	case r.state == leaving:
		return r.hangUp()
	case r.state == speaking:
		return r.wait()
	case r.state != playing:
		return nil
	case s.Language != nil:
		return r.collect(s.Language.Timeout)
	case s.Menu != nil:
		return r.collect(s.Menu.Timeout)
	case s.Transfer != nil:
		r.state = dialling
		return []Action{Dial{Number: s.Transfer.Number, Ring: s.Transfer.Ring}}
	default:
		return r.enter(s.Next)
	}
}

func (r *Run) collect(within time.Duration) []Action {
	r.state = collecting
	return []Action{Collect{within}}
}

// announced goes on from the announcement: without having heard it, the call is never recorded.
func (r *Run) announced(ok bool) []Action {
	if r.state != announcing || r.deaf {
		return nil
	}
	r.heard = r.heard || ok
	return r.enter(r.step.Next)
}

// key takes a key where one is waited for, also while the menu still plays.
func (r *Run) key(k string) []Action {
	switch asked := r.state == playing || r.state == collecting; {
	case r.deaf:
		return nil
	case asked && r.step.Language != nil:
		return r.chosen(k)
	case asked && r.step.Menu != nil:
		return r.pressed(k)
	case r.state == queued || r.state == speaking:
		return r.wanted(k)
	}
	return nil
}

// chosen takes the key of a language; another is none, because the prompts name the keys of all languages.
func (r *Run) chosen(k string) []Action {
	for i, l := range agency.Langs() {
		if k == string(rune('1'+i)) && has(r.flow.Languages, l) {
			r.lang = l
			return r.enter(r.step.Next)
		}
	}
	return nil
}

// pressed takes a key in a menu.
func (r *Run) pressed(k string) []Action {
	if next, ok := r.step.Menu.Keys[k]; ok {
		return r.enter(next)
	}
	r.invalid = true
	return r.again(r.step.Menu.Tries, r.step.Menu.Otherwise)
}

// timeout is that no key came.
func (r *Run) timeout() []Action {
	switch s := &r.step; {
	case r.state != collecting || r.deaf:
		return nil
	case s.Menu != nil:
		r.invalid = false
		return r.again(s.Menu.Tries, s.Menu.Otherwise)
	default:
		return r.again(s.Language.Tries, s.Next)
	}
}

// again plays the step's prompt once more, or goes elsewhere after the last try.
func (r *Run) again(tries int, otherwise string) []Action {
	if r.tries++; r.tries >= tries {
		return r.enter(otherwise)
	}
	return r.begin()
}

// dialled goes on where nobody answers.
func (r *Run) dialled(ok bool) []Action {
	if r.state != dialling {
		return nil
	}
	if ok {
		r.state = over
		return nil
	}
	return r.enter(r.step.Transfer.Otherwise)
}

// hears begins again what was not heard to its end.
func (r *Run) hears(on bool) []Action {
	was := r.deaf
	r.deaf = !on
	if !on || !was {
		return nil
	}
	switch r.state {
	case playing, collecting, announcing, paused:
		return r.begin()
	case queued, speaking:
		return r.wait()
	case leaving:
		return r.hangUp()
	}
	return nil
}

// end says a prompt, if any, and good-bye.
func (r *Run) end(prompt string) []Action {
	if r.deaf {
		return r.hangUp()
	}
	r.state = leaving
	return []Action{Play{Parts: r.farewell(prompt)}}
}

func (r *Run) hangUp() []Action {
	r.state = over
	return []Action{HangUp{}}
}
