package play_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/recorder"
)

// TestSRTPFromTheTap: where SRTP is required a tap's stream is encrypted, also after a pause, whose keys are those of before.
func TestSRTPFromTheTap(t *testing.T) {
	r := newRig(t, func(c *recorder.Config) { c.SRTP = "required" })
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	must(t, err)
	tap, err := rtp.NewTap(rtp.TapConfig{Pool: pool})
	must(t, err)
	e := r.extension("water")
	d, offer := r.tapped(tap, e, sdp.Required)
	c := &call{r: r, dialog: d, offer: offer}
	customer, agent := newSpeaker(t, pool, tap, rtp.Customer, 1000), newSpeaker(t, pool, tap, rtp.Agent, 777_000_000)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := range 100 {
		<-tick.C
		switch n {
		case 40:
			tap.Pause(true)
			c.pause(true)
		case 70:
			c.pause(false)
			tap.Pause(false)
		}
		customer.say(n)
		agent.say(n)
	}
	<-tick.C
	must(t, tap.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	must(t, d.Bye(ctx))
	row := r.finished("water", e.Session)
	data := r.heard(row)
	if row.State != recorder.Complete || row.Gaps != 0 || row.Pauses != 1 || row.Length < 1800*time.Millisecond || row.Length > 2500*time.Millisecond {
		t.Errorf("%+v", row)
	}
	for n, want := range map[int]bool{10: true, 30: true, 50: false, 60: false, 80: true, 95: true} {
		if bytes.Contains(data, bytes.Repeat([]byte{spoken(n)}, frame)) != want {
			t.Errorf("packet %d is heard: %v", n, !want)
		}
	}
}

// TestInTheClearIsRefused: where SRTP is required, with a sentence that says so.
func TestInTheClearIsRefused(t *testing.T) {
	r := newRig(t, func(c *recorder.Config) { c.SRTP = "required" })
	_, err := r.dial("tcp", nil, own(r.extension("water")))
	if refused, ok := errors.AsType[*sip.Refused](err); !ok || refused.Code != 488 || !bytes.Contains([]byte(refused.Reason), []byte("SRTP")) {
		t.Error(err)
	}
	off := newSecondRig(t, func(c *recorder.Config) { c.SRTP = "off" })
	_, err = off.dial("tcp", nil, func([]byte) (string, []byte) {
		return own(off.extension("water"))(sdp.Offer(sdp.Options{},
			sdp.Stream{Local: local(udp(t)), Direction: sdp.SendOnly, Label: siprec.LabelCustomer, Security: sdp.Required}))
	})
	if refused, ok := errors.AsType[*sip.Refused](err); !ok || refused.Code != 488 {
		t.Error(err)
	}
}

// pair writes a certificate for 127.0.0.1 that vouches for itself, and its key.
func pair(t *testing.T) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	must(t, err)
	secretDER, err := x509.MarshalPKCS8PrivateKey(secret)
	must(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secretDER}), 0o600))
	return cert, key
}

// TestOverTLS: the recorder takes calls over TLS of the one whose certificate it knows, and is known to it by its own; nobody
// else comes in, and nobody else is spoken to.
func TestOverTLS(t *testing.T) {
	recorderCert, recorderKey := pair(t)
	centreCert, centreKey := pair(t)
	strangerCert, strangerKey := pair(t)
	r := newRig(t, func(c *recorder.Config) {
		c.SIPTLS = recorder.SIPTLS{Listen: "127.0.0.1:0", Cert: recorderCert, Key: recorderKey, ClientCA: centreCert}
	})
	for name, c := range map[string]struct {
		tls  sip.TLS
		good bool
	}{
		"the centre":                {sip.TLS{CertFile: centreCert, KeyFile: centreKey, CAFile: recorderCert}, true},
		"a stranger":                {sip.TLS{CertFile: strangerCert, KeyFile: strangerKey, CAFile: recorderCert}, false},
		"nobody":                    {sip.TLS{CAFile: recorderCert}, false},
		"another recorder's client": {sip.TLS{CertFile: centreCert, KeyFile: centreKey, CAFile: strangerCert}, false},
	} {
		phone, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", TLS: &c.tls})
		must(t, err)
		phone.Serve(nil)
		r.phone = phone
		e := r.extension("water")
		call, err := r.dial("tls", []string{"PCMA"}, own(e))
		if (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			call.talk(50)
			call.hangUp()
			aligned(t, r.heard(r.finished("water", e.Session)), 50)
		}
		must(t, phone.Close(t.Context()))
	}
}
