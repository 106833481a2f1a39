package socket

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"santra/internal/errs"
)

// TLS is how connections are secured (RFC 3261 26.3.1, RFC 5922). See NewTLS.
type TLS struct {
	Addr   string // where to listen; empty: only to call
	server *tls.Config
	client *tls.Config
}

// NewTLS makes one of a configuration: its Certificates (or GetCertificate) are ours, towards who calls and, where they ask for
// one, towards whom we call; RootCAs are who may vouch for whom we call, nil the machine's; ClientAuth and ClientCAs say
// whether who calls must have a certificate. TLS 1.2 is the least. Without a certificate it can only call.
func NewTLS(addr string, base *tls.Config) (*TLS, error) {
	if base == nil {
		base = &tls.Config{}
	}
	t := &TLS{Addr: addr, client: base.Clone()}
	t.client.MinVersion = max(t.client.MinVersion, tls.VersionTLS12)
	if len(base.Certificates) > 0 || base.GetCertificate != nil || base.GetConfigForClient != nil {
		t.server = t.client.Clone()
	}
	if addr != "" && t.server == nil {
		return nil, errs.At(errs.Invalid, "sip.tls", "listening needs a certificate and its key")
	}
	t.client.InsecureSkipVerify = true // the name is verified by RFC 5922 in verify, which differs from that of the web
	t.client.GetCertificate, t.client.GetConfigForClient, t.client.ClientAuth = nil, nil, tls.NoClientCert
	return t, nil
}

// clientFor is the configuration for a connection to name.
func (t *TLS) clientFor(name string) *tls.Config {
	c := t.client.Clone()
	if _, err := netip.ParseAddr(name); err != nil {
		c.ServerName = name // RFC 6066 3: names only
	}
	c.VerifyConnection = func(s tls.ConnectionState) error { return verify(s.PeerCertificates, c.RootCAs, name, time.Now()) }
	return c
}

var (
	errNoCertificate = errors.New("no certificate")
	errOtherName     = errors.New("the certificate is for another name")
)

// verify checks a chain up to the roots, and that its first certificate is one of name.
func verify(chain []*x509.Certificate, roots *x509.CertPool, name string, now time.Time) error {
	if len(chain) == 0 {
		return errNoCertificate
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	opts := x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if _, err := chain[0].Verify(opts); err != nil {
		return err
	}
	if !speaksFor(chain[0], name) {
		return errOtherName
	}
	return nil
}

// speaksFor compares a name with the identities of a certificate (RFC 5922 7.1, 7.2): sip URIs without a user, DNS names, both
// whole, without wildcards; the common name only where there is no subjectAltName. An address is compared with the addresses.
func speaksFor(c *x509.Certificate, name string) bool {
	if a, err := netip.ParseAddr(name); err == nil {
		for _, ip := range c.IPAddresses {
			if b, ok := netip.AddrFromSlice(ip); ok && b.Unmap() == a.Unmap() {
				return true
			}
		}
		return false
	}
	for _, id := range Identities(c) {
		if strings.EqualFold(id, strings.TrimSuffix(name, ".")) {
			return true
		}
	}
	return false
}

// Identities are the SIP domains of a certificate (RFC 5922 7.1).
func Identities(c *x509.Certificate) []string {
	var ids []string
	for _, u := range c.URIs {
		if domain, ok := sipDomain(u); ok {
			ids = append(ids, domain)
		}
	}
	ids = append(ids, c.DNSNames...)
	if len(c.URIs)+len(c.DNSNames)+len(c.IPAddresses)+len(c.EmailAddresses) == 0 && c.Subject.CommonName != "" {
		ids = append(ids, c.Subject.CommonName)
	}
	return ids
}

// sipDomain reads sip:example.org; with a user it is a person's.
func sipDomain(u *url.URL) (string, bool) {
	if !strings.EqualFold(u.Scheme, "sip") {
		return "", false
	}
	host, _, _ := strings.Cut(u.Opaque, ";")
	return host, host != "" && !strings.ContainsAny(host, "@:")
}

// reasonOf says in fixed words why a handshake failed: the error's own hold what the peer wrote.
func reasonOf(err error) string {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.Is(err, errOtherName), errors.Is(err, errNoCertificate):
		return err.Error()
	case errors.As(err, &unknown):
		return "nobody we trust vouches for its certificate"
	case errors.As(err, &invalid):
		return "its certificate is not valid now or not for this"
	default:
		return "the handshake broke"
	}
}
