package sip

import (
	"santra/internal/run"
)

// invited begins a call.
func (e *Endpoint) invited(tx *serverTx, in *inbound) {
	if r, bad := e.unfit(in); bad {
		e.say(tx, in, r)
		return
	}
	target, r := e.taken(in)
	if r.code != 0 {
		e.say(tx, in, r)
		return
	}
	h := e.handlerNow()
	call, code := e.admit(tx, in, target != nil)
	switch {
	case code == 503:
		e.say(tx, in, reply{code: code, extra: []Header{{"Retry-After", "10"}}})
	case code != 0:
		e.say(tx, in, reply{code: code})
	case h == nil:
		call.Reject(480, "")
	default:
		call.takesOver = target
		tx.trying(func() []byte { return reply{code: 100}.wire(in, e.agent) })
		run.Go(&e.wg, e.log, "sip invite", func() {
			defer call.Reject(500, "")
			h.Invite(call)
		})
	}
}

// unfit refuses an INVITE that asks for what we can't give, or gives not what we ask for.
func (e *Endpoint) unfit(in *inbound) (reply, bool) {
	switch {
	case e.cfg.Dialogs.Reliable == ReliableRequired && !hasToken(in, "Supported", tag100rel) && !hasToken(in, "Require", tag100rel): // RFC 3261 21.4.16
		return reply{code: 421, extra: []Header{{"Require", tag100rel}}}, true
	case e.tooShort(in):
		return reply{code: 422, extra: []Header{minSession()}}, true
	case privacyOf(in).Impossible(): // RFC 3323 5
		return reply{code: 500, reason: "Privacy Not Available"}, true
	}
	return reply{}, false
}

// admit makes room for a call, or says by which code it is refused. One that takes the place of a call that we have is let in
// while draining.
func (e *Endpoint) admit(tx *serverTx, in *inbound, instead bool) (*Incoming, int) {
	merge := in.callID + "|" + in.fromTag + "|" + itoa(int(in.seq))
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closing || e.drain.on && !instead || e.calls() >= e.limits.Calls:
		return nil, 503
	case e.merging[merge] != "": // RFC 3261 8.2.2.2
		return nil, 482
	}
	call := newIncoming(e, tx, in, merge)
	e.incoming[tx.toTag] = call
	e.merging[merge] = tx.key
	return call, 0
}

// calls counts the calls, answered or not. The lock is held.
func (e *Endpoint) calls() int { return len(e.incoming) + len(e.dialogs) + len(e.outgoing) }

// release forgets a call that was being set up.
func (e *Endpoint) release(call *Incoming) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.incoming, call.tx.toTag)
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
