package sip

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/memnet"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/guard"
)

func TestProxyChallenge(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		a := listen(t, n, "192.0.2.2", nil)
		c, _ := n.Host("192.0.2.1").ListenPacket("192.0.2.1:5060")
		defer c.Close()
		w := &wire{t, c}
		o, err := a.Invite(t.Context(), Target{URI: "sip:1@192.0.2.1", User: "u", Password: "p"}, opts())
		if err != nil {
			t.Fatal(err)
		}
		answer := func(m, status, extra string) {
			w.send(a.Addr(), "SIP/2.0 "+status+"\nVia: "+field(m, "Via")+"\nFrom: "+field(m, "From")+"\nTo: <sip:1@192.0.2.1>;tag=x\nCall-ID: "+
				field(m, "Call-ID")+"\nCSeq: "+field(m, "CSeq")+"\n"+extra+"Content-Length: 0\n\n")
		}
		answer(w.want("INVITE "), "407 Who", "Proxy-Authenticate: Bearer x\nProxy-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256\n")
		w.want("ACK ")
		m := w.want("INVITE ")
		if field(m, "CSeq") != "2 INVITE" || !strings.Contains(field(m, "Proxy-Authorization"), `nonce="n1"`) {
			t.Error(m)
		}
		answer(m, "407 Old", "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\", stale=true\n")
		w.want("ACK ")
		m = w.want("INVITE ")
		if field(m, "CSeq") != "3 INVITE" || strings.Count(m, "Proxy-Authorization") != 1 || !strings.Contains(m, `nonce="n2"`) {
			t.Error(m)
		}
		answer(m, "407 No", "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n3\", qop=\"auth\"\n")
		w.want("ACK ")
		if _, err := o.Wait(t.Context()); err == nil || err.Error() != "sip: refused with 407" {
			t.Error(err)
		}
	})
}

func TestRegisterWithoutARegistrar(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		listen(t, n, "192.0.2.1", newAnswering())
		w := newWire(t, n, "192.0.2.2")
		w.send(server, strings.NewReplacer("INVITE", "REGISTER").Replace(invite))
		w.want("SIP/2.0 405")
	})
}

// credits makes Authorization for a raw request of the wire, out of its challenge.
func credits(t *testing.T, challenge, method, uri, user, password string) string {
	t.Helper()
	v, _, ok := digest.Answer([]string{challenge}, digest.Request{Method: method, URI: uri, User: user, Password: password})
	if !ok {
		t.Fatal("can't answer", challenge)
	}
	return "Authorization: " + v + "\n"
}

// secretOf knows the password of two users.
func secretOf(user, algorithm string) (string, bool) {
	return digest.HA1(algorithm, user, "city", "secret"), user == "carrier" || user == "roaming" || user == "strict"
}

func byPassword(c *Config) {
	c.Authenticate = &Authentication{Realm: "city", Secrets: secretOf}
	c.Trunks = []Trunk{
		{Name: "by address", Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")}},
		{Name: "by password", User: "carrier"},
		{Name: "by both", Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.8/32")}, User: "strict", Required: true},
		{Name: "either", Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.6/32")}, User: "roaming"},
	}
}

// Who calls is known by address, by password, or by both, and the call says by which trunk it came.
func TestTrunks(t *testing.T) {
	for _, c := range []struct {
		name, from, user, password string
		trunk, by                  string
		want                       string // error
	}{
		{"address", "192.0.2.7", "", "", "by address", "", ""},
		{"password", "192.0.2.2", "carrier", "secret", "by password", "carrier", ""},
		{"wrong password", "192.0.2.2", "carrier", "guess", "", "", "sip: refused with 403"},
		{"unknown user", "192.0.2.2", "nobody", "secret", "", "", "sip: refused with 403"},
		{"no password", "192.0.2.2", "", "", "", "", "sip: refused with 401"},
		{"both", "192.0.2.8", "strict", "secret", "by both", "strict", ""},
		{"both wanted, the address is wrong", "192.0.2.2", "strict", "secret", "", "", "sip: refused with 403"},
		{"both wanted, no password", "192.0.2.8", "", "", "", "", "sip: refused with 401"},
		{"either: address", "192.0.2.6", "", "", "either", "", ""},
		{"either: password", "192.0.2.2", "roaming", "secret", "either", "roaming", ""},
	} {
		for _, transport := range []string{"udp", "tcp"} {
			t.Run(c.name+" "+transport, func(t *testing.T) {
				inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
					h := newAnswering()
					b, a := listen(t, n, "192.0.2.1", h, byPassword), listen(t, n, c.from, nil)
					target := to(b, transport)
					target.User, target.Password = c.user, c.password
					o, err := a.Invite(t.Context(), target, opts())
					if err != nil {
						t.Fatal(err)
					}
					d, err := o.Wait(t.Context())
					if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
						t.Fatal(err)
					}
					if err != nil {
						if len(h.calls) != 0 || b.Stats().Transactions != 0 || b.Stats().Calls != 0 {
							t.Errorf("a stranger leaves something: %+v", b.Stats())
						}
						return
					}
					if in := <-h.calls; in.Trunk() != c.trunk || in.User() != c.by {
						t.Error(in.Trunk(), in.User())
					}
					_ = d.Bye(t.Context())
				})
			})
		}
	}
}

