package sip

import "santra/internal/errs"

// Status codes of responses (RFC 3261 21) that the house gives or tells apart.
const (
	StatusOK                   = 200
	StatusForbidden            = 403
	StatusNotFound             = 404
	StatusRequestTimeout       = 408
	StatusGone                 = 410
	StatusUnsupportedMediaType = 415
	StatusTemporarily          = 480 // Temporarily Unavailable
	StatusAddressIncomplete    = 484
	StatusBusyHere             = 486
	StatusRequestTerminated    = 487
	StatusNotAcceptableHere    = 488
	StatusServerInternalError  = 500
	StatusNotImplemented       = 501
	StatusBadGateway           = 502
	StatusServiceUnavailable   = 503
	StatusServerTimeout        = 504
	StatusBusyEverywhere       = 600
	StatusDecline              = 603
	StatusNowhere              = 604 // Does Not Exist Anywhere
)

// StatusOf is what a call is refused with for an error of ours.
func StatusOf(err error) int {
	switch errs.KindOf(err) {
	case errs.Invalid:
		return StatusAddressIncomplete
	case errs.NotFound:
		return StatusNotFound
	case errs.Conflict:
		return StatusBusyHere
	case errs.Denied:
		return StatusForbidden
	}
	return StatusServiceUnavailable
}
