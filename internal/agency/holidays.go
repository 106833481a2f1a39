package agency

import (
	"cmp"
	"slices"
	"time"
)

// Holiday is a Finnish holiday, or an eve that is nearly one.
type Holiday struct {
	Date   Date
	Name   Text
	Public bool // a public holiday; false: the eves of Midsummer and Christmas
}

// The years whose holidays are known: from the first whole one of the Gregorian calendar to the last that a Date can name.
// The rules are those in force since 1992; what was a holiday before is not told.
const (
	FirstHolidayYear = 1583
	LastHolidayYear  = 9999
)

// Days from Easter Sunday.
const (
	goodFriday   = -2
	easterMonday = 1
	ascension    = 39
	whitSunday   = 49
)

// Holidays gives the holidays of a year by date, Sundays only where they have a name; none for a year outside
// FirstHolidayYear to LastHolidayYear. Two may fall on one day: May Day and Ascension Day did in 2008.
func Holidays(year int) []Holiday {
	if year < FirstHolidayYear || year > LastHolidayYear {
		return nil
	}
	easter, midsummer, saints := easterOf(year), saturdayFrom(year, time.June, 20), saturdayFrom(year, time.October, 31)
	all := []Holiday{
		{dateOf(dayOf(year, time.January, 1)), text("uudenvuodenpäivä", "nyårsdagen", "New Year's Day"), true},
		{dateOf(dayOf(year, time.January, 6)), text("loppiainen", "trettondagen", "Epiphany"), true},
		{dateOf(easter + goodFriday), text("pitkäperjantai", "långfredagen", "Good Friday"), true},
		{dateOf(easter), text("pääsiäispäivä", "påskdagen", "Easter Sunday"), true},
		{dateOf(easter + easterMonday), text("toinen pääsiäispäivä", "annandag påsk", "Easter Monday"), true},
		{dateOf(dayOf(year, time.May, 1)), text("vappu", "första maj", "May Day"), true},
		{dateOf(easter + ascension), text("helatorstai", "Kristi himmelsfärdsdag", "Ascension Day"), true},
		{dateOf(easter + whitSunday), text("helluntaipäivä", "pingstdagen", "Whit Sunday"), true},
		{dateOf(midsummer - 1), text("juhannusaatto", "midsommarafton", "Midsummer Eve"), false},
		{dateOf(midsummer), text("juhannuspäivä", "midsommardagen", "Midsummer Day"), true},
		{dateOf(saints), text("pyhäinpäivä", "alla helgons dag", "All Saints' Day"), true},
		{dateOf(dayOf(year, time.December, 6)), text("itsenäisyyspäivä", "självständighetsdagen", "Independence Day"), true},
		{dateOf(dayOf(year, time.December, 24)), text("jouluaatto", "julafton", "Christmas Eve"), false},
		{dateOf(dayOf(year, time.December, 25)), text("joulupäivä", "juldagen", "Christmas Day"), true},
		{dateOf(dayOf(year, time.December, 26)), text("tapaninpäivä", "annandag jul", "Boxing Day"), true},
	}
	slices.SortStableFunc(all, func(a, b Holiday) int { return cmp.Compare(a.Date, b.Date) })
	return all
}

func text(fi, sv, en string) Text { return Text{Finnish: fi, Swedish: sv, English: en} }

// festival is what a day is in the calendar of holidays.
type festival uint8

const (
	ordinary festival = iota
	eve
	public
)

// holidays answers for single days; it computes a year's once.
type holidays struct {
	year int
	days map[civil]festival
}

// of tells what a day is.
func (h *holidays) of(d civil) festival {
	year, _, _ := d.date()
	if h.days == nil || year != h.year {
		h.year, h.days = year, map[civil]festival{}
		for _, x := range Holidays(year) {
			day, _ := x.Date.day()
			h.days[day] = max(h.days[day], festivalOf(x))
		}
	}
	return h.days[d]
}

func festivalOf(x Holiday) festival {
	if x.Public {
		return public
	}
	return eve
}

// easterOf is the day of Easter Sunday by the Gregorian rule (the anonymous computus, Nature 13, 1876, 487; in Meeus,
// Astronomical Algorithms, chapter 8).
func easterOf(year int) civil {
	a, b, c := year%19, year/100, year%100
	d, e, f := b/4, b%4, (b+8)/25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30 // the full moon's day
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7 // to the Sunday
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return dayOf(year, time.Month(n/31), n%31+1)
}

// saturdayFrom is the first Saturday on a day or after it.
func saturdayFrom(year int, month time.Month, day int) civil {
	d := dayOf(year, month, day)
	return d + civil((time.Saturday-d.weekday()+7)%7)
}

// civil is a day of the Gregorian calendar as the number of days since 1 January 1970.
type civil int

const secondsOfDay = 24 * 60 * 60

func dayOf(year int, month time.Month, day int) civil {
	return civil(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

func (d civil) time() time.Time { return time.Unix(int64(d)*secondsOfDay, 0).UTC() }

func (d civil) date() (int, time.Month, int) { return d.time().Date() }

func (d civil) weekday() time.Weekday { return d.time().Weekday() }

func dateOf(d civil) Date { return Date(d.time().Format(time.DateOnly)) }

// day reads a date; false for one that is none.
func (d Date) day() (civil, bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	return civil(t.Unix() / secondsOfDay), err == nil
}
