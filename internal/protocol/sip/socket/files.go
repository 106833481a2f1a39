package socket

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"santra/internal/errs"
)

// Files says how an endpoint speaks TLS, at least 1.2 (RFC 3261 26, RFC 5922). The zero value calls by TLS and trusts those whom
// the machine trusts.
type Files struct {
	Addr     string // host:port to listen on; empty: it only calls
	CertFile string // PEM: our certificate and what is between it and its root. Also shown to peers who ask for one
	KeyFile  string // PEM: its key
	CAFile   string // PEM: who may vouch for the peers that we call; empty: whom the machine trusts
	ClientCA string // PEM: whoever calls us must have a certificate of one of these; empty: no certificate is asked for
	// Config is where these start from: its Certificates or GetCertificate, RootCAs, ClientAuth and ClientCAs are taken where no
	// file is named.
	Config *tls.Config
}

// Load reads the files; nil gives nil. errs.Invalid: one can't be read or holds no PEM.
func (f *Files) Load() (*TLS, error) {
	if f == nil {
		return nil, nil
	}
	base := &tls.Config{}
	if f.Config != nil {
		base = f.Config.Clone()
	}
	if f.CertFile != "" || f.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(f.CertFile, f.KeyFile)
		if err != nil {
			return nil, errs.At(errs.Invalid, "sip.tls", "certificate and key: %w", err)
		}
		base.Certificates = []tls.Certificate{pair}
	}
	var err error
	if base.RootCAs, err = pool(f.CAFile, base.RootCAs); err != nil {
		return nil, err
	}
	if f.ClientCA != "" {
		base.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if base.ClientCAs, err = pool(f.ClientCA, base.ClientCAs); err != nil {
		return nil, err
	}
	return NewTLS(f.Addr, base)
}

// pool reads the certificates of a file.
func pool(file string, otherwise *x509.CertPool) (*x509.CertPool, error) {
	if file == "" {
		return otherwise, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, errs.At(errs.Invalid, "sip.tls", "authorities: %w", err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		return nil, errs.At(errs.Invalid, "sip.tls", "no certificate in the file of authorities; want PEM")
	}
	return p, nil
}
