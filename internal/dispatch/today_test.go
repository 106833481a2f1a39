package dispatch

import (
	"testing"

	"pgregory.net/rapid"

	"santra/internal/routing/measure"
)

// Today's service level is the published one, whatever half-hours it is added up from (docs/measures.md).
func TestTodaysServiceLevelIsThePublishedOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var today Today
		var day measure.QueueFigures
		count := rapid.Int64Range(0, 50)
		for range rapid.IntRange(0, 5).Draw(t, "half-hours") {
			f := measure.QueueFigures{
				Offered: count.Draw(t, "offered"), Answered: count.Draw(t, "answered"), InTime: count.Draw(t, "in time"), Abandoned: count.Draw(t, "abandoned"),
				ShortAbandoned: count.Draw(t, "short"), OverflowedOut: count.Draw(t, "out"), OverflowedIn: count.Draw(t, "in"),
				Diverted: count.Draw(t, "diverted"), Expired: count.Draw(t, "expired"), Closed: count.Draw(t, "closed"), Lost: count.Draw(t, "lost"),
			}
			today = today.plus(f)
			day.Answered, day.InTime, day.Abandoned, day.Diverted = day.Answered+f.Answered, day.InTime+f.InTime, day.Abandoned+f.Abandoned, day.Diverted+f.Diverted
			day.Expired, day.Closed, day.Lost = day.Expired+f.Expired, day.Closed+f.Closed, day.Lost+f.Lost
		}
		if int64(today.Decided()) != day.Decided() || int64(today.InTime) != day.InTime {
			t.Fatalf("%d of %d, the measures say %d of %d", today.InTime, today.Decided(), day.InTime, day.Decided())
		}
	})
}
