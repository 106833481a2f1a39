package registrar

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
)

// phones is a Handler with a Registrar.
type phones struct {
	*Registrar
	news chan string
}

func (phones) Invite(in *sip.Incoming) { in.Reject(404, "") }

func newPhones(sha bool) phones {
	p := phones{news: make(chan string, 100)}
	p.Registrar = New(Config{
		Realm: "santra",
		HA1: func(u string) (string, bool) {
			if sha {
				return digest.HA1(digest.SHA256, u, "santra", "secret"), u == "1001"
			}
			return digest.HA1(digest.MD5, u, "santra", "secret"), u == "1001" || u == "1002" || u == "1003"
		},
		Changes: func(u string, on bool) {
			if on {
				u = "+" + u
			}
			p.news <- u
		},
	})
	return p
}

func registrant(e, at *sip.Endpoint, user, password, transport string) *sip.Registrant {
	return e.Registrant(sip.Target{URI: "sip:" + user + "@" + at.Addr().String(), Transport: transport, User: user, Password: password})
}

func TestRegister(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		for _, sha := range []bool{false, true} {
			inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
				h := newPhones(sha)
				b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", newAnswering())
				r := registrant(a, b, "1001", "secret", transport)
				life, err := r.Register(t.Context(), 2*time.Hour)
				if err != nil || life != MaxExpires {
					t.Fatal(life, err)
				}
				target, ok := h.Lookup("1001")
				if !ok || target.Transport != transport || target.Route.Addr() != a.Addr().Addr() {
					t.Fatalf("%+v", target)
				}
				if transport == "udp" && !h.Knows(a.Addr()) || h.Knows(b.Addr()) {
					t.Error("knows the wrong sources")
				}
				o, err := b.Invite(t.Context(), target, opts())
				if err != nil {
					t.Fatal(err)
				}
				d, err := o.Wait(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				_ = d.Bye(t.Context())
				if _, err := r.Register(t.Context(), 0); err != nil {
					t.Fatal(err)
				}
				if _, ok := h.Lookup("1001"); ok {
					t.Error("still there")
				}
				_, _ = r.Register(t.Context(), time.Minute)
				if got := h.Users(); len(got) != 1 {
					t.Error(got)
				}
				time.Sleep(time.Minute + time.Second)
				for _, want := range []string{"+1001", "1001", "+1001", "1001"} {
					if got := <-h.news; got != want {
						t.Errorf("%s, want %s", got, want)
					}
				}
			})
		}
	}
}

func TestRegisterRefused(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newPhones(false)
		b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
		for _, c := range []struct{ user, password, want string }{
			{"1001", "guess", "sip: refused with 403"},
			{"9999", "secret", "sip: refused with 403"},
		} {
			if _, err := registrant(a, b, c.user, c.password, "udp").Register(t.Context(), time.Hour); err == nil || err.Error() != c.want {
				t.Error(c, err)
			}
		}
		if _, err := a.Registrant(sip.Target{URI: "sip:1001@192.0.2.1"}).Register(t.Context(), time.Hour); err == nil || err.Error() != "sip: refused with 401" {
			t.Error(err)
		}
		if _, err := registrant(a, b, "1001", "secret", "udp").Register(t.Context(), time.Second); err == nil || err.Error() != "sip: refused with 423" {
			t.Error(err)
		}
		if _, err := a.Registrant(sip.Target{URI: "tel:1"}).Register(t.Context(), time.Hour); err == nil {
			t.Error("registered nowhere")
		}
	})
}

