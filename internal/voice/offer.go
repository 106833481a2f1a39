package voice

import (
	"context"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/webrtc"
	"santra/internal/routing"
	"santra/internal/voice/dial"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

// claim is a browser that is answering; the one whose claim stands when its peer is ready gets the call.
type claim struct{ _ byte } // not empty: two of them must differ

// Offered implements dispatch.Worker: the seat's telephone rings, and the browser may answer.
func (s *Service) Offered(o dispatch.Offer) {
	c := s.calls.Of(o.Work.ID)
	if c == nil || !c.mail.Must(func() { c.offered(o) }) {
		s.cfg.Dispatch.Remove(o.Work.ID, routing.Abandoned)
	}
}

// Withdrawn implements dispatch.Worker: the ringing stops, the call keeps its place.
func (s *Service) Withdrawn(o dispatch.Offer, reason string) {
	if c := s.calls.Of(o.Work.ID); c != nil {
		c.mail.Must(func() { c.withdrawn(o, reason) })
	}
}

// offered rings. After a take-over the same offer may be made again, under the new owner's epoch: it rings on.
func (c *call) offered(o dispatch.Offer) {
	switch {
	case c.state == state.Offered && c.offer.Agent == o.Agent && c.offer.Seat == o.Seat:
		c.offer = o
		c.changed()
		return
	case c.state == state.Offered: // the withdrawal of the one before is always told first; be safe
		c.requeue("replaced")
	case c.inHand():
		c.claimBack()
		return
	case c.given.only && o.Agent != c.given.to: // the one who was asked did not answer
		c.finish("not answered")
		return
	case c.state != state.Waiting: // the caller has left; none, where dispatch was told so
		c.s.cfg.Dispatch.Remove(c.job, routing.Abandoned)
		return
	}
	c.unquiet()
	c.offer = o
	_ = c.set(state.Offered)
	c.ringPhone()
}

// claimBack tells an owner of routing who lost the answer that the call is in its agent's hands.
func (c *call) claimBack() {
	c.log.Warn("a call that is answered was offered again; its agent keeps it")
	c.s.cfg.Dispatch.Remove(c.job, routing.Handled)
	if err := c.s.cfg.Dispatch.Restore(c.work(), c.offer.Agent); err != nil {
		c.log.Warn("its agent could not be told busy", "error", err)
	}
}

// withdrawn stops the ringing, unless the offer was made again under a later epoch.
func (c *call) withdrawn(o dispatch.Offer, reason string) {
	if c.state == state.Offered && c.offer.Agent == o.Agent && c.offer.Epoch <= o.Epoch {
		c.requeue(reason)
	}
}

// requeue takes the agent away; the caller, who hears music all the time, keeps the place.
func (c *call) requeue(why string) {
	if c.given.only { // nobody else is asked
		c.finish("not answered")
		return
	}
	agent := c.offer.Agent
	c.dropAgent()
	c.offer = dispatch.Offer{}
	if c.out.callback != "" { // the next offer makes it a call again
		c.over()
		c.tell(agent)
		return
	}
	_ = c.set(state.Waiting)
	c.s.cfg.Events.Publish(c.view().Event(agent))
	c.log.Info("offer over", "why", why)
}

// dropAgent stops ringing and hangs up what there is of the agent's side.
func (c *call) dropAgent() {
	c.stopRing(nil)
	c.claim, c.muted = nil, false
	c.drop(&c.agent)
}

// shownIn is the language of what a telephone shows of a call: the caller's, else the queue's first.
func (c *call) shownIn() agency.Lang {
	if c.language != "" || len(c.queue.Languages) == 0 {
		return c.language
	}
	return c.queue.Languages[0]
}

// ringPhone calls the seat's telephone, if one is registered.
func (c *call) ringPhone() {
	target, ok := c.s.phone(c.offer.Seat)
	if !ok {
		return
	}
	t := leg.Telephone(c.s.cfg.Owns, target.Transport, c.customer).ForHelp(c.out.emergency)
	l, err := leg.Open(c.s.cfg.Phone, leg.Agent, t, c.s.log)
	if err != nil {
		c.log.Error("no media port for the agent's telephone", "error", err)
		return
	}
	r := dial.New(c.ctx, l, c.s.cfg.SeatRoutes(target, t), nil)
	c.ring = r
	o := sip.InviteOptions{
		From: copied(c.caller), Privacy: c.caller.Withheld(), FromDisplay: c.queue.Name.In(c.shownIn()),
		AutoAnswer: c.state == state.Dialling, // the agent has asked for the call
	}
	c.background("ring", func() {
		a := r.Ring(o, 0, nil) // dispatch says how long
		if !c.mail.Must(func() { c.rang(r, a) }) {
			r.Release(c.s.parting, a)
		}
	})
}

// rang takes what came of ringing: the first to answer wins, a telephone that is too late is let go.
func (c *call) rang(r *dial.Dial, a dial.Answer) {
	if c.ring != r {
		c.background("release", func() { r.Release(c.s.parting, a) })
		return
	}
	c.ring = nil
	if a.Err != nil {
		c.notAnswered(r, a)
		return
	}
	c.agent = r.Leg
	if err := r.Take(a); err != nil {
		c.s.refused(c.log, err)
		c.decline()
		return
	}
	c.claim = nil
	c.accept()
}

// notAnswered: who pushed the call away is not asked again; a telephone that can't be reached leaves it to the browser.
func (c *call) notAnswered(r *dial.Dial, a dial.Answer) {
	c.background("release", func() { r.Release(c.s.parting, a) })
	if dial.Declined(a.Err) {
		c.decline()
		return
	}
	c.log.Warn("the seat's telephone could not be rung", "seat", c.offer.Seat, "error", a.Err)
}

// decline gives the offer back.
func (c *call) decline() {
	if c.state == state.Dialling {
		c.notCalled(dial.OwnTelephone)
		return
	}
	agent := c.offer.Agent
	c.requeue("declined")
	if err := c.s.cfg.Dispatch.Decline(c.job, agent); err != nil {
		c.log.Debug("decline was late", "error", err)
	}
}

// accept connects the agent, whose leg stands, unless dispatch has taken the offer back.
func (c *call) accept() {
	if c.state == state.Dialling {
		c.stopRing(dial.AnsweredElsewhere{})
		c.dialOut()
		return
	}
	if err := c.s.cfg.Dispatch.AcceptOffer(c.offer); err != nil {
		c.log.Info("answered too late", "error", err)
		c.requeue("too late")
		return
	}
	c.stopRing(dial.AnsweredElsewhere{})
	switch {
	case c.direction == state.Inside:
		c.meet()
	case c.out.callback != "":
		c.openCallback()
	case c.untold():
		c.informFirst()
	default:
		c.talk()
	}
}

// stopRing lets the telephone ring no more; why is told to it where it is dial.AnsweredElsewhere.
func (c *call) stopRing(why error) {
	c.ring.Stop(why)
	c.ring = nil
}

// answerable tells whether an agent's telephone or browser may yet connect.
func (c *call) answerable() bool {
	return c.state == state.Offered || c.state == state.Dialling && c.out.dial == nil && c.customer == nil
}

// connecting is ready when the browser that answered can be heard.
func (c *call) connecting() <-chan struct{} {
	if !c.answerable() {
		return nil
	}
	return c.agent.Connected()
}

// agentLeft: a browser that never connected has not answered; else the agent hung up.
func (c *call) agentLeft() {
	switch {
	case c.state == state.Offered:
		c.decline()
	case c.leavesToOther():
		if err := c.complete(); err != nil {
			c.finish("agent")
		}
	default:
		c.finish("agent")
	}
}

// leavesToOther tells whether an agent who hangs up gives the customer to who is consulted, as telephones do it.
func (c *call) leavesToOther() bool {
	st := c.consult.Stage()
	return c.state.Connected() && c.customer != nil && (st == state.ConsultTalking || st == state.ConsultJoined || st == state.ConsultWaiting)
}

// AnswerBrowser answers an offered call with the agent's browser: it takes the browser's SDP offer and gives our answer. The
// two parties hear each other as soon as the browser has connected. The telephone stops ringing at once. errs.NotFound where
// the call is not this agent's, errs.Conflict where it is answered already or withdrawn, errs.Gone after its end.
func (s *Service) AnswerBrowser(ctx context.Context, id, agent, offerSDP string) (string, error) {
	if s.cfg.Browsers == nil {
		return "", errs.New(errs.Unavailable, "no browser telephones here")
	}
	c, err := s.calls.Get(id)
	if err != nil {
		return "", err
	}
	mine := new(claim)
	var prefer []media.Codec
	err = c.mail.Ask(func() error {
		prefer = leg.BrowserCodecs(c.customer)
		return c.claimed(agent, mine)
	})
	if err != nil {
		return "", err
	}
	peer, answer, err := s.cfg.Browsers.Answer(ctx, offerSDP, prefer...)
	if err != nil {
		_ = c.mail.Ask(func() error { return c.unclaimed(mine) })
		return "", err
	}
	if err := c.mail.Ask(func() error { return c.browser(peer, mine) }); err != nil {
		_ = peer.Close()
		return "", err
	}
	return answer, nil
}

func (c *call) claimed(agent string, mine *claim) error {
	switch {
	case c.offer.Agent != agent || agent == "":
		return errs.New(errs.NotFound, "no such call of yours")
	case !c.answerable() || c.claim != nil || c.agent != nil:
		return errs.New(errs.Conflict, "the call is answered already")
	}
	c.claim = mine
	return nil
}

func (c *call) unclaimed(mine *claim) error {
	if c.claim == mine {
		c.claim = nil
	}
	return nil
}

// browser takes the claimed call; the telephone stops ringing.
func (c *call) browser(peer *webrtc.Peer, mine *claim) error {
	if !c.answerable() || c.claim != mine {
		return errs.New(errs.Conflict, "the call was answered elsewhere or withdrawn")
	}
	c.claim = nil
	c.stopRing(dial.AnsweredElsewhere{})
	c.agent = leg.Browser(peer, leg.Agent, c.log)
	return nil
}
