package siptest

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip"
)

// Invite is called for an incoming call.
func (p *Phone) Invite(in *sip.Incoming) {
	if p.cfg.Reject != 0 {
		in.Reject(p.cfg.Reject, "")
		return
	}
	if d, early := in.Replaces(); d != nil {
		p.takeOver(in, d, early)
		return
	}
	p.ring(in)
	select {
	case p.rings <- in:
	default:
	}
	wait := time.After(p.cfg.Answer)
	switch {
	case in.Header("Answer-Mode") == "Auto": // RFC 5373
		wait = time.After(0)
	case p.cfg.Answer < 0:
		wait = nil
	}
	select {
	case <-wait:
		_, _ = p.Answer(in)
	case <-in.Done():
		p.over(in)
	}
}

// ring says 180, or 183 with early media.
func (p *Phone) ring(in *sip.Incoming) {
	if !p.cfg.EarlyMedia {
		_ = in.Ringing()
		return
	}
	c, err := p.newCall()
	if err != nil {
		return
	}
	_, offer := in.Body()
	answer, err := c.answer(offer)
	if err == nil {
		c.offer = answer
		err = in.Progress(183, "application/sdp", answer)
	}
	d := in.Early()
	if err != nil || d == nil {
		c.release()
		return
	}
	p.mu.Lock()
	p.early[in] = c
	p.mu.Unlock()
	c.begin(d, false)
}

// over tidies up after a call that was not answered here, and counts it as missed unless somebody else has taken it (RFC 3326).
func (p *Phone) over(in *sip.Incoming) {
	if c := p.takeEarly(in); c != nil {
		c.release()
	}
	for _, r := range in.CancelReasons() {
		if r.Protocol == "SIP" && r.Cause == 200 {
			return
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if in.Cancelled() {
		p.missed++
	}
}

// Missed counts the calls that rang, were given up by their callers, and were not answered elsewhere.
func (p *Phone) Missed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.missed
}

func (p *Phone) takeEarly(in *sip.Incoming) *Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.early[in]
	delete(p.early, in)
	return c
}

// Answer answers a call that rings; it comes out of Calls too.
func (p *Phone) Answer(in *sip.Incoming) (*Call, error) {
	c, answer, err := p.prepare(in)
	if err != nil {
		return nil, err
	}
	d, err := in.Answer("application/sdp", answer)
	if err != nil {
		c.release()
		return nil, err
	}
	c.begin(d, true)
	p.give(c)
	if p.cfg.HangUp > 0 {
		p.wg.Go(func() { c.hangUpAfter(p.cfg.HangUp) })
	}
	return c, nil
}

// prepare makes the call and the answer to its offer; where they were made for early media, those. A call that can't be is
// refused.
func (p *Phone) prepare(in *sip.Incoming) (*Call, []byte, error) {
	if c := p.takeEarly(in); c != nil {
		return c, c.offer, nil
	}
	c, err := p.newCall()
	if err != nil {
		in.Reject(500, "")
		return nil, nil, err
	}
	_, body := in.Body()
	answer, err := c.answer(body)
	if err != nil {
		c.release()
		in.Reject(488, "")
	}
	return c, answer, err
}

// give puts a call into Calls.
func (p *Phone) give(c *Call) {
	select {
	case p.calls <- c:
	default:
	}
}

// Ringing is a call that is not yet answered.
type Ringing struct {
	call *Call
	out  *sip.Outgoing
}

// Wait waits for the answer.
func (r *Ringing) Wait(ctx context.Context) (*Call, error) {
	d, err := r.out.Wait(ctx)
	if err != nil {
		r.call.release()
		return nil, err
	}
	if err := r.call.accepted(r.call.offer, d.RemoteBody()); err != nil {
		r.call.release()
		_ = d.Bye(ctx)
		return nil, errs.New(errs.Invalid, "siptest: the answer is not usable: %w", err)
	}
	r.call.begin(d, true)
	return r.call, nil
}

// Early waits for early media and gives the call as it is then: it hears and sends, and Wait gives the same one once it is
// answered. It takes the responses out of Progress. errs.Gone: the call was answered or refused without.
func (r *Ringing) Early(ctx context.Context) (*Call, error) {
	for {
		select {
		case p, open := <-r.out.Progress():
			if !open {
				return nil, errs.New(errs.Gone, "siptest: no early media came")
			}
			if len(p.Body) == 0 || p.Early == nil {
				continue
			}
			if err := r.call.accepted(r.call.offer, p.Body); err != nil {
				return nil, err
			}
			r.call.begin(p.Early, false)
			return r.call, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Progress gives provisional responses.
func (r *Ringing) Progress() <-chan sip.Response { return r.out.Progress() }

// Cancel gives up, saying why where that is given.
func (r *Ringing) Cancel(why ...sip.Reason) { r.out.Cancel(why...) }
