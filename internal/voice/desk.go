package voice

import (
	"context"
	"slices"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/protocol/sip"
)

// What a desk phone does by itself: it dials, takes a second line, and transfers by REFER (RFC 3515, RFC 3891).

// dialTime bounds the look-up of what a telephone dialled.
const dialTime = 5 * time.Second

// dialledBy places what a telephone dialled: a consultation, where its agent talks with a customer; else a call out.
func (s *Service) dialledBy(in *sip.Incoming, agent, seat string) error {
	number := in.Called()
	current := s.inHands(agent)
	want := Want{Number: number, Agent: agent, Seat: seat, Queue: s.home(agent)}
	if current != nil {
		want.Queue = current.view().Queue
	}
	q, owner, unknown := s.caller(want.Queue)
	want.Agency = owner.ID
	ctx, cancel := context.WithTimeout(s.ctx, dialTime)
	defer cancel()
	to := Whom{Number: number}
	way, err := s.way(ctx, want, &to)
	switch {
	case err != nil:
		return err
	case agent == "" && !way.Emergency:
		way.done()
		return errs.New(errs.Denied, "nobody has taken the seat")
	case unknown != nil && !way.Emergency:
		way.done()
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
		if v.State.connected() && !v.Emergency {
			c, _ := s.calls.get(v.ID) // nil, where it has just ended
			return c
		}
	}
	return nil
}

// home is the queue in whose name an agent calls from a desk phone: that of the agent's last call, else the first that has a
// number, of an agency whose work the agent does; "" without one.
func (s *Service) home(agent string) string {
	at, _ := s.cfg.Dispatch.Agent(agent)
	serves := func(q agency.Queue) bool { return len(at.Agencies) == 0 || slices.Contains(at.Agencies, q.Agency) }
	if last, ok := s.last.Load(agent); ok {
		if q, known := s.cfg.Book.Queue(last.(string)); known && serves(q) {
			return q.ID
		}
	}
	for _, q := range s.cfg.Book.Current().Queues {
		if q.Number != "" && serves(q) {
			return q.ID
		}
	}
	return ""
}

// placeFor answers the agent's telephone and calls the other party; the agent hears it ring.
func (s *Service) placeFor(in *sip.Incoming, c *call) error {
	l, err := s.answered(in)
	if err != nil {
		c.out.stop()
		c.caller.Erase()
		return err
	}
	c.agent = l
	if err := s.beginOut(c, c.dialOut); err != nil {
		l.hangUp(s.parting)
		c.out.stop()
		c.caller.Erase()
	}
	return nil // the telephone was answered: a BYE has told it
}

// answered takes a telephone's INVITE.
func (s *Service) answered(in *sip.Incoming) (*leg, error) {
	t := s.phoneTerms(in.Transport(), nil)
	t.peer = in.Source().Addr()
	l, err := s.newLeg(s.cfg.Phone, RoleAgent, t)
	if err != nil {
		return nil, err
	}
	_, body := in.Body()
	answer, err := l.open(body)
	if err != nil {
		_ = l.media.Close()
		s.refused(s.log, err)
		return nil, notAcceptable{err}
	}
	if l.dialog, err = in.Answer(sdpType, answer); err != nil {
		_ = l.media.Close()
		return nil, err
	}
	if err := l.settled(s.ctx); err != nil {
		s.refused(s.log, err)
		l.hangUp(s.parting)
		return nil, err
	}
	return l, nil
}

// notAcceptable is the refusal of a telephone's description (488).
type notAcceptable struct{ error }

// Unwrap gives the reason.
func (n notAcceptable) Unwrap() error { return n.error }

// secondLine consults by a second line of the agent's telephone.
func (s *Service) secondLine(in *sip.Incoming, c *call, agent string, to Whom, way Way) error {
	l, err := s.answered(in)
	if err != nil {
		way.done()
		return err
	}
	err = c.ask(func() error {
		if c.offer.Agent != agent {
			return errs.New(errs.Conflict, "the call is somebody else's now")
		}
		if err := c.consultWith(to, way); err != nil {
			return err
		}
		c.agent.media.StopPlay()
		c.consult.own = l
		c.ringback(l)
		return nil
	})
	if err != nil {
		way.done()
		l.hangUp(s.parting)
	}
	return nil // as placeFor
}

// lineLeft: the agent's second line was hung up, and with it the consultation.
func (c *call) lineLeft() { c.endConsult() }

// referred does what an agent's telephone asks: give the customer to a number, or to who is consulted on its second line. A
// customer's telephone may not move the call.
func (c *call) referred(l *leg, r *sip.Request) {
	t, err := r.Transfer()
	switch {
	case err != nil:
		return // answered by the dialog
	case l != c.agent && l != c.consult.line():
		_ = t.Refuse(codeDecline)
	case t.Attended:
		c.attended(l, t)
	default:
		c.blind(l, t)
	}
}

// attended completes a consultation, whichever line is to take the other's place.
func (c *call) attended(l *leg, t *sip.Transfer) {
	own := c.consult.line()
	if own == nil || t.Replaced == nil || t.Replaced != own.dialog && t.Replaced != c.agent.dialog {
		_ = t.Refuse(codeDecline)
		return
	}
	if c.accepts(l, t) {
		c.notDone(l, t, c.complete())
	}
}

// blind looks the number up, beside the actor, and gives the call there.
func (c *call) blind(l *leg, t *sip.Transfer) {
	to := Whom{Number: userPart(t.Target)}
	if to.Number == "" || !c.accepts(l, t) {
		return
	}
	id, agent, s := c.id, c.offer.Agent, c.s
	c.background("refer", func() {
		err := s.Transfer(id, agent, to)
		c.mail.must(func() { c.notDone(l, t, err) })
	})
}

// accepts takes a REFER, unless that came too late. That it was done is told before the line is hung up, which is a part of
// doing it (RFC 3515 2.4.5).
func (c *call) accepts(l *leg, t *sip.Transfer) bool {
	if t.Accept() != nil {
		return false
	}
	l.before = func(ctx context.Context) { _ = t.Notify(ctx, codeOK) } // its dialog may be over
	return true
}

// notDone tells the telephone that its REFER came to nothing, if so; the line goes on.
func (c *call) notDone(l *leg, t *sip.Transfer, err error) {
	if err == nil {
		return
	}
	l.before = nil
	c.log.Info("a telephone's transfer was not done", "error", err)
	c.background("notify", func() {
		ctx, cancel := context.WithTimeout(c.s.parting, byeTime)
		defer cancel()
		_ = t.Notify(ctx, codeOf(err)) // its dialog may be over
	})
}

// userPart is the user of a sip or tel URI, without parameters.
func userPart(uri string) string {
	_, rest, ok := strings.Cut(strings.Trim(uri, "<>"), ":")
	if !ok {
		return ""
	}
	user, _, _ := strings.Cut(rest, "@")
	user, _, _ = strings.Cut(user, ";")
	return user
}
