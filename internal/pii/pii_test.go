package pii

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const canary = "+358401239876"

// TestNothingPrintsANumber walks every way by which a value of the standard library becomes text.
func TestNothingPrintsANumber(t *testing.T) {
	type holder struct {
		n Number
		A Address
		M map[Number]string
		P *Number
	}
	n := NewNumber(canary)
	h := holder{n: n, A: NewAddress(canary), M: map[Number]string{n: "x"}, P: &n}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, n, h, &h, []any{n, h.A})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "n", n, "h", h, "a", h.A)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "n", n, "h", h, "a", h.A)
	if err := json.NewEncoder(&out).Encode(h); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); strings.Contains(s, canary[1:]) || strings.Contains(s, fmt.Sprintf("%x", canary)) {
		t.Fatalf("the number shows in %s", s)
	}
}

func TestRedactedIsNotReadBack(t *testing.T) {
	var n Number
	var a Address
	if err := n.UnmarshalText([]byte(Redacted)); !errors.Is(err, ErrRedacted) {
		t.Fatal(err)
	}
	if err := a.UnmarshalText([]byte(Redacted)); !errors.Is(err, ErrRedacted) {
		t.Fatal(err)
	}
}

// TestFragmentKeepsAtMostHalf is M7's rule for any number and any wish.
func TestFragmentKeepsAtMostHalf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`\+?[0-9 ]{0,18}`).Draw(t, "number")
		want := rapid.IntRange(-3, 20).Draw(t, "want")
		digits := strings.NewReplacer("+", "", " ", "").Replace(s)
		f := NewNumber(s).Fragment(want)
		if len(f)*2 > len(digits) || len(f) > max(want, 0) || !strings.HasSuffix(digits, f) {
			t.Fatalf("fragment %q of %q", f, s)
		}
	})
}

func TestEraseReachesEveryCopy(t *testing.T) {
	n := NewNumber(canary)
	c := n
	n.Erase()
	if c.Reveal() != "" || c.Fragment(4) != "" {
		t.Fatal("a copy still shows the number")
	}
}
