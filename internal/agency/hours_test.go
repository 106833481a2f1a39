package agency

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func helsinki(t testing.TB) *time.Location { return zone(t, DefaultTimeZone) }

// at reads "2026-11-24 08:00" by the clocks of Helsinki.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", s, helsinki(t))
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// office is a counter with a lunch break, summer hours and days of its own.
func office() *Hours {
	return &Hours{
		Week: Week{"mon-thu": {"08:00-11:30", "12:30-16:00"}, "fri": {"08:00-15:00"}, "sat": {"closed"}},
		Eves: Spans{"closed"},
		Exceptions: []Exception{
			{From: "2026-06-22", To: "2026-08-09", Week: Week{"mon-fri": {"09:00-15:00"}}, Reason: text("kesä", "sommar", "summer")},
			{Date: "2026-07-06", Closed: true},
			{Date: "2026-12-31", Spans: Spans{"08:00-12:00"}},
			{Date: "2027-01-06", Spans: Spans{"10:00-12:00"}},
		},
	}
}

func TestOpen(t *testing.T) {
	for _, c := range []struct {
		what, at string
		open     bool
		until    string
	}{
		{"before the day", "2026-11-24 07:59", false, "2026-11-24 08:00"},
		{"at the opening", "2026-11-24 08:00", true, "2026-11-24 11:30"},
		{"at lunch", "2026-11-24 11:30", false, "2026-11-24 12:30"},
		{"after lunch", "2026-11-24 12:30", true, "2026-11-24 16:00"},
		{"at the end", "2026-11-24 16:00", false, "2026-11-25 08:00"},
		{"over a weekend", "2026-11-27 15:00", false, "2026-11-30 08:00"},
		{"over Christmas, which follows a weekday", "2026-12-23 16:00", false, "2026-12-28 08:00"},
		{"on a shorter day", "2026-12-31 11:00", true, "2026-12-31 12:00"},
		{"over New Year, a weekend", "2026-12-31 12:00", false, "2027-01-04 08:00"},
		{"on Epiphany, by exception", "2027-01-06 10:30", true, "2027-01-06 12:00"},
		{"over Easter", "2026-04-02 16:00", false, "2026-04-07 08:00"},
		{"over Midsummer", "2026-06-18 16:00", false, "2026-06-22 09:00"},
		{"in summer", "2026-07-03 14:59", true, "2026-07-03 15:00"},
		{"the exception in the season", "2026-07-03 15:00", false, "2026-07-07 09:00"},
		{"a season keeps weekends", "2026-07-10 15:00", false, "2026-07-13 09:00"},
		{"after the season", "2026-08-09 12:00", false, "2026-08-10 08:00"},
	} {
		open, until := office().Open(at(t, c.at), helsinki(t))
		if want := at(t, c.until); open != c.open || !until.Equal(want) {
			t.Errorf("%s, %s: %v until %v, want %v until %v", c.what, c.at, open, until, c.open, want)
		}
	}
}

func TestHolidaysMayBeWorked(t *testing.T) {
	christmas := at(t, "2026-12-25 12:00")
	for what, c := range map[string]struct {
		h    Hours
		open bool
	}{
		"closed as a rule":   {Hours{Week: Week{"mon-sun": {"00:00-24:00"}}}, false},
		"with hours":         {Hours{Week: Week{"mon-sun": {"00:00-24:00"}}, HolidaySpans: Spans{"10:00-14:00"}}, true},
		"with other hours":   {Hours{Week: Week{"mon-sun": {"00:00-24:00"}}, HolidaySpans: Spans{"13:00-14:00"}}, false},
		"a city without any": {Hours{Week: Week{"mon-sun": {"00:00-24:00"}}, Holidays: NoHolidays}, true},
		"Finland by name":    {Hours{Week: Week{"mon-sun": {"00:00-24:00"}}, Holidays: FinnishHolidays}, false},
	} {
		if open, _ := c.h.Open(christmas, helsinki(t)); open != c.open {
			t.Errorf("%s: %v", what, open)
		}
	}
}

