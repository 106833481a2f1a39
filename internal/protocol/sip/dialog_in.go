package sip

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// sent2xx is a 2xx to an INVITE that is sent again until its ACK comes, over every transport (RFC 3261 13.3.1.4): after 0.5,
// 1, 2, 4, 4... s. The dialog's lock guards it.
type sent2xx struct {
	waiting  bool
	seq      uint32
	wire     []byte
	flow     socket.Flow
	interval time.Duration
	offer    bool     // it holds an offer, to be answered in the ACK
	req      *Request // the re-INVITE that it answers
	again    transaction.Alarm
	end      transaction.Alarm
}

func (s *sent2xx) stop() {
	s.again.Stop()
	s.end.Stop()
	if s.req != nil {
		close(s.req.acked)
	}
	s.waiting, s.offer, s.wire, s.req = false, false, nil, nil
}

// confirm sends a 2xx and waits for its ACK; req is nil for that of the first INVITE.
func (d *Dialog) confirm(tx *transaction.Server, in *message.Inbound, r message.Reply, req *Request) {
	wire := r.Wire(in, d.ep.agent)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent.stop()
	d.rel.again.Stop()
	d.rel.end.Stop()
	answered := d.early.is && d.early.open
	d.early.is = false
	if !d.rel.waiting { // else its PRACK is still to be compared with the INVITE
		d.early.in = nil
	}
	d.sent.req = req
	if !tx.Respond(r.Code, wire) {
		d.sent.stop()
		return
	}
	d.sent.offer = len(in.Body()) == 0 && len(r.Content) > 0 && !answered
	d.sent.waiting, d.sent.seq, d.sent.wire, d.sent.flow, d.sent.interval = true, in.Seq, wire, in.Flow, transaction.T1
	d.sent.again.Set(transaction.T1, d.resend)
	d.sent.end.Set(transaction.Timeout, d.unacknowledged)
}

// resend sends the 2xx again. The lock is held.
func (d *Dialog) resend() {
	_ = d.ep.sockets.SendBy(d.sent.flow, d.sent.wire)
	d.sent.interval = min(2*d.sent.interval, transaction.T2)
	d.sent.again.Set(d.sent.interval, d.resend)
}

// unacknowledged ends a dialog whose 2xx got no ACK in 64*T1, by BYE. The lock is held.
func (d *Dialog) unacknowledged() {
	d.settle()
	d.endLocked(EndNoAck)
	go d.hangUp(EndNoAck)
}

// settle stops waiting for the ACK. The lock is held.
func (d *Dialog) settle() {
	d.sent.stop()
	d.release()
}

// release tells who waits for the ACK that they need not. The lock is held.
func (d *Dialog) release() {
	select {
	case <-d.settled:
	default:
		close(d.settled)
	}
}

// ack gets the ACK to our 2xx. One with another number is to an older 2xx and does nothing.
func (d *Dialog) ack(in *message.Inbound) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.sent.waiting || in.Seq != d.sent.seq || d.spoofed(in) {
		return
	}
	d.flow.Conn, d.flow.Remote = in.Flow.Conn, in.Flow.Remote
	if d.sent.offer && d.sent.req == nil { // what nobody asked for is not kept
		d.remoteBody = in.Body()
	}
	if d.sent.req != nil {
		d.sent.req.acked <- in.Body()
	}
	d.settle()
	if d.reason == EndRemote && !d.leaving {
		d.forgetLocked()
	}
}

// spoofed tells whether a request comes from where neither the peer nor its route set is, and counts it. The lock is held.
func (d *Dialog) spoofed(in *message.Inbound) bool {
	src := in.Flow.Remote.Addr()
	if src == d.flow.Remote.Addr() || d.listed(src) {
		return false
	}
	if foreign := d.ep.cfg.Dialogs.Foreign; foreign != nil && foreign(in.Flow.Remote) || foreign == nil && d.ep.guard.Knows(in.Flow.Remote) {
		return false
	}
	d.ep.count.spoofed.Add(1)
	return true
}

// listed tells whether an address is the target's or a proxy's of the route set. The lock is held.
func (d *Dialog) listed(src netip.Addr) bool {
	if a, ok := message.HostAddr(&d.target); ok && a.Addr() == src {
		return true
	}
	return slices.ContainsFunc(d.routes, func(u sip.Uri) bool {
		a, ok := message.HostAddr(&u)
		return ok && a.Addr() == src
	})
}

