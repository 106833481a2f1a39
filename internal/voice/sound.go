package voice

import (
	"slices"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
)

// Who hears whom is worked out here, from the state of the call alone, each time something of it has changed: nobody else
// bridges, mixes or taps.

// sound makes the media what the call's state says.
func (c *call) sound() {
	together := c.company()
	c.restWaits(together)
	switch {
	case len(c.audience()) == 0 && len(together) == 2:
		c.unmix()
		rtp.Bridge(together[0], together[1])
	case len(together) >= 2:
		if err := c.mixed().Connect(c.hears(together)); err != nil {
			c.log.Error("the parties can't be mixed", "error", err)
		}
	default:
		c.unmix()
		c.unbridge()
	}
	for _, m := range together {
		if c.state != Held || m != c.customer.sound() {
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
	case c.state == Dialling && c.out.early:
		return present(c.customer.sound(), c.agent.sound())
	case c.state == Forwarded:
		return present(c.customer.sound(), k.sound())
	case !c.state.connected():
		return nil
	case k.stage() == ConsultTalking && k.line() != nil:
		return present(k.line().sound(), k.sound())
	case k.stage() == ConsultTalking:
		return present(c.agent.sound(), k.sound())
	case k.stage() == ConsultJoined:
		return present(c.customer.sound(), c.agent.sound(), k.sound())
	}
	return present(c.customer.sound(), c.agent.sound())
}

// restWaits lets everybody who is there and not in the company hear music.
func (c *call) restWaits(together []*rtp.Leg) {
	music, _ := c.s.prompt(c.language, media.Music) // without music it is silent
	if m := c.customer.sound(); m != nil && (c.state.connected() || c.state == Forwarded) {
		hold(m, c.state == Held || !slices.Contains(together, m), music)
	}
	if m := c.consult.sound(); m != nil && c.consult.at != ConsultAnnouncing { // nothing may play over the announcement
		hold(m, !slices.Contains(together, m), music)
	}
}

func hold(m *rtp.Leg, on bool, music media.Clip) {
	if !on {
		music = media.Clip{}
	}
	m.Hold(on, music)
}

// hears says whom each in the company and each watcher hears: all of the company each other; who listens hears all and is
// heard by nobody; who whispers is heard by the agent alone; who barges in is one of the company.
func (c *call) hears(together []*rtp.Leg) map[*rtp.Leg][]*rtp.Leg {
	all := slices.Clone(together)
	var whispers []*rtp.Leg
	for _, w := range c.audience() {
		switch w.mode {
		case Barging:
			all = append(all, w.leg.media)
		case Whispering:
			whispers = append(whispers, w.leg.media)
		}
	}
	whom := map[*rtp.Leg][]*rtp.Leg{}
	for _, m := range all {
		whom[m] = without(all, m)
	}
	if a := c.agent.sound(); a != nil && slices.Contains(all, a) {
		whom[a] = append(whom[a], whispers...)
	}
	for _, w := range c.audience() {
		if w.mode != Barging {
			whom[w.leg.media] = slices.Clone(all)
		}
	}
	return whom
}

// audience are the supervisors who take part now: none while somebody outside talks who was not told that they may.
func (c *call) audience() []*watcher {
	if k := c.consult; k != nil && k.outside && !k.warned && (k.at == ConsultTalking || k.at == ConsultJoined) {
		return nil
	}
	return c.watchers
}

func without(all []*rtp.Leg, m *rtp.Leg) []*rtp.Leg {
	return slices.DeleteFunc(slices.Clone(all), func(o *rtp.Leg) bool { return o == m })
}

// unbridge parts all who are there.
func (c *call) unbridge() {
	for _, m := range present(c.customer.sound(), c.agent.sound(), c.consult.sound(), c.consult.line().sound()) {
		rtp.Unbridge(m)
	}
}

// present leaves out who is not there.
func present(legs ...*rtp.Leg) []*rtp.Leg {
	return slices.DeleteFunc(legs, func(m *rtp.Leg) bool { return m == nil })
}

// mixed gives the call's mix, which lives as long as more than two hear each other.
func (c *call) mixed() *rtp.Mix {
	if c.mix == nil {
		c.mix = rtp.NewMix(rtp.MixConfig{Log: c.log})
	}
	return c.mix
}

func (c *call) unmix() {
	if c.mix != nil {
		c.mix.Close()
		c.mix = nil
	}
}

// tap sends the customer's side and the agent's to the recorder while that may be recorded: a customer who was told talks
// with an agent. A consultation, a wait and a pause are gaps; so is everything while an outsider is there who was not told.
func (c *call) tap() {
	s := c.rec.session
	if s == nil {
		return
	}
	var tap *rtp.Tap
	if c.recordable() {
		tap = s.tap
	}
	if c.mix == nil {
		c.customer.media.Tap(tap, rtp.Customer)
		c.agent.media.Tap(tap, rtp.Agent)
		return
	}
	c.customer.media.Tap(nil, rtp.Customer)
	c.agent.media.Tap(nil, rtp.Agent)
	outside, inside := c.sides()
	c.mix.Tap(tap, rtp.Customer, outside...)
	c.mix.Tap(tap, rtp.Agent, inside...)
}

// recordable tells whether what is said now may reach the running part of the recording.
func (c *call) recordable() bool {
	return c.state == Talking && !c.rec.paused && c.rec.covers(c.gates())
}

// sides parts the company into those outside and those inside the centre. A whisper is for the agent's ear and on no side.
func (c *call) sides() (outside, inside []*rtp.Leg) {
	outside = append(outside, c.customer.media)
	inside = append(inside, c.agent.media)
	if k := c.consult; k.stage() == ConsultJoined && k.sound() != nil {
		if k.outside {
			outside = append(outside, k.sound())
		} else {
			inside = append(inside, k.sound())
		}
	}
	for _, w := range c.audience() {
		if w.mode == Barging {
			inside = append(inside, w.leg.media)
		}
	}
	return outside, inside
}
