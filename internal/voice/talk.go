package voice

import (
	"santra/internal/errs"
	"santra/internal/voice/flow"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

// talk lets the two parties hear each other and starts the recording.
func (c *call) talk() {
	c.s.count.Answered.Add(1)
	c.s.last.Store(c.offer.Agent, c.queue.ID)
	c.happens(flow.Answered{})
	c.way.stop()
	c.record() // before the call is shown: nobody should see a recorded call without its mark
	_ = c.set(state.Talking)
	c.sound()
	c.changed()
}

// peerHears follows a telephone that puts us on hold or hears us again: each party's own, for only the customer's is the
// flow's concern.
func (c *call) peerHears(l *leg.Leg, yes bool) {
	was := l.Deaf
	l.Deaf = !yes
	switch {
	case l == c.customer:
		c.callerHears(yes)
	case was == l.Deaf: // a refresh: it ends no hold that was begun elsewhere
	case l == c.agent:
		c.agentHears(yes)
	case l == c.consult.Telephone():
		c.secondHears(yes)
	}
}

// agentHears follows a telephone's own hold and resume (re-INVITE).
func (c *call) agentHears(yes bool) {
	switch {
	case !yes && c.state == state.Talking:
		if st := c.consult.Stage(); c.hold() == nil && c.consult.Line() != nil && (st == state.ConsultWaiting || st == state.ConsultJoined) {
			c.consult.At = state.ConsultTalking // the other line is in use
			c.sound()
			c.regate()
			c.changed()
		}
	case yes && c.state == state.Held && (c.consult == nil || c.consult.Line() != nil):
		_ = c.resume()
	}
}

func (c *call) hold() error {
	if c.customer == nil {
		return errs.New(errs.Conflict, "no customer is there to be put on hold")
	}
	if err := c.set(state.Held); err != nil {
		return err
	}
	c.s.cfg.Dispatch.Held(c.job, true)
	c.sound()
	return nil
}

// resume takes the customer back; who is consulted meanwhile waits.
func (c *call) resume() error {
	switch {
	case c.state != state.Held:
		return errs.New(errs.Conflict, "the call is not on hold")
	case c.consult.Ringing():
		return errs.New(errs.Conflict, "cancel the consultation first")
	}
	if err := c.set(state.Talking); err != nil {
		return err
	}
	c.consult.Wait()
	c.s.cfg.Dispatch.Held(c.job, false)
	c.sound()
	c.changed()
	return nil
}

func (c *call) mute(on bool) error {
	if !c.state.Connected() {
		return errs.New(errs.Conflict, "a call that is %s can't be muted", c.state)
	}
	if c.muted != on {
		c.muted = on
		c.agent.Media.SetMuted(on)
		c.changed()
	}
	return nil
}
