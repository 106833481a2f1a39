package voice

import (
	"context"
	"errors"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
)

// DialTime is how long a telephone outside, or at a seat, may ring.
const DialTime = 2 * time.Minute

// HeardWithin is how long a trunk may say nothing, not even 100 Trying, before another is tried: by the transaction alone it would
// be 32 s (RFC 3261 17.1.1.2, Timer B), and it may be a call for help. A request is sent three times in it.
const HeardWithin = 4 * time.Second

// The Failed codes: why a call out was not connected. The desktop has words for each.
const (
	FailedBusy        = "busy"
	FailedNoAnswer    = "no_answer"
	FailedUnknown     = "unknown_number"
	FailedRefused     = "refused"
	FailedUnavailable = "unavailable"
	FailedOwn         = "own_telephone" // the agent's own telephone was not picked up
)

// dial is a call of ours to a telephone that has not been answered yet.
type dial struct {
	leg    *leg
	routes []Route
	offers [][]byte // one for each route, for not all encrypt
	cancel context.CancelFunc
}

// stop gives the call up; what still comes of it is let go.
func (d *dial) stop() {
	if d != nil {
		d.cancel()
	}
}

// dialEvents is what becomes of a dial, told in the actor.
type dialEvents struct {
	early    func(d *dial, by int, r sip.Response) // a provisional response by one of its routes; nil: nobody asks
	answered func(*dial)                           // its leg stands and is the asker's
	failed   func(*dial, error)                    // nothing is left of it
}

// party is who is dialled.
type party struct {
	role   Role
	pool   *rtp.Pool
	terms  terms
	routes []Route
	invite sip.InviteOptions
}

// dial calls a telephone over the first route that takes the call, beside the actor. errs.Unavailable without a port.
func (c *call) dial(p party, on dialEvents) (*dial, error) {
	l, err := c.s.newLeg(p.pool, p.role, p.terms)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.ctx, DialTime)
	d := &dial{leg: l, routes: p.routes, cancel: cancel}
	for _, r := range p.routes {
		l.terms.security = r.SRTP
		d.offers = append(d.offers, l.offer())
	}
	c.background("dial", func() { c.dialling(ctx, d, p.invite, on) })
	return d, nil
}

// dialling tries the routes one after the other and brings the actor what came of it.
func (c *call) dialling(ctx context.Context, d *dial, o sip.InviteOptions, on dialEvents) {
	defer d.cancel()
	var dialog *sip.Dialog
	var err error = errs.New(errs.Unavailable, "no way to that telephone")
	var by int
	for i, r := range d.routes {
		by = i
		o.ContentType, o.Body = sdpType, d.offers[i]
		dialog, err = c.try(ctx, d, i, o, on.early)
		if err == nil || !onwards(r, err) || ctx.Err() != nil {
			break
		}
		c.log.Warn("a trunk did not take a call", "trunk", r.Trunk, "error", err)
	}
	if !c.mail.must(func() { c.dialled(d, by, dialog, err, on) }) {
		c.letGo(d, dialog)
	}
}

// try calls over one route and waits for the answer; where there is another way, not for long of one that says nothing at all.
func (c *call) try(ctx context.Context, d *dial, by int, o sip.InviteOptions, early func(*dial, int, sip.Response)) (*sip.Dialog, error) {
	r, another := d.routes[by], by < len(d.routes)-1
	out, err := r.Endpoint.Invite(ctx, r.Target, o)
	if err != nil {
		return nil, err
	}
	var silent <-chan time.Time
	if another {
		silent = time.After(HeardWithin)
	}
	for ringing := early != nil || another; ringing; {
		select {
		case <-silent:
			out.Cancel() // an answer that still comes is hung up
			return nil, errSilent
		case p, ok := <-out.Progress():
			silent = nil
			if ringing = ok && early != nil; ringing {
				_ = c.mail.put(func() { early(d, by, p) }) // one that finds no room is no loss: the answer comes
			}
		case <-ctx.Done():
			ringing = false
		}
	}
	return out.Wait(ctx)
}

var errSilent = errs.New(errs.Unavailable, "no answer, not even 100")

// onwards tells whether the next route may take what one did not.
func onwards(r Route, err error) bool {
	return elsewhere(err) || r.SRTP == sdp.Opportunistic && insists(err)
}

// elsewhere tells whether another trunk may take what one did not: it is down or full, not the called telephone.
func elsewhere(err error) bool {
	refused, ok := errors.AsType[*sip.Refused](err)
	return !ok || slices.Contains([]int{codeTimeout, codeServerError, codeBadGateway, codeUnavailable, codeGatewayTimeout}, refused.Code)
}

// dialled takes what came of a dial.
func (c *call) dialled(d *dial, by int, dialog *sip.Dialog, err error, on dialEvents) {
	d.leg.dialog = dialog
	if err == nil {
		if err = d.accepted(by, dialog, dialog.TakeRemoteBody()); err != nil {
			c.s.refused(c.log, err)
		}
	}
	if err != nil {
		c.letGo(d, dialog)
		on.failed(d, err)
		return
	}
	on.answered(d)
}

// accepted takes the answer that came by a route.
func (d *dial) accepted(by int, dialog *sip.Dialog, answer []byte) error {
	l := d.leg
	l.terms.security, l.terms.peer = d.routes[by].SRTP, dialog.Remote().Addr()
	return l.accepted(d.offers[by], answer)
}

// letGo ends a dial of which nobody wants anything any more.
func (c *call) letGo(d *dial, dialog *sip.Dialog) {
	d.leg.dialog = dialog
	gone := d.leg
	c.background("release", func() { gone.hangUp(c.s.parting) })
}

// failure names why a dial came to nothing.
func failure(err error) string {
	refused, ok := errors.AsType[*sip.Refused](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return FailedNoAnswer
	case !ok:
		return FailedUnavailable
	}
	switch refused.Code {
	case codeBusy, codeBusyEverywhere:
		return FailedBusy
	case codeTemporarily, codeTimeout, codeCancelled:
		return FailedNoAnswer
	case codeNotFound, codeGone, codeIncomplete, codeNowhere:
		return FailedUnknown
	case codeForbidden, codeDecline:
		return FailedRefused
	}
	return FailedUnavailable
}

// ringback lets a leg hear that the other telephone rings, as Finnish exchanges sound it (425 Hz, 1 s in 5 s: ITU-T E.180
// supplement 2).
func (c *call) ringback(l *leg) {
	const loud = 6000
	l.media.Play(c.ctx, []media.Clip{media.Tone(425, time.Second, loud), media.SilenceClip(4 * time.Second)}, true)
}
