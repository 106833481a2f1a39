package exchange

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
)

// Registrant registers a user of ours at a registrar (RFC 3261 10.2): what a phone does, or we at a trunk. Package trunk keeps
// one registered.
type Registrant struct {
	core   *Core
	target Target
	callID string

	mu     sync.Mutex
	seq    uint32
	routes []string    // the registrar's Service-Route (RFC 3608)
	way    socket.Flow // by which it is registered
}

// Registrant makes one that registers by this core. The target's URI is the user's ("sip:1001@registrar"), its Route the way to the registrar.
func (c *Core) Registrant(t Target) *Registrant {
	return &Registrant{core: c, target: t, callID: id.New()}
}

// Register registers our contact for so long, or takes it back with 0, and gives for how long it was granted. It must be
// called again before that is over. *Refused: the registrar refused.
func (r *Registrant) Register(ctx context.Context, life time.Duration) (time.Duration, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	user, ok := message.ParseURI(r.target.URI)
	if !ok {
		return 0, errs.At(errs.Invalid, "sip.target", "not a SIP URI")
	}
	f, left, err := r.core.Reach(ctx, r.target)
	if err != nil {
		return 0, err
	}
	aor := "<" + r.target.URI + ">"
	home := user
	home.User, home.Password = "", ""
	r.seq++
	out := &message.Outbound{
		Method: message.REGISTER, URI: home.String(), From: aor + ";tag=" + id.New(), To: aor, CallID: r.callID, Seq: r.seq,
		Branch: message.NewBranch(), Routes: r.target.Routes, Contact: r.core.Contact(user.User, f), Who: user.User, Hops: message.MaxForwards,
		Extra: []message.Header{{Name: "Expires", Value: strconv.Itoa(int(life / time.Second))}, {Name: "Supported", Value: "path"}},
	}
	x := &Exchange{
		Core: r.core, Out: out, Flow: f, Hops: left, User: r.target.User, Password: r.target.Password,
		NextSeq: func() uint32 { r.seq++; return r.seq },
	}
	res, err := x.Wait(ctx)
	if err != nil {
		return 0, err
	}
	if res.StatusCode >= 300 {
		return 0, &Refused{Code: res.StatusCode, Reason: res.Reason}
	}
	r.way = x.FlowNow()
	r.routes = serviceRoute(message.Values(res, "Service-Route"))
	return granted(message.Values(res, "Contact"), x.sent().Contact, message.Value(res, "Expires"), life), nil
}

// Target is how to call by where it is registered: with its Service-Route (RFC 3608 5), its credentials and, without such a
// route, by its server.
func (r *Registrant) Target(uri string) Target {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.target
	t.URI = uri
	if len(r.routes) > 0 {
		t.Routes = slices.Clone(r.routes)
	}
	return t
}

// Lost asks to be told when the connection of the registration ends: calls don't reach us any more, and it must be made anew. By
// UDP nobody is ever told. stop takes the wish back.
func (r *Registrant) Lost(told func()) (stop func()) {
	r.mu.Lock()
	f := r.way
	r.mu.Unlock()
	return f.Lost(told)
}

// serviceRoute splits the fields; a list with a route that we can't use is not used at all.
func serviceRoute(fields []string) []string {
	var routes []string
	for _, f := range fields {
		for s := range strings.SplitSeq(f, ",") {
			s = strings.TrimSpace(s)
			if u, ok := routeURI(s); !ok || !u.UriParams.Has("lr") || len(routes) == MaxRoutes {
				return nil
			}
			routes = append(routes, s)
		}
	}
	return routes
}

// granted finds our contact's lifetime in the answer (10.2.4).
func granted(contacts []string, ours, general string, asked time.Duration) time.Duration {
	ours = strings.Trim(ours, "<>")
	for _, c := range contacts {
		if _, params, ok := strings.Cut(c, ours); ok {
			if _, v, ok := strings.Cut(params, "expires="); ok {
				v, _, _ = strings.Cut(v, ";")
				return lifetime(v, asked)
			}
		}
	}
	return lifetime(general, asked)
}

// lifetime reads seconds; anything else is the default (20.19).
func lifetime(s string, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return otherwise
	}
	return time.Duration(n) * time.Second
}
