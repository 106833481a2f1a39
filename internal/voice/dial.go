package voice

import (
	"context"
	"errors"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
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
	offer  []byte
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
	early    func(*dial, sip.Response) // a provisional response; nil: nobody asks
	answered func(*dial)               // its leg stands and is the asker's
	failed   func(*dial, error)        // nothing is left of it
}

// dial calls a telephone over the first route that takes the call, beside the actor. errs.Unavailable without a port.
func (c *call) dial(pool *rtp.Pool, routes []Route, o sip.InviteOptions, on dialEvents) (*dial, error) {
	l, err := c.s.newLeg(pool)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.ctx, DialTime)
	d := &dial{leg: l, offer: l.offer(), cancel: cancel}
	o.ContentType, o.Body = sdpType, d.offer
	c.background("dial", func() { c.dialling(ctx, d, routes, o, on) })
	return d, nil
}

// dialling tries the routes one after the other and brings the actor what came of it.
func (c *call) dialling(ctx context.Context, d *dial, routes []Route, o sip.InviteOptions, on dialEvents) {
	defer d.cancel()
	var dialog *sip.Dialog
	var err error = errs.New(errs.Unavailable, "no way to that telephone")
	for i, r := range routes {
		if dialog, err = c.try(ctx, d, r, o, on.early, i < len(routes)-1); err == nil || !elsewhere(err) || ctx.Err() != nil {
			break
		}
		c.log.Warn("a trunk did not take a call", "trunk", r.Trunk, "error", err)
	}
	if !c.mail.must(func() { c.dialled(d, dialog, err, on) }) {
		c.letGo(d, dialog)
	}
}

// try calls over one route and waits for the answer; where there is another way, not for long of one that says nothing at all.
func (c *call) try(ctx context.Context, d *dial, r Route, o sip.InviteOptions, early func(*dial, sip.Response), another bool) (*sip.Dialog, error) {
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
				_ = c.mail.put(func() { early(d, p) }) // one that finds no room is no loss: the answer comes
			}
		case <-ctx.Done():
			ringing = false
		}
	}
	return out.Wait(ctx)
}

var errSilent = errs.New(errs.Unavailable, "no answer, not even 100")

// elsewhere tells whether another trunk may take what one did not: it is down or full, not the called telephone.
func elsewhere(err error) bool {
	refused, ok := errors.AsType[*sip.Refused](err)
	return !ok || slices.Contains([]int{codeTimeout, codeServerError, codeBadGateway, codeUnavailable, codeGatewayTimeout}, refused.Code)
}

// dialled takes what came of a dial.
func (c *call) dialled(d *dial, dialog *sip.Dialog, err error, on dialEvents) {
	d.leg.dialog = dialog
	if err == nil {
		err = d.leg.accepted(d.offer, dialog.RemoteBody())
	}
	if err != nil {
		c.letGo(d, dialog)
		on.failed(d, err)
		return
	}
	on.answered(d)
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
