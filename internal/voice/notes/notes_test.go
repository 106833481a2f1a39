package notes

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"santra/internal/errs"
)

// Notes that follow a customer are never longer than notes may be, and always text.
func TestNotesThatFollowHaveALimit(t *testing.T) {
	n := Notes{Text: []byte(strings.Repeat("b", Max))}
	n.Follow([]byte(strings.Repeat("ä", Max/2-1)))
	if len(n.Text) != Max || !utf8.Valid(n.Text) {
		t.Errorf("%d bytes, valid %v", len(n.Text), utf8.Valid(n.Text))
	}
	n = Notes{Text: []byte("ä")}
	n.Follow([]byte(strings.Repeat("x", Max-2)))
	if len(n.Text) != Max-1 || !utf8.Valid(n.Text) {
		t.Errorf("%d bytes, valid %v", len(n.Text), utf8.Valid(n.Text))
	}
}

func TestCheck(t *testing.T) {
	if err := Check(strings.Repeat("b", Max)); err != nil {
		t.Error(err)
	}
	if err := Check(strings.Repeat("b", Max+1)); !errs.Is(err, errs.TooLarge) {
		t.Errorf("%v", err)
	}
	if err := Check("\xff"); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
}

// Of what was written nothing is left in memory that the notes had, and copies are their own (M3).
func TestNothingIsLeft(t *testing.T) {
	n := Notes{Text: []byte("secret")}
	first := n.Text
	n.Replace("later")
	second, other := n.Text, n.Copied()
	n.Follow([]byte("with the customer"))
	third := n.Text
	if string(third) != "with the customer\nlater" || string(other.Text) != "later" {
		t.Errorf("%q, the copy %q", third, other.Text)
	}
	n.Erase(nil, Done{})
	for _, text := range [][]byte{first, second, third} {
		if slices.ContainsFunc(text, func(b byte) bool { return b != 0 }) {
			t.Errorf("%q is left", text)
		}
	}
	if n.Text != nil || string(other.Text) != "later" {
		t.Errorf("%q, the copy %q", n.Text, other.Text)
	}
}

// counter counts outcomes.
type counter []Done

func (*counter) Known(_, _ string) bool { return true }
func (c *counter) Count(d Done)         { *c = append(*c, d) }

// An outcome is counted once; none is none.
func TestOutcomeIsCounted(t *testing.T) {
	var c counter
	n := Notes{Outcome: "advised"}
	n.Erase(&c, Done{Agency: "water", Outcome: n.Outcome})
	n.Erase(&c, Done{})
	if len(c) != 1 || c[0].Outcome != "advised" {
		t.Errorf("%+v", c)
	}
}
