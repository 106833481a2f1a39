package sip

import (
	"context"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/fields"
	"santra/internal/run"
)

// redirect follows a 3xx once (RFC 3261 8.1.3.4): the same call goes to the first Contact that the policy takes. What can't be
// followed is a refusal.
func (o *Outgoing) redirect(res *sip.Response) bool {
	policy := o.ep.cfg.Dialogs.Redirect
	o.mu.Lock()
	follow := policy != nil && !o.redirected && !o.giveUp && !o.finished
	o.redirected = true
	o.mu.Unlock()
	if !follow {
		return false
	}
	go func() {
		defer run.Recover(o.ep.log, "sip redirect")
		if !o.follow(policy, fields.Contacts(values(res, "Contact"))) {
			o.onFinal(res, nil)
		}
	}()
	return true
}

// follow sends the INVITE to the first target that it may, as a new transaction with a higher number.
func (o *Outgoing) follow(policy func(string) (Target, bool), contacts []string) bool {
	for _, c := range contacts {
		t, ok := policy(c)
		if !ok {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		f, hops, err := o.ep.reach(ctx, t)
		cancel()
		if err != nil {
			continue
		}
		o.forkLost(nil)
		return o.x.turn(t, f, hops, o.contactBy(f), o.headersFor(f))
	}
	return false
}

// contactBy is our Contact by another way.
func (o *Outgoing) contactBy(f flow) string {
	user := o.opt.FromUser
	if user == "" {
		user = "santra"
	}
	return o.ep.contact(user, f)
}

// headersFor are the further fields for another target: it may be less trusted than the first (RFC 3325 5).
func (o *Outgoing) headersFor(f flow) []Header {
	_, withheld := fromOf(o.opt, "")
	return o.headers(withheld, f)
}

// turn sends the request to another target.
func (x *exchange) turn(t Target, f flow, hops *hopList, contact string, hdr []Header) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := *x.out
	out.uri, out.routes, out.contact, out.extra = t.URI, t.Routes, contact, hdr // no credentials: they were the other's
	x.user, x.password, x.challenges, x.tried, x.flow, x.hops = t.User, t.Password, 0, false, f, hops
	return x.resend(out)
}
