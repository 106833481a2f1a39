// Package dial places a call to a telephone: over one route after the other until one takes it, with what the network says
// before the answer, and it names why nobody was reached. It has the words in which a way out of the centre is asked for
// (Want, Way, Carrier), and owns nothing but the call that rings.
//
// It must not know why somebody is called, nor what becomes of an answer: it gives that to who asked. Which trunks there are is
// the Carrier's, and what a session description may say is package leg's.
package dial

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/voice/leg"
)

// HeardWithin is how long a trunk may say nothing, not even 100 Trying, before another is tried: by the transaction alone it would
// be 32 s (RFC 3261 17.1.1.2, Timer B), and it may be a call for help. A request is sent three times in it.
const HeardWithin = 4 * time.Second

// Dial is a call of ours to a telephone that has not been answered yet. Its owner (a call's actor) alone touches it, but Ring and
// Release, which run beside the owner.
type Dial struct {
	Leg    *leg.Leg // of who is called; the owner's when the dial was answered
	routes []Route
	offers [][]byte // one for each route, for not all encrypt
	ctx    context.Context
	cancel context.CancelCauseFunc
	log    *slog.Logger
}

// New prepares a call over routes, which ends with ctx if it is not answered before. What a trunk did not take is logged; nil:
// nowhere.
func New(ctx context.Context, l *leg.Leg, routes []Route, log *slog.Logger) *Dial {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	d := &Dial{Leg: l, routes: routes, log: log}
	d.ctx, d.cancel = context.WithCancelCause(ctx)
	for _, r := range routes {
		d.offers = append(d.offers, l.OfferSecured(r.SRTP))
	}
	return d
}

// AnsweredElsewhere is the cause of a ringing that ends since somebody else took the call (RFC 3326): the telephone then shows no
// missed call.
type AnsweredElsewhere struct{}

// Error implements error.
func (AnsweredElsewhere) Error() string { return "answered elsewhere" }

// Stop gives the call up (CANCEL, RFC 3261 9.1); why is told to the telephone where it is AnsweredElsewhere, and may be nil. What
// still comes of the dial is let go. On a nil Dial it does nothing.
func (d *Dial) Stop(why error) {
	if d != nil {
		d.cancel(why)
	}
}

// Answer is what came of a dial.
type Answer struct {
	Err    error // why nobody answered; nil: somebody did
	by     int
	dialog *sip.Dialog
}

// Early is sound that the network sends before the answer: "the number is not in use" (RFC 3960).
type Early struct {
	by int
	r  sip.Response
}

// Ring calls and waits, at most so long (0: as long as it takes), for the answer. early is told,
// beside the owner, where the network speaks before; nil: nobody asks.
func (d *Dial) Ring(o sip.InviteOptions, within time.Duration, early func(Early)) Answer {
	defer d.cancel(nil)
	ctx := d.ctx
	if within > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, within)
		defer stop()
	}
	a := Answer{Err: errs.New(errs.Unavailable, "no way to that telephone")}
	for i, r := range d.routes {
		a.by = i
		o.ContentType, o.Body = leg.SDPType, d.offers[i]
		if a.dialog, a.Err = d.try(ctx, i, o, early); a.Err == nil || !d.onwards(i, a.Err) || ctx.Err() != nil {
			break
		}
		d.log.Warn("a trunk did not take a call", "trunk", r.Trunk, "error", a.Err)
	}
	return a
}

// try calls over one route and waits for the answer; where there is another way, not for long of one that says nothing at all.
func (d *Dial) try(ctx context.Context, by int, o sip.InviteOptions, early func(Early)) (*sip.Dialog, error) {
	r, another := d.routes[by], d.another(by)
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
			return nil, errs.New(errs.Unavailable, "no answer, not even 100")
		case p, ok := <-out.Progress():
			silent = nil
			if ringing = ok && early != nil; ringing && len(p.Body) > 0 && p.Early != nil {
				early(Early{by, p})
			}
		case <-ctx.Done():
			ringing = false
		}
	}
	return wait(ctx, out)
}

// wait waits for the answer. Where ctx ends first the call is cancelled, with its cause where the telephone should know it.
func wait(ctx context.Context, out *sip.Outgoing) (*sip.Dialog, error) {
	rings, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), AnsweredElsewhere{}) {
			out.Cancel(sip.AnsweredElsewhere())
		}
		stop()
	})()
	d, err := out.Wait(rings)
	if ctx.Err() != nil && err != nil {
		err = ctx.Err() // it tells whether the time was up, where the 487 does not
	}
	return d, err
}

// another tells whether the route after one leads elsewhere, and does not only offer the sound in another way.
func (d *Dial) another(by int) bool {
	if by >= len(d.routes)-1 {
		return false
	}
	this, next := d.routes[by], d.routes[by+1]
	return next.Trunk != this.Trunk || next.Target.URI != this.Target.URI
}

// onwards tells whether the next route may take what one did not.
func (d *Dial) onwards(by int, err error) bool {
	return d.another(by) && elsewhere(err) || d.routes[by].SRTP == sdp.Opportunistic && insists(err)
}

// insists tells whether a telephone may have refused how the sound was offered (RFC 3261 21.4.26).
func insists(err error) bool {
	refused, ok := errors.AsType[*sip.Refused](err)
	return ok && refused.Code == sip.StatusNotAcceptableHere
}

// elsewhere tells whether another trunk may take what one did not: it is down or full, not the called telephone.
func elsewhere(err error) bool {
	refused, ok := errors.AsType[*sip.Refused](err)
	return !ok || slices.Contains([]int{sip.StatusRequestTimeout, sip.StatusServerInternalError, sip.StatusBadGateway, sip.StatusServiceUnavailable, sip.StatusServerTimeout}, refused.Code)
}

// Take gives the leg of a dial that was answered what the answer says. With an error, as leg.AcceptedFrom, the leg is to be hung up.
func (d *Dial) Take(a Answer) error {
	d.Leg.Dialog = a.dialog
	return d.accepted(a.by, a.dialog.Remote().Addr(), a.dialog.TakeRemoteBody())
}

// TakeEarly lets the leg hear what the network says before the answer.
func (d *Dial) TakeEarly(e Early) error {
	return d.accepted(e.by, e.r.Early.Remote().Addr(), e.r.Body)
}

// accepted takes the description that came by a route.
func (d *Dial) accepted(by int, from netip.Addr, answer []byte) error {
	return d.Leg.AcceptedFrom(from, d.routes[by].SRTP, d.offers[by], answer)
}

// Release ends a dial of which nobody wants anything any more, answered or not; it may take time, as leg.HangUp.
func (d *Dial) Release(ctx context.Context, a Answer) {
	d.Leg.Dialog = a.dialog
	d.Leg.HangUp(ctx)
}
