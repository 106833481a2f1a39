package voice

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
)

// SIP responses that this room gives (RFC 3261 21).
const (
	codeOK             = 200
	codeForbidden      = 403
	codeNotFound       = 404
	codeTimeout        = 408
	codeGone           = 410
	codeUnsupportedMed = 415
	codeTemporarily    = 480
	codeIncomplete     = 484
	codeBusy           = 486
	codeCancelled      = 487
	codeNotAcceptable  = 488
	codeServerError    = 500
	codeNotImplemented = 501
	codeBadGateway     = 502
	codeUnavailable    = 503
	codeGatewayTimeout = 504
	codeBusyEverywhere = 600
	codeDecline        = 603
	codeNowhere        = 604
)

// ackTime bounds the wait for the answer to an offer of ours in a 200; SIP itself gives up after 64*T1 (RFC 3261 13.3.1.4).
const ackTime = 35 * time.Second

// refused counts a description that was not taken, and says why.
func (s *Service) refused(log *slog.Logger, err error) {
	s.count.noCodec.Add(1)
	if _, ok := errors.AsType[unsafeMedia](err); ok {
		s.count.unsafe.Add(1)
		log.Warn("a session description that asks for sound where it must not go", "error", err)
		return
	}
	log.Info("a session description can't be taken", "error", err)
}

// stillLike is the preference in a later description: what the other party talks, then what is in use, so that a hold changes
// nothing.
func (l *leg) stillLike(other *leg) []string {
	codecs := l.terms.codecs
	if l.agreed {
		codecs = sdp.Prefer(codecs, l.codec.Name())
	}
	if other == nil || !other.agreed {
		return codecs
	}
	return sdp.Prefer(codecs, other.codec.Name())
}

// accept answers an offer on this leg and sends the media there.
func (l *leg) accept(body []byte) (answer []byte, c sdp.Choice, err error) {
	offer, err := sdp.Parse(body)
	if err != nil {
		return nil, c, err
	}
	o := l.describes()
	o.Security, o.Keys = l.terms.security, l.ours()
	answer, c, err = sdp.Answer(o, offer, l.local, l.terms.codecs, sdp.SendRecv)
	if err != nil {
		return answer, c, err
	}
	return answer, c, l.start(c)
}

// hears tells whether the peer listens: it has not put us on hold, in today's way or by the address 0.0.0.0 (RFC 3264 8.4).
func hears(c sdp.Choice) bool { return c.Sends() && c.Remote.IsValid() }

// offer is our side of a call to a telephone, or our answer to an INVITE without a description (RFC 3264 5).
func (l *leg) offer() []byte {
	return sdp.Offer(l.describes(), sdp.Stream{
		Local: l.local, DTMF: true, Codecs: l.terms.codecs, Security: l.terms.security, Keys: l.ours(),
	})
}

// proposal is an offer with what it asks of the sound.
type proposal struct {
	security sdp.Security
	body     []byte
}

// proposals are the offers for a telephone of the house, in the order in which they are made.
func (l *leg) proposals() (all []proposal) {
	for _, s := range rising(l.terms.security) {
		l.terms.security = s
		all = append(all, proposal{s, l.offer()})
	}
	return all
}

// rising is how sound is offered to a telephone: where it may be encrypted, first so that every one can take it (RFC 8643), and
// then for one that is set to take nothing but RTP/SAVP.
func rising(s sdp.Security) []sdp.Security {
	if s == sdp.Opportunistic {
		return []sdp.Security{s, sdp.Required}
	}
	return []sdp.Security{s}
}

// insists tells whether a telephone may have refused how the sound was offered (RFC 3261 21.4.26).
func insists(err error) bool {
	refused, ok := errors.AsType[*sip.Refused](err)
	return ok && refused.Code == codeNotAcceptable
}

// accepted reads a telephone's answer to our offer and sends the media there.
func (l *leg) accepted(offer, answer []byte) error {
	ours, err := sdp.Parse(offer)
	if err != nil {
		return err
	}
	theirs, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	choices, err := sdp.Accepted(ours, theirs)
	if err != nil {
		return err
	}
	l.deaf = !hears(choices[0])
	return l.start(choices[0])
}

