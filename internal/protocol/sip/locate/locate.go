// Package locate finds the servers of a SIP domain (RFC 3263): by NAPTR the transports, by SRV the hosts with their priorities
// and weights, by A and AAAA the addresses. It remembers answers for as long as they say, and which server did not answer. It
// knows no messages; who sends tells it what failed.
package locate

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"

	"santra/internal/errs"
)

// The transports.
const (
	UDP = "udp"
	TCP = "tcp"
	TLS = "tls"
)

// MaxHops bounds the servers that one search gives.
const MaxHops = 32

// Default ports (RFC 3261 19.1.2).
const (
	portPlain  = 5060
	portSecure = 5061
)

// Query is what a URI says about its server.
type Query struct {
	Host      string
	Port      uint16 // 0: none was given
	Transport string // of the URI's parameter; empty: none
	Secure    bool   // a sips URI: by TLS only
}

// Hop is a server, to be tried in the order given.
type Hop struct {
	Addr      netip.AddrPort
	Transport string
}

// place is a host that is still to be resolved to its addresses.
type place struct {
	host      string
	port      uint16
	transport string
}

// Find gives the servers for a query, the first to be tried first; never none without an error. Those that failed a short time
// ago come last. errs.Unavailable: there is none, or nobody knows.
func (l *Locator) Find(ctx context.Context, q Query) ([]Hop, error) {
	q.Host = strings.ToLower(strings.TrimSuffix(strings.Trim(q.Host, "[]"), "."))
	if q.Secure || q.Transport == TLS {
		q.Transport, q.Secure = TLS, true
	}
	if a, err := netip.ParseAddr(q.Host); err == nil {
		return []Hop{{netip.AddrPortFrom(a.Unmap(), q.port()), q.transport()}}, nil
	}
	if !validName(q.Host) {
		return nil, errs.At(errs.Invalid, "sip.target", "the host is no name")
	}
	places, err := l.places(ctx, q)
	if err != nil {
		return nil, err
	}
	hops, err := l.resolve(ctx, places)
	if err != nil || len(hops) == 0 {
		return nil, errs.New(errs.Unavailable, "sip: the peer's host is not found; check its name and the name servers")
	}
	return l.lastResort(hops), nil
}

func (q Query) port() uint16 {
	switch {
	case q.Port != 0:
		return q.Port
	case q.Secure:
		return portSecure
	default:
		return portPlain
	}
}

// transport is the one where nothing else decides (RFC 3263 4.1).
func (q Query) transport() string {
	switch {
	case q.Transport != "":
		return q.Transport
	default:
		return UDP
	}
}

// places finds transports and hosts (RFC 3263 4.1, 4.2).
func (l *Locator) places(ctx context.Context, q Query) ([]place, error) {
	plain := []place{{q.Host, q.port(), q.transport()}}
	if q.Port != 0 { // a name with a port: only its addresses count
		return plain, nil
	}
	services, err := l.services(ctx, q)
	if err != nil {
		return nil, err
	}
	var found []place
	exists := false
	for _, s := range services {
		all, err := l.srv(ctx, s.name)
		if err != nil {
			return nil, err
		}
		exists = exists || len(all) > 0
		for _, r := range all {
			if r.Target != "" && r.Target != "." { // "." says: not here (RFC 2782)
				found = append(found, place{r.Target, r.Port, s.transport})
			}
		}
	}
	switch {
	case len(found) > 0:
		return found, nil
	case exists:
		return nil, errs.New(errs.Unavailable, "sip: the peer's domain says that it has no such service")
	default:
		return plain, nil
	}
}

// service is the name of an SRV record and the transport that it is for.
type service struct{ name, transport string }

// services finds the SRV names to ask for: those of NAPTR, or the usual ones of each transport, in our order of preference.
func (l *Locator) services(ctx context.Context, q Query) ([]service, error) {
	if q.Transport == "" {
		all, err := l.naptr(ctx, q.Host)
		if err != nil {
			return nil, err
		}
		if s := chosen(all); len(s) > 0 {
			return s, nil
		}
	}
	var s []service
	for _, u := range []service{{"_sip._udp.", UDP}, {"_sip._tcp.", TCP}, {"_sips._tcp.", TLS}} {
		if q.Transport == u.transport || q.Transport == "" && u.transport != TLS {
			s = append(s, service{u.name + q.Host, u.transport})
		}
	}
	return s, nil
}

// chosen are the services of NAPTR records that we speak, by order and preference (RFC 3403 4.1, RFC 3263 4.1). A sip URI may
// go by TLS where the domain prefers it.
func chosen(all []NAPTR) []service {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	var s []service
	for _, r := range all {
		if !strings.EqualFold(r.Flags, "s") || !validName(strings.TrimSuffix(r.Replacement, ".")) {
			continue
		}
		switch strings.ToUpper(r.Service) {
		case "SIP+D2U":
			s = append(s, service{r.Replacement, UDP})
		case "SIP+D2T":
			s = append(s, service{r.Replacement, TCP})
		case "SIPS+D2T":
			s = append(s, service{r.Replacement, TLS})
		}
	}
	return s[:min(len(s), MaxHops)]
}

// resolve finds the addresses of hosts, in their order. One host that is not found does not hide the others.
func (l *Locator) resolve(ctx context.Context, places []place) (hops []Hop, err error) {
	for _, p := range places {
		addrs, failed := l.addrs(ctx, p.host)
		if failed != nil {
			err = failed
			continue
		}
		for _, a := range addrs {
			if len(hops) < MaxHops {
				hops = append(hops, Hop{netip.AddrPortFrom(a.Unmap(), p.port), p.transport})
			}
		}
	}
	if len(hops) > 0 {
		return hops, nil
	}
	return nil, err
}

// validName tells whether a name may be asked for: letters, digits, hyphens, dots and, of services, underscores (RFC 1035 2.3.1).
func validName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			return false
		}
	}
	return true
}
