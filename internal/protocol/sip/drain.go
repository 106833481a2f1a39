package sip

import (
	"context"

	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/transaction"
)

// retryDrained is what a caller is told to wait, in seconds, when the Endpoint is draining: another node takes the call at once.
const retryDrained = "30"

// draining is the state of an Endpoint that takes no new calls. The endpoint's lock guards it.
type draining struct {
	on   bool
	idle chan struct{} // closed when there is no call any more
}

// check tells who waits that the last call has ended.
func (d *draining) check(calls int) {
	if d.idle != nil && calls == 0 {
		close(d.idle)
		d.idle = nil
	}
}

// Drain takes no new calls: INVITE and OPTIONS from outside get 503 with Retry-After, so that a load balancer goes elsewhere.
// Running calls go on, calls of ours may still be made, and an INVITE that replaces a running call is taken. It returns when no
// call is left, or when ctx ends with its error; Close then ends the rest.
func (e *Endpoint) Drain(ctx context.Context) error {
	e.mu.Lock()
	e.drain.on = true
	if e.calls() == 0 {
		e.mu.Unlock()
		return nil
	}
	if e.drain.idle == nil {
		e.drain.idle = make(chan struct{})
	}
	idle := e.drain.idle
	e.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// options answers OPTIONS outside a dialog (RFC 3261 11.2): 503 where INVITE would be.
func (e *Endpoint) options(tx *transaction.Server, in *message.Inbound) {
	e.mu.Lock()
	drained := e.drain.on
	e.mu.Unlock()
	if drained {
		e.say(tx, in, message.Reply{Code: 503, Extra: []Header{{Name: "Retry-After", Value: retryDrained}}})
		return
	}
	e.say(tx, in, message.Reply{Code: 200, Extra: append(capabilities(), e.supported())})
}
