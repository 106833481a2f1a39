// Package pii holds the types of personal data: a caller's number and a mail address. They print, log and marshal as
// redacted; the value is shown by Reveal alone, a call that a reader can grep. It owns no data and knows no room.
//
// A value holds a pointer to a pointer: fmt's %+v of a struct with an unexported field of these types prints an address,
// where a string inside would be printed as it is (String and Format are bypassed for unexported fields). One pointer is not
// enough: %s of such a struct is a bad verb, and fmt then prints what the pointer points at.
package pii

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// Redacted is what every personal value prints as.
const Redacted = "[redacted]"

// ErrRedacted is returned when the redacted form is read back: data were lost on the way.
var ErrRedacted = errors.New("pii: a redacted value can't be read back")

type secret = *string

func hide(s string) *secret {
	p := &s
	return &p
}

// Number is a telephone number of a customer, in E.164 where it is known ("+358401234567"). The zero Number is a withheld
// one. It has no Valuer or Scanner: a number can't reach a database by accident (M3).
type Number struct{ p *secret }

// NewNumber wraps a number; an empty string gives the zero (withheld) Number.
func NewNumber(s string) Number {
	if s == "" {
		return Number{}
	}
	return Number{hide(s)}
}

// Withheld tells whether the caller kept the number back.
func (n Number) Withheld() bool { return n.p == nil }

// Reveal shows the number. Each call of it is a place where a number leaves its type.
func (n Number) Reveal() string {
	if n.p == nil {
		return ""
	}
	return **n.p
}

// Fragment gives the last digits of the number for a recording's identification (M7): at most want, never more than half
// of its digits, and none of a withheld number.
func (n Number) Fragment(want int) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, n.Reveal())
	keep := max(0, min(want, len(digits)/2))
	return digits[len(digits)-keep:]
}

// Erase overwrites the number in every copy of this value; afterwards it reads as withheld digits (an empty string).
func (n Number) Erase() {
	if n.p != nil {
		**n.p = ""
	}
}

// Address is the mail address of a customer.
type Address struct{ p *secret }

// NewAddress wraps an address; an empty string gives the zero Address.
func NewAddress(s string) Address {
	if s == "" {
		return Address{}
	}
	return Address{hide(s)}
}

// IsZero tells whether there is no address.
func (a Address) IsZero() bool { return a.p == nil }

// Reveal shows the address. Each call of it is a place where an address leaves its type.
func (a Address) Reveal() string {
	if a.p == nil {
		return ""
	}
	return **a.p
}

// The ways by which a value could be printed, logged or marshalled.

func (n Number) String() string                { return Redacted }
func (n Number) GoString() string              { return Redacted }
func (n Number) Format(f fmt.State, _ rune)    { _, _ = f.Write([]byte(Redacted)) }
func (n Number) LogValue() slog.Value          { return slog.StringValue(Redacted) }
func (n Number) MarshalText() ([]byte, error)  { return []byte(Redacted), nil }
func (a Address) String() string               { return Redacted }
func (a Address) GoString() string             { return Redacted }
func (a Address) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(Redacted)) }
func (a Address) LogValue() slog.Value         { return slog.StringValue(Redacted) }
func (a Address) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// UnmarshalText reads a number as it was revealed; the redacted form is refused.
func (n *Number) UnmarshalText(b []byte) error {
	if string(b) == Redacted {
		return ErrRedacted
	}
	*n = NewNumber(string(b))
	return nil
}

// UnmarshalText reads an address as it was revealed; the redacted form is refused.
func (a *Address) UnmarshalText(b []byte) error {
	if string(b) == Redacted {
		return ErrRedacted
	}
	*a = NewAddress(string(b))
	return nil
}