func TestEves(t *testing.T) {
	h := Hours{Week: Week{"mon-fri": {"08:00-16:00"}}}
	for what, c := range map[string]struct {
		eves Spans
		at   string
		open bool
	}{
		"as the week by default": {nil, "2026-12-24 13:00", true},
		"as the week by name":    {Spans{AsTheWeek}, "2026-12-24 13:00", true},
		"closed":                 {Spans{ClosedAllDay}, "2026-12-24 10:00", false},
		"until noon":             {Spans{"08:00-12:00"}, "2026-12-24 11:59", true},
		"afternoon":              {Spans{"08:00-12:00"}, "2026-06-19 12:00", false},
		"another day":            {Spans{ClosedAllDay}, "2026-12-23 10:00", true},
	} {
		h.Eves = c.eves
		if open, _ := h.Open(at(t, c.at), helsinki(t)); open != c.open {
			t.Errorf("%s: %v", what, open)
		}
	}
}

func TestWhatNeverChanges(t *testing.T) {
	now := at(t, "2026-11-24 12:00")
	always := &Hours{Week: Week{"mon-sun": {"00:00-24:00"}}, Holidays: NoHolidays}
	for what, c := range map[string]struct {
		h    *Hours
		open bool
	}{"no hours": {nil, true}, "round the clock": {always, true}, "never": {&Hours{}, false}} {
		if open, until := c.h.Open(now, helsinki(t)); open != c.open || !until.IsZero() {
			t.Errorf("%s: %v until %v", what, open, until)
		}
	}
}

// Summer time begins on 29 March 2026: 03:00 becomes 04:00; it ends on 25 October: 04:00 becomes 03:00.
func TestClocksAreMoved(t *testing.T) {
	utc := func(s string) time.Time {
		when, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	night := &Hours{Week: Week{"mon-sun": {"22:00-06:00"}}}
	within := &Hours{Week: Week{"mon-sun": {"03:00-03:30"}}}
	for _, c := range []struct {
		what      string
		h         *Hours
		at, until string // UTC
		open      bool
	}{
		{"the short night", night, "2026-03-28 20:00", "2026-03-29 03:00", true},
		{"the long night", night, "2026-10-24 19:00", "2026-10-25 04:00", true},
		{"a span that is not there", within, "2026-03-28 02:00", "2026-03-30 00:00", false},
		{"a span that is there twice, first", within, "2026-10-25 00:00", "2026-10-25 00:30", true},
		{"between both", within, "2026-10-25 00:30", "2026-10-25 01:00", false},
		{"again", within, "2026-10-25 01:00", "2026-10-25 01:30", true},
		{"into the hour that is left out", &Hours{Week: Week{"mon-sun": {"01:00-03:30"}}}, "2026-03-29 00:00", "2026-03-29 01:00", true},
	} {
		if open, until := c.h.Open(utc(c.at), helsinki(t)); open != c.open || !until.Equal(utc(c.until)) {
			t.Errorf("%s: %v until %v, want %v until %s", c.what, open, until.UTC(), c.open, c.until)
		}
	}
	for day, want := range map[string]time.Duration{"2026-03-28": 7 * time.Hour, "2026-10-24": 9 * time.Hour, "2026-11-24": 8 * time.Hour} {
		from := at(t, day+" 12:00")
		if got := night.Between(from, from.AddDate(0, 0, 1), helsinki(t)); got != want {
			t.Errorf("the night of %s lasts %v, not %v", day, got, want)
		}
	}
}

func TestASpanOverMidnightBelongsToItsFirstDay(t *testing.T) {
	h := &Hours{Week: Week{"thu": {"20:00-02:00"}}, Exceptions: []Exception{{Date: "2026-11-27", Closed: true}}}
	for when, want := range map[string]bool{
		"2026-11-26 19:59": false, "2026-11-26 23:59": true, "2026-11-27 01:59": true, "2026-11-27 02:00": false, "2026-11-27 20:00": false, "2026-11-26 01:00": false,
	} {
		if open, _ := h.Open(at(t, when), helsinki(t)); open != want {
			t.Errorf("%s: %v", when, open)
		}
	}
}

func TestBusinessHoursBetween(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-11-24 08:00", "2026-11-24 16:00", 7 * time.Hour},
		{"2026-11-24 11:00", "2026-11-24 13:00", time.Hour},
		{"2026-11-24 16:00", "2026-11-24 08:00", 0},
		{"2026-12-23 15:00", "2026-12-28 09:00", 2 * time.Hour},
		{"2026-11-20 00:00", "2026-11-30 00:00", 7*time.Hour + 4*7*time.Hour + 7*time.Hour},
	} {
		if got := office().Between(at(t, c.from), at(t, c.to), helsinki(t)); got != c.want {
			t.Errorf("%s to %s: %v, not %v", c.from, c.to, got, c.want)
		}
	}
	if got := (*Hours)(nil).Between(at(t, "2026-11-24 08:00"), at(t, "2026-11-25 08:00"), helsinki(t)); got != 24*time.Hour {
		t.Error(got)
	}
}

