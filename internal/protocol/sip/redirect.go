package sip

import (
	"context"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
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
		if !o.follow(policy, fields.Contacts(message.Values(res, "Contact"))) {
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
		ctx, cancel := context.WithTimeout(context.Background(), transaction.Timeout)
		f, hops, err := o.ep.core.Reach(ctx, t)
		cancel()
		if err != nil {
			continue
		}
		o.forkLost(nil)
		return o.x.Turn(t, f, hops, o.contactBy(f), o.headersFor(f))
	}
	return false
}

// contactBy is our Contact by another way.
func (o *Outgoing) contactBy(f socket.Flow) string {
	user := o.opt.FromUser
	if user == "" {
		user = "santra"
	}
	return o.ep.core.Contact(user, f)
}

// headersFor are the further fields for another target: it may be less trusted than the first (RFC 3325 5).
func (o *Outgoing) headersFor(f socket.Flow) []Header {
	_, withheld := fromOf(o.opt, "")
	return o.headers(withheld, f)
}
