package voice

import (
	"context"
	"time"

	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/protocol/sip"
	"santra/internal/voice/consult"
	"santra/internal/voice/dial"
	"santra/internal/voice/leg"
	"santra/internal/voice/site"
)

// What a desk phone does by itself: it dials, takes a second line, and transfers by REFER (RFC 3515, RFC 3891).

// dialTime bounds the look-up of what a telephone dialled.
const dialTime = 5 * time.Second

// dialledBy places what a telephone dialled: a consultation, where its agent talks with a customer; else a call out.
func (s *Service) dialledBy(in *sip.Incoming, agent, seat string) error {
	number := in.Called()
	current := s.inHands(agent)
	want := dial.Want{Number: number, Agent: agent, Seat: seat, Queue: s.cfg.Home(agent, s.lastOf(agent))}
	if current != nil {
		want.Queue = current.view().Queue
	}
	q, owner, unknown := s.cfg.Caller(want.Queue)
	want.Agency = owner.ID
	ctx, cancel := context.WithTimeout(s.ctx, dialTime)
	defer cancel()
	to := consult.Whom{Number: number}
	way, err := s.way(ctx, want, &to)
	switch {
	case err != nil:
		return err
	case agent == "" && !way.Emergency:
		way.Leave()
		return errs.New(errs.Denied, "nobody has taken the seat")
	case unknown != nil && !way.Emergency:
		way.Leave()
		return unknown
	case current != nil && !way.Emergency:
		return s.secondLine(in, current, agent, to, way)
	case to.Number == "":
		return errs.New(errs.Denied, "a call inside the house begins from a customer's call")
	}
	c := s.outgoing(q, owner, way, dispatch.Offer{Agent: agent, Seat: seat})
	return s.placeFor(in, c)
}

// inHands is the call in which an agent talks now; nil without.
func (s *Service) inHands(agent string) *call {
	for _, v := range s.Calls(agent) {
		if v.State.Connected() && !v.Emergency {
			c, _ := s.calls.Get(v.ID) // nil, where it has just ended
			return c
		}
	}
	return nil
}

// placeFor answers the agent's telephone and calls the other party; the agent hears it ring.
func (s *Service) placeFor(in *sip.Incoming, c *call) error {
	l, err := s.answered(in, c.out.emergency)
	if err != nil {
		c.out.stop()
		c.caller.Erase()
		return err
	}
	c.agent = l
	if err := s.beginOut(c, c.dialOut); err != nil {
		l.HangUp(s.parting)
		c.out.stop()
		c.caller.Erase()
	}
	return nil // the telephone was answered: a BYE has told it
}

// answered takes a telephone's INVITE; help tells that it calls for help.
func (s *Service) answered(in *sip.Incoming, help bool) (*leg.Leg, error) {
	t := leg.Telephone(s.cfg.Owns, in.Transport(), nil).ForHelp(help)
	t.Peer = in.Source().Addr()
	l, err := leg.Open(s.cfg.Phone, leg.Agent, t, s.log)
	if err != nil {
		return nil, err
	}
	_, body := in.Body()
	answer, err := l.Describe(body)
	if err != nil {
		_ = l.Media.Close()
		s.refused(s.log, err)
		return nil, notAcceptable{err}
	}
	d, err := in.Answer(leg.SDPType, answer)
	if err != nil {
		_ = l.Media.Close()
		return nil, err
	}
	l.Stands(d)
	if err := l.Settled(s.ctx); err != nil {
		s.refused(s.log, err)
		l.HangUp(s.parting)
		return nil, err
	}
	return l, nil
}

// notAcceptable is the refusal of a telephone's description (488).
type notAcceptable struct{ error }

// Unwrap gives the reason.
func (n notAcceptable) Unwrap() error { return n.error }

// secondLine consults by a second line of the agent's telephone.
func (s *Service) secondLine(in *sip.Incoming, c *call, agent string, to consult.Whom, way dial.Way) error {
	l, err := s.answered(in, false)
	if err != nil {
		way.Leave()
		return err
	}
	err = c.mail.Ask(func() error {
		if c.offer.Agent != agent {
			return errs.New(errs.Conflict, "the call is somebody else's now")
		}
		if err := c.consultWith(to, way); err != nil {
			return err
		}
		c.agent.Media.StopPlay()
		c.consult.Own = l
		l.Ringback(c.ctx)
		return nil
	})
	if err != nil {
		way.Leave()
		l.HangUp(s.parting)
	}
	return nil // as placeFor
}

// lineAsked answers what the agent's telephone asks on its second line, until it hangs up.
func (c *call) lineAsked(r *sip.Request, ok bool) {
	if !ok {
		c.lineLeft()
		return
	}
	c.asked(c.consult.Line(), r, ok)
}

// lineLeft: the agent's second line was hung up, and with it the consultation.
func (c *call) lineLeft() { c.endConsult() }

// referred does what an agent's telephone asks: give the customer to a number, or to who is consulted on its second line. A
// customer's telephone may not move the call.
func (c *call) referred(l *leg.Leg, r *sip.Request) {
	t, err := r.Transfer()
	switch {
	case err != nil:
		return // answered by the dialog
	case l != c.agent && l != c.consult.Line():
		_ = t.Refuse(sip.StatusDecline)
	case t.Attended:
		c.attended(l, t)
	default:
		c.blind(l, t)
	}
}

// attended completes a consultation, whichever line is to take the other's place.
func (c *call) attended(l *leg.Leg, t *sip.Transfer) {
	own := c.consult.Line()
	if own == nil || t.Replaced == nil || t.Replaced != own.Dialog && t.Replaced != c.agent.Dialog {
		_ = t.Refuse(sip.StatusDecline)
		return
	}
	if c.accepts(l, t) {
		c.notDone(l, t, c.complete())
	}
}

// blind looks the number up, beside the actor, and gives the call there.
func (c *call) blind(l *leg.Leg, t *sip.Transfer) {
	to := consult.Whom{Number: site.UserPart(t.Target)}
	if to.Number == "" || !c.accepts(l, t) {
		return
	}
	id, agent, s := c.id, c.offer.Agent, c.s
	c.background("refer", func() {
		err := s.Transfer(id, agent, to)
		c.mail.Must(func() { c.notDone(l, t, err) })
	})
}

// accepts takes a REFER, unless that came too late. That it was done is told before the line is hung up, which is a part of
// doing it (RFC 3515 2.4.5).
func (c *call) accepts(l *leg.Leg, t *sip.Transfer) bool {
	if t.Accept() != nil {
		return false
	}
	l.Before = func(ctx context.Context) { _ = t.Notify(ctx, sip.StatusOK) } // its dialog may be over
	return true
}

// notDone tells the telephone that its REFER came to nothing, if so; the line goes on.
func (c *call) notDone(l *leg.Leg, t *sip.Transfer, err error) {
	if err == nil {
		return
	}
	l.Before = nil
	c.log.Info("a telephone's transfer was not done", "error", err)
	c.background("notify", func() {
		ctx, cancel := context.WithTimeout(c.s.parting, leg.ByeTime)
		defer cancel()
		_ = t.Notify(ctx, codeOf(err)) // its dialog may be over
	})
}
