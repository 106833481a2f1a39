package socket

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip/siptest/certs"
)

func parsed(t *testing.T, c tls.Certificate) []*x509.Certificate {
	t.Helper()
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return []*x509.Certificate{leaf}
}

// RFC 5922 7.1 and 7.2: which names a certificate is for.
func TestNamesOfACertificate(t *testing.T) {
	a := certs.New(t)
	onlyCommon := func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "common.example"} }
	for _, c := range []struct {
		names  []string
		change func(*x509.Certificate)
		ask    string
		want   bool
	}{
		{[]string{"carrier.example"}, nil, "carrier.example", true},
		{[]string{"Carrier.Example"}, nil, "carrier.EXAMPLE.", true},
		{[]string{"sip:carrier.example"}, nil, "carrier.example", true},
		{[]string{"sip:carrier.example;transport=tls"}, nil, "carrier.example", true},
		{[]string{"other.example", "sip:carrier.example"}, nil, "carrier.example", true},
		{[]string{"sip:bob@carrier.example"}, nil, "carrier.example", false}, // a person's
		{[]string{"https:carrier.example"}, nil, "carrier.example", false},
		{[]string{"*.carrier.example"}, nil, "sip.carrier.example", false}, // RFC 5922 7.2: no wildcards
		{[]string{"carrier.example"}, nil, "sip.carrier.example", false},
		{[]string{"carrier.example.evil"}, nil, "carrier.example", false},
		{nil, onlyCommon, "common.example", true},
		{[]string{"other.example"}, onlyCommon, "common.example", false},
		{[]string{"192.0.2.1"}, nil, "192.0.2.1", true},
		{[]string{"192.0.2.1"}, nil, "::ffff:192.0.2.1", true},
		{[]string{"192.0.2.1"}, nil, "192.0.2.2", false},
		{[]string{"2001:db8::1"}, nil, "2001:db8::1", true},
		{[]string{"carrier.example"}, nil, "192.0.2.1", false},
		{[]string{"carrier.example"}, nil, "", false},
	} {
		if c.change == nil {
			c.change = func(*x509.Certificate) {}
		}
		err := verify(parsed(t, a.For(c.names, c.change)), a.Pool(), c.ask, time.Now())
		if (err == nil) != c.want {
			t.Errorf("%v for %q: %v", c.names, c.ask, err)
		}
	}
}

func TestChains(t *testing.T) {
	a, other := certs.New(t), certs.New(t)
	good := parsed(t, a.For([]string{"carrier.example"}))
	client := parsed(t, a.For([]string{"carrier.example"}, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }))
	for _, c := range []struct {
		name  string
		chain []*x509.Certificate
		roots *x509.CertPool
		at    time.Time
		want  string
	}{
		{"good", good, a.Pool(), time.Now(), ""},
		{"none", nil, a.Pool(), time.Now(), "no certificate"},
		{"another authority", good, other.Pool(), time.Now(), "nobody we trust vouches for its certificate"},
		{"expired", good, a.Pool(), time.Now().Add(certs.Life + time.Hour), "its certificate is not valid now or not for this"},
		{"not for servers", client, a.Pool(), time.Now(), "its certificate is not valid now or not for this"},
	} {
		err := verify(c.chain, c.roots, "carrier.example", c.at)
		if (err == nil) != (c.want == "") || err != nil && reasonOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestNewTLS(t *testing.T) {
	a := certs.New(t)
	if _, err := NewTLS("127.0.0.1:0", nil); !errs.Is(err, errs.Invalid) {
		t.Error("listens without a certificate:", err)
	}
	s, err := NewTLS("", &tls.Config{Certificates: []tls.Certificate{a.For([]string{"x"})}, MinVersion: tls.VersionTLS10})
	if err != nil {
		t.Fatal(err)
	}
	if s.server.MinVersion != tls.VersionTLS12 || s.client.MinVersion != tls.VersionTLS12 || s.server.InsecureSkipVerify {
		t.Errorf("%+v", s)
	}
	if c := s.clientFor("carrier.example"); c.ServerName != "carrier.example" || c.VerifyConnection == nil {
		t.Error(c.ServerName)
	}
	if c := s.clientFor("192.0.2.1"); c.ServerName != "" {
		t.Error("an address in SNI (RFC 6066 3)")
	}
}
