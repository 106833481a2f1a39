package voice

import (
	"santra/internal/errs"
	"santra/internal/voice/notes"
	"santra/internal/voice/state"
)

// done is what is kept of the call; only who had it in hand at the end has an outcome to tell.
func (c *call) done() notes.Done {
	return notes.Done{Queue: c.queue.ID, Agency: c.owner.ID, Agent: c.offer.Agent, Outcome: c.notes.Outcome}
}

// Notes gives the notes of an own call, wrap-up included.
func (s *Service) Notes(id, agent string) (text string, err error) {
	err = s.command(id, agent, func(c *call) error {
		text = string(c.notes.Text)
		return nil
	})
	return text, err
}

// SetNotes replaces them: errs.TooLarge over notes.Max, errs.Invalid for what is no text.
func (s *Service) SetNotes(id, agent, text string) error {
	if err := notes.Check(text); err != nil {
		return err
	}
	return s.command(id, agent, func(c *call) error {
		c.notes.Replace(text)
		return nil
	})
}

// SetOutcome chooses a code of the closed list, or takes it back with "".
func (s *Service) SetOutcome(id, agent, code string) error {
	return s.command(id, agent, func(c *call) error {
		if !c.inHand() && c.state != state.WrapUp {
			return errs.New(errs.Conflict, "a call that is %s has no outcome yet", c.state)
		}
		if code != "" && (c.s.cfg.Outcomes == nil || !c.s.cfg.Outcomes.Known(c.owner.ID, code)) {
			return errs.At(errs.Invalid, "outcome", "is none of the outcomes of this agency")
		}
		c.notes.Outcome = code
		c.changed()
		return nil
	})
}