// RFC 8760 2.3: two challenges in order of strength; a client that knows only MD5 answers that.
func TestTwoChallenges(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		listen(t, n, "192.0.2.1", h, byPassword)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		m := w.want("SIP/2.0 401")
		all := allFields(m, "WWW-Authenticate")
		if len(all) != 2 || !strings.Contains(all[0], "algorithm=SHA-256") || !strings.Contains(all[1], "algorithm=MD5") || !strings.Contains(all[0], `qop="auth"`) {
			t.Fatal(all)
		}
		w.send(server, strings.Replace(invite, "INVITE sip", "ACK sip", 1))
		for i, c := range all {
			auth := credits(t, c, "INVITE", "sip:+358941000@192.0.2.1", "carrier", "secret")
			id := strconv.Itoa(i)
			w.send(server, strings.NewReplacer("-one", "-"+id, "CSeq: 1", "CSeq: "+strconv.Itoa(i+2), "Contact", auth+"Contact").Replace(invite))
			w.want("SIP/2.0 200")
		}
	})
}

func TestOneAlgorithm(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		listen(t, n, "192.0.2.1", newAnswering(), byPassword, func(c *Config) { c.Authenticate.Algorithms = []string{digest.MD5} })
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		if all := allFields(w.want("SIP/2.0 401"), "WWW-Authenticate"); len(all) != 1 || !strings.Contains(all[0], "algorithm=MD5") {
			t.Error(all)
		}
	})
}

// What was heard on the wire is good for nothing: the same credentials again, for another number, for another method.
func TestReplayedCredentials(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		e := listen(t, n, "192.0.2.1", h, byPassword)
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		auth := credits(t, allFields(w.want("SIP/2.0 401"), "WWW-Authenticate")[0], "INVITE", "sip:+358941000@192.0.2.1", "carrier", "secret")
		send := func(branch string, change ...string) string {
			edits := append([]string{"-one", "-" + branch, "Contact", auth + "Contact"}, change...)
			w.send(server, strings.NewReplacer(edits...).Replace(invite))
			for {
				if m := w.read(time.Minute); !strings.HasPrefix(m, "SIP/2.0 1") {
					return m
				}
			}
		}
		if m := send("first"); !strings.HasPrefix(m, "SIP/2.0 200") {
			t.Fatal(m)
		}
		w.send(server, inside("ACK", "From: x\r\nTo: y\r\n", 1, "ack"))
		thief := newWire(t, n, "192.0.2.66")
		thief.send(server, strings.NewReplacer("-one", "-thief", "192.0.2.2", "192.0.2.66", "Contact", auth+"Contact", "call-one", "call-two").Replace(invite))
		if m := thief.want("SIP/2.0 4"); !strings.HasPrefix(m, "SIP/2.0 401") || !strings.Contains(m, "stale=true") {
			t.Error("replayed from elsewhere:", m)
		}
		thief.send(server, strings.NewReplacer("-one", "-other", "192.0.2.2", "192.0.2.66", "INVITE sip:+358941000", "INVITE sip:+3581", "Contact", auth+"Contact").Replace(invite))
		if m := thief.want("SIP/2.0 4"); !strings.HasPrefix(m, "SIP/2.0 403") {
			t.Error("for another number:", m)
		}
		thief.send(server, strings.NewReplacer("-one", "-opt", "192.0.2.2", "192.0.2.66", "INVITE", "OPTIONS", "Contact", auth+"Contact").Replace(invite))
		if m := thief.want("SIP/2.0 4"); !strings.HasPrefix(m, "SIP/2.0 403") {
			t.Error("for another method:", m)
		}
		if len(h.calls) != 1 || e.Stats().Calls != 1 {
			t.Error(len(h.calls), e.Stats())
		}
	})
}

// Who guesses passwords is not answered any more for a while; others are.
func TestGuessingATrunksPassword(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		b := listen(t, n, "192.0.2.1", newAnswering(), byPassword)
		a, good := listen(t, n, "192.0.2.2", nil), listen(t, n, "192.0.2.3", nil)
		target := to(b, "udp")
		target.User, target.Password = "carrier", "guess"
		guess := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second/5)
			defer cancel()
			_, err := a.Options(ctx, target)
			time.Sleep(time.Second / 5)
			return err
		}
		for range guard.FailuresPerMinute + 10 {
			_ = guess()
		}
		if err := guess(); err != context.DeadlineExceeded {
			t.Error("still answered:", err)
		}
		target.Password = "secret"
		if r, err := good.Options(t.Context(), target); err != nil || r.Code != 200 {
			t.Error(r.Code, err)
		}
	})
}

// allFields are all values of a header field in a raw message.
func allFields(msg, name string) (all []string) {
	for l := range strings.SplitSeq(msg, "\r\n") {
		if n, v, ok := strings.Cut(l, ":"); ok && strings.EqualFold(n, name) {
			all = append(all, strings.TrimSpace(v))
		}
	}
	return all
}

func TestTrunksAreChecked(t *testing.T) {
	somewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	auth := &Authentication{Realm: "city", Secrets: secretOf}
	for _, c := range []struct {
		trunk Trunk
		auth  *Authentication
	}{
		{Trunk{Sources: somewhere}, nil},
		{Trunk{Name: "nobody"}, auth},
		{Trunk{Name: "no secrets", User: "u"}, nil},
		{Trunk{Name: "half", User: "u", Required: true}, auth},
		{Trunk{Name: "half", Sources: somewhere, Required: true}, auth},
		{Trunk{Name: "right", Sources: somewhere}, &Authentication{Realm: "city"}},
		{Trunk{Name: "right", Sources: somewhere}, &Authentication{Secrets: secretOf}},
		{Trunk{Name: "right", Sources: somewhere}, &Authentication{Realm: "city", Secrets: secretOf, Algorithms: []string{"SHA-1"}}},
	} {
		if _, err := Listen(Config{Addr: "127.0.0.1:0", Trunks: []Trunk{c.trunk}, Authenticate: c.auth}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", c.trunk, err)
		}
	}
}
