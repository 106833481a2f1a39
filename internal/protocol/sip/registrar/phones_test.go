package registrar

import (
	"crypto/tls"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/protocol/sip/siptest/certs"
)

// both has a registrar that knows both secrets of everybody.
func both() *Registrar {
	return New(Config{Realm: "santra", Secrets: func(u, a string) (string, bool) { return digest.HA1(a, u, "santra", "secret"), true }})
}

type withCalls struct {
	*Registrar
}

func (withCalls) Invite(in *sip.Incoming) { in.Reject(404, "") }

// doing registers by raw messages: a question, then with the answer to the first challenge.
func doing(t *testing.T, w *wire, seq *int, contact string) string {
	t.Helper()
	*seq += 2
	w.send(server, register(*seq, contact, ""))
	m := w.want("SIP/2.0 401")
	v, _, ok := digest.Answer([]string{field(m, "WWW-Authenticate")}, digest.Request{Method: "REGISTER", URI: "sip:192.0.2.1", User: "1001", Password: "secret"})
	if !ok {
		t.Fatal(m)
	}
	w.send(server, register(*seq+1, contact, "Authorization: "+v+"\n"))
	return w.read(time.Second)
}

// RFC 8760 2.3: where both secrets of a user are known, both algorithms are offered, the stronger one first; where one is, one.
func TestBothAlgorithmsAreOffered(t *testing.T) {
	for _, c := range []struct {
		reg  func() *Registrar
		want string
	}{
		{both, "SHA-256 MD5"},
		{func() *Registrar { return newPhones(true).Registrar }, "SHA-256"},
		{func() *Registrar { return newPhones(false).Registrar }, "MD5"},
	} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			listen(t, n, "192.0.2.1", withCalls{c.reg()})
			w := newWire(t, n, "192.0.2.2")
			w.send(server, register(1, "", ""))
			var algorithms []string
			for l := range strings.SplitSeq(w.want("SIP/2.0 401"), "\r\n") {
				if strings.HasPrefix(l, "WWW-Authenticate") {
					_, a, _ := strings.Cut(l, "algorithm=")
					a, _, _ = strings.Cut(a, ",")
					algorithms = append(algorithms, a)
				}
			}
			if got := strings.Join(algorithms, " "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// offered are the algorithms of a response, in their order.
func offered(m string) string {
	var all []string
	for l := range strings.SplitSeq(m, "\r\n") {
		if strings.HasPrefix(l, "WWW-Authenticate") {
			_, a, _ := strings.Cut(l, "algorithm=")
			a, _, _ = strings.Cut(a, ",")
			all = append(all, a)
		}
	}
	return strings.Join(all, " ")
}

// The algorithms are the configuration's, in its order: offered to whoever asks, so that the challenge does not tell who exists, and
// no other is taken. Telephones that answer the strongest, and ones that only know MD5, register where theirs is offered.
func TestConfiguredAlgorithms(t *testing.T) {
	secrets := func(user, algorithm string) (string, bool) {
		return digest.HA1(algorithm, user, "santra", "secret"), user == "1001"
	}
	for _, c := range []struct {
		list       []string
		offer      string
		md5, phone bool // who registers
	}{
		{nil, "SHA-256 MD5", true, true},
		{[]string{digest.MD5}, "MD5", true, true},
		{[]string{digest.SHA256}, "SHA-256", false, true},
		{[]string{digest.SHA256, digest.MD5}, "SHA-256 MD5", true, true},
		{[]string{digest.MD5, digest.SHA256}, "MD5 SHA-256", true, true},
	} {
		inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
			reg := New(Config{Realm: "santra", Secrets: secrets, Algorithms: c.list})
			listen(t, n, "192.0.2.1", withCalls{reg})
			w := newWire(t, n, "192.0.2.2")
			w.send(server, register(1, "", ""))
			known := w.want("SIP/2.0 401")
			w.send(server, strings.ReplaceAll(register(2, "", ""), "1001", "nobody"))
			if got := offered(known); got != c.offer || offered(w.want("SIP/2.0 401")) != c.offer {
				t.Errorf("%v: %q, want %q for everybody", c.list, got, c.offer)
			}
			w.send(server, register(3, "", authorisation(t, strings.Replace(known, "SHA-256", "MD5", 1), "secret", 1)))
			if m := w.read(time.Second); strings.HasPrefix(m, "SIP/2.0 200") != c.md5 {
				t.Errorf("%v: MD5: %q", c.list, m)
			}
			p, err := siptest.NewPhone(siptest.Config{Addr: "192.0.2.3:5060", Server: server, User: "1001", Password: "secret", Network: n.Host("192.0.2.3")})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close() //nolint:errcheck // of the test
			if err := p.Register(t.Context()); (err == nil) != c.phone {
				t.Errorf("%v: a telephone: %v", c.list, err)
			}
		})
	}
}

