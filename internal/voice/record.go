package voice

import (
	"context"
	"log/slog"

	"santra/internal/errs"
	"santra/internal/protocol/siprec"
	"santra/internal/voice/gate"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// gates are the passes of all who are outside the centre and in the conversation; none where one of them was not told (M4).
func (c *call) gates() []gate.Pass {
	if !c.pass.Valid() {
		return nil
	}
	gates := []gate.Pass{c.pass}
	if k := c.consult; k.Stage() == state.ConsultJoined && k.Outside {
		if !k.Pass.Valid() {
			return nil
		}
		gates = append(gates, k.Pass)
	}
	return gates
}

// record begins to record where the queue is, with the passes of announcements that were heard to their end. Without them it
// never does (M4).
func (c *call) record() {
	if c.queue.Record && !c.out.emergency {
		c.rec.Begin(c.gates())
	}
}

// regate begins a new part when somebody outside has joined or left; nothing where nobody has.
func (c *call) regate() {
	if !c.state.Connected() || !c.queue.Record || c.rec.With(c.gates()) {
		return
	}
	paused := c.rec.Paused
	c.rec.End()
	c.rec.Paused = paused // who is sensitive stays so, whoever comes or goes
	c.record()
}

// PauseRecording leaves out what is said until ResumeRecording: sensitive details. It is a gap in the recording.
func (s *Service) PauseRecording(id, agent string) error { return s.pauseRecording(id, agent, true) }

// ResumeRecording ends the pause.
func (s *Service) ResumeRecording(id, agent string) error { return s.pauseRecording(id, agent, false) }

func (s *Service) pauseRecording(id, agent string, on bool) error {
	return s.command(id, agent, func(c *call) error {
		switch {
		case !c.state.Connected() || c.rec.Shown() == tape.None:
			return errs.New(errs.Conflict, "this call is not recorded")
		case c.rec.Paused != on:
			c.rec.Pause(on)
		}
		return nil
	})
}

// taped is a call as its recording sees it. It implements tape.Owner.
type taped struct{ c *call }

func (t taped) Context() context.Context         { return t.c.ctx }
func (t taped) Log() *slog.Logger                { return t.c.log }
func (t taped) Background(what string, f func()) { t.c.background(what, f) }
func (t taped) Must(f func()) bool               { return t.c.mail.Must(f) }
func (t taped) Tap()                             { t.c.tap() }
func (t taped) Untap()                           { t.c.circle.Untap(t.c.customer.Sound(), t.c.agent.Sound()) }
func (t taped) Changed()                         { t.c.changed() }

// Metadata is all that the recorder is told: nothing of the caller but the last digits (M7).
func (t taped) Metadata() siprec.Metadata {
	c := t.c
	return siprec.Metadata{Extension: siprec.Extension{
		Agency: c.owner.ID, Queue: c.queue.ID, Seat: c.offer.Seat, Fragment: c.caller.Fragment(c.owner.FragmentDigits),
	}}
}
