package sip

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/protocol/sip/message"
)

// maxGlare is how often Negotiate tries again where both sides ask at once.
const maxGlare = 5

// Reinvite offers a new session description and gives the peer's answer. Where ctx ends first it is cancelled (RFC 3261 9.1); if
// the peer has taken it nevertheless, what holds is unknown to the user until another offer. *Refused 491: both asked at once, or the call is not
// answered yet; try again after 2.1–4 s if the call is ours, 0–2 s if not (RFC 3261 14.1), or let Negotiate do it.
func (d *Dialog) Reinvite(ctx context.Context, contentType string, body []byte) ([]byte, error) {
	return d.offer(ctx, message.INVITE, session{contentType, body}, nil)
}

// Update is Reinvite by UPDATE (RFC 3311): it needs no ACK and may be sent before the call is answered, once the first offer
// is (by a reliable provisional response). errs.Invalid: the peer's Allow does not name UPDATE.
func (d *Dialog) Update(ctx context.Context, contentType string, body []byte) ([]byte, error) {
	d.mu.Lock()
	able := d.peer.update
	d.mu.Unlock()
	if !able {
		return nil, errs.New(errs.Invalid, "sip: the peer takes no UPDATE, use Reinvite")
	}
	return d.offer(ctx, message.UPDATE, session{contentType, body}, nil)
}

// Negotiate is Reinvite that tries again: after 491 when the times of RFC 3261 14.1 have passed, after 500 when the peer's
// Retry-After has, five times at most.
func (d *Dialog) Negotiate(ctx context.Context, contentType string, body []byte) ([]byte, error) {
	return d.retrying(ctx, func() ([]byte, error) { return d.Reinvite(ctx, contentType, body) })
}

// Solicit asks the peer for an offer by a re-INVITE without one, and gives it what answer makes of it in the ACK (RFC 3261
// 14.1, 13.2.1): third-party call control. It tries again as Negotiate does. Where answer fails, the ACK is empty, the dialog
// is hung up, for its session is undefined, and the error is given.
func (d *Dialog) Solicit(ctx context.Context, answer func(offer []byte) ([]byte, error)) error {
	_, err := d.retrying(ctx, func() ([]byte, error) { return d.offer(ctx, message.INVITE, session{}, answer) })
	return err
}

func (d *Dialog) retrying(ctx context.Context, ask func() ([]byte, error)) ([]byte, error) {
	select { // an ACK that is on its way is no glare
	case <-d.settled:
	case <-d.ended:
		return nil, errOver
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for try := 1; ; try++ {
		body, err := ask()
		refused, ok := errors.AsType[*Refused](err)
		if !ok || try > maxGlare || refused.Code != 491 && (refused.Code != 500 || refused.RetryAfter == 0) {
			return body, err
		}
		wait := d.glare()
		if refused.Code == 500 {
			wait = refused.RetryAfter
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-d.ended:
			return nil, errOver
		}
	}
}

// glare is how long to wait after a 491, in steps of 10 ms (RFC 3261 14.1): who made the Call-ID waits longer, so that the
// other goes first.
func (d *Dialog) glare() time.Duration {
	const step = 10 * time.Millisecond
	if d.ownsCall() {
		return 2100*time.Millisecond + time.Duration(rand.IntN(191))*step
	}
	return time.Duration(rand.IntN(201)) * step
}

func (d *Dialog) ownsCall() bool { return d.early.ours }

// offer sends an offer, or asks for one, if nothing else is being negotiated.
func (d *Dialog) offer(ctx context.Context, method string, s session, answer func([]byte) ([]byte, error)) ([]byte, error) {
	if err := d.claim(method); err != nil {
		return nil, err
	}
	res, err := d.askClaimed(ctx, asking{method: method, session: s, answer: answer})
	if err != nil {
		return nil, err
	}
	if res.Code >= 300 {
		return nil, refusedWith(res)
	}
	d.described(s)
	return res.Body, nil
}

// claim takes the right to make an offer.
func (d *Dialog) claim(method string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.reason != "":
		return errOver
	case d.asking || d.asked != nil || d.sent.waiting && (d.sent.offer || method == message.INVITE) || d.early.is && (method == message.INVITE || !d.early.open):
		return &Refused{Code: 491, Reason: "Request Pending"}
	}
	d.asking = true
	return nil
}

// askClaimed sends an offer whose right was claimed. That is held until the final response, also where nobody waits for it any
// more: until then the peer may still take the offer.
func (d *Dialog) askClaimed(ctx context.Context, q asking) (Response, error) {
	q.offers = true
	res, err := d.ask(ctx, q)
	if err != nil && err != ctx.Err() { // it never went, or its dialog is over
		d.unclaim()
	}
	return res, err
}

// unclaiming gives the right back at the final response.
func (d *Dialog) unclaiming(final func(*sip.Response, error)) func(*sip.Response, error) {
	return func(res *sip.Response, err error) {
		d.unclaim()
		final(res, err)
	}
}

func (d *Dialog) unclaim() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asking = false
}

func refusedWith(r Response) *Refused {
	return &Refused{Code: r.Code, Reason: r.Reason, RetryAfter: r.RetryAfter, Causes: r.Causes}
}
