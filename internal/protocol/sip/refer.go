package sip

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip/exchange"
	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/transaction"
	"santra/internal/run"
)

const (
	referralLife  = 3 * time.Minute // of the subscription that a REFER makes: a call rings no longer
	maxReferrals  = 4               // REFERs of ours in a dialog whose end is not heard yet
	unreadReports = 8               // reports of a referral that wait; older ones are lost
)

// Transfer is what a REFER asks (RFC 3515): that its receiver calls somebody.
type Transfer struct {
	Target     string        // URI to call, without its headers; it may hold personal data
	Attended   bool          // the new call takes the place of another dialog: the peer has spoken with the target before
	Replaced   *Dialog       // that dialog, where it is one of this Endpoint; else Replaces names it
	Replaces   Header        // the field to send in the INVITE to Target, where Attended
	ReferredBy string        // Referred-By as it came (RFC 3892), to be passed on where the target is trusted; personal data
	Silent     bool          // Refer-Sub: false (RFC 4488): the peer wants no reports
	r          *Request      // the REFER
	turn       chan struct{} // of who reports: one NOTIFY is answered before the next goes, so that none overtakes
	mu         sync.Mutex    // of what follows
	over       bool
	life       transaction.Alarm
}

// Transfer reads a REFER. errs.Invalid: it is none (405 is its answer), it does not hold exactly one Refer-To (400), or it asks
// for another method than INVITE (RFC 3515 2.4.2: 501 or 603).
func (r *Request) Transfer() (*Transfer, error) {
	all := message.Values(r.in, "Refer-To")
	if r.Method != message.REFER || len(all) != 1 {
		return nil, errs.New(errs.Invalid, "sip: no REFER with one Refer-To, answer 400")
	}
	to, ok := fields.ParseReferTo(all[0])
	if !ok || to.Method != message.INVITE {
		return nil, errs.New(errs.Invalid, "sip: the Refer-To is no call, answer 603")
	}
	t := &Transfer{Target: to.URI, Attended: to.Attended, ReferredBy: r.Header("Referred-By"), r: r}
	t.Silent = strings.EqualFold(strings.TrimSpace(r.Header("Refer-Sub")), "false")
	t.turn = make(chan struct{}, 1)
	t.life.Guard(&t.mu)
	if to.Attended {
		t.Replaces = Header{Name: "Replaces", Value: to.Replaces.String()}
		t.Replaced = r.d.ep.lookup(to.Replaces.CallID, to.Replaces.ToTag, to.Replaces.FromTag) // the to-tag is the target's: ours
	}
	return t, nil
}

// Accept answers 202 and reports 100, as RFC 3515 2.4.4 demands; Notify reports what comes of it. The subscription ends with
// the final code, with the dialog, or after three minutes.
func (t *Transfer) Accept() error {
	var hdr []Header
	if t.Silent {
		hdr = []Header{{Name: "Refer-Sub", Value: "false"}} // RFC 4488 4
	}
	err := t.r.Respond(202, "", nil, hdr...)
	if err != nil || t.Silent {
		return err
	}
	t.mu.Lock()
	t.life.Set(referralLife, t.expired)
	t.mu.Unlock()
	t.turn <- struct{}{}
	go t.report(100, active())
	return nil
}

// active is the state of a subscription that goes on.
func active() string { return "active;expires=" + fields.Delta(referralLife) }

// report sends a NOTIFY that nobody waits for and gives the turn to the next.
func (t *Transfer) report(code int, state string) {
	defer run.Recover(t.r.d.ep.log, "sip notify")
	defer func() { <-t.turn }()
	ctx, cancel := context.WithTimeout(context.Background(), transaction.Timeout+time.Second)
	defer cancel()
	_ = t.send(ctx, code, state)
}

// Refuse answers a final response of 300 or more.
func (t *Transfer) Refuse(code int) error { return t.r.Respond(max(code, 300), "", nil) }

// Notify reports the code that the referred call has come to (RFC 3515 2.4.5) and waits for the answer; a final code ends the
// subscription. Where the peer wants no reports it does nothing. errs.Gone: the dialog or the subscription is over.
func (t *Transfer) Notify(ctx context.Context, code int) error {
	if t.Silent {
		return nil
	}
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	t.mu.Lock()
	if t.over {
		t.mu.Unlock()
		return errOver
	}
	state := active()
	if code >= 200 {
		t.over, state = true, "terminated;reason=noresource"
		t.life.Stop()
	}
	t.mu.Unlock()
	return t.send(ctx, code, state)
}

// expired ends a subscription whose user never reports the end. The lock is held.
func (t *Transfer) expired() {
	t.over = true
	go func() {
		t.turn <- struct{}{} // who has it gives it back when its NOTIFY is answered, or given up
		t.report(408, "terminated;reason=timeout")
	}()
}

