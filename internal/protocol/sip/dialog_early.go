package sip

import (
	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
)

// maxForks bounds the early dialogs, and the answers, of one INVITE of ours; further ones are not followed.
const maxForks = 16

// earlyState is what a dialog remembers of the INVITE that makes it; the INVITE itself until it is answered. The dialog's lock guards it.
type earlyState struct {
	is      bool      // not answered yet
	in      *Incoming // of a call to us
	out     *Outgoing // of a call of ours
	ours    bool      // it was one; set once, before the dialog is known
	open    bool      // the first offer is answered, reliably: another may be made (RFC 3262 5, RFC 3311 5.1)
	read    bool      // its user reads Requests
	offered bool      // the peer's offer came in a provisional response and was answered in PRACK
}

// session is a session description with its Content-Type.
type session struct {
	kind string
	body []byte
}

// sdpKind is the Content-Type of an answer that a function of the user's makes.
const sdpKind = "application/sdp"

// Early tells whether the call is not answered yet. In an early dialog only UPDATE, INFO, MESSAGE and, from who called, Bye
// may be sent.
func (d *Dialog) Early() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.early.is
}

// Early is the dialog of a call that is not answered yet; Answer gives the same one. The caller may change the session before
// the answer by UPDATE or PRACK, if Progress has sent an answer reliably and somebody reads Requests. nil once the call is over.
func (in *Incoming) Early() *Dialog {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final {
		return nil
	}
	return in.dialog()
}

// dialog makes the early dialog at the first response with our tag (12.1.1). The call's lock is held.
func (in *Incoming) dialog() *Dialog {
	if in.early == nil {
		in.early = newServerDialog(in)
		in.ep.addEarly(in.early)
	}
	return in.early
}

// refused ends a dialog that was never answered.
func (d *Dialog) refused(why EndReason) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.early.is {
		d.endLocked(why)
		d.forgetLocked()
	}
}

// fork finds or makes the dialog of a response; nil where it has no tag, or there are too many. The call's lock is held.
func (o *Outgoing) fork(res *sip.Response, sent *message.Outbound, way socket.Flow) *Dialog {
	tag, _ := res.To().Params.Get("tag")
	if d := o.forks[tag]; d != nil || tag == "" && res.StatusCode < 200 || len(o.forks) >= maxForks {
		return d
	}
	d := newClientDialog(o, res, tag, sent, way)
	o.forks[tag] = d
	o.ep.addEarly(d)
	return d
}

// offerAnswered tells whether the peer's offer was answered before the 2xx, in PRACK.
func (d *Dialog) offerAnswered() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.early.offered
}

// confirmed makes the dialog of a 2xx what it is after it (12.1.2, 13.2.2.4); false where it was before.
func (d *Dialog) confirmed(res *sip.Response, way socket.Flow) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.early.is {
		return false
	}
	d.early.is, d.early.out = false, nil
	d.flow = way
	d.routed(res)
	d.heardBody(res)
	d.timed(message.Value(res, "Session-Expires"))
	return true
}

// left tells whether BYE has been sent.
func (d *Dialog) left() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.leaving
}

// heardBody keeps the peer's first session description; a later response may repeat it. The lock is held.
func (d *Dialog) heardBody(res *sip.Response) {
	if b := res.Body(); len(b) > 0 && !d.early.open {
		d.remoteBody = b
	}
}

// forkLost ends the early dialogs of a call but one: the call is over, or another has answered. The call's lock is not held.
func (o *Outgoing) forkLost(but *Dialog) {
	o.mu.Lock()
	var lost []*Dialog
	for _, d := range o.forks {
		if d != but {
			lost = append(lost, d)
		}
	}
	o.mu.Unlock()
	for _, d := range lost {
		d.refused(EndRefused)
	}
}

// addEarly makes an early dialog known. It is not counted as a call: its INVITE is.
func (e *Endpoint) addEarly(d *Dialog) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.early[d.key()] = d
}

// key is how an endpoint finds a dialog: by both tags, ours first.
func (d *Dialog) key() string { return d.localTag + "|" + d.remoteTag }

// peerCan is what the peer says that it can do.
type peerCan struct {
	update bool // its Allow names UPDATE
}

func (p *peerCan) learn(m message.Headered) {
	p.update = p.update || message.HasToken(m, "Allow", message.UPDATE)
}
