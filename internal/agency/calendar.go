package agency

import (
	"slices"
	"time"
)

// calendar is Hours read for use. It never changes and may be shared.
type calendar struct {
	week       [7][]interval
	finnish    bool
	holiday    []interval
	asTheWeek  bool // on eves
	eves       []interval
	exceptions []exception
}

type exception struct {
	from, to civil
	seasonal bool
	week     [7][]interval // seasonal
	day      []interval    // not seasonal
}

// calendar reads the Hours. What Validate would refuse is closed.
func (h *Hours) calendar() *calendar {
	c := &calendar{week: h.Week.parsed(), finnish: h.Holidays != NoHolidays, asTheWeek: len(h.Eves) == 0 || h.Eves.is(AsTheWeek)}
	c.holiday, _, _ = h.HolidaySpans.parse()
	c.eves, _, _ = h.Eves.parse()
	for i := range h.Exceptions {
		if x, ok := h.Exceptions[i].read(); ok {
			c.exceptions = append(c.exceptions, x)
		}
	}
	return c
}

func (e *Exception) read() (exception, bool) {
	from, ok := or(e.From, e.Date).day()
	to, good := or(e.To, e.Date).day()
	x := exception{from: from, to: to, seasonal: len(e.Week) > 0}
	if x.seasonal {
		x.week = e.Week.parsed()
	}
	x.day, _, _ = e.Spans.parse()
	return x, ok && good
}

// on gives the spans that begin on a day: the rules are in the doc of Hours.
func (c *calendar) on(d civil, known *holidays) []interval {
	week := &c.week
	for i := range slices.Backward(c.exceptions) {
		x := &c.exceptions[i]
		switch {
		case d < x.from || d > x.to:
		case !x.seasonal:
			return x.day
		case week == &c.week:
			week = &x.week
		}
	}
	if c.finnish {
		switch f := known.of(d); {
		case f == public:
			return c.holiday
		case f == eve && !c.asTheWeek:
			return c.eves
		}
	}
	return week[d.weekday()]
}

// walk goes along the clock on the wall.
type walk struct {
	*calendar
	zone  *time.Location
	known holidays
}

// wall is what clock and calendar show at t: the day and the seconds since its midnight; offset is that of the zone.
func (w *walk) wall(t time.Time) (day civil, second, offset int64) {
	_, east := t.In(w.zone).Zone()
	shown := t.Unix() + int64(east)
	day = civil((shown - mod(shown, secondsOfDay)) / secondsOfDay)
	return day, mod(shown, secondsOfDay), int64(east)
}

// mod is the remainder that is never negative.
func mod(a, b int64) int64 { return ((a % b) + b) % b }

// openAt tells whether it is open at t.
func (w *walk) openAt(t time.Time) bool {
	day, second, _ := w.wall(t)
	minute := int(second / secondsOfMinute)
	has := func(m int) func(interval) bool { return func(v interval) bool { return v.has(m) } }
	return slices.ContainsFunc(w.on(day, &w.known), has(minute)) || slices.ContainsFunc(w.on(day-1, &w.known), has(minute+minutesOfDay))
}

// next is the first time after t at which it may open or close: an end of a span, midnight, or a move of the clocks.
func (w *walk) next(t time.Time) time.Time {
	day, second, offset := w.wall(t)
	minute, first := int(second/secondsOfMinute), minutesOfDay
	consider := func(m int) {
		if m > minute {
			first = min(first, m)
		}
	}
	for _, v := range w.on(day, &w.known) {
		consider(v.from)
		consider(v.to)
	}
	for _, v := range w.on(day-1, &w.known) {
		consider(v.to - minutesOfDay)
	}
	at := time.Unix(int64(day)*secondsOfDay+int64(first)*secondsOfMinute-offset, 0)
	if _, moved := t.In(w.zone).ZoneBounds(); !moved.IsZero() && moved.Before(at) {
		at = moved
	}
	return at.In(w.zone)
}

func (c *calendar) open(t time.Time, zone *time.Location) (bool, time.Time) {
	w := &walk{calendar: c, zone: zone}
	open, limit := w.openAt(t), t.Add(LookAhead)
	for at := w.next(t); !at.After(limit); at = w.next(at) {
		if w.openAt(at) != open {
			return open, at
		}
	}
	return open, time.Time{}
}

func (c *calendar) between(from, to time.Time, zone *time.Location) (sum time.Duration) {
	w := &walk{calendar: c, zone: zone}
	for at := from; at.Before(to); {
		end := w.next(at)
		if end.After(to) {
			end = to
		}
		if w.openAt(at) {
			sum += end.Sub(at)
		}
		at = end
	}
	return sum
}
