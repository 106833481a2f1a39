package measure

import "time"

// OpenFunc says whether a place is open at t and when that changes; the zero time for never. agency.Hours.Open has its form.
type OpenFunc func(t time.Time) (open bool, until time.Time)

// MaxChanges bounds the openings and closings that BusinessTime looks at: ten years of two opening spans a day. What lies
// after the last of them is not counted.
const MaxChanges = 20_000

// BusinessTime is how much of [from, to) lies in opening hours; all of it where open is nil.
func BusinessTime(open OpenFunc, from, to time.Time) time.Duration {
	if open == nil {
		return max(0, to.Sub(from))
	}
	var sum time.Duration
	for range MaxChanges {
		if !from.Before(to) {
			break
		}
		is, until := open(from)
		if until.IsZero() || until.After(to) {
			until = to
		}
		if !until.After(from) { // a function that does not get on
			break
		}
		if is {
			sum += until.Sub(from)
		}
		from = until
	}
	return sum
}
