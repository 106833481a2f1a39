package voice

import (
	"time"
)

// LegPulse is how often a call looks whether its parties are still there: a carrier or a telephone that lost its power
// sends no BYE.
const LegPulse = 30 * time.Second

// lookAtLegs asks each telephone of which nothing was heard since the last look; silence suppression is no death. A peer
// that does not answer, or answers 408 or 481, has ended the dialog (RFC 3261 12.2.1.2), and so the call.
func (c *call) lookAtLegs() {
	for _, l := range c.legs() {
		if l.Quiet() {
			c.background("probe", func() { l.Probe(c.ctx) })
		}
	}
	c.pulse.Set(LegPulse, c.lookAtLegs)
}
