package sip

import (
	"sync"
	"time"

	"santra/internal/errs"
)

// sent2xx is a 2xx to an INVITE that is sent again until its ACK comes, over every transport (RFC 3261 13.3.1.4): after 0.5,
// 1, 2, 4, 4... s. The dialog's lock guards it.
type sent2xx struct {
	waiting  bool
	seq      uint32
	wire     []byte
	flow     flow
	interval time.Duration
	again    alarm
	end      alarm
}

func (s *sent2xx) stop() {
	s.again.stop()
	s.end.stop()
	s.waiting, s.wire = false, nil
}

// confirm sends a 2xx and waits for its ACK.
func (d *Dialog) confirm(tx *serverTx, in *inbound, r reply) {
	wire := r.wire(in, d.ep.agent)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent.stop()
	if !tx.respond(r.code, wire) {
		return
	}
	d.sent.waiting, d.sent.seq, d.sent.wire, d.sent.flow, d.sent.interval = true, in.seq, wire, in.flow, T1
	d.sent.again.set(T1, d.resend)
	d.sent.end.set(timeout, d.unacknowledged)
}

// resend sends the 2xx again. The lock is held.
func (d *Dialog) resend() {
	_ = d.ep.sockets.send(d.sent.flow, d.sent.wire)
	d.sent.interval = min(2*d.sent.interval, T2)
	d.sent.again.set(d.sent.interval, d.resend)
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
	select {
	case <-d.settled:
	default:
		close(d.settled)
	}
}

// ack gets the ACK to our 2xx. One with another number is to an older 2xx and does nothing.
func (d *Dialog) ack(in *inbound) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.sent.waiting || in.seq != d.sent.seq {
		return
	}
	d.flow.conn, d.flow.remote = in.flow.conn, in.flow.remote
	if len(d.remoteBody) == 0 {
		d.remoteBody = in.Body()
	}
	d.settle()
}

// handle gets a request inside the dialog.
func (d *Dialog) handle(tx *serverTx, in *inbound) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if in.seq <= d.remoteSeq && d.remoteSeq != 0 { // out of order (12.2.2)
		d.ep.say(tx, in, reply{code: 500})
		return
	}
	d.remoteSeq = in.seq
	switch {
	case in.method == mBYE:
		d.byed(tx, in)
	case d.reason != "":
		d.ep.say(tx, in, reply{code: 481})
	case in.method == mOPTIONS:
		d.ep.say(tx, in, reply{code: 200, extra: capabilities()})
	case in.method == mINVITE || in.method == mUPDATE:
		d.offered(tx, in)
	case known(in.method):
		d.refresh(in)
		d.pass(&Request{d: d, tx: tx, in: in})
	default:
		d.ep.say(tx, in, reply{code: 405})
	}
}

// byed ends the dialog (15.1.2). A BYE that overtook its ACK acknowledges our 2xx just as well.
func (d *Dialog) byed(tx *serverTx, in *inbound) {
	d.settle()
	d.ep.say(tx, in, reply{code: 200})
	d.endLocked(EndRemote)
	if !d.leaving {
		d.forgetLocked()
	}
}

// offered gets a re-INVITE or an UPDATE (14.2, RFC 3311 5.2).
func (d *Dialog) offered(tx *serverTx, in *inbound) {
	switch {
	case d.asking:
		d.ep.say(tx, in, reply{code: 491})
		return
	case d.asked != nil:
		d.ep.say(tx, in, reply{code: 500, extra: []Header{{"Retry-After", "1"}}})
		return
	}
	d.settle() // who asks again has our 2xx
	d.refresh(in)
	r := &Request{d: d, tx: tx, in: in}
	if in.method == mINVITE {
		d.asked = r
		tx.whenCancelled(r.cancelled)
		tx.trying(func() []byte { return reply{code: 100}.wire(in, d.ep.agent) })
	}
	d.pass(r)
}

// pass gives a request to the user. The lock is held.
func (d *Dialog) pass(r *Request) {
	r.Method, r.Body, r.ContentType = r.in.method, r.in.Body(), value(r.in, "Content-Type")
	select {
	case d.requests <- r:
	default:
		d.asked = nil
		d.ep.say(r.tx, r.in, reply{code: 500, extra: []Header{{"Retry-After", "1"}}})
	}
}

// Request is what the peer asks inside a dialog.
type Request struct {
	Method      string
	ContentType string
	Body        []byte

	d    *Dialog
	tx   *serverTx
	in   *inbound
	once sync.Once
}

// Header is the value of the first header field of that name.
func (r *Request) Header(name string) string { return value(r.in, name) }

// Respond answers it, once, with a final response. A 2xx to a re-INVITE is sent again until its ACK comes.
func (r *Request) Respond(code int, contentType string, body []byte, hdr ...Header) error {
	if code < 200 || code > 699 {
		return errs.New(errs.Invalid, "sip: %d is not a final response", code)
	}
	err := errOver
	r.once.Do(func() {
		err = nil
		r.respond(reply{code: code, extra: hdr, ctype: contentType, content: body})
	})
	return err
}

func (r *Request) respond(p reply) {
	d := r.d
	d.mu.Lock()
	if d.asked == r {
		d.asked = nil
	}
	if p.code < 300 && (r.Method == mINVITE || r.Method == mUPDATE) {
		p.contact = d.contact
	}
	d.mu.Unlock()
	if r.Method == mINVITE && p.code < 300 {
		d.confirm(r.tx, r.in, p)
		return
	}
	d.ep.say(r.tx, r.in, p)
}

// cancelled gets the CANCEL of a re-INVITE.
func (r *Request) cancelled() {
	r.once.Do(func() { r.respond(reply{code: 487}) })
}

// refuse answers without taking the dialog's lock, which is held.
func (r *Request) refuse(code int) {
	r.once.Do(func() { r.d.ep.say(r.tx, r.in, reply{code: code}) })
}
