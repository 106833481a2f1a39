package voice

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"santra/internal/protocol/sip"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

// ackTime bounds the wait for the answer to an offer of ours in a 200; SIP itself gives up after 64*T1 (RFC 3261 13.3.1.4).
const ackTime = 35 * time.Second

// refused counts a description that was not taken, and says why.
func (s *Service) refused(log *slog.Logger, err error) {
	s.count.NoCodec.Add(1)
	if _, ok := errors.AsType[leg.Unsafe](err); ok {
		s.count.Unsafe.Add(1)
		log.Warn("a session description that asks for sound where it must not go", "error", err)
		return
	}
	log.Info("a session description can't be taken", "error", err)
}

// acknowledged: the caller's side has our 200, and one that offered nothing has said where it listens. The call may begin to speak (M4).
func (c *call) acknowledged() {
	c.acked = nil
	if err := c.customer.Acknowledged(); err != nil {
		c.s.refused(c.log, err)
		c.finish("no session")
		return
	}
	c.deaf = c.customer.Deaf
	c.begin()
}

// asked answers a request inside a dialog of the call.
func (c *call) asked(l *leg.Leg, r *sip.Request, ok bool) {
	select {
	case <-c.acked: // it came before the request, whichever is looked at first
		c.acknowledged()
	default:
	}
	switch {
	case !ok: // the dialog has ended; its Ended says so too
	case r.Method == "INVITE", r.Method == "UPDATE":
		c.renegotiate(l, r)
	case r.Method == "INFO":
		c.info(l, r)
	case r.Method == "OPTIONS":
		c.respond(r, sip.StatusOK, nil)
	case r.Method == "REFER":
		c.referred(l, r)
	default:
		c.respond(r, sip.StatusNotImplemented, nil)
	}
}

func (c *call) respond(r *sip.Request, code int, body []byte) {
	kind := ""
	if body != nil {
		kind = leg.SDPType
	}
	if err := r.Respond(code, kind, body); err != nil {
		c.log.Debug("response not sent", "method", r.Method, "code", code, "error", err)
	}
}

// renegotiate answers a new offer: another address, another codec, hold and resume (RFC 3264 8).
func (c *call) renegotiate(l *leg.Leg, r *sip.Request) {
	if len(r.Body) == 0 {
		c.refresh(l, r)
		return
	}
	answer, hears, err := l.Renegotiate(r.Body, c.other(l))
	if err != nil {
		c.s.refused(c.log, err)
		c.respond(r, sip.StatusNotAcceptableHere, nil)
		return
	}
	c.respond(r, sip.StatusOK, answer)
	c.peerHears(l, hears)
}

// refresh answers a request that changes nothing: a session timer's UPDATE, or an INVITE that asks for our offer.
func (c *call) refresh(l *leg.Leg, r *sip.Request) {
	if r.Method == "UPDATE" {
		c.respond(r, sip.StatusOK, nil)
		return
	}
	offer := l.Offer()
	c.respond(r, sip.StatusOK, offer)
	c.background("ack", func() {
		ctx, cancel := context.WithTimeout(c.ctx, ackTime)
		defer cancel()
		answer, err := r.Answer(ctx)
		c.mail.Must(func() { c.offerAnswered(l, offer, answer, err) })
	})
}

// offerAnswered takes the answer that an ACK brought. Without one, or with one that is of no use, nobody knows what holds:
// the leg ends (RFC 3261 14.2).
func (c *call) offerAnswered(l *leg.Leg, offer, answer []byte, err error) {
	if !slices.Contains(c.legs(), l) {
		return
	}
	hears := false
	if err == nil {
		hears, err = l.Reaccepted(offer, answer)
	}
	if err != nil {
		c.s.refused(c.log, err)
		c.background("hang up", func() { l.Bye(c.s.parting) }) // that it has ended the dialog says
		return
	}
	c.peerHears(l, hears)
}

// other is who speaks with a leg of the call; nil: nobody yet.
func (c *call) other(l *leg.Leg) *leg.Leg {
	if l == c.customer {
		return c.agent
	}
	return c.customer
}

// info takes a key that a telephone sends by SIP INFO.
func (c *call) info(l *leg.Leg, r *sip.Request) {
	k, ok := leg.InfoKey(r.ContentType, r.Body)
	switch {
	case ok:
		c.respond(r, sip.StatusOK, nil)
		c.relay(l, k)
	case len(r.Body) == 0: // RFC 6086 4.2.2: an empty one is a keep-alive
		c.respond(r, sip.StatusOK, nil)
	default:
		c.respond(r, sip.StatusUnsupportedMediaType, nil)
	}
}

// maxRelayed is how many keys of a call that came by INFO may be on their way to the other party; more are dropped, for nobody
// presses so quickly.
const maxRelayed = 8

// relay gives a key that came by INFO to the menu or, as telephone event, to the other of the two who talk.
func (c *call) relay(from *leg.Leg, k rune) {
	c.pressed(from, k, true)
	var other *leg.Leg
	switch from {
	case c.customer:
		other = c.agent
	case c.agent:
		other = c.customer
	}
	if c.state != state.Talking || other == nil || c.relayed.Load() >= maxRelayed {
		return
	}
	c.relayed.Add(1)
	to := other.Media
	c.background("dtmf", func() {
		defer c.relayed.Add(-1)
		if err := to.SendDTMF(c.ctx, string(k)); err != nil {
			c.log.Debug("key not sent", "error", err)
		}
	})
}
