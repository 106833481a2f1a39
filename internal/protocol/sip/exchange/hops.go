package exchange

import (
	"context"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/protocol/sip/locate"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// HopPatience is how long a server may be silent where there is another: a caller can't wait 64*T1 for each (RFC 3263 4.3 leaves
// that to the transaction). The last one has the whole time.
const HopPatience = 8 * transaction.T1

// MaxRoutes bounds Target.Routes.
const MaxRoutes = 8

// HopList are the servers that a request may go to, in the order to try them (RFC 3263 4.3). Its exchange's lock guards it.
type HopList struct {
	core *Core
	left []locate.Hop
	now  locate.Hop
	name string // that TLS must prove
	sips bool
	keep time.Duration
}

// Reach finds the servers of a target and the way to the first: the connection it registered over, its Route, the first of its
// Routes, or its URI's host.
func (c *Core) Reach(ctx context.Context, t Target) (socket.Flow, *HopList, error) {
	u, ok := message.ParseURI(t.URI)
	if !ok {
		return socket.Flow{}, nil, errs.At(errs.Invalid, "sip.target", "not a SIP URI")
	}
	next, err := nextHop(u, t.Routes)
	if err != nil {
		return socket.Flow{}, nil, err
	}
	if t.flow != nil && t.flow.Conn != nil && t.flow.Alive() {
		return *t.flow, nil, nil
	}
	h := &HopList{core: c, name: t.Host, sips: message.IsSIPS(t.URI), keep: t.KeepAlive}
	if h.name == "" {
		h.name = strings.Trim(next.Host, "[]")
	}
	if h.left, err = c.candidates(ctx, t, &next, h.sips); err != nil {
		return socket.Flow{}, nil, err
	}
	f, err := h.next()
	f.NAT = t.flow != nil && t.flow.NAT
	return f, h, err
}

// candidates lists the servers of the next hop.
func (c *Core) candidates(ctx context.Context, t Target, next *sip.Uri, secure bool) ([]locate.Hop, error) {
	transport := strings.ToLower(t.Transport)
	if transport == "" {
		transport = message.TransportOf(next)
	}
	if secure || strings.EqualFold(next.Scheme, "sips") {
		transport, secure = socket.OverTLS, true
	}
	if t.Route.IsValid() {
		if transport == "" {
			transport = socket.OverUDP
		}
		return []locate.Hop{{Addr: socket.Unmap(t.Route), Transport: transport}}, nil
	}
	q := locate.Query{Host: next.Host, Transport: transport, Secure: secure}
	if next.Port > 0 && next.Port < 65536 {
		q.Port = uint16(next.Port)
	}
	return c.Locator.Find(ctx, q)
}

// nextHop is the URI that decides where a request goes, with a pre-loaded route set or without (RFC 3261 8.1.2). A strict router
// would need the request rewritten; none is left, so that a route without ;lr is a mistake.
func nextHop(u sip.Uri, routes []string) (sip.Uri, error) {
	if len(routes) > MaxRoutes {
		return u, errs.At(errs.Invalid, "sip.target.routes", "want at most %d", MaxRoutes)
	}
	for i := len(routes) - 1; i >= 0; i-- {
		r, ok := routeURI(routes[i])
		if !ok || !r.UriParams.Has("lr") {
			return u, errs.At(errs.Invalid, "sip.target.routes", `want "<sip:proxy.example.org;lr>"`)
		}
		u = r
	}
	return u, nil
}

// routeURI reads the URI of a Route value.
func routeURI(s string) (sip.Uri, bool) {
	_, s, ok := strings.Cut(s, "<")
	s, _, closed := strings.Cut(s, ">")
	if !ok || !closed {
		return sip.Uri{}, false
	}
	return message.ParseURI(s)
}

// next takes the next server that a way leads to.
func (h *HopList) next() (socket.Flow, error) {
	err := transaction.ErrTransport
	for len(h.left) > 0 {
		h.now, h.left = h.left[0], h.left[1:]
		var f socket.Flow
		if f, err = h.core.Sockets.Way(h.now.Addr, h.now.Transport, h.name); err == nil {
			f.SIPS = h.sips
			if h.keep > 0 && f.Conn != nil {
				f.Conn.KeepAlive(h.keep)
			}
			return f, nil
		}
	}
	return socket.Flow{}, err
}

// patience is how long the server that is tried now may be silent.
func (h *HopList) patience() time.Duration {
	if h == nil || len(h.left) == 0 {
		return transaction.Timeout
	}
	return HopPatience
}

// failover sends the request to the next server where this one says 503, says nothing or can't be reached: a new transaction
// of the same request (RFC 3263 4.3). It tells whether it did.
func (x *Exchange) failover(res *sip.Response, err error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.Hops == nil {
		return false
	}
	if err == nil && res.StatusCode != 503 {
		if res.StatusCode >= 200 {
			x.Core.Locator.Works(x.Hops.now)
		}
		return false
	}
	x.Core.Locator.Failed(x.Hops.now)
	return x.advance()
}

// advance goes on with the next server to which the request can be sent. The lock is held.
func (x *Exchange) advance() bool {
	for x.Hops != nil && len(x.Hops.left) > 0 && (x.Wanted == nil || x.Wanted()) {
		f, err := x.Hops.next()
		if err != nil {
			return false
		}
		out := *x.Out
		out.Branch = message.NewBranch()
		if out.Contact != "" {
			out.Contact = x.Core.Contact(out.Who, f)
		}
		x.Out, x.Flow, x.tried = &out, f, false
		if x.send() == nil {
			return true
		}
		x.Core.Locator.Failed(x.Hops.now)
	}
	return false
}
