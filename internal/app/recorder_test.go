package app

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/recorder"
)

// selfSigned writes a certificate for 127.0.0.1 and its key.
func selfSigned(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	secretDER, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key, pool = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secretDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, key, pool
}

// freePorts gives two addresses of which nobody has the TCP port.
func freePorts(t *testing.T) (one, other string) {
	t.Helper()
	a, err1 := net.Listen("tcp", "127.0.0.1:0")
	b, err2 := net.Listen("tcp", "127.0.0.1:0")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = errors.Join(a.Close(), b.Close()) }()
	return a.Addr().String(), b.Addr().String()
}

// recorderYAML writes a recorder's configuration over folders and ports of the test's own.
func recorderYAML(t *testing.T, more string) (path, address string) {
	t.Helper()
	sip, web := freePorts(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "recorder.yaml")
	text := "sip: " + sip + "\nhttp: " + web + "\ndata: " + dir + "/data\nkeys: " + dir + "/keys\ncountry: FI\ncentre_origin: https://santra.example\n" +
		"centre_key: " + base64.StdEncoding.EncodeToString(make([]byte, 32)) + "\n" + more
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, web
}

// TestTheRecorderDoesTLS: with a certificate it answers over TLS.
func TestTheRecorderDoesTLS(t *testing.T) {
	cert, key, pool := selfSigned(t)
	path, address := recorderYAML(t, "cert: "+cert+"\nkey: "+key+"\n")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ServeRecorder(ctx, path, slog.New(slog.DiscardHandler)) }()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: time.Second}
	answered := false
	for !answered {
		select {
		case err := <-ended:
			t.Fatal("it ended:", err)
		default:
		}
		if res, err := client.Get("https://" + address + "/healthz"); err == nil {
			_ = res.Body.Close()
			answered = res.StatusCode == http.StatusOK
		} else if !strings.Contains(err.Error(), "refused") {
			t.Fatal(err)
		}
	}
	client.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestACertificateThatIsNone: the start is refused instead of a server that answers nobody.
func TestACertificateThatIsNone(t *testing.T) {
	w := newWebServer("127.0.0.1:0", "nowhere.pem", "nowhere.key", http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if err := w.Start(t.Context()); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "nowhere.pem") {
		t.Error(err)
	}
}

func TestPlayersOverTLSHaveSecureCookies(t *testing.T) {
	for _, c := range []struct {
		recorder.Config
		want bool
	}{
		{recorder.Config{CentreOrigin: "http://127.0.0.1:8080"}, false},
		{recorder.Config{CentreOrigin: "https://santra.example"}, true},
		{recorder.Config{CentreOrigin: "http://127.0.0.1:8080", Cert: "cert.pem"}, true},
	} {
		if got := heardOverTLS(c.Config); got != c.want {
			t.Errorf("%+v: %v", c.Config, got)
		}
	}
}

func TestConfirmClock(t *testing.T) {
	path, _ := recorderYAML(t, "")
	var out bytes.Buffer
	if err := ConfirmClock(t.Context(), path, "aino", &out, slog.New(slog.DiscardHandler)); err != nil || !strings.HasPrefix(out.String(), "signed: ") {
		t.Error(out.String(), err)
	}
	if err := ConfirmClock(t.Context(), path, "", &out, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("nobody confirmed it")
	}
}

func TestParseNow(t *testing.T) {
	for text, want := range map[string]time.Time{
		"": {}, "2027-05-24": time.Date(2027, 5, 24, 12, 0, 0, 0, time.UTC),
		"2027-05-24T01:02:03+03:00": time.Date(2027, 5, 23, 22, 2, 3, 0, time.UTC),
	} {
		if got, err := ParseNow(text); err != nil || !got.Equal(want) {
			t.Errorf("%q: %s %v", text, got, err)
		}
	}
	if _, err := ParseNow("tomorrow"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
