// Package company carries out who hears whom: two are bridged, more are mixed, supervisors hear or are heard as they may, and each
// side of the conversation reaches the recorder's tap. It owns the mix, and nothing else.
//
// It must not know why somebody talks: the call works the company out from its state, each time something has changed.
package company

import (
	"log/slog"
	"slices"

	"santra/internal/protocol/rtp"
)

// Mode is how a supervisor takes part in a call.
type Mode string

// The modes.
const (
	Listening  Mode = "listen"  // hears all, is heard by nobody
	Whispering Mode = "whisper" // is heard by the agent alone
	Barging    Mode = "barge"   // talks with all
)

// Known tells whether it is one of the modes.
func (m Mode) Known() bool { return slices.Contains([]Mode{Listening, Whispering, Barging}, m) }

// Watcher is a supervisor who takes part now.
type Watcher struct {
	Mode  Mode
	Media *rtp.Leg
}

// Of leaves out who is not there.
func Of(legs ...*rtp.Leg) []*rtp.Leg {
	return slices.DeleteFunc(legs, func(m *rtp.Leg) bool { return m == nil })
}

// Company is who hears each other in one call. Only the call's actor touches it. The zero Company is empty; Log may be set before
// anybody is in it.
type Company struct {
	Log *slog.Logger
	mix *rtp.Mix // while more than two hear each other
}

// Gather lets those together hear each other, and the audience what it may; agent hears who whispers. With fewer than two nobody hears
// anybody: present are all who are there. The error is the mix's.
func (c *Company) Gather(together []*rtp.Leg, agent *rtp.Leg, audience []Watcher, present []*rtp.Leg) error {
	switch {
	case len(audience) == 0 && len(together) == 2:
		c.Unmix()
		rtp.Bridge(together[0], together[1])
	case len(together) >= 2:
		if c.mix == nil {
			c.mix = rtp.NewMix(rtp.MixConfig{Log: c.Log})
		}
		return c.mix.Connect(hears(together, agent, audience))
	default:
		c.Unmix()
		for _, m := range present {
			rtp.Unbridge(m)
		}
	}
	return nil
}

// Unmix ends the mix, if there is one.
func (c *Company) Unmix() {
	if c.mix != nil {
		c.mix.Close()
		c.mix = nil
	}
}

// Tap sends what the two sides say to a tap, or no more to any where it is nil: of two who are bridged each by itself, of a mix what
// those outside and those inside the centre say.
func (c *Company) Tap(tap *rtp.Tap, customer, agent *rtp.Leg, outside, inside []*rtp.Leg) {
	if c.mix == nil {
		customer.Tap(tap, rtp.Customer)
		agent.Tap(tap, rtp.Agent)
		return
	}
	customer.Tap(nil, rtp.Customer)
	agent.Tap(nil, rtp.Agent)
	c.mix.Tap(tap, rtp.Customer, outside...)
	c.mix.Tap(tap, rtp.Agent, inside...)
}

// Untap takes all who are there, and the mix, off the tap.
func (c *Company) Untap(present ...*rtp.Leg) {
	for _, m := range Of(present...) {
		m.Tap(nil, rtp.Customer)
	}
	if c.mix != nil {
		c.mix.Tap(nil, rtp.Customer)
		c.mix.Tap(nil, rtp.Agent)
	}
}

// hears says whom each in the company and each watcher hears: all of the company each other; who listens hears all and is
// heard by nobody; who whispers is heard by the agent alone; who barges in is one of the company.
func hears(together []*rtp.Leg, agent *rtp.Leg, audience []Watcher) map[*rtp.Leg][]*rtp.Leg {
	all := append(slices.Clone(together), Barge(audience)...)
	whom := map[*rtp.Leg][]*rtp.Leg{}
	for _, m := range all {
		whom[m] = slices.DeleteFunc(slices.Clone(all), func(o *rtp.Leg) bool { return o == m })
	}
	for _, w := range audience {
		if w.Mode == Whispering && slices.Contains(all, agent) {
			whom[agent] = append(whom[agent], w.Media)
		}
		if w.Mode != Barging {
			whom[w.Media] = slices.Clone(all)
		}
	}
	return whom
}

// Barge are those of the audience who talk with all.
func Barge(audience []Watcher) (all []*rtp.Leg) {
	for _, w := range audience {
		if w.Mode == Barging {
			all = append(all, w.Media)
		}
	}
	return all
}
