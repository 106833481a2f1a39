package agency

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// published has the dates that move, as calendars print them: Good Friday, Easter Sunday and Monday, Ascension Day, Whit
// Sunday, Midsummer Eve and Day, All Saints' Day. Taken from the published table of the library vacanza/holidays
// (snapshots/countries/FI_COMMON.json), not computed here.
func published() map[int]string {
	return map[int]string{
		2004: "04-09 04-11 04-12 05-20 05-30 06-25 06-26 11-06",
		2005: "03-25 03-27 03-28 05-05 05-15 06-24 06-25 11-05",
		2008: "03-21 03-23 03-24 05-01 05-11 06-20 06-21 11-01",
		2009: "04-10 04-12 04-13 05-21 05-31 06-19 06-20 10-31",
		2010: "04-02 04-04 04-05 05-13 05-23 06-25 06-26 11-06",
		2011: "04-22 04-24 04-25 06-02 06-12 06-24 06-25 11-05",
		2020: "04-10 04-12 04-13 05-21 05-31 06-19 06-20 10-31",
		2021: "04-02 04-04 04-05 05-13 05-23 06-25 06-26 11-06",
		2022: "04-15 04-17 04-18 05-26 06-05 06-24 06-25 11-05",
		2023: "04-07 04-09 04-10 05-18 05-28 06-23 06-24 11-04",
		2024: "03-29 03-31 04-01 05-09 05-19 06-21 06-22 11-02",
		2025: "04-18 04-20 04-21 05-29 06-08 06-20 06-21 11-01",
		2026: "04-03 04-05 04-06 05-14 05-24 06-19 06-20 10-31",
		2027: "03-26 03-28 03-29 05-06 05-16 06-25 06-26 11-06",
		2028: "04-14 04-16 04-17 05-25 06-04 06-23 06-24 11-04",
		2029: "03-30 04-01 04-02 05-10 05-20 06-22 06-23 11-03",
		2030: "04-19 04-21 04-22 05-30 06-09 06-21 06-22 11-02",
		2031: "04-11 04-13 04-14 05-22 06-01 06-20 06-21 11-01",
		2032: "03-26 03-28 03-29 05-06 05-16 06-25 06-26 11-06",
		2033: "04-15 04-17 04-18 05-26 06-05 06-24 06-25 11-05",
		2034: "04-07 04-09 04-10 05-18 05-28 06-23 06-24 11-04",
		2035: "03-23 03-25 03-26 05-03 05-13 06-22 06-23 11-03",
		2036: "04-11 04-13 04-14 05-22 06-01 06-20 06-21 11-01",
		2037: "04-03 04-05 04-06 05-14 05-24 06-19 06-20 10-31",
		2038: "04-23 04-25 04-26 06-03 06-13 06-25 06-26 11-06",
		2039: "04-08 04-10 04-11 05-19 05-29 06-24 06-25 11-05",
		2040: "03-30 04-01 04-02 05-10 05-20 06-22 06-23 11-03",
	}
}

func moving() []string {
	return []string{"Good Friday", "Easter Sunday", "Easter Monday", "Ascension Day", "Whit Sunday", "Midsummer Eve", "Midsummer Day", "All Saints' Day"}
}

func byName(year int) map[string]string {
	days := map[string]string{}
	for _, h := range Holidays(year) {
		days[h.Name[English]] = strings.TrimPrefix(string(h.Date), h.Date.year()+"-")
	}
	return days
}

func (d Date) year() string { return string(d[:4]) }

func TestHolidaysAreThePublishedOnes(t *testing.T) {
	fixed := map[string]string{
		"New Year's Day": "01-01", "Epiphany": "01-06", "May Day": "05-01", "Independence Day": "12-06",
		"Christmas Eve": "12-24", "Christmas Day": "12-25", "Boxing Day": "12-26",
	}
	for year, dates := range published() {
		want := maps.Clone(fixed)
		for i, date := range strings.Fields(dates) {
			want[moving()[i]] = date
		}
		if got := byName(year); !maps.Equal(got, want) {
			t.Errorf("%d: %v, want %v", year, got, want)
		}
	}
}

func TestHolidaysHaveTheirNames(t *testing.T) {
	for _, h := range Holidays(2026) {
		for _, l := range Langs() {
			if h.Name[l] == "" {
				t.Errorf("%s has no name in %s", h.Date, l)
			}
		}
		if isEve := strings.HasSuffix(h.Name[Finnish], "aatto"); isEve == h.Public {
			t.Errorf("%s: public %v", h.Name[Finnish], h.Public)
		}
	}
}

// The days of the week and the bounds of the months that define the moving holidays hold in every year.
func TestHolidaysKeepTheirRules(t *testing.T) {
	rules := map[string]struct {
		day      time.Weekday
		from, to string
	}{
		"Good Friday": {time.Friday, "03-20", "04-23"}, "Easter Sunday": {time.Sunday, "03-22", "04-25"},
		"Easter Monday": {time.Monday, "03-23", "04-26"}, "Ascension Day": {time.Thursday, "04-30", "06-03"},
		"Whit Sunday": {time.Sunday, "05-10", "06-13"}, "Midsummer Eve": {time.Friday, "06-19", "06-25"},
		"Midsummer Day": {time.Saturday, "06-20", "06-26"}, "All Saints' Day": {time.Saturday, "10-31", "11-06"},
	}
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(FirstHolidayYear, LastHolidayYear).Draw(t, "year")
		all := Holidays(year)
		if len(all) != 15 || !slices.IsSortedFunc(all, func(a, b Holiday) int { return strings.Compare(string(a.Date), string(b.Date)) }) {
			t.Fatal(all)
		}
		for _, h := range all {
			day, ok := h.Date.day()
			rule, moves := rules[h.Name[English]]
			if date := string(h.Date[5:]); !ok || moves && (day.weekday() != rule.day || date < rule.from || date > rule.to) {
				t.Fatal(h)
			}
		}
	})
}

// Easter is the Sunday after the ecclesiastical full moon on or after 21 March: a second way to it, by the golden number
// and the epact (Explanatory Supplement to the Astronomical Almanac, 1992, 582, by Oudin).
func TestEasterBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.IntRange(FirstHolidayYear, LastHolidayYear).Draw(t, "year")
		century, golden := y/100, y%19
		k := (century - 17) / 25
		i := (century - century/4 - (century-k)/3 + 19*golden + 15) % 30
		i -= (i / 28) * (1 - (i/28)*(29/(i+1))*((21-golden)/11))
		j := (y + y/4 + i + 2 - century + century/4) % 7
		l := i - j
		month := 3 + (l+40)/44
		if want := dayOf(y, time.Month(month), l+28-31*(month/4)); easterOf(y) != want {
			t.Fatalf("%d: %s, not %s", y, dateOf(easterOf(y)), dateOf(want))
		}
	})
}

func TestNoHolidaysOutsideTheCalendar(t *testing.T) {
	for _, year := range []int{-1, 0, FirstHolidayYear - 1, LastHolidayYear + 1} {
		if got := Holidays(year); got != nil {
			t.Errorf("%d: %v", year, got)
		}
	}
}

func TestWhatADayIs(t *testing.T) {
	var h holidays
	for date, want := range map[Date]festival{
		"2026-12-23": ordinary, "2026-12-24": eve, "2026-12-25": public, "2027-01-01": public, "2008-05-01": public, "2026-06-19": eve, "2026-06-21": ordinary,
	} {
		day, _ := date.day()
		if got := h.of(day); got != want {
			t.Errorf("%s: %d, want %d", date, got, want)
		}
	}
}
