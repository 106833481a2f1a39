package token

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
)

func TestOpen(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	stranger, _, _ := ed25519.GenerateKey(nil)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	text, err := Sign(key, DomainGate, Gate{ID: "x", Language: "fi", Expires: now.Add(GateLife)})
	if err != nil {
		t.Fatal(err)
	}
	var got Gate
	if err := Open(pub, DomainGate, text, now, &got); err != nil || got.ID != "x" || got.Language != "fi" {
		t.Fatal(got, err)
	}
	for name, err := range map[string]error{
		"other key":    Open(stranger, DomainGate, text, now, &got),
		"other domain": Open(pub, DomainPlay, text, now, &got),
		"expired":      Open(pub, DomainGate, text, now.Add(GateLife), &got),
		"changed":      Open(pub, DomainGate, "A"+text[1:], now, &got),
		"cut":          Open(pub, DomainGate, text[:len(text)-1], now, &got),
		"no signature": Open(pub, DomainGate, strings.Split(text, ".")[0], now, &got),
		"no key":       Open(nil, DomainGate, text, now, &got),
	} {
		if !errs.Is(err, errs.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	pub, key, _ := ed25519.GenerateKey(nil)
	good, _ := Sign(key, DomainPlay, Play{ID: "x"})
	f.Add(good)
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, text string) {
		var p Play
		if text != good && Open(pub, DomainPlay, text, time.Time{}.Add(-time.Hour), &p) == nil {
			t.Fatal("a token that nobody signed")
		}
	})
}
