package voice

import (
	"context"
	"time"
)

const (
	// LegPulse is how often a call looks whether its parties are still there: a carrier or a telephone that lost its power
	// sends no BYE.
	LegPulse = 30 * time.Second
	// probeTime bounds the question; past it the dialog itself has given up (RFC 3261 17.1.2.2, Timer F).
	probeTime = 35 * time.Second
)

// lookAtLegs asks each telephone of which nothing was heard since the last look; silence suppression is no death. A peer
// that does not answer, or answers 408 or 481, has ended the dialog (RFC 3261 12.2.1.2), and so the call.
func (c *call) lookAtLegs() {
	for _, l := range c.legs() {
		if l.dialog != nil && l.quiet() {
			c.background("probe", func() { l.probe(c.ctx) })
		}
	}
	c.pulse.set(LegPulse, c.lookAtLegs)
}

// quiet tells whether no packet came since it was last asked.
func (l *leg) quiet() bool {
	n := l.media.Stats().Packets
	was := l.heard
	l.heard = n
	return n == was
}

func (l *leg) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	_, _ = l.dialog.Request(ctx, "OPTIONS", "", nil) // what it means for the dialog, the dialog says
}
