package callback

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/agency"
)

func helsinki(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// office is open from 8:15 to 11:30 and from 12:30 to 16:00, Fridays to 15:00.
func office(t *testing.T) Calendar {
	h := &agency.Hours{Week: agency.Week{"mon-thu": {"08:15-11:30", "12:30-16:00"}, "fri": {"08:15-15:00"}}, Eves: agency.Spans{"closed"}}
	zone := helsinki(t)
	return func(at time.Time) (bool, time.Time) { return h.Open(at, zone) }
}

func TestPromises(t *testing.T) {
	zone := helsinki(t)
	at := func(day, clock string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", day+" "+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const mon, tue, wed, fri = "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-27"
	for name, c := range map[string]struct {
		now   time.Time
		wait  time.Duration
		keep  time.Duration
		until time.Time
	}{
		"in the morning":                       {at(mon, "09:00"), 10 * time.Minute, MaxKept, at(mon, "10:00")},
		"rounded up":                           {at(mon, "09:03"), 10 * time.Minute, MaxKept, at(mon, "10:00")},
		"to the end of a span":                 {at(mon, "10:35"), 10 * time.Minute, MaxKept, at(mon, "11:30")},
		"over lunch":                           {at(mon, "11:00"), 10 * time.Minute, MaxKept, at(mon, "13:00")},
		"a long wait":                          {at(mon, "09:00"), time.Hour, MaxKept, at(mon, "11:30")},
		"a longer one":                         {at(mon, "09:00"), 2 * time.Hour, MaxKept, at(mon, "14:30")},
		"in the evening, for the morning":      {at(mon, "18:00"), 10 * time.Minute, MaxKept, at(tue, "09:15")},
		"at the end of the day":                {at(mon, "15:50"), 10 * time.Minute, MaxKept, at(tue, "09:00")},
		"Friday afternoon":                     {at(fri, "14:30"), 10 * time.Minute, MaxKept, time.Time{}},
		"Friday at noon":                       {at(fri, "12:00"), 10 * time.Minute, MaxKept, at(fri, "13:00")},
		"a day is not enough":                  {at(wed, "09:00"), 5 * time.Hour, MaxKept, time.Time{}},
		"kept a short time":                    {at(wed, "09:00"), 10 * time.Minute, 45 * time.Minute, time.Time{}},
		"kept just long enough":                {at(wed, "09:00"), 10 * time.Minute, 50 * time.Minute, at(wed, "09:50")},
		"kept for ever is kept for a day":      {at(fri, "14:30"), 10 * time.Minute, 1000 * time.Hour, time.Time{}},
		"a wait that nobody waits":             {at(wed, "09:00"), 1 << 62, MaxKept, time.Time{}},
		"a wait below nothing":                 {at(wed, "09:00"), -time.Hour, MaxKept, at(wed, "09:30")},
		"the seconds of the clock on the wall": {at(wed, "09:00").Add(time.Second), 10 * time.Minute, MaxKept, at(wed, "10:00")},
	} {
		until, ok := Promise(c.now, office(t), Estimate{c.wait, true}, c.keep)
		if ok != !c.until.IsZero() || ok && !until.Equal(c.until) {
			t.Errorf("%s: %v %v, want %v", name, until.In(zone), ok, c.until)
		}
	}
}

func TestAlwaysOpenAndUnknown(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	always := func(time.Time) (bool, time.Time) { return true, time.Time{} }
	if until, ok := Promise(now, always, Estimate{}, MaxKept); !ok || !until.Equal(now.Add(2*UnknownWait+LeastTime)) {
		t.Error(until, ok)
	}
	never := func(time.Time) (bool, time.Time) { return false, time.Time{} }
	if until, ok := Promise(now, never, Estimate{}, MaxKept); ok {
		t.Error(until)
	}
	stuck := func(at time.Time) (bool, time.Time) { return false, at }
	if until, ok := Promise(now, stuck, Estimate{}, MaxKept); ok {
		t.Error(until)
	}
	flickering := func(at time.Time) (bool, time.Time) { return true, at.Add(time.Second) }
	if until, ok := Promise(now, flickering, Estimate{High: time.Hour, Known: true}, MaxKept); ok {
		t.Error(until)
	}
}

// spans is a made-up calendar: it changes at each of the times.
type spans []time.Time

func (s spans) open(at time.Time) (bool, time.Time) {
	for i, change := range s {
		if at.Before(change) {
			return i%2 == 1, change
		}
	}
	return len(s)%2 == 1, time.Time{}
}

// openWithin sums, minute by minute, how long it is open.
func (s spans) openWithin(from, to time.Time) (sum time.Duration) {
	for at := from; at.Before(to); at = at.Add(time.Minute) {
		if open, _ := s.open(at); open {
			sum += time.Minute
		}
	}
	return sum
}

// TestAPromiseCanBeKept: there is the opening time that the rule asks for, it is no earlier and hardly later than needed, the
// number is still there, and nothing is promised only where there is not so much time.
func TestAPromiseCanBeKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 59).Draw(t, "minute")) * time.Minute)
		var s spans
		at := now
		for range rapid.IntRange(0, 12).Draw(t, "changes") {
			at = at.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute)
			s = append(s, at)
		}
		e := Estimate{time.Duration(rapid.IntRange(0, 300).Draw(t, "wait")) * time.Minute, true}
		keep := time.Duration(rapid.IntRange(1, 30*60).Draw(t, "keep")) * time.Minute
		last := now.Add(min(keep, MaxKept))
		until, ok := Promise(now, s.open, e, keep)
		if possible := s.openWithin(now, last) >= need(e); ok != possible {
			t.Fatalf("promised %v, possible %v", ok, possible)
		}
		if !ok {
			return
		}
		if until.After(last) || !until.After(now) || s.openWithin(now, until) < need(e) {
			t.Fatalf("promised for %v", until)
		}
		if open, _ := s.open(until.Add(-time.Minute)); !open {
			t.Fatalf("closed before %v", until)
		}
		if s.openWithin(now, until.Add(-RoundUp)) >= need(e) {
			t.Fatalf("%v is later than need be", until)
		}
	})
}