// handle gets a request inside the dialog.
func (d *Dialog) handle(tx *transaction.Server, in *message.Inbound) {
	d.mu.Lock()
	after := d.step(tx, in)
	d.mu.Unlock()
	if after != nil {
		after()
	}
}

// step does what can be done under the lock and gives the rest.
func (d *Dialog) step(tx *transaction.Server, in *message.Inbound) (after func()) {
	switch {
	case d.spoofed(in):
		return func() { d.ep.guard.Stranger(tx, in, 403) }
	case in.Seq <= d.remoteSeq && d.remoteSeq != 0: // out of order (12.2.2)
		d.ep.say(tx, in, message.Reply{Code: 500})
		return nil
	}
	d.remoteSeq = in.Seq
	switch {
	case in.Method == message.BYE:
		return d.byed(tx, in)
	case d.reason != "":
		d.ep.say(tx, in, message.Reply{Code: 481})
	case in.Method == message.OPTIONS:
		d.ep.say(tx, in, message.Reply{Code: 200, Extra: capabilities()})
	case in.Method == message.PRACK:
		d.pracked(tx, in)
	case in.Method == message.INVITE || in.Method == message.UPDATE:
		d.offered(tx, in)
	case in.Method == message.NOTIFY && d.referrals.take(d, tx, in):
	case message.Known(in.Method):
		d.refresh(in)
		d.pass(&Request{d: d, tx: tx, in: in})
	default:
		d.ep.say(tx, in, message.Reply{Code: 405})
	}
	return nil
}

// byed ends the dialog (15.1.2). In an early dialog it gives the call up (RFC 3261 15). A BYE that was sent there may meet our
// 2xx, so that goes on until its ACK comes: else the peer's INVITE would never end.
func (d *Dialog) byed(tx *transaction.Server, in *message.Inbound) (after func()) {
	d.ep.say(tx, in, message.Reply{Code: 200})
	d.byeReason = fields.ParseReasons(message.Values(in, "Reason"))
	call := d.early.in
	if !d.early.is {
		call = nil
	}
	d.endLocked(EndRemote)
	d.release()
	switch {
	case d.sent.waiting:
		d.sent.end.Set(transaction.Timeout, d.forgetLocked)
	case !d.leaving:
		d.forgetLocked()
	}
	if call == nil {
		return nil
	}
	return call.cancelled
}

// offered gets a re-INVITE or an UPDATE (14.2, RFC 3311 5.2).
func (d *Dialog) offered(tx *transaction.Server, in *message.Inbound) {
	if r, ok := d.premature(in); ok {
		d.ep.say(tx, in, r)
		return
	}
	if in.Method == message.INVITE { // who asks again so has our 2xx; an UPDATE may be older
		d.settle()
	}
	d.refresh(in)
	r := &Request{d: d, tx: tx, in: in}
	switch {
	case in.Method == message.INVITE:
		d.asked = r
		r.acked = make(chan []byte, 1)
		tx.WhenCancelled(r.cancelled)
		tx.Trying(func() []byte { return message.Reply{Code: 100}.Wire(in, d.ep.agent) })
	case len(in.Body()) > 0:
		d.asked = r
	case d.early.is && !d.early.read: // it only says where the caller is now
		d.ep.say(tx, in, message.Reply{Code: 200, Contact: d.contact})
		return
	}
	d.pass(r)
}

// premature refuses what comes while something else is not settled: 491 where the offer of ours is out, 500 where the peer's
// own is not answered (14.2, RFC 3311 5.2), 422 where the session would be too short (RFC 4028 5). The lock is held.
func (d *Dialog) premature(in *message.Inbound) (message.Reply, bool) {
	offers := in.Method == message.INVITE || len(in.Body()) > 0
	later := message.Reply{Code: 500, Extra: []Header{{Name: "Retry-After", Value: strconv.Itoa(retryAfter())}}}
	switch {
	case d.ep.tooShort(in):
		return message.Reply{Code: 422, Extra: []Header{minSession()}}, true
	case !offers:
		return message.Reply{}, false
	case d.asking || d.offerOut() || d.early.is && d.early.out != nil && (in.Method == message.INVITE || !d.early.open):
		return message.Reply{Code: 491}, true
	case d.asked != nil || d.early.is && (in.Method == message.INVITE || !d.early.open):
		return later, true
	case d.early.is && !d.early.read && d.early.out != nil: // it may have overtaken the 2xx
		return later, true
	case d.early.is && !d.early.read: // nobody is there to be asked
		return message.Reply{Code: 504}, true
	}
	return message.Reply{}, false
}

