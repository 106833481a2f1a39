package voice

import (
	"context"

	"santra/internal/errs"
)

// open gives the description for our 200 to a first INVITE: the answer to its offer or, where it holds none, an offer of ours, whose answer
// comes with the ACK (RFC 3261 13.2.1, RFC 3264 5). Until then the party hears nothing.
func (l *leg) open(body []byte) ([]byte, error) {
	if len(body) == 0 {
		l.offered, l.deaf = l.offer(), true
		return l.offered, nil
	}
	answer, choice, err := l.accept(body)
	l.deaf = !hears(choice)
	return answer, err
}

// answer takes what the ACK brought, where our 200 held an offer. errs.Invalid: nothing, or nothing that can be taken, so nobody knows what
// holds, and the leg must end (RFC 3261 14.2).
func (l *leg) answer() error {
	offer := l.offered
	if offer == nil {
		return nil
	}
	l.offered = nil
	answer := l.dialog.TakeRemoteBody()
	if len(answer) == 0 {
		return errs.New(errs.Invalid, "an ACK without the answer to our offer")
	}
	return l.accepted(offer, answer)
}

// acknowledged: the caller's side has our 200, and one that offered nothing has said where it listens. The call may begin to speak (M4).
func (c *call) acknowledged() {
	c.acked = nil
	if err := c.customer.answer(); err != nil {
		c.s.refused(c.log, err)
		c.finish("no session")
		return
	}
	c.deaf = c.customer.deaf
	c.begin()
}

// settled waits for the ACK to our 200 where it brings the party's answer.
func (l *leg) settled(ctx context.Context) error {
	if l.offered == nil {
		return nil
	}
	select {
	case <-l.dialog.Acked():
		return l.answer()
	case <-ctx.Done():
		return ctx.Err()
	}
}
