package tape

import (
	"context"

	"santra/internal/protocol/siprec"
)

// told is what the recorder knows of a pause. The recording's owner has it.
type told struct {
	paused bool // as it last agreed
	asking bool // a request is under way
	deaf   bool // it does not take pauses: nothing is sent all the same, and the gap has no mark
}

// Pause leaves out what is said until it is called with false: sensitive details. It is a gap in the recording.
func (r *Recording) Pause(on bool) {
	r.Paused = on
	r.owner.Tap()
	r.tellPause()
	r.owner.Changed()
}

// tellPause brings the running part to what is wanted. A pause stops the sound here, at once, and is told afterwards; when it
// ends the recorder agrees first, so that nothing that is said again is lost there.
func (r *Recording) tellPause() {
	s := r.session
	if s == nil {
		return
	}
	p := &s.pause
	s.tap.Pause(r.Paused || p.paused || p.asking)
	if p.asking || p.paused == r.Paused || p.deaf {
		return
	}
	p.asking = true
	on := r.Paused
	r.owner.Background("recorder pause", func() {
		err := s.tell(r.owner.Context(), on)
		r.owner.Must(func() { r.pauseTold(s, on, err) })
	})
}

// pauseTold goes on after the recorder's answer. One that can't be told to go on is left for a new part.
func (r *Recording) pauseTold(s *session, on bool, err error) {
	s.pause.asking = false
	if r.session != s {
		return
	}
	switch {
	case err == nil:
		s.pause.paused = on
	case on:
		s.pause.deaf = true
		r.owner.Log().Warn("the pause has no mark in the recording", "part", r.Part, "error", err)
	default:
		r.Left("it does not go on after a pause")
		return
	}
	r.tellPause()
}

// tell offers the streams inactive or sent again (RFC 7866 7.1.1).
func (s *session) tell(ctx context.Context, paused bool) error {
	ctx, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	offer, err := siprec.Pause(s.offer, paused)
	if err != nil {
		return err
	}
	if _, err := s.dialog.Reinvite(ctx, siprec.SDPType, offer); err != nil {
		return err
	}
	s.offer = offer
	return nil
}
