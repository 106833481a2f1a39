package callback

import "time"

// Rules of Promise.
const (
	// LeastTime is the opening time that a promise needs besides the estimated wait: for the call itself, and a second try.
	LeastTime = 30 * time.Minute
	// UnknownWait stands in for an estimate that is not known.
	UnknownWait = 30 * time.Minute
	// RoundUp is the step to which the promised time is rounded: people are told a quarter of an hour.
	RoundUp = 15 * time.Minute
	// maxSpans bounds the spans of opening time that are looked at: a day with short ones has a few.
	maxSpans = 100
)

// Estimate is how long a call that comes now waits at most, by the queue's own estimate; not Known where it has none.
type Estimate struct {
	High  time.Duration
	Known bool
}

// Calendar tells whether a queue is open at a time and until when that stays so, as agency.Book.Open: zero for ever.
type Calendar func(t time.Time) (open bool, until time.Time)

// Promise gives the time by which somebody who asks at now can be promised to be called: the queue must be open, from now
// until then, for twice the estimated wait and LeastTime together. It is rounded up to RoundUp, but not past the end of the
// opening hours in which it falls. false: within keep (at most MaxKept), after which the number is erased, there is not so
// much opening time left, so nothing is offered.
func Promise(now time.Time, calendar Calendar, e Estimate, keep time.Duration) (until time.Time, ok bool) {
	need := need(e)
	last := now.Add(min(keep, MaxKept))
	at := now
	for range maxSpans {
		if !at.Before(last) {
			return time.Time{}, false
		}
		open, end := calendar(at)
		if end.IsZero() || end.After(last) {
			end = last
		}
		if !end.After(at) {
			return time.Time{}, false
		}
		if open && end.Sub(at) >= need {
			return roundUp(at.Add(need), end), true
		}
		if open {
			need -= end.Sub(at)
		}
		at = end
	}
	return time.Time{}, false
}

func need(e Estimate) time.Duration {
	wait := UnknownWait
	if e.Known {
		wait = min(max(e.High, 0), MaxKept) // more would overflow, and is no promise anyway
	}
	return 2*wait + LeastTime
}

// roundUp gives the next full step of the clock on the wall, at most limit. (Zones are whole quarters off UTC.)
func roundUp(t, limit time.Time) time.Time {
	if r := t.Truncate(RoundUp); !r.Equal(t) {
		t = r.Add(RoundUp)
	}
	if t.After(limit) {
		return limit
	}
	return t
}
