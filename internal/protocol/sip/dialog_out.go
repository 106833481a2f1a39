package sip

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/protocol/sip/exchange"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/transaction"
	"santra/internal/run"
)

// byeWait is how long BYE waits for its answer where its caller sets no end.
const byeWait = transaction.Timeout

// Info sends INFO.
func (d *Dialog) Info(ctx context.Context, contentType string, body []byte) error {
	res, err := d.Request(ctx, message.INFO, contentType, body)
	if err == nil && res.Code >= 300 {
		err = refusedWith(res)
	}
	return err
}

// Request sends any other request inside the dialog and waits for its final response, whatever that is. An UPDATE with a body
// is an offer and gets 491 from us where another is out.
func (d *Dialog) Request(ctx context.Context, method, contentType string, body []byte, hdr ...Header) (Response, error) {
	if slices.Contains([]string{message.INVITE, message.ACK, message.CANCEL, message.BYE, message.PRACK}, method) || !message.Known(method) {
		return Response{}, errs.New(errs.Invalid, "sip: not a method for Request")
	}
	if method == message.UPDATE && len(body) > 0 {
		if err := d.claim(method); err != nil {
			if r, ok := errors.AsType[*Refused](err); ok {
				return Response{Code: r.Code, Reason: r.Reason}, nil
			}
			return Response{}, err
		}
		return d.askClaimed(ctx, asking{method: method, session: session{contentType, body}, hdr: hdr})
	}
	select {
	case <-d.ended:
		return Response{}, errOver
	default:
		return d.send(ctx, method, contentType, body, hdr)
	}
}

// send sends a request and waits.
func (d *Dialog) send(ctx context.Context, method, contentType string, body []byte, hdr []Header) (Response, error) {
	return d.ask(ctx, asking{method: method, session: session{contentType, body}, hdr: hdr})
}

// asking is a request of ours inside a dialog.
type asking struct {
	method string
	session
	hdr     []Header
	offers  bool                               // the right to make an offer was claimed
	answer  func(offer []byte) ([]byte, error) // of the offer in the 2xx to a re-INVITE; may be nil
	prepare func(x *exchange.Exchange)         // before it goes; may be nil
}

// ask sends a request and waits for its final response. 408, 481 and no answer end the dialog (12.2.1.2).
func (d *Dialog) ask(ctx context.Context, q asking) (Response, error) {
	got := make(chan answer, 1)
	x, err := d.begin(q, got)
	if err != nil {
		if err == transaction.ErrTransport {
			d.fail(err)
		}
		return Response{}, err
	}
	select {
	case a := <-got:
		return d.outcome(q.method, a)
	case <-ctx.Done():
		x.Withdraw()
		return Response{}, ctx.Err()
	case <-d.ended:
		return Response{}, errOver
	}
}

// begin sends a request: numbers leave in their order.
func (d *Dialog) begin(q asking, got chan<- answer) (*exchange.Exchange, error) {
	d.order.Lock()
	defer d.order.Unlock()
	x, err := d.exchange(q.method, q.kind, q.body, q.hdr)
	if err != nil {
		return nil, err
	}
	x.Final = d.collect(x, q.method, got, q.answer)
	if q.offers {
		x.Final = d.unclaiming(x.Final)
	}
	if q.prepare != nil {
		q.prepare(x)
	}
	if q.method == message.INVITE && !d.reinviting(x) {
		return nil, errOver
	}
	return x, x.Start()
}

// reinviting keeps a re-INVITE that is under way, to be given up when the dialog ends; false where it has ended.
func (d *Dialog) reinviting(x *exchange.Exchange) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reinvite = x
	return d.reason == ""
}

// outcome judges what an exchange came to.
func (d *Dialog) outcome(method string, a answer) (Response, error) {
	switch {
	case a.err == transaction.ErrTimeout || a.err == transaction.ErrTransport:
		d.fail(a.err)
		return Response{}, a.err
	case a.err != nil:
		return Response{}, a.err
	case method == message.NOTIFY: // 481 is the subscription's end there, not the call's (RFC 6665 4.2.2)
	case a.res.StatusCode == 408 || a.res.StatusCode == 481:
		d.fail(transaction.ErrTimeout)
	}
	return plain(a.res), nil
}

// answer is what an exchange came to.
type answer struct {
	res *sip.Response
	err error
}

