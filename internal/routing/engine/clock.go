package engine

import (
	"math"
	"time"
)

// never is after all times.
const never = math.MaxInt64

// endOfTime is the last time that is told apart, in 2200.
const endOfTime = 7_258_118_400

// stamp is a time in nanoseconds since 1970: 0 for the zero time and all before 1970, at most endOfTime.
func stamp(t time.Time) int64 {
	sec := t.Unix()
	switch {
	case sec < 0:
		return 0
	case sec >= endOfTime:
		return endOfTime * int64(time.Second)
	}
	return sec*int64(time.Second) + int64(t.Nanosecond())
}

// moment is the time of a stamp; zero for 0 and never.
func moment(ns int64) time.Time {
	if ns <= 0 || ns == never {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// after adds without running over.
func after(ns int64, d time.Duration) int64 {
	if d > 0 && ns > never-int64(d) {
		return never
	}
	return ns + max(int64(d), 0)
}

// addNS adds without running over.
func addNS(ns, d int64) int64 { return after(ns, time.Duration(d)) }

// ordered maps a float to an integer of the same order.
func ordered(f float64) int64 {
	bits := int64(math.Float64bits(f))
	if bits < 0 {
		bits ^= math.MaxInt64
	}
	return bits
}
