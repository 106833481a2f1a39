package locate

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"santra/internal/errs"
)

// How the machine's name servers are asked.
const (
	attempts    = 2               // rounds through the name servers
	perServer   = 2 * time.Second // wait for one of them
	addressTTL  = 30 * time.Second
	negativeTTL = 30 * time.Second // of answers that say that there is nothing and not for how long
	resolvConf  = "/etc/resolv.conf"
)

// machine asks the name servers of the machine.
type machine struct {
	servers func() []string // host:port
	udp     *dns.Client
	tcp     *dns.Client
}

// Machine is the resolver of the machine: addresses by the system, with its hosts file, which are kept for 30 s because it does
// not say for how long they hold; NAPTR and SRV by the name servers of /etc/resolv.conf. Names are asked for as they stand,
// without a search list.
func Machine() Resolver { return newMachine(configured) }

func newMachine(servers func() []string) machine {
	return machine{servers, &dns.Client{Net: "udp", Timeout: perServer}, &dns.Client{Net: "tcp", Timeout: perServer}}
}

// configured reads the name servers anew each time: questions are rare, and a machine may move.
func configured() []string {
	c, err := dns.ClientConfigFromFile(resolvConf)
	if err != nil {
		return nil
	}
	var all []string
	for _, s := range c.Servers {
		all = append(all, net.JoinHostPort(s, c.Port))
	}
	return all
}

// NAPTR implements Resolver.
func (m machine) NAPTR(ctx context.Context, name string) ([]NAPTR, time.Duration, error) {
	rrs, ttl, err := m.ask(ctx, name, dns.TypeNAPTR)
	var all []NAPTR
	for _, rr := range rrs {
		if r, ok := rr.(*dns.NAPTR); ok && r.Regexp == "" {
			all = append(all, NAPTR{r.Order, r.Preference, r.Flags, r.Service, plain(r.Replacement)})
		}
	}
	return all, ttl, err
}

// SRV implements Resolver.
func (m machine) SRV(ctx context.Context, name string) ([]SRV, time.Duration, error) {
	rrs, ttl, err := m.ask(ctx, name, dns.TypeSRV)
	var all []SRV
	for _, rr := range rrs {
		if r, ok := rr.(*dns.SRV); ok {
			all = append(all, SRV{r.Priority, r.Weight, r.Port, plain(r.Target)})
		}
	}
	return all, ttl, err
}

// plain writes a name of a record as the rest of the house does: small letters, no dot at the end, except the root alone.
func plain(name string) string {
	if name == "." {
		return name
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// Addrs implements Resolver.
func (m machine) Addrs(ctx context.Context, name string) ([]netip.Addr, time.Duration, error) {
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	var e *net.DNSError
	if errors.As(err, &e) && e.IsNotFound {
		return nil, negativeTTL, nil
	}
	return all, addressTTL, err
}

// ask asks one name server after the other until one knows.
func (m machine) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, time.Duration, error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(name), kind)
	q.SetEdns0(dns.DefaultMsgSize, false)
	err := errs.New(errs.Unavailable, "no name server is configured")
	for range attempts {
		for _, server := range m.servers() {
			var got *dns.Msg
			if got, err = m.exchange(ctx, q, server); err == nil {
				return got.Answer, ttlOf(got), nil
			}
			if ctx.Err() != nil {
				return nil, 0, ctx.Err()
			}
		}
	}
	return nil, 0, err
}

// exchange asks one server; a truncated answer is fetched by TCP.
func (m machine) exchange(ctx context.Context, q *dns.Msg, server string) (*dns.Msg, error) {
	got, _, err := m.udp.ExchangeContext(ctx, q, server)
	if err == nil && got.Truncated {
		got, _, err = m.tcp.ExchangeContext(ctx, q, server)
	}
	if err != nil {
		return nil, err
	}
	if got.Rcode != dns.RcodeSuccess && got.Rcode != dns.RcodeNameError {
		return nil, errs.New(errs.Unavailable, "the name server refuses: %s", strconv.Itoa(got.Rcode))
	}
	return got, nil
}

// ttlOf is the shortest life of what was answered; of nothing what the zone says (RFC 2308 5).
func ttlOf(m *dns.Msg) time.Duration {
	ttl := time.Duration(-1)
	for _, rr := range m.Answer {
		if d := time.Duration(rr.Header().Ttl) * time.Second; ttl < 0 || d < ttl {
			ttl = d
		}
	}
	if ttl >= 0 {
		return ttl
	}
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return time.Duration(min(soa.Minttl, soa.Hdr.Ttl)) * time.Second
		}
	}
	return negativeTTL
}