// drawSpans draws one day's spans in order, the last one perhaps over midnight.
func drawSpans(t *rapid.T) Spans {
	edges := rapid.SliceOfNDistinct(rapid.IntRange(0, 36), 0, 6, rapid.ID).Draw(t, "edges")
	day := map[int]bool{}
	for _, e := range edges {
		day[e] = true
	}
	var spans Spans
	from := -1
	for half := range 37 {
		switch {
		case !day[half]:
		case from < 0 && half < 24:
			from = half
		case from >= 0 && half-from < 24:
			spans, from = append(spans, spanOf(from*60, half*60)), -1
		}
	}
	if len(spans) == 0 {
		return Spans{ClosedAllDay}
	}
	return spans
}

func spanOf(from, to int) Span {
	if to > minutesOfDay {
		to -= minutesOfDay
	}
	clock := func(m int) string {
		return string([]byte{byte('0' + m/600), byte('0' + m/60%10), ':', byte('0' + m%60/10), byte('0' + m%10)})
	}
	return Span(clock(from) + "-" + clock(to))
}

func drawHours(t *rapid.T) *Hours {
	h := &Hours{Week: Week{}, Holidays: rapid.SampledFrom([]string{"", NoHolidays}).Draw(t, "holidays")}
	for _, d := range Days() {
		h.Week[d] = drawSpans(t)
	}
	h.Eves, h.HolidaySpans = drawSpans(t), drawSpans(t)
	for range rapid.IntRange(0, 3).Draw(t, "exceptions") {
		from := dayOf(2026, 1, 1) + civil(rapid.IntRange(0, 700).Draw(t, "from"))
		x := Exception{From: dateOf(from), To: dateOf(from + civil(rapid.IntRange(0, 60).Draw(t, "days")))}
		if rapid.Bool().Draw(t, "season") {
			x.Week = Week{"mon-fri": drawSpans(t)}
		} else {
			x.Spans = drawSpans(t)
		}
		h.Exceptions = append(h.Exceptions, x)
	}
	return h
}

// shown tells by the definition alone whether it is open: what the clock and the calendar show, minute by minute.
func shown(h *Hours, t time.Time) bool {
	year, month, day := t.Date()
	minute := t.Hour()*60 + t.Minute()
	for back := range 2 {
		d := time.Date(year, month, day-back, 0, 0, 0, 0, time.UTC)
		for _, s := range spansOn(h, d) {
			v, err := s.parse()
			if err == nil && v.from <= minute+back*minutesOfDay && minute+back*minutesOfDay < v.to {
				return true
			}
		}
	}
	return false
}

// spansOn is the rule in the doc of Hours, in its own words.
func spansOn(h *Hours, d time.Time) Spans {
	date, name := Date(d.Format(time.DateOnly)), Days()[(d.Weekday()+6)%7]
	week := h.Week
	for _, x := range h.Exceptions {
		if x.Week != nil && x.From <= date && date <= x.To {
			week = x.Week.expanded()
		}
	}
	spans := week[name]
	if h.Holidays != NoHolidays {
		for _, x := range Holidays(d.Year()) {
			if x.Date == date && x.Public {
				spans = h.HolidaySpans
			} else if x.Date == date {
				spans = h.Eves
			}
		}
	}
	for _, x := range h.Exceptions {
		if x.Week == nil && x.From <= date && date <= x.To {
			spans = x.Spans
		}
	}
	return spans
}

// drawTime draws a time, often near a move of the clocks.
func drawTime(t *rapid.T, z *time.Location) time.Time {
	when := time.Date(2026, 1, 1, 0, 0, 0, 0, z).Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(t, "minutes")) * time.Minute)
	if _, moved := when.ZoneBounds(); rapid.Bool().Draw(t, "near") && !moved.IsZero() {
		when = moved.Add(time.Duration(rapid.IntRange(-48*60, 48*60).Draw(t, "around")) * time.Minute)
	}
	return when.Add(time.Duration(rapid.IntRange(0, 59).Draw(t, "seconds")) * time.Second)
}

