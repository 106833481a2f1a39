package sip

import (
	"slices"

	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
)

// takesOver is the dialog that an INVITE names to take its place (Replaces, RFC 3891) or to join it (Join, RFC 3911).
type takesOver struct {
	dialog *Dialog
	join   bool
}

// Replaces is the dialog whose place this call takes (RFC 3891 3), and whether that is not answered yet: then it is a call of
// ours that rings, to be cancelled. nil without one. Who answers must let the other go: Dialog.Bye, or Outgoing.Cancel. It is
// only read where Config.Extensions holds "replaces".
func (in *Incoming) Replaces() (d *Dialog, early bool) {
	if in.takesOver == nil || in.takesOver.join {
		return nil, false
	}
	return in.takesOver.dialog, in.takesOver.dialog.Early()
}

// Joins is the dialog that this call wants to be mixed with (RFC 3911 4); nil without one. It is only read where
// Config.Extensions holds "join".
func (in *Incoming) Joins() *Dialog {
	if in.takesOver == nil || !in.takesOver.join {
		return nil
	}
	return in.takesOver.dialog
}

// taken finds the dialog that an INVITE names, or refuses it (RFC 3891 3, RFC 3911 4).
func (e *Endpoint) taken(in *message.Inbound) (*takesOver, message.Reply) {
	var replaces, joins []string
	if slices.Contains(e.cfg.Extensions, tagReplaces) {
		replaces = message.Values(in, "Replaces")
	}
	if slices.Contains(e.cfg.Extensions, tagJoin) {
		joins = message.Values(in, "Join")
	}
	all := append(replaces, joins...)
	switch len(all) {
	case 0:
		return nil, message.Reply{}
	case 1:
	default:
		return nil, message.Reply{Code: 400, Reason: "More Than One Dialog Named"}
	}
	r, ok := fields.ParseReplaces(all[0])
	if !ok {
		return nil, message.Reply{Code: 400, Reason: "Bad Replaces"}
	}
	d := e.lookup(r.CallID, r.ToTag, r.FromTag)
	if d == nil {
		return nil, message.Reply{Code: 481}
	}
	return &takesOver{dialog: d, join: len(joins) > 0}, d.replaceable(r.EarlyOnly)
}

// replaceable says by which code a call that would take the dialog's place is refused; 0: it is not.
func (d *Dialog) replaceable(earlyOnly bool) message.Reply {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.reason != "":
		return message.Reply{Code: 603}
	case d.early.is && d.early.out == nil: // only who rings may be replaced, not who is called
		return message.Reply{Code: 481}
	case !d.early.is && earlyOnly:
		return message.Reply{Code: 486}
	}
	return message.Reply{}
}

// Replacing is the field of an INVITE that takes the place of this dialog at its peer (RFC 3891 6.1), for InviteOptions.Headers.
func (d *Dialog) Replacing() Header { return Header{Name: "Replaces", Value: d.name().String()} }

// name is the dialog as its peer finds it: the peer's own tag is the to-tag.
func (d *Dialog) name() fields.Replaces {
	return fields.Replaces{CallID: d.callID, ToTag: d.remoteTag, FromTag: d.localTag}
}
