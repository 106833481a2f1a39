package sip

import (
	"context"
	"strings"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
)

// Registrant registers a user of ours at a registrar (RFC 3261 10.2): what a phone does.
type Registrant struct {
	ep     *Endpoint
	target Target
	callID string

	mu  sync.Mutex
	seq uint32
}

// Registrant makes one. The target's URI is the user's ("sip:1001@registrar"), its Route the way to the registrar.
func (e *Endpoint) Registrant(t Target) *Registrant {
	return &Registrant{ep: e, target: t, callID: id.New()}
}

// Register registers our contact for so long, or takes it back with 0, and gives for how long it was granted. It must be
// called again before that is over. *Refused: the registrar refused.
func (r *Registrant) Register(ctx context.Context, life time.Duration) (time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	user, ok := parseURI(r.target.URI)
	if !ok {
		return 0, errs.At(errs.Invalid, "sip.target", "not a SIP URI")
	}
	f, err := r.ep.reach(ctx, r.target)
	if err != nil {
		return 0, err
	}
	aor := "<" + r.target.URI + ">"
	home := user
	home.User, home.Password = "", ""
	r.seq++
	out := &outbound{
		method: mREGISTER, uri: home.String(), from: aor + ";tag=" + id.New(), to: aor, callID: r.callID, seq: r.seq,
		branch: newBranch(), contact: r.ep.contact(user.User, f), hops: hops, extra: []Header{{"Expires", seconds(life)}},
	}
	x := &exchange{ep: r.ep, out: out, flow: f, user: r.target.User, password: r.target.Password, nextSeq: func() uint32 { r.seq++; return r.seq }}
	res, err := x.wait(ctx)
	if err != nil {
		return 0, err
	}
	if res.StatusCode >= 300 {
		return 0, &Refused{Code: res.StatusCode, Reason: res.Reason}
	}
	return granted(values(res, "Contact"), out.contact, value(res, "Expires"), life), nil
}

// granted finds our contact's lifetime in the answer (10.2.4).
func granted(contacts []string, ours, general string, asked time.Duration) time.Duration {
	ours = strings.Trim(ours, "<>")
	for _, c := range contacts {
		if _, params, ok := strings.Cut(c, ours); ok {
			if _, v, ok := strings.Cut(params, "expires="); ok {
				v, _, _ = strings.Cut(v, ";")
				return expiresOf(v, asked)
			}
		}
	}
	return expiresOf(general, asked)
}
