// Package errs holds the few kinds of error that the whole house shares. A room wraps what went wrong with the kind that
// tells its caller what to do; the edge (HTTP, SMTP, SIP, command line) maps the kind to its own code and to words in the
// reader's language. It knows nothing of any room.
package errs

import (
	"errors"
	"fmt"
)

// Kind says what the one who asked can do about an error.
type Kind uint8

// The kinds. Internal is what an error without a kind counts as.
const (
	Internal        Kind = iota // our fault: look at the log
	Invalid                     // the request is wrong: mend it
	Unauthenticated             // log in
	Denied                      // not allowed to this person, for this purpose, from here
	NotFound                    // no such thing, or none that you may know of
	Conflict                    // somebody else changed it: read again
	Gone                        // was here and by promise is no more
	TooLarge                    // over a named limit
	Limited                     // too many requests: wait
	Unavailable                 // a part is down or full: try again
)

var names = [...]string{"internal", "invalid", "unauthenticated", "denied", "not found", "conflict", "gone", "too large", "limited", "unavailable"}

// String names the kind in English, for logs.
func (k Kind) String() string { return names[k] }

// Error is an error with its kind. Field, where set, names the input at fault ("city.queues[2].number").
type Error struct {
	Kind  Kind
	Field string
	msg   string
	err   error
}

// New makes an error of a kind; the format may wrap another with %w. It must hold no personal data.
func New(kind Kind, format string, args ...any) error {
	wrapped := fmt.Errorf(format, args...)
	return &Error{Kind: kind, msg: wrapped.Error(), err: errors.Unwrap(wrapped)}
}

// At is New with the name of the input at fault.
func At(kind Kind, field, format string, args ...any) error {
	e := New(kind, format, args...).(*Error)
	e.Field = field
	return e
}

// Error gives the message, with the field before it.
func (e *Error) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.msg
	}
	return e.msg
}

// Unwrap gives the wrapped error, if any.
func (e *Error) Unwrap() error { return e.err }

// KindOf finds the kind of err: that of the outermost Error in its chain, Internal without one.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is tells whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }
