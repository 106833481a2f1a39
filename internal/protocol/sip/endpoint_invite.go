package sip

import (
	"strconv"

	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/transaction"
	"santra/internal/run"
)

// invited begins a call.
func (e *Endpoint) invited(tx *transaction.Server, in *message.Inbound) {
	if r, bad := e.unfit(in); bad {
		e.say(tx, in, r)
		return
	}
	target, r := e.taken(in)
	if r.Code != 0 {
		e.say(tx, in, r)
		return
	}
	h := e.handlerNow()
	call, code := e.admit(tx, in, target != nil)
	switch {
	case code == 503:
		e.say(tx, in, message.Reply{Code: code, Extra: []Header{{Name: "Retry-After", Value: "10"}}})
	case code != 0:
		e.say(tx, in, message.Reply{Code: code})
	case h == nil:
		call.Reject(480, "")
	default:
		call.takesOver = target
		tx.Trying(func() []byte { return message.Reply{Code: 100}.Wire(in, e.agent) })
		run.Go(&e.wg, e.log, "sip invite", func() {
			defer call.Reject(500, "")
			h.Invite(call)
		})
	}
}

// unfit refuses an INVITE that asks for what we can't give, or gives not what we ask for.
func (e *Endpoint) unfit(in *message.Inbound) (message.Reply, bool) {
	switch {
	case e.cfg.Dialogs.Reliable == ReliableRequired && !message.HasToken(in, "Supported", tag100rel) && !message.HasToken(in, "Require", tag100rel): // RFC 3261 21.4.16
		return message.Reply{Code: 421, Extra: []Header{{Name: "Require", Value: tag100rel}}}, true
	case e.tooShort(in):
		return message.Reply{Code: 422, Extra: []Header{minSession()}}, true
	case message.PrivacyOf(in).Impossible(): // RFC 3323 5
		return message.Reply{Code: 500, Reason: "Privacy Not Available"}, true
	}
	return message.Reply{}, false
}

// admit makes room for a call, or says by which code it is refused. One that takes the place of a call that we have is let in
// while draining.
func (e *Endpoint) admit(tx *transaction.Server, in *message.Inbound, instead bool) (*Incoming, int) {
	merge := in.CallID + "|" + in.FromTag + "|" + strconv.Itoa(int(in.Seq))
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closing || e.drain.on && !instead || e.calls() >= e.limits.Calls:
		return nil, 503
	case e.merging[merge] != "": // RFC 3261 8.2.2.2
		return nil, 482
	}
	call := newIncoming(e, tx, in, merge)
	e.incoming[tx.ToTag] = call
	e.merging[merge] = tx.Key
	return call, 0
}

// calls counts the calls, answered or not. The lock is held.
func (e *Endpoint) calls() int { return len(e.incoming) + len(e.dialogs) + len(e.outgoing) }

// release forgets a call that was being set up.
func (e *Endpoint) release(call *Incoming) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.incoming, call.tx.ToTag)
	delete(e.merging, call.merge)
	e.drain.check(e.calls())
}

// dropOutgoing forgets a call of ours that was being set up.
func (e *Endpoint) dropOutgoing(o *Outgoing) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.outgoing, o)
	e.drain.check(e.calls())
}

// add makes a dialog known as an answered one.
func (e *Endpoint) add(d *Dialog) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.early, d.key())
	e.dialogs[d.key()] = d
}

func (e *Endpoint) remove(d *Dialog) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.dialogs, d.key())
	delete(e.early, d.key())
	e.drain.check(e.calls())
}