// collect takes the final response; a 2xx to a re-INVITE is acknowledged, each time it comes.
func (d *Dialog) collect(x *exchange.Exchange, method string, got chan<- answer, reply func([]byte) ([]byte, error)) func(*sip.Response, error) {
	acked := false
	return func(res *sip.Response, err error) {
		good := err == nil && res.StatusCode < 300
		if good && (method == message.INVITE || method == message.UPDATE) && !acked {
			d.retarget(res)
		}
		switch {
		case good && method == message.INVITE && acked:
			d.acknowledgeAgain()
			return
		case good && method == message.INVITE && reply != nil:
			acked = true
			go func() { got <- answer{res, d.answerOffer(x.Seq(), res.Body(), reply)} }()
			return
		case good && method == message.INVITE:
			acked = true
			d.acknowledge(x.Seq(), session{})
		}
		select {
		case got <- answer{res, err}:
		default:
		}
	}
}

// answerOffer acknowledges a 2xx with the answer to the offer that it holds. Where there is none the session is undefined, so
// the dialog is hung up.
func (d *Dialog) answerOffer(seq uint32, offer []byte, reply func([]byte) ([]byte, error)) (err error) {
	defer run.Recover(d.ep.log, "sip answer")
	body, err := reply(offer)
	if err != nil {
		d.acknowledge(seq, session{})
		d.hangUp(EndLocal)
		return err
	}
	d.described(session{sdpKind, body})
	d.acknowledge(seq, session{sdpKind, body})
	return nil
}

// retarget takes the new Contact of a 2xx (12.2.1.2), and how long the session lasts now.
func (d *Dialog) retarget(res *sip.Response) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.peer.learn(res)
	d.timed(message.Value(res, "Session-Expires"))
	if c := res.Contact(); c != nil && c.Address.Host != "" && !c.Address.Wildcard {
		d.target = *c.Address.Clone()
	}
}

func (d *Dialog) exchange(method, contentType string, body []byte, hdr []Header) (*exchange.Exchange, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out, f, err := d.compose(method, d.nextSeqLocked())
	if err != nil {
		return nil, err
	}
	if method == message.INVITE || method == message.UPDATE {
		hdr = append(d.askSession(), hdr...)
	}
	out.ContentType, out.Content, out.Extra = contentType, body, hdr
	return &exchange.Exchange{Core: d.ep.core, Out: out, Flow: f, User: d.user, Password: d.password, NextSeq: d.nextSeq}, nil
}

// fail ends a dialog whose peer does not answer; a BYE is tried, for the peer may only be deaf to something else.
func (d *Dialog) fail(err error) {
	why := EndTimeout
	if err == transaction.ErrTransport {
		why = EndTransport
	}
	d.hangUp(why)
}

// Bye hangs up and waits for the answer. For its user the dialog is over at once, whatever the peer says. An early dialog of a
// call to us is ended by refusing the call (480), for BYE is only the caller's there (RFC 3261 15).
func (d *Dialog) Bye(ctx context.Context, why ...Reason) error {
	return d.bye(ctx, EndLocal, reasonHeaders(why)...)
}

// PeerReasons is why the peer hung up (RFC 3326), where its BYE said so.
func (d *Dialog) PeerReasons() []Reason {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.byeReason
}

// hangUp sends BYE and waits for nothing.
func (d *Dialog) hangUp(why EndReason) {
	d.end(why)
	go func() {
		defer run.Recover(d.ep.log, "sip bye")
		ctx, cancel := context.WithTimeout(context.Background(), byeWait+time.Second)
		defer cancel()
		_ = d.bye(ctx, why)
	}()
}

// bye ends the dialog; who is called must not send BYE before the ACK or its timeout (RFC 3261 15).
func (d *Dialog) bye(ctx context.Context, why EndReason, hdr ...Header) error {
	if d.declined() {
		return nil
	}
	d.mu.Lock()
	gone := d.leaving || d.reason == EndRemote || d.early.is && d.reason != ""
	if !gone {
		d.leaving = true
		d.endLocked(why)
	}
	d.mu.Unlock()
	if gone {
		return nil
	}
	defer d.forget()
	select {
	case <-d.settled:
	case <-ctx.Done():
		return ctx.Err()
	}
	x, err := d.exchange(message.BYE, "", nil, hdr)
	if err != nil {
		return err
	}
	_, err = x.Wait(ctx)
	return err
}

// declined refuses the call of an early dialog, where it is one to us; false where it is answered.
func (d *Dialog) declined() bool {
	d.mu.Lock()
	call, early := d.early.in, d.early.is
	d.mu.Unlock()
	if !early || call == nil {
		return false
	}
	call.Reject(480, "")
	return d.Early() // no longer, if an answer was quicker
}
