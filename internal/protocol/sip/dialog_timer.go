package sip

import (
	"context"
	"time"

	"santra/internal/protocol/sip/fields"
	"santra/internal/run"
)

const (
	expiryLead   = 32 * time.Second // who waits for a refresh hangs up so long before the end, or a third of the interval (RFC 4028 10)
	refreshAgain = 10 * time.Second // after a refresh that failed for another reason than a dead peer
	maxWidened   = 2                // how often a request is sent again with a longer interval after 422
)

// sessionClock is the session timer of a dialog (RFC 4028). The dialog's lock guards it.
type sessionClock struct {
	off      bool          // for this dialog
	interval time.Duration // agreed; 0: none
	ours     bool          // we refresh
	refresh  alarm
	expiry   alarm
}

func (c *sessionClock) stop() {
	c.interval = 0
	c.refresh.stop()
	c.expiry.stop()
}

// askFirst are the fields of an INVITE of ours that begins a call (RFC 4028 7.1).
func (e *Endpoint) askFirst(off bool) []Header {
	want := e.cfg.Dialogs.interval()
	if want == 0 || off {
		return nil
	}
	return []Header{{"Session-Expires", fields.SessionExpires{Interval: want}.String()}, minSession()}
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
	return append(all, Header{"Session-Expires", s.String()}, minSession())
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
func (d *Dialog) timeSession(in *inbound) []Header {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.timeSessionLocked(in)
}

func (d *Dialog) timeSessionLocked(in *inbound) []Header {
	interval := d.ep.cfg.Dialogs.interval()
	if interval == 0 || d.clock.off || d.early.is && in.method == mUPDATE {
		return nil
	}
	speaks := speaksTimer(in)
	asked, has := fields.ParseSessionExpires(value(in, "Session-Expires"))
	if has {
		interval = min(interval, asked.Interval)
	}
	least, _ := fields.Seconds(value(in, "Min-SE"))
	s := fields.SessionExpires{Interval: max(interval, least, MinSession), Refresher: "uas"}
	if speaks && asked.Refresher != "uas" { // table 2
		s.Refresher = "uac"
	}
	d.wind(s.Interval, s.Refresher == "uas")
	all := []Header{{"Session-Expires", s.String()}}
	if s.Refresher == "uac" {
		all = append(all, Header{"Require", tagTimer})
	}
	return all
}

// speaksTimer tells whether the sender of a request knows session timers.
func speaksTimer(in *inbound) bool {
	return hasToken(in, "Supported", tagTimer) || hasToken(in, "Require", tagTimer)
}

// minSession is the least that we take.
func minSession() Header { return Header{"Min-SE", fields.Delta(MinSession)} }

// tooShort tells whether a request asks for a shorter session than we hold with (422, RFC 4028 9).
func (e *Endpoint) tooShort(in *inbound) bool {
	s, ok := fields.ParseSessionExpires(value(in, "Session-Expires"))
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
		d.clock.expiry.set(interval-min(expiryLead, interval/3), d.expired)
		return
	}
	d.clock.refresh.set(interval/2, d.refreshNow)
	d.clock.expiry.set(interval, d.expired)
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
		res, err := d.send(ctx, mUPDATE, "", nil, nil)
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
		d.clock.refresh.set(refreshAgain, d.refreshNow)
	}
}

// widen sends a request again with the interval that a 422 asks for (RFC 4028 7.3). The exchange's lock is not held.
func (x *exchange) widen(code int, minSE string) bool {
	least, ok := fields.Seconds(minSE)
	x.mu.Lock()
	defer x.mu.Unlock()
	if code != 422 || !ok || x.widened >= maxWidened {
		return false
	}
	x.widened++
	out := *x.out
	was := out.header("Session-Expires")
	s, asked := fields.ParseSessionExpires(was)
	if !asked {
		return false
	}
	s.Interval = max(s.Interval, least)
	out.extra = append(withoutHeader(withoutHeader(out.extra, "Session-Expires"), "Min-SE"),
		Header{"Session-Expires", s.String()}, Header{"Min-SE", fields.Delta(max(least, MinSession))})
	return x.resend(out)
}

// resend sends a changed request as a new transaction (8.1.3.5). The lock is held.
func (x *exchange) resend(out outbound) bool {
	out.seq, out.branch = x.nextSeq(), newBranch()
	x.out = &out
	return x.send() == nil
}

// header is the value of one of the further fields.
func (o *outbound) header(name string) string {
	for _, h := range o.extra {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}