// Telephones register, are called, move and leave, by every transport.
func TestEveryTransport(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls"} {
		inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
			a, reg := certs.New(t), both()
			secure := func(ip string) func(*sip.Config) {
				return func(c *sip.Config) {
					c.TLS = &sip.TLS{Addr: ip + ":5061", Config: &tls.Config{Certificates: []tls.Certificate{a.For([]string{ip})}, RootCAs: a.Pool()}}
				}
			}
			e := listen(t, n, "192.0.2.1", withCalls{reg}, secure("192.0.2.1"))
			call := func(want string) *sip.Dialog {
				t.Helper()
				to, ok := reg.Lookup("1001")
				if !ok || to.Transport != transport {
					t.Fatalf("%s: %+v", transport, to)
				}
				o, err := e.Invite(t.Context(), to, opts())
				if err != nil {
					t.Fatal(err)
				}
				d, err := o.Wait(t.Context())
				if err != nil || d.Remote().Addr().String() != want {
					t.Fatal(transport, err, d)
				}
				return d
			}
			at := func(ip string) *sip.Registrant {
				phone := listen(t, n, ip, newAnswering(), secure(ip))
				r := phone.Registrant(sip.Target{URI: "sip:1001@192.0.2.1", Transport: transport, User: "1001", Password: "secret"})
				if _, err := r.Register(t.Context(), time.Hour); err != nil {
					t.Fatal(transport, err)
				}
				return r
			}
			desk := at("192.0.2.2")
			old := call("192.0.2.2")
			home := at("192.0.2.3") // the same user from another place: the newest rings
			_ = call("192.0.2.3").Bye(t.Context())
			select {
			case <-old.Ended():
				t.Error("the call at the old place ended")
			default:
			}
			if err := old.Bye(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := home.Register(t.Context(), 0); err != nil {
				t.Error(err)
			}
			_ = call("192.0.2.2").Bye(t.Context())
			_, _ = desk.Register(t.Context(), 0)
			if len(reg.Users()) != 0 || reg.total != 0 {
				t.Error("left:", reg.Users(), reg.total)
			}
		})
	}
}

// RFC 5626: the same device from another address replaces its old contact; another device does not.
func TestInstances(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		reg, seq := both(), 0
		listen(t, n, "192.0.2.1", withCalls{reg})
		w := newWire(t, n, "192.0.2.2")
		one, two := `;+sip.instance="<urn:uuid:0001>"`, `;+sip.instance="<urn:uuid:0002>"`
		for _, c := range []struct {
			contact string
			want    int
		}{
			{"Contact: <sip:1001@192.0.2.2:5060>" + one, 1},
			{"Contact: <sip:1001@192.0.2.2:6000>" + one, 1},
			{"Contact: <sip:1001@192.0.2.2:6000>" + two, 1}, // the same address is the same contact
			{"Contact: <sip:1001@192.0.2.2:7000>" + one, 2},
			{"Contact: <sip:1001@192.0.2.2:7001>" + one + ";reg-id=2", 3}, // another way to the same device
			{"Contact: <sip:1001@192.0.2.2:7002>" + one + ";reg-id=2", 3},
			{"Contact: <sip:1001@192.0.2.2:8000>", 4},
			{"Contact: <sip:1001@192.0.2.9:1>" + two + ";expires=0", 3}, // it leaves, by whatever address
			{"Contact: <sip:1001@192.0.2.2>;+sip.instance=\"" + strings.Repeat("x", 300) + "\"", 3},
		} {
			m := doing(t, w, &seq, c.contact+"\n")
			if got := len(reg.users["1001"]); got != c.want {
				t.Errorf("%s: %d contacts, want %d\n%s", c.contact, got, c.want, m)
			}
		}
	})
}