// Who guesses is not answered any more; a phone that is registered from there still is, and another user's can register.
func TestGuessing(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newPhones(false)
		b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
		good := registrant(a, b, "1002", "secret", "udp")
		if _, err := good.Register(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		bad := registrant(a, b, "1001", "guess", "udp")
		for range failuresPerMinute {
			_, _ = bad.Register(t.Context(), time.Hour)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if _, err := bad.Register(ctx, time.Hour); err != context.DeadlineExceeded {
			t.Error(err)
		}
		if _, err := registrant(a, b, "1003", "secret", "udp").Register(t.Context(), time.Hour); err != nil {
			t.Error("locked out by a neighbour:", err)
		}
		if _, err := good.Register(t.Context(), time.Hour); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Minute)
		if _, err := registrant(a, b, "1001", "secret", "udp").Register(t.Context(), time.Hour); err != nil {
			t.Error(err)
		}
		if s := b.Stats(); s.Refused > failuresPerMinute+2 || s.Limited == 0 {
			t.Errorf("%+v", s)
		}
	})
}

// register is a raw REGISTER of 1001.
func register(seq int, contact, extra string) string {
	return "REGISTER sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK-r" + strconv.Itoa(seq) + ";rport\n" +
		"From: <sip:1001@192.0.2.1>;tag=r\nTo: <sip:1001@192.0.2.1>\nCall-ID: reg\nCSeq: " + strconv.Itoa(seq) + " REGISTER\n" +
		contact + extra + "Max-Forwards: 70\nContent-Length: 0\n\n"
}

// authorisation answers a raw 401.
func authorisation(t *testing.T, m, password string, count int) string {
	t.Helper()
	c := field(m, "WWW-Authenticate")
	nonce := between(c, `nonce="`, `"`)
	if nonce == "" {
		t.Fatal(m)
	}
	ha2 := md5hex("REGISTER", "sip:192.0.2.1")
	resp := md5hex(digest.HA1(digest.MD5, "1001", "santra", password), nonce, fmt.Sprintf("%08x", count), "cn", "auth", ha2)
	return `Authorization: Digest username="1001", realm="santra", nonce="` + nonce + `", uri="sip:192.0.2.1", response="` + resp +
		`", algorithm=MD5, cnonce="cn", qop=auth, nc=` + fmt.Sprintf("%08x", count) + "\n"
}

func between(s, a, b string) string {
	_, s, _ = strings.Cut(s, a)
	s, _, _ = strings.Cut(s, b)
	return s
}

func TestNoncesAgeAndAreUsedOnce(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		listen(t, n, "192.0.2.1", newPhones(false))
		w := newWire(t, n, "192.0.2.2")
		contact := "Contact: <sip:1001@192.0.2.2>\n"
		w.send(server, register(1, contact, ""))
		m := w.want("SIP/2.0 401")
		w.send(server, register(2, contact, authorisation(t, m, "secret", 1)))
		w.want("SIP/2.0 200")
		w.send(server, register(3, contact, authorisation(t, m, "secret", 1)))
		if again := w.want("SIP/2.0 401"); !strings.Contains(again, "stale=true") {
			t.Error("a count was used twice", again)
		}
		w.send(server, register(4, contact, authorisation(t, m, "secret", 2)))
		w.want("SIP/2.0 200")
		time.Sleep(sip.NonceLife)
		w.send(server, register(5, contact, authorisation(t, m, "secret", 3)))
		if again := w.want("SIP/2.0 401"); !strings.Contains(again, "stale=true") {
			t.Error("an old nonce", again)
		}
		w.send(server, register(6, contact, strings.Replace(authorisation(t, m, "secret", 4), `nonce="`, `nonce="x`, 1)))
		if again := w.want("SIP/2.0 401"); strings.Contains(again, "stale") {
			t.Error("a foreign nonce", again)
		}
	})
}