func (t *Transfer) send(ctx context.Context, code int, state string) error {
	res, err := t.r.d.Request(ctx, message.NOTIFY, fields.FragmentType, fields.Fragment(code, message.ReasonPhrase(code, "")),
		Header{Name: "Event", Value: "refer;id=" + strconv.FormatUint(uint64(t.r.in.Seq), 10)}, Header{Name: "Subscription-State", Value: state})
	switch {
	case err != nil:
		return err
	case res.Code == 481 || res.Code >= 300 && code >= 200:
		return refusedWith(res)
	case res.Code >= 300: // the peer wants no more (RFC 6665 4.2.2)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.over = true
		t.life.Stop()
		return refusedWith(res)
	}
	return nil
}

// ReferOptions is what a REFER of ours says beside its target.
type ReferOptions struct {
	Replace    *Dialog // the dialog with the target whose place the new call takes (attended transfer); nil: blind
	ReferredBy string  // Referred-By (RFC 3892); empty: left out
	Silent     bool    // Refer-Sub: false (RFC 4488): no reports are wanted
}

// Referral is a REFER of ours that was accepted.
type Referral struct {
	id      string // of its Event: the number of the REFER
	reports chan int
}

// Progress gives the codes that the peer reports of the call that it makes; it is closed after the last, when the dialog ends,
// and at once where no reports come.
func (r *Referral) Progress() <-chan int { return r.reports }

// Refer asks the peer to call target (a URI) in our place (RFC 3515 2.4.1). *Refused: it will not.
func (d *Dialog) Refer(ctx context.Context, target string, o ReferOptions) (*Referral, error) {
	to := fields.ReferTo{URI: target, Method: message.INVITE}
	if o.Replace != nil {
		to.Replaces, to.Attended = o.Replace.name(), true
	}
	hdr := []Header{{Name: "Refer-To", Value: to.String()}}
	if o.ReferredBy != "" {
		hdr = append(hdr, Header{Name: "Referred-By", Value: o.ReferredBy})
	}
	if o.Silent {
		hdr = append(hdr, Header{Name: "Refer-Sub", Value: "false"}, Header{Name: "Supported", Value: "norefersub"})
	}
	ref := &Referral{reports: make(chan int, unreadReports)}
	res, err := d.refer(ctx, ref, hdr)
	if err == nil && res.Code >= 300 {
		err = refusedWith(res)
	}
	if err != nil {
		d.forgetReferral(ref)
		return nil, err
	}
	if o.Silent && res.silent {
		d.forgetReferral(ref)
	}
	return ref, nil
}

// refer sends it. Reports may come before the answer, so it is known from the start.
func (d *Dialog) refer(ctx context.Context, ref *Referral, hdr []Header) (Response, error) {
	d.mu.Lock()
	if d.reason != "" || len(d.referrals) >= maxReferrals {
		d.mu.Unlock()
		return Response{}, errs.New(errs.Unavailable, "sip: over, or %d referrals are under way", maxReferrals)
	}
	d.referrals = append(d.referrals, ref)
	d.mu.Unlock()
	return d.ask(ctx, asking{method: message.REFER, hdr: hdr, prepare: func(x *exchange.Exchange) {
		d.numbered(ref, x.Out.Seq)
		x.NextSeq = func() uint32 { return d.numbered(ref, d.nextSeq()) } // after a challenge
	}})
}

// numbered keeps the number of a REFER: its reports name it.
func (d *Dialog) numbered(ref *Referral, seq uint32) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	ref.id = strconv.FormatUint(uint64(seq), 10)
	return seq
}

func (d *Dialog) forgetReferral(ref *Referral) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.referrals.drop(ref)
}

// referrals are the REFERs of ours whose end is not reported. The dialog's lock guards them.
type referrals []*Referral

// take gets a NOTIFY that belongs to one of them; false where it belongs to none. One without an id is the oldest's
// (RFC 3515 2.4.6).
func (all *referrals) take(d *Dialog, tx *transaction.Server, in *message.Inbound) bool {
	pkg, id := fields.Event(message.Value(in, "Event"))
	if pkg != "refer" {
		return false
	}
	for _, ref := range *all {
		if id != "" && id != ref.id {
			continue
		}
		if code, ok := fields.ParseFragment(in.Body()); ok {
			ref.report(code)
		}
		if fields.Terminated(message.Value(in, "Subscription-State")) {
			all.drop(ref)
		}
		d.ep.say(tx, in, message.Reply{Code: 200})
		return true
	}
	return false
}

// report keeps the newest codes.
func (r *Referral) report(code int) {
	for {
		select {
		case r.reports <- code:
			return
		default:
		}
		select {
		case <-r.reports:
		default:
		}
	}
}

// drop ends one.
func (all *referrals) drop(ref *Referral) {
	var kept referrals
	for _, r := range *all {
		if r != ref {
			kept = append(kept, r)
			continue
		}
		close(r.reports)
	}
	*all = kept
}

// close ends all.
func (all *referrals) close() {
	for _, r := range *all {
		close(r.reports)
	}
	*all = nil
}
