package voice

import (
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

// accept answers an offer on this leg and sends the media there.
func (l *leg) accept(body []byte) (answer []byte, c sdp.Choice, err error) {
	offer, err := sdp.Parse(body)
	if err != nil {
		return nil, c, err
	}
	answer, c, err = sdp.Answer(l.describes(), offer, l.local, nil, sdp.SendRecv)
	if err != nil || !c.Remote.IsValid() { // held the old way: nowhere to send
		return answer, c, err
	}
	return answer, c, l.start(c)
}

// hears tells whether the peer listens: it has not put us on hold, in today's way or by the address 0.0.0.0 (RFC 3264 8.4).
func hears(c sdp.Choice) bool { return c.Sends() && c.Remote.IsValid() }

// offer is our side of a call to a telephone, or our answer to an INVITE without a description (RFC 3264 5).
func (l *leg) offer() []byte {
	return sdp.Offer(l.describes(), sdp.Stream{Local: l.local, DTMF: true})
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
	answer, choice, err := l.accept(r.Body)
	if err != nil {
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
	c.respond(r, codeOK, l.offer())
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

// relay gives a key that came by INFO to the menu or, as telephone event, to the other party.
func (c *call) relay(from *leg, k rune) {
	c.pressed(from, k, true)
	other := c.customer
	if from == c.customer {
		other = c.agent
	}
	if c.state != Talking || other == nil {
		return
	}
	to := other.media
	c.background("dtmf", func() {
		if err := to.SendDTMF(c.ctx, string(k)); err != nil {
			c.log.Debug("key not sent", "error", err)
		}
	})
}
