// Package say turns numbers and times into the prompts that speak them: a list of names to play one after the other, in
// Finnish, Swedish or English. The words of each prompt are in package media (Text). It owns the grammar; it knows no sound,
// no call and no clock.
//
// The sentences are built so that no word has to be bent for its number: Finnish counts in the nominative ("olette jonossa numero
// neljä"), gives days in the essive ("kahdentenatoista lokakuuta") and says "viimeistään tänään kello viisitoista neljäkymmentä" where other
// wordings would put the clock into the illative; Swedish has "en minut" apart from "ett".
package say

import (
	"slices"
	"strconv"
	"time"

	"santra/internal/protocol/media"
)

// MaxNumber is the largest number that is spoken.
const MaxNumber = 99

// The parts of sentences that no other package asks for by name.
const (
	oneMinute = "one-minute"
	minutes   = "minutes"
	today     = "today"
	tomorrow  = "tomorrow"
	clock     = "clock"
	onThe     = "on-the" // before a day of a month; Finnish has none
	oh        = "oh"     // English: "three oh five"
	am        = "am"
	pm        = "pm"
	noon      = "noon"
	midnight  = "midnight"
	english   = "en"
)

// Number gives the prompts of 0 to MaxNumber; none for another number.
func Number(n int) []string {
	switch {
	case n < 0 || n > MaxNumber:
		return nil
	case n < 20 || n%10 == 0:
		return []string{number(n)}
	}
	return []string{number(n - n%10), number(n % 10)}
}

func number(n int) string { return "n-" + strconv.Itoa(n) }

// Position gives "in the queue you are number n", n from 1; over MaxNumber it says that there are many. None where the position is
// not known (below 1).
func Position(n int) []string {
	switch {
	case n < 1:
		return nil
	case n == 1:
		return []string{media.PositionFirst}
	case n > MaxNumber:
		return []string{media.PositionMany}
	}
	return append([]string{media.Position}, Number(n)...)
}

// Steps lists the waiting times that are spoken, in minutes. An estimate is no better than that.
func Steps() []int { return []int{1, 2, 3, 5, 10, 15, 20, 30} }

// Minutes rounds an estimate up to one of Steps, so that nobody is told less than is estimated; 0 where it is over the last of
// them. It is for estimates over 0.
func Minutes(estimate time.Duration) int {
	steps := Steps()
	i := slices.IndexFunc(steps, func(m int) bool { return estimate <= time.Duration(m)*time.Minute })
	if i < 0 {
		return 0
	}
	return steps[i]
}

// Wait gives "the estimated waiting time is about so many minutes". None where the estimate is not known (0 or less): nothing is
// better than a number that nobody can stand behind.
func Wait(estimate time.Duration) []string {
	switch m := Minutes(estimate); {
	case estimate <= 0:
		return nil
	case m == 0:
		return []string{media.WaitLong}
	case m == 1:
		return []string{media.WaitEstimate, oneMinute}
	default:
		return append(append([]string{media.WaitEstimate}, Number(m)...), minutes)
	}
}

// Moment gives day and time of t, in t's location, as seen at now: "tänään kello viisitoista neljäkymmentä", "på måndag klockan åtta
// femton", "on the twelfth of October at eight fifteen a.m.". Seconds are cut off. Midnight is the end of a day: "today at midnight", "i
// dag klockan tjugofyra". lang is fi, sv or en; another counts as fi.
func Moment(lang string, t, now time.Time) []string {
	now = now.In(t.Location())
	hour, minute := t.Hour(), t.Minute()
	if hour == 0 && minute == 0 {
		t, hour = t.AddDate(0, 0, -1), 24
	}
	all := append(day(lang, t, now), clock)
	if lang == english {
		return append(all, twelve(hour, minute)...)
	}
	all = append(all, Number(hour)...)
	switch {
	case minute == 0:
		return all
	case minute < 10:
		all = append(all, number(0))
	}
	return append(all, Number(minute)...)
}

// twelve is the clock of twelve hours.
func twelve(hour, minute int) (all []string) {
	switch {
	case hour == 24:
		return []string{midnight}
	case hour == 12 && minute == 0:
		return []string{noon}
	}
	all = append(all, number((hour+11)%12+1))
	if minute > 0 && minute < 10 {
		all = append(all, oh)
	}
	if minute > 0 {
		all = append(all, Number(minute)...)
	}
	if hour < 12 {
		return append(all, am)
	}
	return append(all, pm)
}

// weekDays is from how many days ahead on a day of the week is not clear any more.
const weekDays = 7

// day names the day of t.
func day(lang string, t, now time.Time) []string {
	switch ahead := days(t) - days(now); {
	case ahead == 0:
		return []string{today}
	case ahead == 1:
		return []string{tomorrow}
	case ahead > 1 && ahead < weekDays:
		return []string{"weekday-" + strconv.Itoa((int(t.Weekday())+6)%7+1)}
	}
	return append(dayOfMonth(lang, t.Day()), "month-"+strconv.Itoa(int(t.Month())))
}

// days counts the days of the calendar up to t.
func days(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / int64(24*time.Hour/time.Second))
}

// dayOfMonth gives the ordinal. In Finnish both parts of a composed one are bent, in the others only the last.
func dayOfMonth(lang string, n int) (all []string) {
	if lang == "sv" || lang == english {
		all = append(all, onThe)
	}
	whole, rest := n-n%10, n%10
	switch {
	case n <= 20 || rest == 0:
		return append(all, ordinal(n))
	case len(all) == 0:
		return append(all, ordinal(whole), ordinal(rest))
	}
	return append(all, number(whole), ordinal(rest))
}

func ordinal(n int) string { return "day-" + strconv.Itoa(n) }
