package voice

import (
	"context"
	"time"

	"santra/internal/voice/consult"
	"santra/internal/voice/dial"
	"santra/internal/voice/flow"
	"santra/internal/voice/owed"
	"santra/internal/voice/state"
)

// flowDial connects the caller to another telephone, as the flow says.
func (c *call) flowDial(a flow.Dial) {
	c.way.quieten()
	c.connectTo(a.Number, a.Ring, func() {
		_ = c.set(state.Announcing)
		c.happens(flow.Dialled{})
	})
}

// forwardTo connects a caller whom routing sent out of the queue to another telephone.
func (c *call) forwardTo(number string) {
	c.connectTo(number, DialTime, func() {
		_ = c.set(state.Leaving)
		c.sayWhy("busy")
	})
}

// connectTo asks for the way to a number, beside the actor, and lets it ring; failed is done where nobody is reached.
func (c *call) connectTo(number string, ring time.Duration, failed func()) {
	_ = c.set(state.Forwarding)
	c.music()
	want := dial.Want{Number: number, Queue: c.queue.ID, Agency: c.owner.ID}
	s := c.s
	c.background("way", func() {
		ctx, cancel := context.WithTimeout(c.ctx, owed.StepTime)
		defer cancel()
		way, err := s.way(ctx, want, nil)
		if !c.mail.Must(func() { c.wayFound(number, way, ring, err, failed) }) {
			way.Leave()
		}
	})
}

func (c *call) wayFound(number string, way dial.Way, ring time.Duration, err error, failed func()) {
	if c.state != state.Forwarding {
		way.Leave()
		return
	}
	k := consult.New[*call](consult.Whom{Number: number}, way)
	k.Failed = failed
	if err == nil {
		err = c.dialSecond(k)
	}
	if err != nil {
		c.log.Warn("a caller can't be connected to another telephone", "error", err)
		way.Leave()
		failed()
		return
	}
	c.consult = k
	d := k.Dial
	c.step.Set(ring, func() { d.Stop(nil) })
}