func TestContacts(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newPhones(false)
		listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		seq := 0
		do := func(contact, want string) string {
			t.Helper()
			seq += 2
			w.send(server, register(seq, contact, ""))
			auth := authorisation(t, w.want("SIP/2.0 401"), "secret", 1)
			w.send(server, register(seq+1, contact, auth))
			m := w.read(time.Second)
			if !strings.HasPrefix(m, want) {
				t.Errorf("%q: %q, want %s", contact, m, want)
			}
			return m
		}
		do("Contact: <sip:a@192.0.2.2>;expires=100, <sip:b@192.0.2.3:5070;transport=tcp>\nExpires: 200\n", "SIP/2.0 200")
		if target, _ := h.Lookup("1001"); target.URI != "sip:b@192.0.2.3:5070;transport=tcp" || target.Transport != "tcp" || target.Route.String() != "192.0.2.3:5070" {
			t.Errorf("%+v", target)
		}
		m := do("", "SIP/2.0 200") // a question
		if !strings.Contains(m, "Contact: <sip:a@192.0.2.2>;expires=100\r\nContact: <sip:b@192.0.2.3:5070;transport=tcp>;expires=200\r\n") {
			t.Error(m)
		}
		do("Contact: *\n", "SIP/2.0 400")
		do("Contact: *, <sip:a@b>\nExpires: 0\n", "SIP/2.0 400")
		do("Contact: <sip:a@192.0.2.2>;expires=1\n", "SIP/2.0 423")
		do("Contact: <sip:a@192.0.2.2>;expires=0\n", "SIP/2.0 200")
		do("Contact: *\nExpires: 0\n", "SIP/2.0 200")
		if got := h.Users(); len(got) != 0 {
			t.Error(got)
		}
		for i := range MaxContacts + 3 {
			do("Contact: <sip:"+strconv.Itoa(i)+"@192.0.2.2>\n", "SIP/2.0 200")
		}
		if h.total != MaxContacts {
			t.Error(h.total)
		}
		time.Sleep(time.Minute)
		seq = 0 // an older message (10.3 step 7)
		do("Contact: <sip:10@192.0.2.2>\n", "SIP/2.0 500")
	})
}

func TestContactBehindNAT(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newPhones(false)
		e := listen(t, n, "192.0.2.1", h)
		w := newWire(t, n, "192.0.2.2")
		hide := func(s string) string { return strings.Replace(s, "UDP 192.0.2.2:5060", "UDP 10.0.0.5:5062", 1) }
		contact := "Contact: <sip:1001@10.0.0.5:5062>\n"
		w.send(server, hide(register(1, contact, "")))
		w.send(server, hide(register(2, contact, authorisation(t, w.want("SIP/2.0 401"), "secret", 1))))
		w.want("SIP/2.0 200")
		target, _ := h.Lookup("1001")
		if target.Route.String() != "192.0.2.2:5060" {
			t.Errorf("%+v", target)
		}
		o, err := e.Invite(t.Context(), target, opts())
		if err != nil {
			t.Fatal(err)
		}
		if m := w.want("INVITE "); !strings.HasPrefix(m, "INVITE sip:1001@10.0.0.5:5062 ") {
			t.Error(m)
		}
		o.Cancel()
	})
}

func TestRegistrationDiesWithItsConnection(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := newPhones(false)
		listen(t, n, "192.0.2.1", h)
		c, err := n.Host("192.0.2.2").Dial(t.Context(), server.String())
		if err != nil {
			t.Fatal(err)
		}
		hide := func(s string) string { return crlfs(strings.Replace(s, "UDP 192.0.2.2:5060", "TCP 10.0.0.5:5062", 1)) }
		contact := "Contact: <sip:1001@10.0.0.5:5062;transport=tcp>\n"
		buf := make([]byte, 4096)
		_, _ = c.Write([]byte(hide(register(1, contact, ""))))
		k, _ := c.Read(buf)
		_, _ = c.Write([]byte(hide(register(2, contact, authorisation(t, string(buf[:k]), "secret", 1)))))
		if k, _ = c.Read(buf); !strings.HasPrefix(string(buf[:k]), "SIP/2.0 200") {
			t.Fatal(string(buf[:k]))
		}
		if target, ok := h.Lookup("1001"); !ok || target.Transport != "tcp" {
			t.Errorf("%+v", target)
		}
		_ = c.Close()
		synctest.Wait()
		if _, ok := h.Lookup("1001"); ok {
			t.Error("a contact that nothing can reach")
		}
	})
}
