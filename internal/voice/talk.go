package voice

import (
	"net/netip"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
)

// noAddr is the address of a peer that needs none.
func noAddr() netip.AddrPort { return netip.AddrPort{} }

// talk bridges the two parties and starts the recording.
func (c *call) talk() {
	c.s.count.answered.Add(1)
	rtp.Bridge(c.customer.media, c.agent.media)
	c.customer.media.StopPlay()
	c.record(c.pass)
	_ = c.set(Talking)
}

// agentHears follows a telephone's own hold and resume (re-INVITE).
func (c *call) agentHears(yes bool) {
	switch {
	case !yes && c.state == Talking:
		_ = c.hold()
	case yes && c.state == Held:
		_ = c.resume()
	}
}

func (c *call) hold() error {
	if err := c.set(Held); err != nil {
		return err
	}
	c.s.cfg.Dispatch.Held(c.id, true)
	clip, _ := c.s.prompt(c.language, media.Music) // without music it is silent
	c.customer.media.Hold(true, clip)
	return nil
}

func (c *call) resume() error {
	if c.state != Held {
		return errs.New(errs.Conflict, "the call is not on hold")
	}
	if err := c.set(Talking); err != nil {
		return err
	}
	c.s.cfg.Dispatch.Held(c.id, false)
	c.customer.media.Hold(false, media.Clip{})
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
