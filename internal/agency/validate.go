package agency

import (
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"time"

	"santra/internal/errs"
)

const (
	maxSlug       = 40
	maxSeatCode   = 12
	minE164       = 7 // digits after the plus
	maxE164       = 15
	lowerDigits   = "abcdefghijklmnopqrstuvwxyz0123456789-"
	seatCharset   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	sipUserExtras = "-_."
)

// Validate refuses a configuration that can't be served: the first error names the field and says what would be right.
// What was left out counts as its default.
func (c *City) Validate() error {
	v := validation{city: c.WithDefaults(), given: c, taken: map[string]string{}, reached: c.reached()}
	for _, check := range []func() error{
		v.head, v.agencies, v.hours, v.queues, v.queueRouting, v.routing, v.flows, v.apart, v.seats, v.networks, v.dialling, v.outcomes,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

type validation struct {
	city    City              // with defaults
	given   *City             // without
	taken   map[string]string // kind and value → field that has it
	reached map[string]bool   // queues to which flows lead
}

func bad(field, format string, args ...any) error {
	return errs.At(errs.Invalid, field, format, args...)
}

func (v *validation) head() error {
	c := &v.city
	if err := texts("city.name", c.Name); err != nil {
		return err
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		return bad("city.time_zone", "is no IANA time zone; for example %s", DefaultTimeZone)
	}
	if !digits(c.CountryCode) || len(c.CountryCode) > 3 || c.CountryCode[0] == '0' {
		return bad("city.country_code", "must be one to three digits; for example %s", DefaultCountryCode)
	}
	if strings.ContainsAny(c.SIPRealm, "\":\\\r\n") {
		return bad("city.sip_realm", "must have no colon, quote or line break")
	}
	if m := c.Retention.RecordingMonths; m < 1 || m > MaxRecordingMonths {
		return bad("city.retention.recording_months", "must be between 1 and %d", MaxRecordingMonths)
	}
	return v.controller()
}

func (v *validation) controller() error {
	c := v.city.Controller
	for _, f := range []struct {
		field string
		text  Text
	}{
		{"name", c.Name}, {"address", c.Address}, {"responsible_person", c.Person}, {"contact", c.Contact}, {"data_protection_officer", c.DPO},
	} {
		if err := texts("city.controller."+f.field, f.text); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) agencies() error {
	if n := len(v.city.Agencies); n == 0 || n > MaxAgencies {
		return bad("city.agencies", "must be between 1 and %d", MaxAgencies)
	}
	for i, a := range v.city.Agencies {
		if err := v.agency(fmt.Sprintf("city.agencies[%d]", i), a); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) agency(at string, a Agency) error {
	if err := v.slug(at+".id", "agency", a.ID); err != nil {
		return err
	}
	if err := texts(at+".name", a.Name); err != nil {
		return err
	}
	if a.FragmentDigits < MinFragmentDigits || a.FragmentDigits > MaxFragmentDigits {
		return bad(at+".fragment_digits", "must be between %d and %d", MinFragmentDigits, MaxFragmentDigits)
	}
	if !address(a.Address) {
		return bad(at+".address", "must be a bare mail address; for example service@example.org")
	}
	return callerID(at+".caller_id", a.CallerID)
}

func (v *validation) queues() error {
	if len(v.city.Queues) > MaxQueues {
		return bad("city.queues", "are over %d", MaxQueues)
	}
	for i, q := range v.city.Queues {
		at := fmt.Sprintf("city.queues[%d]", i)
		for _, check := range []func(string, Queue) error{v.queueNames, v.queueWays, v.queueLanguages, queueTimes} {
			if err := check(at, q); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *validation) queueNames(at string, q Queue) error {
	if q.Listening && !q.Record {
		return bad(at+".listening", "needs record: the announcement by which callers are told is that of a recording")
	}
	if err := v.slug(at+".id", "queue", q.ID); err != nil {
		return err
	}
	if _, ok := v.taken["agency "+q.Agency]; !ok {
		return bad(at+".agency", "is none of city.agencies%s", likely(q.Agency, v.city.Agencies))
	}
	for i, s := range q.Skills {
		if !slug(s) {
			return bad(fmt.Sprintf("%s.skills[%d]", at, i), "must be 1–%d of a–z, 0–9 and -", maxSlug)
		}
	}
	return texts(at+".name", q.Name)
}

// queueWays checks how customers reach the queue.
func (v *validation) queueWays(at string, q Queue) error {
	if q.Number != "" {
		if !e164(q.Number) {
			return bad(at+".number", "must be in international form (E.164); for example +358912345678")
		}
		if err := v.unique(at+".number", "number", q.Number); err != nil {
			return err
		}
	}
	if q.Mailbox == "" {
		return nil
	}
	if !address(q.Mailbox) {
		return bad(at+".mailbox", "must be a bare mail address; for example service@example.org")
	}
	return v.unique(at+".mailbox", "mailbox", q.Mailbox)
}

// apart refuses queues that nobody could reach. It comes after the flows, whose mistakes are its cause.
func (v *validation) apart() error {
	for i, q := range v.city.Queues {
		if q.Number == "" && q.Mailbox == "" && !v.reached[q.ID] {
			return bad(fmt.Sprintf("city.queues[%d]", i), "has neither number nor mailbox, and no flow leads to it: nobody could reach it")
		}
	}
	return nil
}

func (v *validation) queueLanguages(at string, q Queue) error {
	if err := languages(at+".languages", q.Languages); err != nil {
		return err
	}
	if q.LanguageMenu && len(q.Languages) < 2 {
		return bad(at+".language_menu", "needs two languages to choose from")
	}
	return nil
}

func queueTimes(at string, q Queue) error {
	if q.NoAnswer < MinNoAnswer || q.NoAnswer > MaxNoAnswer {
		return bad(at+".no_answer", "must be between %v and %v", MinNoAnswer, MaxNoAnswer)
	}
	if q.WrapUp < 0 || q.WrapUp > MaxWrapUp {
		return bad(at+".wrap_up", "must be between 0s and %v", MaxWrapUp)
	}
	if q.Priority < 0 || q.Priority > MaxPriority {
		return bad(at+".priority", "must be between 0 and %d", MaxPriority)
	}
	return nil
}

func (v *validation) seats() error {
	if len(v.city.Seats) > MaxSeats {
		return bad("city.seats", "are over %d", MaxSeats)
	}
	for i, s := range v.city.Seats {
		if err := v.seat(fmt.Sprintf("city.seats[%d]", i), s); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) seat(at string, s Seat) error {
	if s.Code == "" || len(s.Code) > maxSeatCode || strings.Trim(s.Code, seatCharset) != "" {
		return bad(at+".code", "must be 1–%d letters and digits", maxSeatCode)
	}
	if err := seatPlace(at, s); err != nil {
		return err
	}
	if err := v.unique(at+".code", "seat", strings.ToLower(s.Code)); err != nil || s.SIPUser == "" {
		return err
	}
	if strings.Trim(s.SIPUser, seatCharset+sipUserExtras) != "" || len(s.SIPUser) > maxSlug {
		return bad(at+".sip_user", "must be 1–%d letters, digits, -, _ or .", maxSlug)
	}
	return v.unique(at+".sip_user", "SIP user", s.SIPUser)
}

func (v *validation) networks() error {
	for i, n := range v.city.ListenNetworks {
		p, err := netip.ParsePrefix(n)
		if err != nil || p != p.Masked() {
			return bad(fmt.Sprintf("city.listen_networks[%d]", i), "must be a network; for example 10.20.0.0/16")
		}
		if p.Bits() == 0 {
			return bad(fmt.Sprintf("city.listen_networks[%d]", i), "is the whole world: recordings are heard on the premises alone")
		}
	}
	for i, p := range v.city.Purposes {
		if p == "" || strings.Trim(p, lowerDigits+"_") != "" {
			return bad(fmt.Sprintf("city.purposes[%d]", i), "must be a purpose's id; for example quality")
		}
	}
	return nil
}

func (v *validation) slug(at, kind, s string) error {
	if !slug(s) {
		return bad(at, "must be 1–%d of a–z, 0–9 and -", maxSlug)
	}
	return v.unique(at, kind, s)
}

func (v *validation) unique(at, kind, s string) error {
	key := kind + " " + s
	if other, ok := v.taken[key]; ok {
		return bad(at, "is already that of %s", other)
	}
	v.taken[key] = at
	return nil
}

func texts(at string, t Text) error {
	if t.In(Finnish) == "" {
		return bad(at, "is missing: give it in fi, sv and en, or in one of them")
	}
	for l, s := range t {
		if !slices.Contains(Langs(), l) {
			return bad(at, "has a language that is none of fi, sv and en")
		}
		if len(s) > MaxTextLen {
			return bad(at+"."+string(l), "is over %d bytes", MaxTextLen)
		}
	}
	return nil
}

// likely names the agency that a mistyped id begins like.
func likely(id string, all []Agency) string {
	for _, a := range all {
		if len(id) > 1 && strings.HasPrefix(a.ID, id[:2]) {
			return "; did you mean " + a.ID + "?"
		}
	}
	return ""
}

func slug(s string) bool {
	return s != "" && len(s) <= maxSlug && strings.Trim(s, lowerDigits) == "" && s[0] != '-'
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func e164(s string) bool {
	rest, ok := strings.CutPrefix(s, "+")
	return ok && digits(rest) && rest[0] != '0' && len(rest) >= minE164 && len(rest) <= maxE164
}

func address(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && !strings.HasPrefix(s, "<")
}
