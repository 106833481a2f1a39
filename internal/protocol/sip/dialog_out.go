package sip

import (
	"context"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/run"
)

// byeWait is how long BYE waits for its answer where its caller sets no end.
const byeWait = timeout

// Reinvite offers a new session description and gives the peer's answer. *Refused 491: both asked at once, try again after
// 2.1–4 s if the call is ours, 0–2 s if not (RFC 3261 14.1).
func (d *Dialog) Reinvite(ctx context.Context, contentType string, body []byte) ([]byte, error) {
	d.mu.Lock()
	switch {
	case d.reason != "":
		d.mu.Unlock()
		return nil, errOver
	case d.asking || d.asked != nil || d.sent.waiting:
		d.mu.Unlock()
		return nil, &Refused{Code: 491, Reason: "Request Pending"}
	}
	d.asking = true
	d.mu.Unlock()
	defer func() { d.mu.Lock(); d.asking = false; d.mu.Unlock() }()
	res, err := d.send(ctx, mINVITE, contentType, body, nil)
	if err != nil {
		return nil, err
	}
	if res.Code >= 300 {
		return nil, &Refused{Code: res.Code, Reason: res.Reason}
	}
	return res.Body, nil
}

// Info sends INFO.
func (d *Dialog) Info(ctx context.Context, contentType string, body []byte) error {
	res, err := d.Request(ctx, mINFO, contentType, body)
	if err == nil && res.Code >= 300 {
		err = &Refused{Code: res.Code, Reason: res.Reason}
	}
	return err
}

// Request sends any other request inside the dialog and waits for its final response, whatever that is.
func (d *Dialog) Request(ctx context.Context, method, contentType string, body []byte, hdr ...Header) (Response, error) {
	if method == mINVITE || method == mACK || method == mCANCEL || method == mBYE || !known(method) {
		return Response{}, errs.New(errs.Invalid, "sip: not a method for Request")
	}
	select {
	case <-d.ended:
		return Response{}, errOver
	default:
		return d.send(ctx, method, contentType, body, hdr)
	}
}

// send sends a request and waits. 408, 481 and no answer end the dialog (12.2.1.2).
func (d *Dialog) send(ctx context.Context, method, contentType string, body []byte, hdr []Header) (Response, error) {
	x, err := d.exchange(method, contentType, body, hdr)
	if err != nil {
		return Response{}, err
	}
	got := make(chan answer, 1)
	x.final = d.collect(x, method, got)
	if err := x.start(); err != nil {
		d.fail(err)
		return Response{}, err
	}
	select {
	case a := <-got:
		if a.err != nil {
			d.fail(a.err)
			return Response{}, a.err
		}
		if a.res.StatusCode == 408 || a.res.StatusCode == 481 {
			d.fail(errTimeout)
		}
		return plain(a.res), nil
	case <-ctx.Done():
		return Response{}, ctx.Err()
	case <-d.ended:
		return Response{}, errOver
	}
}

// answer is what an exchange came to.
type answer struct {
	res *sip.Response
	err error
}

// collect takes the final response; a 2xx to a re-INVITE is acknowledged, each time it comes.
func (d *Dialog) collect(x *exchange, method string, got chan<- answer) func(*sip.Response, error) {
	acked := false
	return func(res *sip.Response, err error) {
		if err == nil && method == mINVITE && res.StatusCode < 300 {
			if acked {
				d.acknowledgeAgain()
				return
			}
			acked = true
			d.retarget(res)
			d.acknowledge(x.seq())
		}
		select {
		case got <- answer{res, err}:
		default:
		}
	}
}

// retarget takes the new Contact of a 2xx (12.2.1.2).
func (d *Dialog) retarget(res *sip.Response) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := res.Contact(); c != nil && c.Address.Host != "" && !c.Address.Wildcard {
		d.target = *c.Address.Clone()
	}
}

func (d *Dialog) exchange(method, contentType string, body []byte, hdr []Header) (*exchange, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out, f, err := d.compose(method, d.nextSeqLocked())
	if err != nil {
		return nil, err
	}
	out.ctype, out.content, out.extra = contentType, body, hdr
	return &exchange{ep: d.ep, out: out, flow: f, user: d.user, password: d.password, nextSeq: d.nextSeq}, nil
}

// fail ends a dialog whose peer does not answer; a BYE is tried, for the peer may only be deaf to something else.
func (d *Dialog) fail(err error) {
	why := EndTimeout
	if err == errTransport {
		why = EndTransport
	}
	d.hangUp(why)
}

// Bye hangs up and waits for the answer. For its user the dialog is over at once, whatever the peer says.
func (d *Dialog) Bye(ctx context.Context) error { return d.bye(ctx, EndLocal) }

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
func (d *Dialog) bye(ctx context.Context, why EndReason) error {
	d.mu.Lock()
	gone := d.leaving || d.reason == EndRemote
	d.leaving = true
	d.endLocked(why)
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
	x, err := d.exchange(mBYE, "", nil, nil)
	if err != nil {
		return err
	}
	_, err = x.wait(ctx)
	return err
}
