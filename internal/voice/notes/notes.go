// Package notes is what an agent writes down during a call, and the one code that is kept of it. They live in memory alone, follow
// the customer to the next agent, and are erased when the call is written up (M3). It must not know calls.
package notes

import (
	"slices"
	"unicode/utf8"

	"santra/internal/errs"
)

// Max is how long the notes of one call may be, in bytes.
const Max = 8000

// Notes are those of one call. Only its owner, the call's actor, touches them.
type Notes struct {
	Text    []byte
	Outcome string // a code of a closed list; "": none was chosen
}

// Outcomes is where outcome codes are counted.
type Outcomes interface {
	// Known tells whether the code may be chosen for calls of an agency.
	Known(agency, code string) bool
	// Count counts a call that ended with a code.
	Count(d Done)
}

// Done is all that is kept of what a call was about.
type Done struct{ Queue, Agency, Agent, Outcome string }

// Check tells whether a text may be notes: errs.TooLarge over Max, errs.Invalid for what is no text.
func Check(text string) error {
	switch {
	case len(text) > Max:
		return errs.At(errs.TooLarge, "text", "notes have at most %d bytes", Max)
	case !utf8.ValidString(text):
		return errs.At(errs.Invalid, "text", "is no text")
	}
	return nil
}

// Copied gives notes of their own for another actor.
func (n *Notes) Copied() Notes { return Notes{slices.Clone(n.Text), n.Outcome} }

// Replace overwrites the text with another, which has been checked.
func (n *Notes) Replace(text string) {
	clear(n.Text)
	n.Text = []byte(text)
}

// Follow puts the notes that came with a customer before what the agent has written already, as far as there is room; the parts
// are erased.
func (n *Notes) Follow(text []byte) {
	whole := make([]byte, 0, len(text)+1+len(n.Text)) // of its size at once: growing would leave a copy behind
	whole = append(whole, text...)
	if len(text) > 0 && len(n.Text) > 0 {
		whole = append(whole, '\n')
	}
	whole = append(whole, n.Text...)
	clear(text)
	clear(n.Text)
	end := min(len(whole), Max)
	for end < len(whole) && end > 0 && !utf8.RuneStart(whole[end]) {
		end--
	}
	clear(whole[end:])
	n.Text = whole[:end]
}

// Erase overwrites the notes and counts the outcome of d, if there is one and something counts.
func (n *Notes) Erase(o Outcomes, d Done) {
	clear(n.Text)
	n.Text = nil
	if o != nil && n.Outcome != "" {
		o.Count(d)
	}
	n.Outcome = ""
}
