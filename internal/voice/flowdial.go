package voice

import (
	"context"
	"time"

	"santra/internal/voice/flow"
)

// flowDial connects the caller to another telephone, as the flow says.
func (c *call) flowDial(a flow.Dial) {
	c.way.quieten()
	c.connectTo(a.Number, a.Ring, func() {
		_ = c.set(Announcing)
		c.happens(flow.Dialled{})
	})
}

// forwardTo connects a caller whom routing sent out of the queue to another telephone.
func (c *call) forwardTo(number string) {
	c.connectTo(number, DialTime, func() {
		_ = c.set(Leaving)
		c.sayWhy("busy")
	})
}

// connectTo asks for the way to a number, beside the actor, and lets it ring; failed is done where nobody is reached.
func (c *call) connectTo(number string, ring time.Duration, failed func()) {
	_ = c.set(Forwarding)
	c.music()
	want := Want{Number: number, Queue: c.queue.ID, Agency: c.owner.ID}
	s := c.s
	c.background("way", func() {
		ctx, cancel := context.WithTimeout(c.ctx, promiseTime)
		defer cancel()
		way, err := s.way(ctx, want, nil)
		if !c.mail.must(func() { c.wayFound(number, way, ring, err, failed) }) {
			way.done()
		}
	})
}

func (c *call) wayFound(number string, way Way, ring time.Duration, err error, failed func()) {
	if c.state != Forwarding {
		way.done()
		return
	}
	k := &consultation{to: Whom{Number: number}, at: ConsultRinging, way: way, outside: true, failed: failed}
	if err == nil {
		err = c.dialSecond(k)
	}
	if err != nil {
		c.log.Warn("a caller can't be connected to another telephone", "error", err)
		way.done()
		failed()
		return
	}
	c.consult = k
	d := k.dial
	c.step.set(ring, d.stop)
}
