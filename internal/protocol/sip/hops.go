package sip

import (
	"context"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/protocol/sip/locate"
	"santra/internal/protocol/sip/socket"
)

// HopPatience is how long a server may be silent where there is another: a caller can't wait 64*T1 for each (RFC 3263 4.3 leaves
// that to the transaction). The last one has the whole time.
const HopPatience = 8 * T1

// MaxRoutes bounds Target.Routes.
const MaxRoutes = 8

// hopList are the servers that a request may go to, in the order to try them (RFC 3263 4.3). Its exchange's lock guards it.
type hopList struct {
	ep   *Endpoint
	left []locate.Hop
	now  locate.Hop
	name string // that TLS must prove
	sips bool
	keep time.Duration
}

// reach finds the servers of a target and the way to the first: the connection it registered over, its Route, the first of its
// Routes, or its URI's host.
func (e *Endpoint) reach(ctx context.Context, t Target) (flow, *hopList, error) {
	u, ok := parseURI(t.URI)
	if !ok {
		return flow{}, nil, errs.At(errs.Invalid, "sip.target", "not a SIP URI")
	}
	next, err := nextHop(u, t.Routes)
	if err != nil {
		return flow{}, nil, err
	}
	if t.flow != nil && t.flow.conn != nil && t.flow.alive() {
		return *t.flow, nil, nil
	}
	h := &hopList{ep: e, name: t.Host, sips: secureScheme(t.URI), keep: t.KeepAlive}
	if h.name == "" {
		h.name = strings.Trim(next.Host, "[]")
	}
	if h.left, err = e.candidates(ctx, t, &next, h.sips); err != nil {
		return flow{}, nil, err
	}
	f, err := h.next()
	f.nat = t.flow != nil && t.flow.nat
	return f, h, err
}

// candidates lists the servers of the next hop.
func (e *Endpoint) candidates(ctx context.Context, t Target, next *sip.Uri, secure bool) ([]locate.Hop, error) {
	transport := strings.ToLower(t.Transport)
	if transport == "" {
		transport = uriTransport(next)
	}
	if secure || strings.EqualFold(next.Scheme, "sips") {
		transport, secure = overTLS, true
	}
	if t.Route.IsValid() {
		if transport == "" {
			transport = overUDP
		}
		return []locate.Hop{{Addr: socket.Unmap(t.Route), Transport: transport}}, nil
	}
	q := locate.Query{Host: next.Host, Transport: transport, Secure: secure}
	if next.Port > 0 && next.Port < 65536 {
		q.Port = uint16(next.Port)
	}
	return e.locator.Find(ctx, q)
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
	return parseURI(s)
}

// next takes the next server that a way leads to.
func (h *hopList) next() (flow, error) {
	err := errTransport
	for len(h.left) > 0 {
		h.now, h.left = h.left[0], h.left[1:]
		var f flow
		if f, err = h.ep.way(h.now.Addr, h.now.Transport, h.name); err == nil {
			f.sips = h.sips
			if h.keep > 0 && f.conn != nil {
				f.conn.KeepAlive(h.keep)
			}
			return f, nil
		}
	}
	return flow{}, err
}

// patience is how long the server that is tried now may be silent.
func (h *hopList) patience() time.Duration {
	if h == nil || len(h.left) == 0 {
		return timeout
	}
	return HopPatience
}

// failover sends the request to the next server where this one says 503, says nothing or can't be reached: a new transaction
// of the same request (RFC 3263 4.3). It tells whether it did.
func (x *exchange) failover(res *sip.Response, err error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.hops == nil {
		return false
	}
	if err == nil && res.StatusCode != 503 {
		if res.StatusCode >= 200 {
			x.ep.locator.Works(x.hops.now)
		}
		return false
	}
	x.ep.locator.Failed(x.hops.now)
	return x.advance()
}

// advance goes on with the next server to which the request can be sent. The lock is held.
func (x *exchange) advance() bool {
	for x.hops != nil && len(x.hops.left) > 0 && (x.wanted == nil || x.wanted()) {
		f, err := x.hops.next()
		if err != nil {
			return false
		}
		out := *x.out
		out.branch = newBranch()
		if out.contact != "" {
			out.contact = x.ep.contact(out.who, f)
		}
		x.out, x.flow, x.tried = &out, f, false
		if x.send() == nil {
			return true
		}
		x.ep.locator.Failed(x.hops.now)
	}
	return false
}
