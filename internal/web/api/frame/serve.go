package frame

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"

	"santra/internal/errs"
)

// policy forbids a browser to do anything with an answer that it shows by itself.
const policy = "default-src 'none'; frame-ancestors 'none'; sandbox"

// ServeHTTP serves the API's paths: /api/… and /healthz.
func (f *Frame) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer f.recovered(w, r)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Add("Vary", "Accept-Language")
	if err := f.origin.Check(r); err != nil {
		f.refuse(w, r, errs.New(errs.Denied, "a request from another site"))
		return
	}
	if _, pattern := f.mux.Handler(r); pattern == "" {
		f.refuse(w, r, errs.New(errs.NotFound, "no such operation"))
		return
	}
	f.mux.ServeHTTP(w, r)
}

func (f *Frame) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f.ProblemOf("", err).Write(w, LanguageOf(r.Header.Get("Accept-Language")))
}

// recovered answers a panic and logs its type and stack alone: net/http would print the value, which may be personal (M3).
func (f *Frame) recovered(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	f.config.Log.Error("panic", "in", "api", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
	kindOnly(errs.Internal).Write(w, LanguageOf(r.Header.Get("Accept-Language")))
}

// tokenOf reads the session's token: Bearer (RFC 6750 2.1) before the cookie.
func tokenOf(r *http.Request) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if c, err := r.Cookie(SessionCookie); err == nil {
		return c.Value
	}
	return ""
}

// remote is the address that the request comes from; a believed proxy is asked for whom it speaks.
func (f *Frame) remote(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr := parseAddr(host)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && f.believed(addr); i-- {
		next := parseAddr(strings.TrimSpace(hops[i]))
		if !next.IsValid() {
			break
		}
		addr = next
	}
	return addr
}

func parseAddr(s string) netip.Addr {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

func (f *Frame) believed(addr netip.Addr) bool {
	return slices.ContainsFunc(f.config.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// SessionCookie is the log-in cookie: HttpOnly, SameSite=Strict, for this host alone.
const SessionCookie = "santra_session"
