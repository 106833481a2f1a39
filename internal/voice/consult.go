package voice

import (
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/routing"
	"santra/internal/voice/consult"
	"santra/internal/voice/dial"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

// consultation is who is there beside the customer.
type consultation = consult.Consultation[*call]

// Consult asks somebody while the customer hears music. errs.Conflict where a consultation runs already, or who is asked is
// not ready; errs.NotFound where there is nobody of that name; the Carrier's refusals.
func (s *Service) Consult(id, agent string, to consult.Whom) error {
	if err := to.Check(); err != nil {
		return err
	}
	way, err := s.wayTo(id, agent, &to)
	if err != nil {
		return err
	}
	err = s.command(id, agent, func(c *call) error { return c.consultWith(to, way) })
	if err != nil {
		way.Leave()
	}
	return err
}

// wayTo finds the way to a number, and turns a seat into the agent who sits there. It is asked outside the actor, for it may
// take time.
func (s *Service) wayTo(id, agent string, to *consult.Whom) (dial.Way, error) {
	if to.Seat != "" {
		if at, ok := s.cfg.SitsAt(to.Seat); ok {
			*to = consult.Whom{Agent: at}
		}
	}
	if to.Number == "" {
		return dial.Way{}, nil
	}
	v, err := s.Call(id)
	if err != nil {
		return dial.Way{}, err
	}
	return s.way(s.ctx, dial.Want{Number: to.Number, Agent: agent, Seat: v.Seat, Queue: v.Queue, Agency: v.Agency}, to)
}

func (c *call) consultWith(to consult.Whom, way dial.Way) error {
	if way.Emergency {
		c.dropConsult("emergency")
	}
	switch {
	case !c.state.Connected():
		return errs.New(errs.Conflict, "a call that is %s has no consultation", c.state)
	case c.consult != nil:
		return errs.New(errs.Conflict, "a consultation runs already: end it first")
	case to.Agent == c.offer.Agent:
		return errs.At(errs.Invalid, "to.agent", "that is you")
	}
	if c.state == state.Talking {
		if err := c.hold(); err != nil {
			return err
		}
	}
	k := consult.New[*call](to, way)
	if err := c.reach(k); err != nil {
		return err
	}
	c.consult = k
	c.log.Info("consultation", "with", to.Kind())
	c.agent.Ringback(c.ctx)
	c.changed()
	return nil
}

// reach begins to reach who is consulted.
func (c *call) reach(k *consultation) (err error) {
	switch {
	case k.To.Number != "" || k.To.Seat != "":
		return c.dialSecond(k)
	case k.To.Agent != "":
		if a, ok := c.s.cfg.Dispatch.Agent(k.To.Agent); !ok || a.State != routing.Ready {
			return errs.New(errs.Conflict, "that agent is not ready")
		}
		k.Inner, err = c.inside(c.queue.ID, k.To.Agent)
	default:
		k.Inner, err = c.inside(k.To.Queue, "")
	}
	return err
}

// dialSecond calls the telephone that is consulted.
func (c *call) dialSecond(k *consultation) error {
	p, err := c.telephone(k.To, k.Way)
	if err != nil {
		return err
	}
	k.Dial, err = c.dial(p, dialEvents{answered: c.secondAnswered, failed: c.secondFailed})
	return err
}

// telephone says how a seat's telephone, or one outside, is called.
func (c *call) telephone(to consult.Whom, way dial.Way) (party, error) {
	with := c.agent
	if with == nil { // a flow connects the customer itself
		with = c.customer
	}
	if to.Seat == "" {
		return party{
			role: leg.Consulted, pool: c.s.cfg.Ports, terms: c.s.cfg.TrunkTerms(with).ForHelp(way.Emergency), routes: way.Routes,
			invite: way.Invite(),
		}, nil
	}
	target, ok := c.s.phone(to.Seat)
	if !ok {
		return party{}, errs.New(errs.Conflict, "no telephone is registered at that seat")
	}
	t := leg.Telephone(c.s.cfg.Owns, target.Transport, with)
	return party{
		role: leg.Consulted, pool: c.s.cfg.Phone, terms: t, routes: c.s.cfg.SeatRoutes(target, t),
		invite: sip.InviteOptions{FromUser: "santra", FromDisplay: c.queue.Name.In(c.shownIn())},
	}, nil
}

// secondAnswered takes the telephone that answered.
func (c *call) secondAnswered(d *dial.Dial) {
	k := c.consult
	if k == nil || k.Dial != d {
		c.letGo(d.Leg)
		return
	}
	c.step.Stop()
	k.Dial, k.Leg = nil, d.Leg
	if c.state == state.Forwarding {
		c.forwarded()
		return
	}
	k.At = state.ConsultTalking
	c.timeSecond(k)
	c.sound()
	c.changed()
}

// timeSecond ends an outsider's part when the longest time of a call out is over; the customer's goes on.
func (c *call) timeSecond(k *consultation) {
	if k.Way.Longest <= 0 {
		return
	}
	k.Longest = time.AfterFunc(k.Way.Longest, func() {
		c.mail.Must(func() {
			if c.consult == k && c.state.Connected() {
				c.log.Info("consultation over", "why", "too long")
				c.endConsult()
			}
		})
	})
}

// secondFailed tells the agent that nobody was reached; a call that was being given away comes back.
func (c *call) secondFailed(d *dial.Dial, err error) {
	k := c.consult
	if k == nil || k.Dial != d {
		return
	}
	c.log.Info("not reached", "with", k.To.Kind(), "why", dial.Failure(err))
	c.out.failed = dial.Failure(err)
	k.Dial = nil
	if c.state == state.Forwarding {
		c.notForwarded()
		return
	}
	c.endConsult()
}

// consulted takes the agent who answered an inside call of ours.
func (c *call) consulted(inner *call, m *rtp.Leg) {
	k := c.consult
	if k == nil || k.Inner != inner || !c.state.Connected() {
		inner.mail.Must(func() { inner.finish("nobody asks any more") })
		return
	}
	k.Media, k.At = m, state.ConsultTalking
	c.sound()
	c.changed()
}

// innerOver takes the news that who was consulted is gone.
func (c *call) innerOver(inner *call) {
	if k := c.consult; k != nil && k.Inner == inner {
		k.Inner, k.Media = nil, nil
		c.endConsult()
	}
}

// secondAsked answers what the telephone that is consulted asks, until it hangs up.
func (c *call) secondAsked(r *sip.Request, ok bool) {
	if !ok {
		c.secondLeft()
		return
	}
	c.asked(c.consult.Leg, r, ok)
}

// secondLeft: the telephone that was consulted has hung up.
func (c *call) secondLeft() {
	if c.state == state.Forwarded {
		c.finish("other party")
		return
	}
	c.endConsult()
}

// endConsult goes on without who was consulted. A customer who heard music goes on to: the agent takes them back when ready.
func (c *call) endConsult() {
	c.dropConsult("over")
	c.agent.Media.StopPlay()
	c.sound()
	c.regate()
	c.changed()
}

// dropConsult ends a consultation, whatever its stage.
func (c *call) dropConsult(why string) {
	k := c.consult
	if k == nil {
		return
	}
	c.consult = nil
	k.Untimed()
	k.Dial.Stop(nil)
	k.Hush()
	if k.Inner != nil {
		inner := k.Inner
		inner.mail.Must(func() { inner.finish(why) })
	}
	c.drop(&k.Leg)
	c.drop(&k.Own)
	k.Way.Leave()
}

// CancelConsult ends the consultation and takes the customer back.
func (s *Service) CancelConsult(id, agent string) error {
	return s.command(id, agent, func(c *call) error {
		if c.consult == nil {
			return errs.New(errs.Conflict, "nobody is consulted")
		}
		c.endConsult()
		if c.state == state.Held {
			return c.resume()
		}
		return nil
	})
}

// Swap changes over between the customer and who is consulted.
func (s *Service) Swap(id, agent string) error {
	return s.command(id, agent, func(c *call) error {
		switch k := c.consult; k.Stage() {
		case state.ConsultTalking:
			return c.resume()
		case state.ConsultWaiting:
			if err := c.hold(); err != nil {
				return err
			}
			k.At = state.ConsultTalking
			c.sound()
			c.changed()
			return nil
		}
		return errs.New(errs.Conflict, "nobody is consulted whom you could change over to")
	})
}
