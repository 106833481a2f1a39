package frame

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"santra/internal/errs"
	"santra/internal/identity"
)

func TestEveryKindHasStatusAndWords(t *testing.T) {
	a := New(Config{Log: slog.New(slog.DiscardHandler)})
	for k := errs.Internal; k <= errs.Unavailable; k++ {
		p := a.ProblemOf("x", errs.At(k, "a.field", "hidden or told"))
		w := words()[k]
		if p.Status < 400 || p.Status != statuses()[k] || w.FI == "" || w.SV == "" || w.EN == "" || kindOfStatus(p.Status) != k {
			t.Errorf("%s: %+v", k, p)
		}
		if told := p.Detail != ""; told == (k == errs.Internal || k == errs.Unavailable) {
			t.Errorf("%s: detail %q", k, p.Detail)
		}
	}
	if p := a.ProblemOf("x", fmt.Errorf("a database error")); p.Status != 500 || p.Detail != "" {
		t.Errorf("%+v", p)
	}
}

func TestWhoIsBehindAProxy(t *testing.T) {
	a := New(Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, c := range []struct{ from, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "127.0.0.1", "192.0.2.1"}, // a stranger says it is somebody else
		{"10.1.1.1:5", "192.0.2.7", "192.0.2.7"},
		{"10.1.1.1:5", "127.0.0.1, 192.0.2.7", "192.0.2.7"}, // the client prepended something
		{"10.1.1.1:5", "192.0.2.7, 10.2.2.2", "192.0.2.7"},
		{"10.1.1.1:5", "nonsense", "10.1.1.1"},
		{"[::ffff:192.0.2.9]:5", "", "192.0.2.9"},
		{"[fe80::1%eth0]:5", "", "fe80::1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := a.remote(r); got.String() != c.want {
			t.Errorf("%s via %q: %s, want %s", c.from, c.forwarded, got, c.want)
		}
	}
}

func FuzzAcceptLanguage(f *testing.F) {
	f.Add("sv;q=0.3,fi")
	f.Fuzz(func(t *testing.T, accept string) {
		if l := LanguageOf(accept); l != "fi" && l != "sv" && l != "en" {
			t.Fatal(l)
		}
	})
}

func TestHumasErrorsLoseTheirValues(t *testing.T) {
	p := fromHuma(&huma.ErrorModel{Status: 422, Errors: []*huma.ErrorDetail{
		{Location: "body.name", Message: "expected string", Value: "secret"},
		{Location: "body.x", Message: "expected string to be RFC 4122 uuid: secret", Value: "secret"},
		{Location: "body.secret", Message: "unexpected property", Value: "secret"},
		{Location: "body", Message: "invalid character 's'", Value: "secret"},
	}})
	if text := fmt.Sprintf("%+v", p); strings.Contains(text, "secret") || strings.Contains(text, "'s'") || len(p.Errors) != 4 || p.Field != "body.name" {
		t.Error(text)
	}
}

func TestIdempotencyIsBounded(t *testing.T) {
	s, c := newOnces(), &Caller{Principal: identity.Principal{Person: "p"}}
	for i := range MaxKeys + 10 {
		o, err := s.begin(c, Op{Method: "POST", ID: "x"}, string(rune('a'+i%26))+time.Duration(i).String())
		if err != nil {
			t.Fatal(err)
		}
		o.end(200 + 300*(i%2)) // half of them fail
	}
	if len(s.seen) > MaxKeys || len(s.order) > MaxKeys {
		t.Fatal(len(s.seen), len(s.order))
	}
	running, _ := s.begin(c, Op{Method: "POST", ID: "x"}, "running")
	if _, err := s.begin(c, Op{Method: "POST", ID: "x"}, "running"); !errs.Is(err, errs.Conflict) {
		t.Fatal(err)
	}
	running.end(204)
	if _, err := s.begin(c, Op{Method: "POST", ID: "x"}, "running"); err != errDone {
		t.Fatal(err)
	}
}
