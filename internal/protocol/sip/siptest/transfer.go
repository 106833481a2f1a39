package siptest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"santra/internal/errs"
	"santra/internal/protocol/sip"
)

// Transfer sends the other party to a number (blind, RFC 3515) and hangs up once that has answered. *sip.Refused: the peer will
// not, or the number did not answer; the call goes on.
func (c *Call) Transfer(ctx context.Context, number string) error {
	return c.refer(ctx, fmt.Sprintf("sip:%s@%v", number, c.Dialog().Remote()), sip.ReferOptions{})
}

// TransferTo connects the other party with that of a second call of this phone (attended, RFC 3891) and hangs up here; the
// second call is hung up by who takes its place.
func (c *Call) TransferTo(ctx context.Context, second *Call) error {
	d := second.Dialog()
	return c.refer(ctx, d.RemoteTarget(), sip.ReferOptions{Replace: d})
}

func (c *Call) refer(ctx context.Context, target string, o sip.ReferOptions) error {
	d := c.Dialog()
	ref, err := d.Refer(ctx, target, o)
	if err != nil {
		return err
	}
	for {
		select {
		case code, open := <-ref.Progress():
			switch {
			case !open:
				return errs.New(errs.Gone, "siptest: the transfer's end was not reported")
			case code >= 300:
				return &sip.Refused{Code: code}
			case code >= 200:
				return d.Bye(ctx)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// referred does what a REFER asks: it calls the target and reports how that goes. The new call comes out of Calls.
func (c *Call) referred(r *sip.Request) {
	t, err := r.Transfer()
	if err != nil {
		_ = r.Respond(400, "", nil)
		return
	}
	if t.Accept() == nil {
		c.p.wg.Go(func() { c.p.follow(t) })
	}
}

// follow makes the call of a transfer.
func (p *Phone) follow(t *sip.Transfer) {
	o := sip.InviteOptions{FromUser: p.cfg.User}
	if t.Attended {
		o.Headers = append(o.Headers, t.Replaces)
	}
	if t.ReferredBy != "" {
		o.Headers = append(o.Headers, sip.Header{Name: "Referred-By", Value: t.ReferredBy})
	}
	target := sip.Target{URI: t.Target, Transport: p.cfg.Transport, User: p.cfg.User, Password: p.cfg.Password, Route: p.cfg.Server}
	r, err := p.dial(p.ctx, target, o)
	if err != nil {
		_ = t.Notify(p.ctx, 503)
		return
	}
	p.wg.Go(func() {
		for res := range r.Progress() {
			if res.Code > 100 {
				_ = t.Notify(p.ctx, res.Code)
			}
		}
	})
	c, err := r.Wait(p.ctx)
	if err != nil {
		_ = t.Notify(p.ctx, codeOf(err))
		return
	}
	p.give(c)
	_ = t.Notify(p.ctx, 200)
}

// codeOf is the code of a refusal; 503 where it is none.
func codeOf(err error) int {
	if r, ok := errors.AsType[*sip.Refused](err); ok {
		return r.Code
	}
	return 503
}

// takeOver answers a call that takes the place of another, and lets that go (RFC 3891 3).
func (p *Phone) takeOver(in *sip.Incoming, d *sip.Dialog, early bool) {
	if early { // this phone's own call that rings: nobody picks it up here
		in.Reject(486, "")
		return
	}
	if _, err := p.Answer(in); err == nil {
		_ = d.Bye(p.ctx)
	}
}

// SendInfo sends digits by INFO (application/dtmf-relay), as some phones do instead of RFC 4733.
func (c *Call) SendInfo(ctx context.Context, digits string) error {
	for _, d := range digits {
		body := fmt.Sprintf("Signal=%c\r\nDuration=160\r\n", d)
		if err := c.Dialog().Info(ctx, "application/dtmf-relay", []byte(body)); err != nil {
			return err
		}
	}
	return nil
}

// key takes a digit that comes by INFO; it comes out of Digits. Others are answered too.
func (c *Call) key(r *sip.Request) {
	_ = r.Respond(200, "", nil)
	_, rest, ok := strings.Cut(string(r.Body), "Signal=")
	if rest = strings.TrimSpace(rest); !ok || rest == "" || c.m == nil || !strings.ContainsRune(digitKeys, rune(rest[0])) {
		return
	}
	select {
	case c.m.digits <- rune(rest[0]):
	default:
	}
}
