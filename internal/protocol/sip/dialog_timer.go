package sip

import (
	"context"
	"time"

	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/transaction"
	"santra/internal/run"
)

const (
	expiryLead   = 32 * time.Second // who waits for a refresh hangs up so long before the end, or a third of the interval (RFC 4028 10)
	refreshAgain = 10 * time.Second // after a refresh that failed for another reason than a dead peer
)

// sessionClock is the session timer of a dialog (RFC 4028). The dialog's lock guards it.
type sessionClock struct {
	off      bool          // for this dialog
	interval time.Duration // agreed; 0: none
	ours     bool          // we refresh
	refresh  transaction.Alarm
	expiry   transaction.Alarm
}

func (c *sessionClock) stop() {
	c.interval = 0
	c.refresh.Stop()
	c.expiry.Stop()
}

// askFirst are the fields of an INVITE of ours that begins a call (RFC 4028 7.1).
func (e *Endpoint) askFirst(off bool) []Header {
	want := e.cfg.Dialogs.interval()
	if want == 0 || off {
		return nil
	}
	return []Header{{Name: "Session-Expires", Value: fields.SessionExpires{Interval: want}.String()}, minSession()}
}

// askSession are the fields of a re-INVITE or UPDATE of ours, which refreshes the session (RFC 4028 7.4): the roles stay as they
// are. The lock is held.
func (d *Dialog) askSession() []Header {
	if d.ep.cfg.Dialogs.interval() == 0 || d.clock.off {
		return nil
	}
	all := []Header{d.ep.supported()}
	if d.clock.interval == 0 || d.early.is {
		return all
	}
	s := fields.SessionExpires{Interval: d.clock.interval, Refresher: "uas"}
	if d.clock.ours {
		s.Refresher = "uac"
	}
	return append(all, Header{Name: "Session-Expires", Value: s.String()}, minSession())
}

// timed takes what a 2xx to a request of ours says of the session: how long, and who refreshes; nothing is no timer (RFC 4028
// 7.2). The lock is held.
func (d *Dialog) timed(v string) {
	if d.early.is || d.clock.off || d.ep.cfg.Dialogs.interval() == 0 {
		return
	}
	s, ok := fields.ParseSessionExpires(v)
	if !ok {
		d.clock.stop()
		return
	}
	d.wind(max(s.Interval, MinSession), s.Refresher != "uas")
}

// timeSession are the fields of a 2xx of ours to an INVITE or UPDATE (RFC 4028 9), and sets the timer accordingly.
func (d *Dialog) timeSession(in *message.Inbound) []Header {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.timeSessionLocked(in)
}

func (d *Dialog) timeSessionLocked(in *message.Inbound) []Header {
	interval := d.ep.cfg.Dialogs.interval()
	if interval == 0 || d.clock.off || d.early.is && in.Method == message.UPDATE {
		return nil
	}
	speaks := speaksTimer(in)
	asked, has := fields.ParseSessionExpires(message.Value(in, "Session-Expires"))
	if has {
		interval = min(interval, asked.Interval)
	}
	least, _ := fields.Seconds(message.Value(in, "Min-SE"))
	s := fields.SessionExpires{Interval: max(interval, least, MinSession), Refresher: "uas"}
	if speaks && asked.Refresher != "uas" { // table 2
		s.Refresher = "uac"
	}
	d.wind(s.Interval, s.Refresher == "uas")
	all := []Header{{Name: "Session-Expires", Value: s.String()}}
	if s.Refresher == "uac" {
		all = append(all, Header{Name: "Require", Value: tagTimer})
	}
	return all
}

// speaksTimer tells whether the sender of a request knows session timers.
func speaksTimer(in *message.Inbound) bool {
	return message.HasToken(in, "Supported", tagTimer) || message.HasToken(in, "Require", tagTimer)
}

// minSession is the least that we take.
func minSession() Header { return Header{Name: "Min-SE", Value: fields.Delta(MinSession)} }

// tooShort tells whether a request asks for a shorter session than we hold with (422, RFC 4028 9).
func (e *Endpoint) tooShort(in *message.Inbound) bool {
	s, ok := fields.ParseSessionExpires(message.Value(in, "Session-Expires"))
	return ok && s.Interval < MinSession && e.cfg.Dialogs.interval() > 0 && speaksTimer(in)
}

// wind sets the timer anew: half of the interval until we refresh, or the whole less a margin until we give up (RFC 4028 10).
// The lock is held.
func (d *Dialog) wind(interval time.Duration, ours bool) {
	d.clock.stop()
	if d.reason != "" {
		return
	}
	d.clock.interval, d.clock.ours = interval, ours
	if !ours {
		d.clock.expiry.Set(interval-min(expiryLead, interval/3), d.expired)
		return
	}
	d.clock.refresh.Set(interval/2, d.refreshNow)
	d.clock.expiry.Set(interval, d.expired)
}

// expired ends a session that nobody refreshed. The lock is held.
func (d *Dialog) expired() {
	d.endLocked(EndExpired)
	go d.hangUp(EndExpired)
}

// refreshNow is called with the lock held.
func (d *Dialog) refreshNow() {
	go d.refreshSession(d.clock.interval/2, d.peer.update, d.ours)
}

// refreshSession refreshes by UPDATE without a body, or where the peer takes none by a re-INVITE that says what we said last
// (RFC 4028 7.4). Success winds the timer; a failure that is not the end is followed by another try.
func (d *Dialog) refreshSession(within time.Duration, update bool, s session) {
	defer run.Recover(d.ep.log, "sip refresh")
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	ok := false
	if update {
		res, err := d.send(ctx, message.UPDATE, "", nil, nil)
		ok, update = err == nil && res.Code < 300, err != nil || res.Code != 405 && res.Code != 501
	}
	if !update {
		_, err := d.Negotiate(ctx, s.kind, s.body)
		ok = err == nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.peer.update = d.peer.update && update
	if !ok && d.reason == "" && d.clock.interval > 0 {
		d.clock.refresh.Set(refreshAgain, d.refreshNow)
	}
}
