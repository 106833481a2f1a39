package voice

import (
	"context"

	"santra/internal/protocol/siprec"
)

// told is what the recorder knows of a pause. The call's actor owns it.
type told struct {
	paused bool // as it last agreed
	asking bool // a request is under way
	deaf   bool // it does not take pauses: nothing is sent all the same, and the gap has no mark
}

// pauseSession brings the running part to what the agent wants. A pause stops the sound here, at once, and is told afterwards;
// when it ends the recorder agrees first, so that nothing that is said again is lost there.
func (c *call) pauseSession() {
	s := c.rec.session
	if s == nil {
		return
	}
	p := &s.pause
	s.tap.Pause(c.rec.paused || p.paused || p.asking)
	if p.asking || p.paused == c.rec.paused || p.deaf {
		return
	}
	p.asking = true
	on := c.rec.paused
	c.background("recorder pause", func() {
		err := s.tell(c.ctx, on)
		c.mail.must(func() { c.pauseTold(s, on, err) })
	})
}

// pauseTold goes on after the recorder's answer. One that can't be told to go on is left for a new part.
func (c *call) pauseTold(s *session, on bool, err error) {
	s.pause.asking = false
	if c.rec.session != s {
		return
	}
	switch {
	case err == nil:
		s.pause.paused = on
	case on:
		s.pause.deaf = true
		c.log.Warn("the pause has no mark in the recording", "part", c.rec.part, "error", err)
	default:
		c.recorderLeft("it does not go on after a pause")
		return
	}
	c.pauseSession()
}

// tell offers the streams inactive or sent again (RFC 7866 7.1.1).
func (s *session) tell(ctx context.Context, paused bool) error {
	ctx, cancel := context.WithTimeout(ctx, RecorderTime)
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