// offerOut tells whether an offer of ours that came in a response waits for its answer: in the ACK, or in PRACK. The lock is held.
func (d *Dialog) offerOut() bool {
	if d.early.is && d.early.in != nil {
		return !d.early.open && len(d.early.in.in.Body()) == 0 && len(d.ours.body) > 0
	}
	return d.sent.waiting && d.sent.offer
}

// retryAfter is between 0 and 10 s, by chance (RFC 3261 14.2).
func retryAfter() int { return rand.IntN(11) }

// pass gives a request to the user. The lock is held.
func (d *Dialog) pass(r *Request) {
	r.Method, r.Body, r.ContentType = r.in.Method, r.in.Body(), message.Value(r.in, "Content-Type")
	select {
	case d.requests <- r:
		if r.Method != message.INVITE {
			r.tx.ForgetAfter(transaction.Timeout)
		}
		d.attendNow()
	default:
		if d.asked == r {
			d.asked = nil
		}
		d.ep.say(r.tx, r.in, message.Reply{Code: 500, Extra: []Header{{Name: "Retry-After", Value: "1"}}})
	}
}

// Request is what the peer asks inside a dialog.
type Request struct {
	Method      string
	ContentType string
	Body        []byte

	d     *Dialog
	tx    *transaction.Server
	in    *message.Inbound
	once  sync.Once
	acked chan []byte // of a re-INVITE: the body of the ACK to our 2xx, then closed
}

// Answer waits for the ACK to the 2xx of a re-INVITE and gives its body: the peer's answer, where the re-INVITE held no offer
// and the 2xx did. errs.Gone: no ACK came, or it is no re-INVITE.
func (r *Request) Answer(ctx context.Context) ([]byte, error) {
	if r.acked == nil {
		return nil, errOver
	}
	select {
	case body, ok := <-r.acked:
		if !ok {
			return nil, errOver
		}
		return body, nil
	case <-r.d.ended:
		return nil, errOver
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Header is the value of the first header field of that name.
func (r *Request) Header(name string) string { return message.Value(r.in, name) }

// Respond answers it, once, with a final response. A 2xx to a re-INVITE is sent again until its ACK comes.
func (r *Request) Respond(code int, contentType string, body []byte, hdr ...Header) error {
	if code < 200 || code > 699 {
		return errs.New(errs.Invalid, "sip: %d is not a final response", code)
	}
	err := errOver
	r.once.Do(func() {
		err = nil
		r.respond(message.Reply{Code: code, Extra: hdr, ContentType: contentType, Content: body})
	})
	return err
}

func (r *Request) respond(p message.Reply) {
	d := r.d
	offers := r.Method == message.INVITE || r.Method == message.UPDATE
	d.mu.Lock()
	if d.asked == r {
		d.asked = nil
	}
	if p.Code < 300 && offers {
		p.Contact = d.contact
		p.Extra = append(d.timeSessionLocked(r.in), p.Extra...)
	}
	if p.Code < 300 && (offers || r.Method == message.PRACK) {
		d.describedLocked(session{p.ContentType, p.Content})
	}
	d.mu.Unlock()
	if r.Method == message.INVITE && p.Code < 300 {
		d.confirm(r.tx, r.in, p, r)
		return
	}
	d.ep.say(r.tx, r.in, p)
}

// described keeps what we said of the session last.
func (d *Dialog) described(s session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.describedLocked(s)
}

func (d *Dialog) describedLocked(s session) {
	if len(s.body) > 0 {
		d.ours = s
	}
}

// cancelled gets the CANCEL of a re-INVITE.
func (r *Request) cancelled(*message.Inbound) {
	r.once.Do(func() { r.respond(message.Reply{Code: 487}) })
}

// refuse answers without taking the dialog's lock, which is held.
func (r *Request) refuse(code int) {
	r.once.Do(func() { r.d.ep.say(r.tx, r.in, message.Reply{Code: code}) })
}
