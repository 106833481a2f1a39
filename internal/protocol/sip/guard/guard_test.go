package guard

import (
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// door is a guard, the transactions behind it, and the status lines that it has sent.
type door struct {
	*Guard
	table *transaction.Table
	said  []string
	n     int
}

func newDoor(t *testing.T, r Rules) *door {
	t.Helper()
	d := &door{}
	send := func(_ socket.Flow, wire []byte) error {
		d.said = append(d.said, string(wire))
		return nil
	}
	d.table = transaction.NewTable(send)
	g, err := New(r, Outward{Agent: "santra", Log: slog.New(slog.DiscardHandler), Send: send})
	if err != nil {
		t.Fatal(err)
	}
	d.Guard = g
	return d
}

// knock sends a new request from an address, with a field, and tells whether it is let in, and as what.
func (d *door) knock(t *testing.T, from, field string) (in *message.Inbound, ok bool) {
	t.Helper()
	d.n++
	msg := "INVITE sip:1@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP " + from + ":5060;branch=z9hG4bK-" + strconv.Itoa(d.n) + "\nFrom: <sip:a@h>;tag=f\nTo: <sip:1@h>\nCall-ID: c\n" +
		"CSeq: 1 INVITE\nContact: <sip:a@h>\n" + field + "Content-Length: 0\n\n"
	m, bad := message.NewParser(1<<16, 64).Parse([]byte(strings.ReplaceAll(msg, "\n", "\r\n")))
	if bad != nil {
		t.Fatalf("%+v", bad)
	}
	in = message.NewInbound(m.(*sip.Request), socket.Flow{Remote: netip.AddrPortFrom(netip.MustParseAddr(from), 5060)})
	tx, _ := d.table.Begin(in)
	ok = d.Pass(tx, in)
	if ok {
		tx.Abandon()
	}
	if d.table.Len() != 0 {
		t.Error("a transaction is left behind")
	}
	return in, ok
}

func secrets(user, algorithm string) (string, bool) {
	return digest.HA1(algorithm, user, "city", "secret"), user == "operator"
}

func TestTrunksAreKnownByTheirAddress(t *testing.T) {
	d := newDoor(t, Rules{Trunks: []Trunk{{Name: "one", Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}}})
	if in, ok := d.knock(t, "192.0.2.9", ""); !ok || in.Trunk != "one" || len(d.said) != 0 {
		t.Error(in.Trunk, ok, d.said)
	}
	if _, ok := d.knock(t, "198.51.100.9", ""); ok || len(d.said) != 1 || !strings.HasPrefix(d.said[0], "SIP/2.0 403 ") {
		t.Error(ok, d.said)
	}
	if !d.Knows(netip.MustParseAddrPort("192.0.2.9:1")) || d.Knows(netip.MustParseAddrPort("198.51.100.9:1")) {
		t.Error("who is known")
	}
}

// A password opens where the address does not; one that must call from elsewhere is refused, and each count is taken once.
func TestTrunksAreKnownByTheirPassword(t *testing.T) {
	d := newDoor(t, Rules{
		Trunks:       []Trunk{{Name: "one", User: "operator"}},
		Authenticate: &Authentication{Realm: "city", Secrets: secrets, Algorithms: []string{digest.SHA256}},
	})
	if _, ok := d.knock(t, "192.0.2.9", ""); ok || strings.Count(d.said[0], "WWW-Authenticate") != 1 || !strings.Contains(d.said[0], "algorithm=SHA-256") {
		t.Fatal(ok, d.said)
	}
	_, challenge, _ := strings.Cut(d.said[0], "WWW-Authenticate: ")
	challenge, _, _ = strings.Cut(challenge, "\r\n")
	answer := func(password string) string {
		v, _, _ := digest.Answer([]string{challenge}, digest.Request{Method: "INVITE", URI: "sip:1@192.0.2.1", User: "operator", Password: password})
		return "Authorization: " + v + "\n"
	}
	right := answer("secret")
	if in, ok := d.knock(t, "192.0.2.9", right); !ok || in.Trunk != "one" || in.User != "operator" {
		t.Error(in.Trunk, in.User, ok)
	}
	if _, ok := d.knock(t, "192.0.2.9", right); ok || !strings.Contains(d.said[1], "stale=true") {
		t.Error("a count is taken twice", d.said)
	}
	if _, ok := d.knock(t, "192.0.2.9", answer("guess")); ok || !strings.HasPrefix(d.said[2], "SIP/2.0 403 ") {
		t.Error(ok, d.said)
	}
	if c := d.Counts(); c.Refused != 1 || c.Challenged != 2 {
		t.Errorf("%+v", c)
	}
}

// A stranger has a burst of answers, then silence, then answers at a slow rate; another source has its own.
func TestStrangersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor(t, Rules{Admit: func(netip.AddrPort) bool { return false }})
		for range 100 {
			_, _ = d.knock(t, "198.51.100.9", "")
		}
		if c := d.Counts(); len(d.said) != AnswersBurst || c.Refused != 100 || c.Limited != 100-AnswersBurst {
			t.Error(len(d.said), c)
		}
		_, _ = d.knock(t, "198.51.100.10", "")
		time.Sleep(time.Second)
		_, _ = d.knock(t, "198.51.100.9", "")
		if len(d.said) != AnswersBurst+2 || d.Remembers() != 2 {
			t.Error(len(d.said), d.Remembers())
		}
	})
}
