package agency

// Holiday is a Finnish holiday, or an eve on which offices are closed.
type Holiday struct {
	Date   Date
	Name   Text
	Public bool // a public holiday; false: the eves of Midsummer and Christmas
}

// Holidays gives those of a year from 1583 (the Gregorian calendar) to 9999, by date; none outside.
func Holidays(year int) []Holiday { return nil }