// asked answers a request inside a dialog of the call.
func (c *call) asked(l *leg, r *sip.Request, ok bool) {
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
		c.respond(r, codeOK, nil)
	case r.Method == "REFER":
		c.referred(l, r)
	default:
		c.respond(r, codeNotImplemented, nil)
	}
}

func (c *call) respond(r *sip.Request, code int, body []byte) {
	kind := ""
	if body != nil {
		kind = sdpType
	}
	if err := r.Respond(code, kind, body); err != nil {
		c.log.Debug("response not sent", "method", r.Method, "code", code, "error", err)
	}
}

// renegotiate answers a new offer: another address, another codec, hold and resume (RFC 3264 8).
func (c *call) renegotiate(l *leg, r *sip.Request) {
	if len(r.Body) == 0 {
		c.refresh(l, r)
		return
	}
	l.terms.codecs = l.stillLike(c.other(l))
	answer, choice, err := l.accept(r.Body)
	if err != nil {
		c.s.refused(c.log, err)
		c.respond(r, codeNotAcceptable, nil)
		return
	}
	c.respond(r, codeOK, answer)
	c.peerHears(l, hears(choice))
}

// refresh answers a request that changes nothing: a session timer's UPDATE, or an INVITE that asks for our offer.
func (c *call) refresh(l *leg, r *sip.Request) {
	if r.Method == "UPDATE" {
		c.respond(r, codeOK, nil)
		return
	}
	offer := l.offer()
	c.respond(r, codeOK, offer)
	c.background("ack", func() {
		ctx, cancel := context.WithTimeout(c.ctx, ackTime)
		defer cancel()
		answer, err := r.Answer(ctx)
		c.mail.must(func() { c.offerAnswered(l, offer, answer, err) })
	})
}

// offerAnswered takes the answer that an ACK brought. Without one, or with one that is of no use, nobody knows what holds:
// the leg ends (RFC 3261 14.2).
func (c *call) offerAnswered(l *leg, offer, answer []byte, err error) {
	if !slices.Contains(c.legs(), l) {
		return
	}
	was := l.deaf
	if err == nil {
		err = l.accepted(offer, answer)
	}
	if err != nil {
		c.s.refused(c.log, err)
		c.background("hang up", func() { hangUp(c.s.parting, l.dialog) }) // that it has ended the dialog says
		return
	}
	hears := !l.deaf
	l.deaf = was
	c.peerHears(l, hears)
}

// other is who speaks with a leg of the call; nil: nobody yet.
func (c *call) other(l *leg) *leg {
	if l == c.customer {
		return c.agent
	}
	return c.customer
}

// info takes a key that a telephone sends by SIP INFO.
func (c *call) info(l *leg, r *sip.Request) {
	k, ok := infoKey(r.ContentType, r.Body)
	switch {
	case ok:
		c.respond(r, codeOK, nil)
		c.relay(l, k)
	case len(r.Body) == 0: // RFC 6086 4.2.2: an empty one is a keep-alive
		c.respond(r, codeOK, nil)
	default:
		c.respond(r, codeUnsupportedMed, nil)
	}
}

// maxRelayed is how many keys of a call that came by INFO may be on their way to the other party; more are dropped, for nobody
// presses so quickly.
const maxRelayed = 8

// relay gives a key that came by INFO to the menu or, as telephone event, to the other of the two who talk.
func (c *call) relay(from *leg, k rune) {
	c.pressed(from, k, true)
	var other *leg
	switch from {
	case c.customer:
		other = c.agent
	case c.agent:
		other = c.customer
	}
	if c.state != Talking || other == nil || c.relayed.Load() >= maxRelayed {
		return
	}
	c.relayed.Add(1)
	to := other.media
	c.background("dtmf", func() {
		defer c.relayed.Add(-1)
		if err := to.SendDTMF(c.ctx, string(k)); err != nil {
			c.log.Debug("key not sent", "error", err)
		}
	})
}
