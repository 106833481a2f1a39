package exchange

import (
	"slices"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip/message"
)

// The next hop is the first of the routes, which must be loose (RFC 3261 8.1.2), else the target itself.
func TestNextHop(t *testing.T) {
	target, _ := message.ParseURI("sip:1@example.org")
	for _, c := range []struct {
		routes []string
		want   string // empty: refused
	}{
		{nil, "example.org"},
		{[]string{"<sip:p.example;lr>", "<sip:q.example;lr>"}, "p.example"},
		{[]string{"<sip:p.example;lr>", "<sip:q.example>"}, ""},
		{[]string{"sip:p.example;lr"}, ""},
		{slices.Repeat([]string{"<sip:p.example;lr>"}, MaxRoutes+1), ""},
	} {
		u, err := nextHop(target, c.routes)
		if errs.Is(err, errs.Invalid) != (c.want == "") || err == nil && u.Host != c.want {
			t.Errorf("%v: %s %v", c.routes, u.Host, err)
		}
	}
}

// A Service-Route that can't be used as a whole is not used at all (RFC 3608).
func TestServiceRoutes(t *testing.T) {
	if got := serviceRoute([]string{"<sip:a;lr>, <sip:b;lr>", "<sip:c;lr>"}); !slices.Equal(got, []string{"<sip:a;lr>", "<sip:b;lr>", "<sip:c;lr>"}) {
		t.Error(got)
	}
	for _, bad := range [][]string{{"<sip:a>"}, {"nonsense"}, slices.Repeat([]string{"<sip:a;lr>"}, MaxRoutes+1)} {
		if got := serviceRoute(bad); got != nil {
			t.Error(bad, got)
		}
	}
}

// How long a registration holds is said at our contact, else in Expires, else it is what was asked for (RFC 3261 10.2.4, 20.19).
func TestGranted(t *testing.T) {
	const ours = "<sip:1001@192.0.2.2:5060>"
	for _, c := range []struct {
		contacts []string
		general  string
		want     time.Duration
	}{
		{[]string{"<sip:other@h>;expires=7", ours + ";expires=120;q=1"}, "300", 2 * time.Minute},
		{[]string{"<sip:other@h>;expires=7"}, "300", 5 * time.Minute},
		{[]string{ours}, "", time.Hour},
		{[]string{ours + ";expires=soon"}, "300", time.Hour},
		{nil, "-1", time.Hour},
	} {
		if got := granted(c.contacts, ours, c.general, time.Hour); got != c.want {
			t.Errorf("%v, %q: %v, want %v", c.contacts, c.general, got, c.want)
		}
	}
}

// The last server has all the time that a transaction has; one before it is left sooner.
func TestPatience(t *testing.T) {
	var none *HopList
	if none.patience() != (&HopList{}).patience() || HopPatience >= none.patience() {
		t.Error(none.patience(), HopPatience)
	}
}

func TestHeadersAreReplaced(t *testing.T) {
	all := []message.Header{{Name: "A", Value: "1"}, {Name: "B", Value: "2"}, {Name: "A", Value: "3"}}
	if got := withoutHeader(all, "A"); len(got) != 1 || got[0].Value != "2" || len(all) != 3 {
		t.Error(got)
	}
	if err := (&Refused{Code: 486, Reason: "+358401234567 is busy"}).Error(); err != "sip: refused with 486" {
		t.Error(err)
	}
}