// Whatever the hours, zone and time: it is open as the wall's clock says, that holds until the time told, and not there.
func TestOpenIsWhatTheClockShows(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{DefaultTimeZone, "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"} {
		zones = append(zones, zone(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		h, z := drawHours(t), rapid.SampledFrom(zones).Draw(t, "zone")
		now := drawTime(t, z)
		open, until := h.Open(now, z)
		if open != shown(h, now) {
			t.Fatalf("%v: %v", now, open)
		}
		if until.IsZero() {
			until = now.Add(LookAhead)
		} else if !until.After(now) || shown(h, until) == open {
			t.Fatalf("%v until %v: no change", now, until)
		}
		for range 30 {
			between := now.Add(time.Duration(rapid.Int64Range(0, int64(until.Sub(now))-1).Draw(t, "between")))
			if shown(h, between.In(z)) != open {
				t.Fatalf("%v until %v, but not at %v", now, until, between)
			}
		}
	})
}

// The open time of a stretch is that of its parts, and what counting its minutes gives.
func TestBetweenAddsUp(t *testing.T) {
	z := helsinki(t)
	rapid.Check(t, func(t *rapid.T) {
		h, from := drawHours(t), drawTime(t, z).Truncate(time.Minute)
		minutes := rapid.IntRange(0, 3*minutesOfDay).Draw(t, "minutes")
		var want time.Duration
		for m := range minutes {
			if shown(h, from.Add(time.Duration(m)*time.Minute)) {
				want += time.Minute
			}
		}
		to := from.Add(time.Duration(minutes) * time.Minute)
		cut := from.Add(time.Duration(rapid.IntRange(0, minutes).Draw(t, "cut")) * time.Minute)
		if got := h.Between(from, to, z); got != want || h.Between(from, cut, z)+h.Between(cut, to, z) != got {
			t.Fatalf("%v, not %v", got, want)
		}
	})
}

func TestHoursComeBackFromJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHours(t)
		body, err := json.Marshal(h)
		var back Hours
		if err != nil || json.Unmarshal(body, &back) != nil || !reflect.DeepEqual(*h, back) {
			t.Fatalf("%s", body)
		}
	})
}

func TestSpans(t *testing.T) {
	for s, want := range map[Span]interval{
		"08:00-11:30": {480, 690}, "00:00-24:00": {0, 1440}, "22:00-06:00": {1320, 1800}, "23:59-00:00": {1439, 1440}, "00:00-00:01": {0, 1},
	} {
		if got, err := s.parse(); err != nil || got != want {
			t.Errorf("%s: %v %v", s, got, err)
		}
	}
	for _, s := range []Span{
		"", "8-16", "8:00-16:00", "08:00–16:00", "08:00-16:0", "08:60-16:00", "24:00-06:00", "08:00-25:00", "24:01-24:00", "08:00-08:00", "closed", "week", "08:00 16:00", "08:00-16:00 ", "aa:bb-cc:dd",
	} {
		if got, err := s.parse(); err == nil {
			t.Errorf("%q is %v", s, got)
		}
	}
}

// FuzzSpan: what is taken lies within two days and, written again, is the same.
func FuzzSpan(f *testing.F) {
	for _, s := range []string{"08:00-11:30", "22:00-06:00", "00:00-24:00", "24:00-24:00", "closed", "٠٨:00-11:30", "-1:00-02:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Span(s).parse()
		if err != nil {
			return
		}
		if v.from < 0 || v.from >= minutesOfDay || v.to <= v.from || v.to > 2*minutesOfDay {
			t.Fatalf("%q is %v", s, v)
		}
		if again, err := spanOf(v.from, v.to).parse(); err != nil || again != v {
			t.Fatalf("%q is %v, again %v", s, v, again)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	h, z, now := office(), helsinki(b), at(b, "2026-11-24 10:00")
	for b.Loop() {
		h.Open(now, z)
	}
}

func BenchmarkOpenNever(b *testing.B) {
	h, z, now := &Hours{}, helsinki(b), at(b, "2026-11-24 10:00")
	for b.Loop() {
		h.Open(now, z)
	}
}
