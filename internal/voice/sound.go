package voice

import (
	"slices"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/voice/company"
	"santra/internal/voice/state"
)

// Who hears whom is worked out here, from the state of the call alone, each time something of it has changed: nobody else
// bridges, mixes or taps.

// sound makes the media what the call's state says.
func (c *call) sound() {
	together := c.company()
	c.restWaits(together)
	there := company.Of(c.customer.Sound(), c.agent.Sound(), c.consult.Sound(), c.consult.Line().Sound())
	if err := c.circle.Gather(together, c.agent.Sound(), c.audience(), there); err != nil {
		c.log.Error("the parties can't be mixed", "error", err)
	}
	for _, m := range together {
		if c.state != state.Held || m != c.customer.Sound() {
			m.StopPlay() // ringing, the music of the queue
		}
	}
	c.tap()
}

// company is who talks together now; none while nobody does. A customer on hold stays bridged to the agent: what either says
// reaches nobody (rtp.Leg.Hold).
func (c *call) company() (together []*rtp.Leg) {
	k := c.consult
	switch {
	case c.state == state.Dialling && c.out.early:
		return company.Of(c.customer.Sound(), c.agent.Sound())
	case c.state == state.Forwarded:
		return company.Of(c.customer.Sound(), k.Sound())
	case !c.state.Connected():
		return nil
	case k.Stage() == state.ConsultTalking && k.Line() != nil:
		return company.Of(k.Line().Sound(), k.Sound())
	case k.Stage() == state.ConsultTalking:
		return company.Of(c.agent.Sound(), k.Sound())
	case k.Stage() == state.ConsultJoined:
		return company.Of(c.customer.Sound(), c.agent.Sound(), k.Sound())
	}
	return company.Of(c.customer.Sound(), c.agent.Sound())
}

// restWaits lets everybody who is there and not in the company hear music.
func (c *call) restWaits(together []*rtp.Leg) {
	music, _ := c.s.cfg.Clip(c.language, media.Music) // without music it is silent
	if m := c.customer.Sound(); m != nil && (c.state.Connected() || c.state == state.Forwarded) {
		hold(m, c.state == state.Held || !slices.Contains(together, m), music)
	}
	if m := c.consult.Sound(); m != nil && c.consult.At != state.ConsultAnnouncing { // nothing may play over the announcement
		hold(m, !slices.Contains(together, m), music)
	}
}

func hold(m *rtp.Leg, on bool, music media.Clip) {
	if !on {
		music = media.Clip{}
	}
	m.Hold(on, music)
}

// audience are the supervisors who take part now: none while somebody outside talks who was not told that they may.
func (c *call) audience() (all []company.Watcher) {
	if k := c.consult; k != nil && k.Outside && !k.Warned && (k.At == state.ConsultTalking || k.At == state.ConsultJoined) {
		return nil
	}
	for _, w := range c.watchers {
		all = append(all, company.Watcher{Mode: w.mode, Media: w.leg.Media})
	}
	return all
}

// tap sends the customer's side and the agent's to the recorder while that may be recorded: a customer who was told talks
// with an agent. A consultation, a wait and a pause are gaps; so is everything while an outsider is there who was not told.
func (c *call) tap() {
	tap := c.rec.Tap()
	if tap == nil {
		return
	}
	if !c.recordable() {
		tap = nil
	}
	outside, inside := c.sides()
	c.circle.Tap(tap, c.customer.Media, c.agent.Media, outside, inside)
}

// recordable tells whether what is said now may reach the running part of the recording.
func (c *call) recordable() bool {
	gates := c.gates()
	return c.state == state.Talking && !c.rec.Paused && len(gates) > 0 && c.rec.With(gates)
}

// sides parts the company into those outside and those inside the centre. A whisper is for the agent's ear and on no side.
func (c *call) sides() (outside, inside []*rtp.Leg) {
	outside = append(outside, c.customer.Media)
	inside = append(inside, c.agent.Media)
	if k := c.consult; k.Stage() == state.ConsultJoined && k.Sound() != nil {
		if k.Outside {
			outside = append(outside, k.Sound())
		} else {
			inside = append(inside, k.Sound())
		}
	}
	inside = append(inside, company.Barge(c.audience())...)
	return outside, inside
}
