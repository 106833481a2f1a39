package voice

import (
	"net/netip"

	"santra/internal/errs"
	"santra/internal/voice/flow"
)

// noAddr is the address of a peer that needs none.
func noAddr() netip.AddrPort { return netip.AddrPort{} }

// talk lets the two parties hear each other and starts the recording.
func (c *call) talk() {
	c.s.count.answered.Add(1)
	c.s.last.Store(c.offer.Agent, c.queue.ID)
	c.happens(flow.Answered{})
	c.way.stop()
	c.record() // before the call is shown: nobody should see a recorded call without its mark
	_ = c.set(Talking)
	c.sound()
	c.changed()
}

// peerHears follows a telephone that puts us on hold or hears us again: each party's own, for only the customer's is the
// flow's concern.
func (c *call) peerHears(l *leg, yes bool) {
	l.deaf = !yes
	switch l {
	case c.customer:
		c.callerHears(yes)
	case c.agent:
		c.agentHears(yes)
	case c.consult.telephone():
		c.secondHears(yes)
	}
}

// agentHears follows a telephone's own hold and resume (re-INVITE).
func (c *call) agentHears(yes bool) {
	switch {
	case !yes && c.state == Talking:
		if st := c.consult.stage(); c.hold() == nil && c.consult.line() != nil && (st == ConsultWaiting || st == ConsultJoined) {
			c.consult.at = ConsultTalking // the other line is in use
			c.sound()
			c.regate()
			c.changed()
		}
	case yes && c.state == Held && (c.consult == nil || c.consult.line() != nil):
		_ = c.resume()
	}
}

func (c *call) hold() error {
	if c.customer == nil {
		return errs.New(errs.Conflict, "no customer is there to be put on hold")
	}
	if err := c.set(Held); err != nil {
		return err
	}
	c.s.cfg.Dispatch.Held(c.job, true)
	c.sound()
	return nil
}

// resume takes the customer back; who is consulted meanwhile waits.
func (c *call) resume() error {
	switch {
	case c.state != Held:
		return errs.New(errs.Conflict, "the call is not on hold")
	case c.consult.ringing():
		return errs.New(errs.Conflict, "cancel the consultation first")
	}
	if err := c.set(Talking); err != nil {
		return err
	}
	c.consult.wait()
	c.s.cfg.Dispatch.Held(c.job, false)
	c.sound()
	c.changed()
	return nil
}

func (c *call) mute(on bool) error {
	if !c.state.connected() {
		return errs.New(errs.Conflict, "a call that is %s can't be muted", c.state)
	}
	if c.muted != on {
		c.muted = on
		c.agent.media.SetMuted(on)
		c.changed()
	}
	return nil
}
