package voice

import (
	"slices"
	"unicode/utf8"

	"santra/internal/errs"
)

// MaxNotes is how long the notes of one call may be, in bytes.
const MaxNotes = 8000

// notes are what an agent writes down during a call. They live in the actor's memory alone, follow the customer to the next
// agent, and are erased at the end of the wrap-up (M3); only the outcome, a code of a closed list, is kept.
type notes struct {
	text    []byte
	outcome string
}

// copied gives notes of their own for another actor.
func (n notes) copied() notes { return notes{slices.Clone(n.text), n.outcome} }

// follow puts the notes that came with a customer before what the agent has written already, as far as there is room; the parts
// are erased.
func (n *notes) follow(text []byte) {
	whole := make([]byte, 0, len(text)+1+len(n.text)) // of its size at once: growing would leave a copy behind
	whole = append(whole, text...)
	if len(text) > 0 && len(n.text) > 0 {
		whole = append(whole, '\n')
	}
	whole = append(whole, n.text...)
	clear(text)
	clear(n.text)
	end := min(len(whole), MaxNotes)
	for end < len(whole) && end > 0 && !utf8.RuneStart(whole[end]) {
		end--
	}
	clear(whole[end:])
	n.text = whole[:end]
}

// Outcomes is where outcome codes are counted; nil in Config: nowhere, and no code is known.
type Outcomes interface {
	// Known tells whether the code may be chosen for calls of an agency.
	Known(agency, code string) bool
	// Count counts a call that ended with a code.
	Count(d Done)
}

// Done is all that is kept of what a call was about.
type Done struct{ Queue, Agency, Agent, Outcome string }

// erase overwrites the notes and tells the outcome.
func (n *notes) erase(o Outcomes, d Done) {
	clear(n.text)
	n.text = nil
	if o != nil && n.outcome != "" {
		o.Count(d)
	}
	n.outcome = ""
}

// done is what is kept of the call; only who had it in hand at the end has an outcome to tell.
func (c *call) done() Done {
	return Done{Queue: c.queue.ID, Agency: c.owner.ID, Agent: c.offer.Agent, Outcome: c.notes.outcome}
}

// Notes gives the notes of an own call, wrap-up included.
func (s *Service) Notes(id, agent string) (text string, err error) {
	err = s.command(id, agent, func(c *call) error {
		text = string(c.notes.text)
		return nil
	})
	return text, err
}

// SetNotes replaces them: errs.TooLarge over MaxNotes, errs.Invalid for what is no text.
func (s *Service) SetNotes(id, agent, text string) error {
	switch {
	case len(text) > MaxNotes:
		return errs.At(errs.TooLarge, "text", "notes have at most %d bytes", MaxNotes)
	case !utf8.ValidString(text):
		return errs.At(errs.Invalid, "text", "is no text")
	}
	return s.command(id, agent, func(c *call) error {
		clear(c.notes.text)
		c.notes.text = []byte(text)
		return nil
	})
}

// SetOutcome chooses a code of the closed list, or takes it back with "".
func (s *Service) SetOutcome(id, agent, code string) error {
	return s.command(id, agent, func(c *call) error {
		if !c.inHand() && c.state != WrapUp {
			return errs.New(errs.Conflict, "a call that is %s has no outcome yet", c.state)
		}
		if code != "" && (c.s.cfg.Outcomes == nil || !c.s.cfg.Outcomes.Known(c.owner.ID, code)) {
			return errs.At(errs.Invalid, "outcome", "is none of the outcomes of this agency")
		}
		c.notes.outcome = code
		c.changed()
		return nil
	})
}
