package registry

import (
	"time"

	"santra/internal/errs"
)

// Bounds of the first published version, which is made at the first start.
const (
	FirstMonths = 6 // M6: recordings are kept six calendar months
	FirstDigits = 4 // M7: at most four last digits
)

// Published is a version of the description that two persons have published. It fixes what is promised: a setting may be
// stricter at once, laxer only after a new version, and then only for what arrives later.
type Published struct {
	Version   int
	Months    int // most calendar months that recordings are kept
	Digits    int // most last digits in an identification
	Published time.Time
	First     string // persons who published it; audit's "system" for version 1
	Second    string
}

// Promised are the settings that a published version bounds.
type Promised struct{ Months, Digits int }

// CheckBounds refuses (errs.Invalid, with what would be right) settings that are laxer than what is published.
func CheckBounds(s Promised, p Published) error {
	if s.Months < 1 {
		return errs.At(errs.Invalid, "city.retention.recording_months", "must be at least 1 month, not %d", s.Months)
	}
	if s.Months > p.Months {
		return errs.At(errs.Invalid, "city.retention.recording_months",
			"is %d months, but version %d of the register description, which is published, promises that recordings are destroyed after %d: set at most %d, or publish a new version first",
			s.Months, p.Version, p.Months, p.Months)
	}
	if s.Digits > p.Digits {
		return errs.At(errs.Invalid, "city.agencies.fragment_digits",
			"is %d digits, but version %d of the register description, which is published, promises at most %d",
			s.Digits, p.Version, p.Digits)
	}
	return nil
}
