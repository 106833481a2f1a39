package agency

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// callerID takes a number to show, or none.
func callerID(at, number string) error {
	if number != "" && !e164(number) {
		return bad(at, "must be in international form (E.164); for example +358912345678")
	}
	return nil
}

// seatPlace checks where a seat is, and that its code can't be taken for the emergency number when it is dialled.
func seatPlace(at string, s Seat) error {
	if n := utf8.RuneCountInString(s.Location); n > MaxLocation || !plain(s.Location) {
		return bad(at+".location", "must be one line of at most %d characters: address, floor, room", MaxLocation)
	}
	if digits(s.Code) && strings.HasSuffix(s.Code, EmergencyNumber) {
		return bad(at+".code", "ends in %s and has no letter: whoever dials it may be taken for calling the emergency centre", EmergencyNumber)
	}
	return nil
}

func (v *validation) dialling() error {
	d, at := &v.city.Dialling, "city.dialling"
	if err := callerID(at+".caller_id", d.CallerID); err != nil {
		return err
	}
	for _, p := range []struct{ field, value string }{
		{"access_prefix", d.AccessPrefix}, {"trunk_prefix", d.TrunkPrefix}, {"international_prefix", d.InternationalPrefix},
	} {
		if len(p.value) > MaxPrefixDigits || p.value != "" && !digits(p.value) {
			return bad(at+"."+p.field, "must be at most %d digits, in quotes", MaxPrefixDigits)
		}
	}
	if d.TrunkPrefix == d.InternationalPrefix || strings.HasPrefix(d.TrunkPrefix, d.InternationalPrefix) {
		return bad(at+".international_prefix", "can't be told from trunk_prefix %q", d.TrunkPrefix)
	}
	if err := within(at+".longest", d.Longest, MinLongest, MaxLongest); err != nil {
		return err
	}
	if err := d.validateLists(at, v.city.CountryCode); err != nil {
		return err
	}
	return d.Caps.validate(at + ".caps")
}

// validateLists checks the countries and prefixes.
func (d *Dialling) validateLists(at, own string) error {
	if len(d.Countries) > MaxNumberPrefixes {
		return bad(at+".countries", "are over %d", MaxNumberPrefixes)
	}
	for i, code := range d.Countries {
		field := fmt.Sprintf("%s.countries[%d]", at, i)
		switch {
		case !slices.Contains(CallingCodes(), code):
			return bad(field, `is no country's calling code; for example "46" for Sweden`)
		case code == own || slices.Contains(d.Countries[:i], code):
			return bad(field, "is there already; the city's own, %s, may always be called", own)
		}
	}
	for _, l := range []struct {
		name string
		all  []string
	}{{"premium", d.Premium}, {"blocked", d.Blocked}} {
		if len(l.all) > MaxNumberPrefixes {
			return bad(at+"."+l.name, "are over %d", MaxNumberPrefixes)
		}
		for i, p := range l.all {
			if !digits(strings.TrimPrefix(p, "+")) || len(p) > maxE164+1 {
				return bad(fmt.Sprintf("%s.%s[%d]", at, l.name, i), `must be the first digits of numbers as they are dialled here, or in international form; for example "0600" or "+46900"`)
			}
		}
	}
	return nil
}

func (c *Caps) validate(at string) error {
	for _, named := range c.Each() {
		for _, f := range []struct {
			name  string
			value int
		}{{"hour", named.Hour}, {"day", named.Day}, {"at_once", named.AtOnce}} {
			if f.value < 1 || f.value > MaxCalls {
				return bad(at+"."+named.Name+"."+f.name, "must be between 1 and %d", MaxCalls)
			}
		}
	}
	return nil
}

func (v *validation) outcomes() error {
	if len(v.city.Outcomes) > MaxOutcomes {
		return bad("city.outcomes", "are over %d", MaxOutcomes)
	}
	for i, o := range v.city.Outcomes {
		at := fmt.Sprintf("city.outcomes[%d]", i)
		if err := v.slug(at+".id", "outcome", o.ID); err != nil {
			return err
		}
		if err := texts(at+".name", o.Name); err != nil {
			return err
		}
		for j, a := range o.Agencies {
			if _, ok := v.taken["agency "+a]; !ok {
				return bad(fmt.Sprintf("%s.agencies[%d]", at, j), "is none of city.agencies%s", likely(a, v.city.Agencies))
			}
		}
	}
	return nil
}
