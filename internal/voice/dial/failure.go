package dial

import (
	"context"
	"errors"
	"slices"

	"santra/internal/protocol/sip"
)

// Why a call was not connected. The desktop has words for each.
const (
	Busy         = "busy"
	NoAnswer     = "no_answer"
	Unknown      = "unknown_number"
	Refused      = "refused"
	Unavailable  = "unavailable"
	OwnTelephone = "own_telephone" // the agent's own telephone was not picked up
)

// Failure names why a dial came to nothing.
func Failure(err error) string {
	refused, ok := errors.AsType[*sip.Refused](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return NoAnswer
	case !ok:
		return Unavailable
	}
	switch refused.Code {
	case sip.StatusBusyHere, sip.StatusBusyEverywhere:
		return Busy
	case sip.StatusTemporarily, sip.StatusRequestTimeout, sip.StatusRequestTerminated:
		return NoAnswer
	case sip.StatusNotFound, sip.StatusGone, sip.StatusAddressIncomplete, sip.StatusNowhere:
		return Unknown
	case sip.StatusForbidden, sip.StatusDecline:
		return Refused
	}
	return Unavailable
}

// Declined tells whether somebody at the telephone pushed the call away, or it is in use.
func Declined(err error) bool {
	refused, ok := errors.AsType[*sip.Refused](err)
	return ok && slices.Contains([]int{sip.StatusTemporarily, sip.StatusBusyHere, sip.StatusBusyEverywhere, sip.StatusDecline}, refused.Code)
}