// RFC 3327: calls go back by the proxies that the registration came by.
func TestPath(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		reg, seq := both(), 0
		e := listen(t, n, "192.0.2.1", withCalls{reg})
		w := newWire(t, n, "192.0.2.2")
		m := doing(t, w, &seq, "Contact: <sip:1001@10.0.0.5>\nPath: <sip:192.0.2.2;lr>, <sip:edge.example;lr>\nSupported: path\n")
		if !strings.HasPrefix(m, "SIP/2.0 200") || !strings.Contains(m, "Path: <sip:192.0.2.2;lr>\r\nPath: <sip:edge.example;lr>\r\n") {
			t.Fatal(m)
		}
		to, _ := reg.Lookup("1001")
		o, err := e.Invite(t.Context(), to, opts())
		if err != nil {
			t.Fatal(err)
		}
		m = w.want("INVITE sip:1001@10.0.0.5 ")
		if !strings.Contains(m, "Route: <sip:192.0.2.2;lr>\r\nRoute: <sip:edge.example;lr>\r\n") {
			t.Error(m)
		}
		o.Cancel()
		for _, bad := range []string{
			"<sip:192.0.2.2>", "sip:192.0.2.2;lr", "<sip:" + strings.Repeat("x", MaxPathLen) + ";lr>", strings.Repeat("<sip:a;lr>,", MaxPath) + "<sip:a;lr>",
		} {
			if m := doing(t, w, &seq, "Contact: <sip:1001@10.0.0.6>\nPath: "+bad+"\n"); !strings.HasPrefix(m, "SIP/2.0 400") {
				t.Error(bad[:min(len(bad), 40)], m)
			}
		}
		if m := doing(t, w, &seq, "Contact: <sip:1001@10.0.0.6>\nRequire: path, gruu\n"); !strings.HasPrefix(m, "SIP/2.0 420") || field(m, "Unsupported") != "gruu" {
			t.Error(m)
		}
	})
}

// A phone that registers on and on is told to wait; others are not touched.
func TestAPhoneThatRegistersOnAndOn(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		reg := both()
		b, a := listen(t, n, "192.0.2.1", withCalls{reg}), listen(t, n, "192.0.2.2", nil)
		mad, calm := registrant(a, b, "1001", "secret", "udp"), registrant(a, b, "1002", "secret", "udp")
		var err error
		for range updatesBurst + 10 {
			_, err = mad.Register(t.Context(), time.Hour)
		}
		if err == nil || err.Error() != "sip: refused with 503" {
			t.Error(err)
		}
		if _, err := calm.Register(t.Context(), time.Hour); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if _, err := mad.Register(t.Context(), time.Hour); err != nil {
			t.Error("for ever:", err)
		}
	})
}

// A phone by TLS has no certificate by which it could be called: its contact ends with its connection.
func TestAPhoneByTLSIsGoneWithItsConnection(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a, reg := certs.New(t), both()
		listen(t, n, "192.0.2.1", withCalls{reg}, func(c *sip.Config) {
			c.TLS = &sip.TLS{Addr: "192.0.2.1:5061", Config: &tls.Config{Certificates: []tls.Certificate{a.For([]string{"192.0.2.1"})}}}
		})
		phone := listen(t, n, "192.0.2.2", newAnswering(), func(c *sip.Config) { c.TLS = &sip.TLS{Config: &tls.Config{RootCAs: a.Pool()}} })
		r := phone.Registrant(sip.Target{URI: "sip:1001@192.0.2.1", Transport: "tls", User: "1001", Password: "secret"})
		if _, err := r.Register(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		_ = phone.Close(t.Context())
		synctest.Wait()
		if _, ok := reg.Lookup("1001"); ok {
			t.Error("a contact that nothing can reach")
		}
	})
}
