package agency

import (
	"slices"
	"time"
)

// Words in place of spans, and what Hours.Holidays may be.
const (
	ClosedAllDay    Span = "closed" // no span at all
	AsTheWeek       Span = "week"   // of Hours.Eves: the day is as the week says
	FinnishHolidays      = "finnish"
	NoHolidays           = "none"
)

// Limits of opening hours.
const (
	MaxHours      = 200  // different hours in the city
	MaxSpans      = 8    // of one day
	MaxExceptions = 1000 // of one Hours
	// LookAhead bounds how far the next change is looked for.
	LookAhead = 400 * 24 * time.Hour
)

// Span is from when until when by the clock on the wall, "08:00-11:30"; the end does not belong to it. 24:00 is the midnight
// at which the day ends. A span that ends before it begins crosses midnight.
type Span string

// Spans are those of one day, in order, without overlap; the one span "closed" is a day without any.
type Spans []Span

// Day is a day of the week, three letters of its English name: "mon". A file may name several at once: "mon-fri".
type Day string

// Days lists the days of the week from Monday.
func Days() []Day { return []Day{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

// Week has the spans of each day; a day that is not there is closed.
type Week map[Day]Spans

// Date is a day of the calendar: "2026-12-24".
type Date string

// Exception is what holds on one day, or from a day to another, both included, in place of the rest.
type Exception struct {
	Date   Date  `yaml:"date" json:"date,omitempty"` // either this, or From and To
	From   Date  `yaml:"from" json:"from,omitempty"`
	To     Date  `yaml:"to" json:"to,omitempty"`
	Spans  Spans `yaml:"spans" json:"spans,omitempty"`   // either these, on each of the days, holidays too,
	Closed bool  `yaml:"closed" json:"closed,omitempty"` // or this,
	Week   Week  `yaml:"week" json:"week,omitempty"`     // or another week, for a season: holidays stay holidays
	Reason Text  `yaml:"reason" json:"reason,omitempty"`
}

// Hours say when queues are open. The zero Hours never are.
//
// What holds on a day is the first of these that there is: the last exception on it with spans or closed; on a public holiday
// HolidaySpans; on the eves of Midsummer and Christmas Eves; the last exception on it with a week; the Week. A span that
// crosses midnight belongs to the day on which it begins and runs to its end, whatever the next day is.
type Hours struct {
	Week         Week        `yaml:"week" json:"week,omitempty"`
	Holidays     string      `yaml:"holidays" json:"holidays,omitempty"`           // "": FinnishHolidays; NoHolidays
	HolidaySpans Spans       `yaml:"holiday_spans" json:"holiday_spans,omitempty"` // on public holidays; none: closed
	Eves         Spans       `yaml:"eves" json:"eves,omitempty"`                   // on the eves of Midsummer and Christmas; none: AsTheWeek
	Exceptions   []Exception `yaml:"exceptions" json:"exceptions,omitempty"`
}

// Open tells whether it is open at t by the clocks of zone, and until when that stays so; zero where it does not change
// within LookAhead. It is open while the clock on the wall shows a time within a span: where the clocks are moved, a span
// lasts an hour more or less, and a time that there is twice counts twice. Nil Hours are always open.
func (h *Hours) Open(t time.Time, zone *time.Location) (open bool, until time.Time) {
	if h == nil {
		return true, time.Time{}
	}
	return h.calendar().open(t, zone)
}

// Between gives how long it is open from a time until another; 0 where that is not later. It takes time in proportion to the
// days between. Nil Hours are always open.
func (h *Hours) Between(from, to time.Time, zone *time.Location) time.Duration {
	if h == nil {
		return max(0, to.Sub(from))
	}
	return h.calendar().between(from, to, zone)
}

// HoursOf gives the opening hours of a queue by its id; nil, which is always open, for a queue without hours or an unknown one.
func (c *City) HoursOf(queue string) *Hours {
	i := slices.IndexFunc(c.Queues, func(q Queue) bool { return q.ID == queue })
	if i < 0 {
		return nil
	}
	h, ok := c.Hours[c.Queues[i].Hours]
	if !ok {
		return nil
	}
	return &h
}
