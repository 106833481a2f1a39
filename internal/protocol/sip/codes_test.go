package sip

import (
	"errors"
	"testing"

	"santra/internal/errs"
)

// An error tells who calls whether another number, another time or nothing would help.
func TestStatusOf(t *testing.T) {
	for err, want := range map[error]int{
		errs.New(errs.Invalid, "no number"): 484, errs.New(errs.NotFound, "nobody"): 404, errs.New(errs.Conflict, "talks"): 486,
		errs.New(errs.Denied, "premium"): 403, errs.New(errs.Limited, "full"): 503, errors.New("a defect"): 503,
	} {
		if got := StatusOf(err); got != want {
			t.Errorf("%v: %d", err, got)
		}
	}
}
