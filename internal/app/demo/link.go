package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"santra/internal/app/config"
	"santra/internal/recorder"
)

// demoCertificateLife is longer than any demonstration runs.
const demoCertificateLife = 30 * 24 * time.Hour

// secureLink has both servers know each other by certificates that they make anew at each start.
func (d *demonstration) secureLink() error {
	centreCert, centreKey, err := linkPair(d.ready.Data)
	if err != nil {
		return err
	}
	cert, key, err := linkPair(d.ready.RecorderData)
	if err != nil {
		return err
	}
	d.recorder.SRTP = "required"
	d.recorder.SIPTLS = recorder.SIPTLS{Listen: d.recorder.SIPTLS.Listen, Cert: cert, Key: key, ClientCA: centreCert}
	r := &d.centre.Server.Recorder
	r.SIP, r.SRTP = d.recorder.SIPTLS.Listen, "required"
	r.TLS = config.RecorderTLS{CA: cert, Cert: centreCert, Key: centreKey}
	return nil
}

// linkPair writes a certificate for 127.0.0.1 that vouches for itself, and its key, into a folder.
func linkPair(dir string) (cert, key string, err error) {
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("demo: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: Hostname}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(demoCertificateLife),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		return "", "", fmt.Errorf("demo: %w", err)
	}
	secretDER, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		return "", "", fmt.Errorf("demo: %w", err)
	}
	cert, key = filepath.Join(dir, "siprec.pem"), filepath.Join(dir, "siprec.key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secretDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return "", "", fmt.Errorf("demo: %w", err)
		}
	}
	return cert, key, nil
}
