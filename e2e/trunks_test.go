//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"santra/internal/app/config"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
	"santra/internal/protocol/sip/siptest"
)

// reconfigure changes santra.yaml and starts the contact centre again.
func (c *city) reconfigure(t *testing.T, change func(*config.Config)) {
	t.Helper()
	path := filepath.Join(c.dir, "santra.yaml")
	cfg, err := config.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	change(&cfg)
	text, err := yaml.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	before := c.server("serve")
	if err := syscall.Kill(before, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "the contact centre runs again", func() bool { now := c.server("serve"); return now != 0 && now != before })
	healthy(t, c.HTTP)
}

// free is a loopback address that nobody listens at, by UDP and TCP.
func free(t *testing.T) string {
	t.Helper()
	e, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	at := e.Addr().String()
	_ = e.Close(t.Context())
	return at
}

// certificate makes one that vouches for itself, for 127.0.0.1.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "trunk"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err1 := x509.CreateCertificate(rand.Reader, form, form, &private.PublicKey, private)
	secret, err2 := x509.MarshalPKCS8PrivateKey(private)
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	err3 := os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	err4 := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// secretFile is a password file.
func secretFile(t *testing.T, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// trunkState is what GET /api/trunks shows.
type trunkState struct {
	Name, Why                                 string
	Up, Emergency, Registered, Asked, Answers bool
}

func (p *person) trunk(name string) trunkState {
	p.t.Helper()
	var out struct{ Trunks []trunkState }
	p.must("GET", "/api/trunks", nil, &out)
	for _, s := range out.Trunks {
		if s.Name == name {
			return s
		}
	}
	p.t.Fatalf("no trunk %s: %+v", name, out)
	return trunkState{}
}

// TestTwoCitiesAreEachOthersTrunk: an agent of one calls the other's number, once in each direction: by UDP with a password, and
// by TLS and SRTP. Both hear each other.
func TestTwoCitiesAreEachOthersTrunk(t *testing.T) {
	t.Parallel()
	a, b := start(t, "--seats", "1"), start(t, "--seats", "1")
	const ours, theirs = "+35893101", "+35893109" // beginnings of the numbers of b and a, which must differ
	cert, key := certificate(t)
	tlsAt, password := free(t), secretFile(t, "between-cities")
	a.reconfigure(t, func(c *config.Config) {
		for i := range c.City.Queues {
			c.City.Queues[i].Number = strings.Replace(c.City.Queues[i].Number, ours, theirs, 1)
		}
		c.City.Dialling.CallerID = strings.Replace(c.City.Dialling.CallerID, ours, theirs, 1)
		c.Server.SIP.Trunks = []config.Trunk{{
			Name: "b", Address: tlsAt, Transport: "tls", SRTP: true, Country: "FI", Emergency: true, Keepalive: 5 * time.Second,
		}}
		c.Server.SIP.TrunkAllow, c.Server.SIP.TrunkCountry = nil, "" // b calls with its password alone
		c.Server.SIP.Trunks = append(c.Server.SIP.Trunks, config.Trunk{Name: "b-in", Country: "FI", Auth: config.TrunkAuth{User: "b", PasswordFile: password}})
		c.Server.SIP.TLS.CA = cert
	})
	b.reconfigure(t, func(c *config.Config) {
		c.Server.SIP.TLS = config.SIPTLS{Trunk: tlsAt, Cert: cert, Key: key}
		c.Server.SIP.Trunks = []config.Trunk{{
			Name: "a", Address: a.SIP, Country: "FI", Register: config.TrunkRegister{User: "b", PasswordFile: password},
		}, {
			Name: "a-in", Allow: []string{"127.0.0.0/8"}, Country: "FI", Transport: "tls", SRTP: true,
		}}
		c.Server.SIP.TrunkAllow, c.Server.SIP.TrunkCountry = nil, ""
	})
	at := map[*city]*agent{a: a.agent(t, 0, siptest.Config{Tone: customerTone}), b: b.agent(t, 0, siptest.Config{Tone: agentTone})}
	eventually(t, soon, "a's trunk to b answers over TLS", func() bool { s := at[a].trunk("b"); return s.Up && s.Asked && s.Answers })
	for _, c := range []struct {
		name     string
		from, to *city
		number   string
	}{
		{"over TLS and SRTP", a, b, b.queue(t, "pysakointi").Number},
		{"with a password", b, a, strings.Replace(a.queue(t, "pysakointi").Number, ours, theirs, 1)},
	} {
		t.Run(c.name, func(t *testing.T) { callsTheOther(t, at[c.from], at[c.to], c.number) })
	}
}

func callsTheOther(t *testing.T, from, to *agent, number string) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	from.t, to.t = t, t
	from.must("POST", "/api/calls", map[string]string{"queue": "pysakointi", "number": number}, nil)
	var mine, others *siptest.Call
	for mine == nil || others == nil {
		select {
		case mine = <-from.phone.Calls():
		case others = <-to.phone.Calls():
		case <-ctx.Done():
			t.Fatal("both telephones did not ring", mine != nil, others != nil)
		}
	}
	tones := map[bool][2]float64{true: {customerTone, agentTone}, false: {agentTone, customerTone}}[strings.HasSuffix(t.Name(), "SRTP")]
	if err := others.WaitHears(ctx, tones[0]); err != nil {
		t.Error("who is called does not hear who calls:", err)
	}
	if err := mine.WaitHears(ctx, tones[1]); err != nil {
		t.Error("who calls does not hear who is called:", err)
	}
	if err := others.HangUp(ctx); err != nil {
		t.Error(err)
	}
	select {
	case <-mine.Ended():
	case <-ctx.Done():
		t.Error("who calls was not told of the end")
	}
	for _, one := range []*agent{from, to} {
		one.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil) // ends the wrap-up
	}
}

