package agency

import (
	"fmt"
	"maps"
	"slices"
)

// hours checks the opening hours as they stand in the file, ranges of days included.
func (v *validation) hours() error {
	if len(v.city.Hours) > MaxHours {
		return bad("city.hours", "are over %d", MaxHours)
	}
	for _, name := range slices.Sorted(maps.Keys(v.given.Hours)) {
		if !slug(name) {
			return bad("city.hours."+name, "is no name: must be 1–%d of a–z, 0–9 and -", maxSlug)
		}
		h := v.given.Hours[name]
		if err := h.validate("city.hours." + name); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hours) validate(at string) error {
	if err := h.Week.validate(at + ".week"); err != nil {
		return err
	}
	if h.Holidays != "" && h.Holidays != FinnishHolidays && h.Holidays != NoHolidays {
		return bad(at+".holidays", "must be %s or %s", FinnishHolidays, NoHolidays)
	}
	if err := h.HolidaySpans.validateIfAny(at + ".holiday_spans"); err != nil {
		return err
	}
	if !h.Eves.is(AsTheWeek) {
		if err := h.Eves.validateIfAny(at + ".eves"); err != nil {
			return err
		}
	}
	if len(h.Exceptions) > MaxExceptions {
		return bad(at+".exceptions", "are over %d", MaxExceptions)
	}
	for i := range h.Exceptions {
		if err := h.Exceptions[i].validate(fmt.Sprintf("%s.exceptions[%d]", at, i)); err != nil {
			return err
		}
	}
	return nil
}

func (w Week) validate(at string) error {
	taken := map[Day]Day{}
	for _, d := range slices.Sorted(maps.Keys(w)) {
		days, ok := d.days()
		if !ok {
			return bad(at+"."+string(d), "is no day: must be one of mon, tue, wed, thu, fri, sat and sun, or several like mon-fri")
		}
		for _, day := range days {
			if other, ok := taken[day]; ok {
				return bad(at+"."+string(d), "gives %s again, which %s gives", day, other)
			}
			taken[day] = d
		}
		if err := w[d].validate(at + "." + string(d)); err != nil {
			return err
		}
	}
	return nil
}

func (s Spans) validate(at string) error {
	_, i, err := s.parse()
	switch {
	case err == nil:
		return nil
	case i < 0:
		return bad(at, "%w", err)
	}
	return bad(fmt.Sprintf("%s[%d]", at, i), "%w", err)
}

// validateIfAny takes no spans at all too.
func (s Spans) validateIfAny(at string) error {
	if s == nil {
		return nil
	}
	return s.validate(at)
}

func (e *Exception) validate(at string) error {
	if err := e.validateDates(at); err != nil {
		return err
	}
	if ways := count(e.Spans != nil, e.Closed, e.Week != nil); ways != 1 {
		return bad(at, "must say one of spans, closed: true and week; it says %d", ways)
	}
	if e.Reason != nil {
		if err := texts(at+".reason", e.Reason); err != nil {
			return err
		}
	}
	if e.Week != nil {
		return e.Week.validate(at + ".week")
	}
	return e.Spans.validateIfAny(at + ".spans")
}

func (e *Exception) validateDates(at string) error {
	if (e.Date == "") == (e.From == "" && e.To == "") || (e.From == "") != (e.To == "") {
		return bad(at, "must say either date, or from and to")
	}
	for _, d := range []struct {
		field string
		date  Date
	}{{"date", e.Date}, {"from", e.From}, {"to", e.To}} {
		if _, ok := d.date.day(); d.date != "" && !ok {
			return bad(at+"."+d.field, "must be a day of the calendar; for example 2026-12-24")
		}
	}
	if e.To < e.From {
		return bad(at+".to", "is before from")
	}
	return nil
}

// count tells how many hold.
func count(all ...bool) (n int) {
	for _, b := range all {
		if b {
			n++
		}
	}
	return n
}
