package voice

import (
	"time"

	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/voice/dial"
	"santra/internal/voice/leg"
)

// DialTime is how long a telephone outside, or at a seat, may ring.
const DialTime = 2 * time.Minute

// dialEvents is what becomes of a dial, told in the actor.
type dialEvents struct {
	early    func(*dial.Dial, dial.Early) // the network speaks before the answer; nil: nobody asks
	answered func(*dial.Dial)             // its leg stands and is the asker's
	failed   func(*dial.Dial, error)      // nothing is left of it
}

// party is who is dialled.
type party struct {
	role   leg.Role
	pool   *rtp.Pool
	terms  leg.Terms
	routes []dial.Route
	invite sip.InviteOptions
}

// dial calls a telephone over the first route that takes the call, beside the actor. errs.Unavailable without a port.
func (c *call) dial(p party, on dialEvents) (*dial.Dial, error) {
	l, err := leg.Open(p.pool, p.role, p.terms, c.s.log)
	if err != nil {
		return nil, err
	}
	d := dial.New(c.ctx, l, p.routes, c.log)
	var early func(dial.Early)
	if on.early != nil {
		early = func(e dial.Early) {
			_ = c.mail.Put(func() { on.early(d, e) }) // one that finds no room is no loss: the answer comes
		}
	}
	c.background("dial", func() {
		a := d.Ring(p.invite, DialTime, early)
		if !c.mail.Must(func() { c.dialled(d, a, on) }) {
			d.Release(c.s.parting, a)
		}
	})
	return d, nil
}

// dialled takes what came of a dial.
func (c *call) dialled(d *dial.Dial, a dial.Answer, on dialEvents) {
	err := a.Err
	if err == nil {
		if err = d.Take(a); err != nil {
			c.s.refused(c.log, err)
		}
	}
	if err != nil {
		c.letGo(d.Leg)
		on.failed(d, err)
		return
	}
	on.answered(d)
}

// letGo hangs up who was dialled and is not wanted any more.
func (c *call) letGo(gone *leg.Leg) {
	c.background("release", func() { gone.HangUp(c.s.parting) })
}