// house is an operator: a registrar with one user, who answers nobody.
type operatorHouse struct{ *registrar.Registrar }

func (operatorHouse) Invite(in *sip.Incoming) { in.Reject(404, "") }

// trunkOffer is an offer that is answered.
const trunkOffer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"

// TestATrunkThatRegisters: our registrar as the operator's. A call comes by the registration, with the number in the Request-URI or
// in To; a stop takes the registration back.
func TestATrunkThatRegisters(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	reg := registrar.New(registrar.Config{Realm: "operator", Secrets: func(u, alg string) (string, bool) {
		return digest.HA1(alg, u, "operator", "trunk-secret"), u == "city"
	}})
	op, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	op.Serve(operatorHouse{reg})
	defer op.Close(context.Background()) //nolint:errcheck // the test is over
	password := secretFile(t, "wrong")
	c.reconfigure(t, func(cfg *config.Config) {
		cfg.Server.SIP.Trunks = []config.Trunk{{
			Name: "op", Address: op.Addr().String(), Country: "FI", Emergency: true, Transport: "tcp",
			Register: config.TrunkRegister{User: "city", PasswordFile: password, Registrar: op.Addr().String()},
		}}
	})
	p := c.logIn(t, "agent", "")
	eventually(t, soon, "a wrong password is shown", func() bool { s := p.trunk("op"); return !s.Up && strings.Contains(s.Why, "403") })
	if err := os.WriteFile(password, []byte("trunk-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.reconfigure(t, func(*config.Config) {})
	p = c.logIn(t, "agent", "")
	eventually(t, soon, "it is registered", func() bool { s := p.trunk("op"); return s.Up && s.Registered && s.Why == "" })
	to, ok := reg.Lookup("city")
	if !ok {
		t.Fatal("the operator knows nothing of it")
	}
	to.URI = strings.Replace(to.URI, "sip:city@", "sip:"+c.queue(t, "pysakointi").Number+"@", 1)
	_, caller := newCaller()
	o, err := op.Invite(t.Context(), to, sip.InviteOptions{From: caller, Asserted: caller, ContentType: "application/sdp", Body: []byte(trunkOffer)})
	if err != nil {
		t.Fatal(err)
	}
	d, err := o.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Bye(t.Context()); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(c.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, stopWithin, "the registration is taken back", func() bool { _, still := reg.Lookup("city"); return !still })
}

// startBalancer starts Kamailio before a trunk.
func startBalancer(t *testing.T, behind string) (at string) {
	t.Helper()
	program := partner(t, "kamailio", "kamailio")
	raw, err := os.ReadFile("../internal/protocol/sip/testdata/kamailio.cfg")
	if err != nil {
		t.Fatal(err)
	}
	at = free(t)
	dir := t.TempDir()
	cfg := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(cfg, []byte(strings.NewReplacer("BALANCER", at, "HOUSE", behind).Replace(string(raw))), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-f", cfg, "-DD", "-E", "-w", dir, "-Y", dir, "-m", "32", "-M", "4")
	var out bytes.Buffer
	cmd.Stderr = &out
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	cmd.WaitDelay = stopWithin
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	return at
}

// TestKamailioInFront: a customer calls through a load balancer, is answered and hears the agent; either side hangs up, and both
// know it. While the centre drains, the balancer hears 503.
func TestKamailioInFront(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	c.reconfigure(t, func(cfg *config.Config) { cfg.Server.SIP.Drain = time.Minute })
	at := addr(t, startBalancer(t, c.SIP))
	peer, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	peer.Serve(nil)
	defer peer.Close(context.Background()) //nolint:errcheck // the test is over
	options := func(to netip.AddrPort) int {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		r, _ := peer.Options(ctx, sip.Target{URI: "sip:city@" + c.SIP, Route: to})
		return r.Code
	}
	eventually(t, soon, "Kamailio is up", func() bool { return options(at) == 200 })
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	for _, transport := range []string{"udp", "tcp"} {
		for _, who := range []string{"the customer", "the agent"} {
			t.Run(transport+", "+who+" hangs up", func(t *testing.T) { a.t = t; throughBalancer(t, c, a, at, transport, who == "the agent") })
		}
	}
	a.t = t
	_, caller := newCaller()
	call, err := newPhone(t, siptest.Config{Server: at, Tone: customerTone}).Call(t.Context(), c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(c.server("serve"), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "the balancer is told to go elsewhere", func() bool { return options(addr(t, c.SIP)) == 503 })
	desk := <-a.phone.Calls() // who waits is answered still
	if err := desk.WaitHears(t.Context(), customerTone); err != nil {
		t.Error(err)
	}
	if err := call.HangUp(t.Context()); err != nil {
		t.Error(err)
	}
}

func throughBalancer(t *testing.T, c *city, a *agent, at netip.AddrPort, transport string, agentLeaves bool) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	_, caller := newCaller()
	call, err := newPhone(t, siptest.Config{Server: at, Transport: transport, Tone: customerTone}).Call(ctx, c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	var desk *siptest.Call
	select {
	case desk = <-a.phone.Calls():
	case <-ctx.Done():
		t.Fatal("the agent's phone did not ring")
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := desk.WaitHears(ctx, customerTone); err != nil {
			t.Error("the agent does not hear the customer:", err)
		}
	})
	if err := call.WaitHears(ctx, agentTone); err != nil {
		t.Error("the customer does not hear the agent:", err)
	}
	wg.Wait()
	leaves, other := call, desk
	if agentLeaves {
		leaves, other = desk, call
	}
	if err := leaves.HangUp(ctx); err != nil {
		t.Error(err)
	}
	select {
	case <-other.Ended():
	case <-ctx.Done():
		t.Error("the other side was not told of the end")
	}
	a.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil) // ends the wrap-up
}
