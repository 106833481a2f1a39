package sip

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/transaction"
	"santra/internal/run"
)

// queuedProgress is how many reliable responses wait for the PRACK of the one before; more are refused.
const queuedProgress = 8

// reliable is the provisional response of ours that waits for its PRACK (RFC 3262 3), or what we have heard of the peer's (4).
// The dialog's lock guards it.
type reliable struct {
	seq      uint32 // RSeq of the last one sent, or heard
	waiting  bool   // it is not acknowledged
	body     bool   // it holds a session description, so the 2xx must wait
	wire     []byte
	interval time.Duration
	again    transaction.Alarm
	end      transaction.Alarm
	queue    []message.Reply
	idle     chan struct{} // closed when nothing waits; nil where nobody asked
}

// stop sends it no more; its PRACK is still taken.
func (r *reliable) stop() {
	r.again.Stop()
	r.end.Stop()
	r.wire, r.queue = nil, nil
}

// reliably tells whether a provisional response must go reliably (RFC 3262 3).
func (in *Incoming) reliably(body bool) bool {
	policy := in.ep.cfg.Dialogs.Reliable
	switch {
	case policy == ReliableOff:
		return false
	case policy == ReliableRequired || message.HasToken(in.in, "Require", tag100rel):
		return true
	}
	return body && message.HasToken(in.in, "Supported", tag100rel)
}

// sendReliable sends a provisional response until its PRACK comes, after those that wait already.
func (d *Dialog) sendReliable(r message.Reply) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.reason != "":
		return errOver
	case len(d.rel.queue) >= queuedProgress:
		return errs.New(errs.Unavailable, "sip: %d provisional responses wait for their PRACK, send no more", queuedProgress)
	case d.rel.waiting:
		d.rel.queue = append(d.rel.queue, r)
		return nil
	}
	d.transmit(r)
	return nil
}

// transmit sends the next reliable response. The lock is held.
func (d *Dialog) transmit(r message.Reply) {
	if d.rel.seq == 0 {
		d.rel.seq = rand.Uint32N(1 << 31) // RFC 3262 3: between 1 and 2^31-1
	}
	d.rel.seq++
	in := d.early.in
	r.Extra = append([]Header{{Name: "Require", Value: tag100rel}, {Name: "RSeq", Value: strconv.FormatUint(uint64(d.rel.seq), 10)}}, r.Extra...)
	d.rel.waiting, d.rel.body, d.rel.interval = true, len(r.Content) > 0, transaction.T1
	d.rel.wire = in.respond(r)
	d.rel.again.Set(transaction.T1, d.transmitAgain)
	d.rel.end.Set(transaction.Timeout, d.unpracked)
}

// transmitAgain doubles its interval without the bound T2 (RFC 3262 3). The lock is held.
func (d *Dialog) transmitAgain() {
	_ = d.ep.sockets.SendBy(d.early.in.in.Flow, d.rel.wire)
	d.rel.interval *= 2
	d.rel.again.Set(d.rel.interval, d.transmitAgain)
}

// unpracked refuses the call: its caller takes nothing that we send. The lock is held.
func (d *Dialog) unpracked() {
	d.rel.stop()
	in := d.early.in
	go func() {
		defer run.Recover(d.ep.log, "sip unpracked")
		in.Reject(504, "")
	}()
}

// pracked gets a PRACK (RFC 3262 3). The lock is held.
func (d *Dialog) pracked(tx *transaction.Server, in *message.Inbound) {
	k, ok := fields.ParseRAck(message.Value(in, "RAck"))
	call := d.early.in
	if !ok || call == nil || !d.rel.waiting || k.RSeq != d.rel.seq || k.CSeq != call.in.Seq || k.Method != message.INVITE {
		d.ep.say(tx, in, message.Reply{Code: 481})
		return
	}
	described := d.rel.body
	d.rel.waiting = false
	d.rel.again.Stop()
	d.rel.end.Stop()
	d.prackBody(tx, in, described)
	if len(d.rel.queue) > 0 {
		next := d.rel.queue[0]
		d.rel.queue = d.rel.queue[1:]
		d.transmit(next)
		return
	}
	d.rel.rest()
}

