package agency

import (
	"slices"
	"strings"
	"time"
)

// Parts of a day.
const (
	minutesOfHour   = 60
	minutesOfDay    = 24 * minutesOfHour
	secondsOfMinute = 60
	spanForm        = "HH:MM-HH:MM"
)

// interval is a span in minutes from the midnight at which its day begins; to is over minutesOfDay where it crosses midnight.
type interval struct{ from, to int }

func (v interval) has(minute int) bool { return v.from <= minute && minute < v.to }

// spanError says what is wrong with a span, for people.
type spanError string

func (e spanError) Error() string { return string(e) }

const (
	errSpanForm  spanError = `must be from when until when, for example "08:00-16:00"; or the word closed for the whole day`
	errSpanEmpty spanError = `ends when it begins; the whole day is "00:00-24:00"`
	errSpanOrder spanError = "begins before the span before it has ended: give a day's spans in order"
	errSpanCount spanError = "are too many spans for a day"
	errSpanNone  spanError = "is empty: for a day without opening hours write closed"
)

// parse reads one span.
func (s Span) parse() (interval, error) {
	if len(s) != len(spanForm) || s[len("HH:MM")] != '-' {
		return interval{}, errSpanForm
	}
	from, ok := clock(string(s[:5]))
	to, good := clock(string(s[6:]))
	switch {
	case !ok || !good || from == minutesOfDay:
		return interval{}, errSpanForm
	case from == to:
		return interval{}, errSpanEmpty
	case to < from:
		to += minutesOfDay
	}
	return interval{from, to}, nil
}

// clock reads "HH:MM", 24:00 included, as minutes.
func clock(s string) (int, bool) {
	for i, c := range []byte(s) {
		if (c == ':') != (i == 2) || c != ':' && (c < '0' || c > '9') {
			return 0, false
		}
	}
	hours, minutes := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	at := hours*minutesOfHour + minutes
	return at, minutes < minutesOfHour && at <= minutesOfDay
}

// parse reads a day's spans; with an error comes the index of the span that has it, -1 for the whole.
func (s Spans) parse() (day []interval, at int, err error) {
	switch {
	case s.is(ClosedAllDay):
		return nil, 0, nil
	case len(s) == 0:
		return nil, -1, errSpanNone
	case len(s) > MaxSpans:
		return nil, -1, errSpanCount
	}
	for i, text := range s {
		v, err := text.parse()
		if err != nil {
			return nil, i, err
		}
		if i > 0 && v.from < day[i-1].to {
			return nil, i, errSpanOrder
		}
		day = append(day, v)
	}
	return day, 0, nil
}

// is tells whether a word stands in place of the spans.
func (s Spans) is(word Span) bool { return len(s) == 1 && s[0] == word }

// UnmarshalYAML takes a list of spans, or one without the brackets: "sun: closed".
func (s *Spans) UnmarshalYAML(decode func(any) error) error {
	var one string
	if decode(&one) == nil {
		*s = Spans{Span(one)}
		return nil
	}
	var all []Span
	err := decode(&all)
	*s = all
	return err
}

// days gives the days of the week that a Day names: one, or "mon-fri"; false for none.
func (d Day) days() ([]Day, bool) {
	first, last, several := strings.Cut(string(d), "-")
	from, to := slices.Index(Days(), Day(first)), slices.Index(Days(), Day(last))
	if !several {
		to = from
	}
	if from < 0 || to < from || several && to == from {
		return nil, false
	}
	return Days()[from : to+1], true
}

// expanded names each day by itself.
func (w Week) expanded() Week {
	if w == nil {
		return nil
	}
	all := Week{}
	for d, spans := range w {
		days, ok := d.days()
		if !ok {
			days = []Day{d}
		}
		for _, day := range days {
			all[day] = slices.Clone(spans)
		}
	}
	return all
}

// parsed gives the days' spans from Sunday, as time.Weekday counts; what can't be read is closed.
func (w Week) parsed() (week [7][]interval) {
	all := w.expanded()
	for i, d := range Days() {
		week[(i+int(time.Monday))%len(week)], _, _ = all[d].parse()
	}
	return week
}
