package siprec

import (
	"slices"
	"strings"

	"santra/internal/errs"
	"santra/internal/id"
)

// Limits of the extension's fields.
const (
	MaxSeat     = 12
	MaxSlug     = 64
	MaxGate     = 2048
	MaxPart     = 9999
	MaxOutsider = 8 // people of one part who are not the centre's
	maxDigits   = 4 // in a row, in a seat code: a number must not pass as one (M7)
	maxLanguage = 3
)

// Validate keeps the extension to what it may hold; errs.Invalid names the field and never the value.
func (e Extension) Validate() error {
	switch {
	case e.Gate == "" || len(e.Gate) > MaxGate:
		return bad("gate", "a gate token is missing")
	case e.Part < 1 || e.Part > MaxPart:
		return bad("part", "want 1 to %d", MaxPart)
	case !id.Valid(e.Session):
		return bad("session", "want an opaque id")
	case !slug(e.Agency):
		return bad("agency", "want [a-z0-9-]")
	case !slug(e.Queue):
		return bad("queue", "want [a-z0-9-]")
	case !ValidSeat(e.Seat):
		return bad("seat", "want up to %d of [A-Za-z0-9-], at most %d digits in a row", MaxSeat, maxDigits)
	case !ValidFragment(e.Fragment):
		return bad("fragment", "want up to %d digits", MaxFragment)
	case !word(e.Announcement, MaxSlug, "ABCDEFGHIJKLMNOPQRSTUVWXYZ._"):
		return bad("announcement", "want a version")
	case !word(e.Language, maxLanguage, ""):
		return bad("language", "want a language code")
	case e.Outsiders < 0 || e.Outsiders > MaxOutsider:
		return bad("outsiders", "want 1 to %d", MaxOutsider)
	case len(e.Gates) >= MaxOutsider || slices.ContainsFunc(e.Gates, func(g string) bool { return g == "" || len(g) > MaxGate }):
		return bad("gates", "want up to %d further gate tokens", MaxOutsider-1)
	}
	return nil
}

// ValidSeat tells whether s can be a seat code: no number fits in.
func ValidSeat(s string) bool {
	run := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			run = 0
		} else if run++; run > maxDigits {
			return false
		}
	}
	return word(strings.ToLower(s), MaxSeat, "")
}

// ValidFragment tells whether s is a part of a number that may be kept: up to MaxFragment digits.
func ValidFragment(s string) bool {
	return len(s) <= MaxFragment && strings.Trim(s, "0123456789") == ""
}

func slug(s string) bool { return word(s, MaxSlug, "") && s[0] != '-' }

func word(s string, longest int, also string) bool {
	return s != "" && len(s) <= longest && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-"+also) == ""
}

func bad(field, format string, args ...any) error {
	return errs.At(errs.Invalid, "siprec."+field, format, args...)
}