// prackBody takes what the PRACK holds: nothing, the answer to our offer, or a new offer (RFC 3262 5). The lock is held.
func (d *Dialog) prackBody(tx *transaction.Server, in *message.Inbound, described bool) {
	was := d.early.open
	d.early.open = was || described
	switch {
	case len(in.Body()) == 0:
		d.ep.say(tx, in, message.Reply{Code: 200})
	case !was && described && len(d.early.in.in.Body()) == 0:
		d.remoteBody = in.Body()
		d.ep.say(tx, in, message.Reply{Code: 200})
	case !d.early.open || !d.early.read || d.asking || d.asked != nil:
		d.ep.say(tx, in, message.Reply{Code: 488})
	default:
		d.asked = &Request{d: d, tx: tx, in: in}
		d.pass(d.asked)
	}
}

// rest tells who waits that no reliable response is out.
func (r *reliable) rest() {
	if r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// untilPracked waits until the caller has every session description that was sent reliably: before that a 2xx must not go
// (RFC 3262 3).
func (d *Dialog) untilPracked(over <-chan struct{}) {
	for {
		d.mu.Lock()
		if !d.rel.waiting || !d.rel.body && len(d.rel.queue) == 0 || d.reason != "" {
			d.mu.Unlock()
			return
		}
		if d.rel.idle == nil {
			d.rel.idle = make(chan struct{})
		}
		idle := d.rel.idle
		d.mu.Unlock()
		select {
		case <-idle:
		case <-over:
			return
		}
	}
}

// provisional gets a provisional response to our INVITE and tells whether its user shall: a reliable one only once and in its
// order (RFC 3262 4).
func (d *Dialog) provisional(res *sip.Response, offerless func(offer []byte) ([]byte, error)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	rseq, ok := fields.ParseSeq(message.Value(res, "RSeq"))
	d.peer.learn(res)
	if !ok || d.ep.cfg.Dialogs.Reliable == ReliableOff || !message.HasToken(res, "Require", tag100rel) {
		d.heardBody(res)
		return true
	}
	if d.rel.seq != 0 && rseq != d.rel.seq+1 {
		return false
	}
	d.rel.seq = rseq
	d.heardBody(res)
	ack := fields.RAck{RSeq: rseq, CSeq: res.CSeq().SeqNo, Method: message.INVITE}
	offer := res.Body()
	if len(offer) > 0 && !d.early.open && len(d.ours.body) == 0 && offerless != nil {
		d.early.open, d.early.offered = true, true
		go d.answerInPrack(d.early.out, ack, offer, offerless)
		return true
	}
	d.early.open = d.early.open || len(offer) > 0
	go d.prack(ack, session{})
	return true
}

// answerInPrack answers an offer that came in a reliable provisional response to call (RFC 3262 5).
func (d *Dialog) answerInPrack(call *Outgoing, ack fields.RAck, offer []byte, answer func([]byte) ([]byte, error)) {
	defer run.Recover(d.ep.log, "sip answer")
	body, err := answer(offer)
	if err != nil { // an answer must be given; who can't give one gives up
		call.Cancel()
		d.prack(ack, session{})
		return
	}
	d.mu.Lock()
	d.ours = session{sdpKind, body}
	d.mu.Unlock()
	d.prack(ack, session{sdpKind, body})
}

// prack acknowledges a reliable provisional response. Its own answer tells nothing: if it is lost the peer gives up the call.
func (d *Dialog) prack(ack fields.RAck, answer session) {
	defer run.Recover(d.ep.log, "sip prack")
	ctx, cancel := context.WithTimeout(context.Background(), transaction.Timeout+time.Second)
	defer cancel()
	x, err := d.exchange(message.PRACK, answer.kind, answer.body, []Header{{Name: "RAck", Value: ack.String()}})
	if err == nil {
		_, _ = x.Wait(ctx)
	}
}
