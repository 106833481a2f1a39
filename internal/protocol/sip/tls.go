package sip

import (
	gotls "crypto/tls"
	"crypto/x509"
	"os"

	"santra/internal/errs"
	"santra/internal/protocol/sip/socket"
)

// TLS says how an Endpoint speaks TLS, at least 1.2 (RFC 3261 26, RFC 5922). The zero value calls by TLS and trusts those whom
// the machine trusts.
type TLS struct {
	Addr     string // host:port to listen on; empty: it only calls
	CertFile string // PEM: our certificate and what is between it and its root. Also shown to peers who ask for one
	KeyFile  string // PEM: its key
	CAFile   string // PEM: who may vouch for the peers that we call; empty: whom the machine trusts
	ClientCA string // PEM: whoever calls us must have a certificate of one of these; empty: no certificate is asked for
	// Config is where these start from: its Certificates or GetCertificate, RootCAs, ClientAuth and ClientCAs are taken where no
	// file is named.
	Config *gotls.Config
}

// load reads the files.
func (t *TLS) load() (*socket.TLS, error) {
	if t == nil {
		return nil, nil
	}
	base := &gotls.Config{}
	if t.Config != nil {
		base = t.Config.Clone()
	}
	if t.CertFile != "" || t.KeyFile != "" {
		pair, err := gotls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, errs.At(errs.Invalid, "sip.tls", "certificate and key: %w", err)
		}
		base.Certificates = []gotls.Certificate{pair}
	}
	var err error
	if base.RootCAs, err = pool(t.CAFile, base.RootCAs); err != nil {
		return nil, err
	}
	if t.ClientCA != "" {
		base.ClientAuth = gotls.RequireAndVerifyClientCert
	}
	if base.ClientCAs, err = pool(t.ClientCA, base.ClientCAs); err != nil {
		return nil, err
	}
	return socket.NewTLS(t.Addr, base)
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
