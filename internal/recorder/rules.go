package recorder

import (
	"fmt"
	"time"
	_ "time/tzdata" // the law's time zone must not depend on the machine

	"santra/internal/errs"
)

const (
	zoneName  = "Europe/Helsinki"
	dayFormat = "2006-01-02"
)

// Rules count days and months as the city does, in Europe/Helsinki. They have no clock: every rule takes its time.
type Rules struct {
	zone   *time.Location
	months int
}

// NewRules makes the rules for a retention of 1 to DefaultMonths calendar months; errs.Invalid for another.
func NewRules(months int) (Rules, error) {
	if months < 1 || months > DefaultMonths {
		return Rules{}, errs.At(errs.Invalid, "retention_months", "want 1 to %d", DefaultMonths)
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return Rules{}, errs.New(errs.Internal, "recorder: %w", err)
	}
	return Rules{zone, months}, nil
}

// Day is the calendar day of t, yyyy-mm-dd.
func (r Rules) Day(t time.Time) string { return t.In(r.zone).Format(dayFormat) }

// DestructionDay is the day on which what began at start is destroyed: the same day of the month, so many calendar months
// later, or that month's last day where it has no such day (31 August + 6 = 28 or 29 February; M6).
func (r Rules) DestructionDay(start time.Time) string {
	y, m, d := start.In(r.zone).Date()
	last := time.Date(y, m+time.Month(r.months)+1, 0, 0, 0, 0, 0, time.UTC) // day 0 is the last of the month before
	return time.Date(last.Year(), last.Month(), min(d, last.Day()), 0, 0, 0, 0, time.UTC).Format(dayFormat)
}

// Due tells whether a destruction day has come at now. The whole day's recordings go at its beginning: they share a key,
// and none may be kept longer than promised.
func (r Rules) Due(day string, now time.Time) bool { return day <= r.Day(now) }

// Late tells whether a destruction day has passed.
func (r Rules) Late(day string, now time.Time) bool { return day < r.Day(now) }

// Name is the rule in the destruction records: "6 calendar months, Europe/Helsinki".
func (r Rules) Name() string { return fmt.Sprintf("%d calendar months, %s", r.months, zoneName) }

// Identification is how people name a recording (M7): date, seat code and, where there is one, the part of the number:
// "2026-11-23-A12-4567".
func Identification(day, seat, fragment string) string {
	s := day + "-" + seat
	if fragment != "" {
		s += "-" + fragment
	}
	return s
}
