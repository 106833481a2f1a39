package dialplan

import (
	"slices"
	"strings"

	"santra/internal/agency"
	"santra/internal/pii"
)

// Kind is what a dialled string is.
type Kind string

// The kinds. Unknown is what no rule reads as a number.
const (
	Unknown       Kind = ""
	Emergency112  Kind = "emergency"
	Internal      Kind = "internal" // a seat or queue of the house
	National      Kind = "national"
	Mobile        Kind = "mobile" // of the own country, where its plan tells it
	Premium       Kind = "premium"
	International Kind = "international"
)

// Limits of what is read.
const (
	MaxDialled = 64 // characters of what was dialled
	minDigits  = 7  // of an E.164 number after the plus; fewer are nobody's
	maxDigits  = 15 // ITU-T E.164 6.1
	shortLen   = 6  // of the harmonised European numbers 116xxx (Decision 2007/116/EC)
	shortHead  = "116"
	// internationalPremium is the country code of the international premium rate service (ITU-T E.169.2).
	internationalPremium = "979"
)

// Reading is what a dialled string means. Number is in E.164, but "112" of an emergency and "116…" of the short numbers.
type Reading struct {
	Kind    Kind
	Number  pii.Number
	Country string // calling code, of National to International
	Queue   string // id, of an Internal that is a queue
	Seat    string // code, of an Internal that is a seat
	Fault   string // of Unknown: one of the reasons Empty to BadNumber
}

// Plan is the number plan of one version of the configuration. It never changes and may be shared; a nil Plan knows nothing
// but 112.
type Plan struct {
	city    agency.City       // with defaults
	inside  map[string]string // numbers of the house → queue that answers there
	seats   map[string]*agency.Seat
	premium []string // E.164 prefixes, or short numbers as they are
	blocked []string
	codes   []string
}

// New makes the plan of a valid city.
func New(c *agency.City) *Plan {
	p := &Plan{city: c.WithDefaults(), inside: map[string]string{}, seats: map[string]*agency.Seat{}, codes: agency.CallingCodes()}
	for _, q := range p.city.Queues {
		if q.Number != "" {
			p.inside[q.Number] = q.ID
		}
	}
	for _, n := range p.city.Numbers {
		p.inside[n.Number] = p.firstQueue(n.Flow)
	}
	for i := range p.city.Seats {
		p.seats[strings.ToUpper(p.city.Seats[i].Code)] = &p.city.Seats[i]
	}
	p.premium, p.blocked = p.prefixes(p.city.Dialling.Premium), p.prefixes(p.city.Dialling.Blocked)
	return p
}

// firstQueue is the queue that a flow comes to first in the order of its steps; "" for one that has none.
func (p *Plan) firstQueue(flow string) string {
	for _, f := range p.city.Flows {
		for _, s := range f.Steps {
			if f.ID == flow && s.Queue != nil {
				return s.Queue.Queue
			}
		}
	}
	return ""
}

// prefixes writes configured prefixes as E.164; a short number stays as it is.
func (p *Plan) prefixes(all []string) (out []string) {
	for _, s := range all {
		if e164, ok := p.city.Dialling.Prefix(s, p.city.CountryCode); ok {
			s = e164
		}
		out = append(out, s)
	}
	return out
}

// Read tells what was dialled, by an agent or a telephone: with spaces and separators, as a tel: or sip: URI, national,
// international or in E.164, a seat's code or a number of the house. It never fails: what it can't read is Unknown.
func (p *Plan) Read(dialled pii.Number) Reading {
	s := dialled.Reveal()
	if p.emergency(s) {
		return Reading{Kind: Emergency112, Number: pii.NewNumber(agency.EmergencyNumber)}
	}
	if p == nil {
		return Reading{Fault: BadNumber}
	}
	d := compact(s)
	switch seat, ok := p.seats[strings.ToUpper(d)]; {
	case d == "":
		return Reading{Fault: Empty}
	case ok:
		return Reading{Kind: Internal, Seat: seat.Code}
	case len(s) > MaxDialled || strings.Trim(d[1:], "0123456789") != "" || strings.Trim(d[:1], "+0123456789") != "":
		return Reading{Fault: BadNumber}
	}
	return p.number(d)
}

func (p *Plan) emergency(s string) bool {
	if p == nil {
		return Emergency(s, "", agency.DefaultCountryCode)
	}
	return Emergency(s, p.city.Dialling.AccessPrefix, p.city.CountryCode)
}

// number reads digits, with a plus or without.
func (p *Plan) number(d string) Reading {
	e164, ok := p.international(d)
	switch {
	case !ok && len(e164) == shortLen && strings.HasPrefix(e164, shortHead):
		return Reading{Kind: p.kindOf(e164, p.city.CountryCode), Number: pii.NewNumber(e164), Country: p.city.CountryCode}
	case !ok && hasPrefix(p.premium, e164):
		return Reading{Kind: Premium, Number: pii.NewNumber(e164), Country: p.city.CountryCode}
	case !ok:
		return Reading{Fault: Incomplete}
	}
	country := p.country(e164)
	if n := len(e164) - 1; country == "" || n < minDigits || n > maxDigits {
		return Reading{Fault: BadNumber}
	}
	switch queue, ok := p.inside[e164]; {
	case ok && queue == "":
		return Reading{Fault: NoQueue}
	case ok:
		return Reading{Kind: Internal, Queue: queue, Number: pii.NewNumber(e164)}
	}
	return Reading{Kind: p.kindOf(e164, country), Number: pii.NewNumber(e164), Country: country}
}

// international writes a dialled number in E.164; false, with the access prefix taken off, where it is neither national nor
// international.
func (p *Plan) international(d string) (string, bool) {
	plan := &p.city.Dialling
	if d[0] == '+' {
		return d, true
	}
	d = strings.TrimPrefix(d, plan.AccessPrefix)
	if rest, ok := strings.CutPrefix(d, plan.InternationalPrefix); ok {
		return "+" + rest, true
	}
	if rest, ok := strings.CutPrefix(d, plan.TrunkPrefix); ok {
		return "+" + p.city.CountryCode + rest, true
	}
	return d, false
}

// country finds the calling code with which a number begins; "" for one that nobody was assigned.
func (p *Plan) country(e164 string) string {
	for n := 1; n <= 3 && n < len(e164); n++ {
		if _, ok := slices.BinarySearch(p.codes, e164[1:n+1]); ok {
			return e164[1 : n+1]
		}
	}
	return ""
}

func (p *Plan) kindOf(number, country string) Kind {
	switch {
	case hasPrefix(p.premium, number), country == internationalPremium:
		return Premium
	case country != p.city.CountryCode:
		return International
	case country == agency.DefaultCountryCode && hasPrefix([]string{"+3584", "+35850"}, number): // Traficom: mobile networks 04x, 050
		return Mobile
	}
	return National
}

func hasPrefix(all []string, number string) bool {
	return slices.ContainsFunc(all, func(p string) bool { return strings.HasPrefix(number, p) })
}

// compact takes the URI around a number and what only separates its digits away: the visual separators of RFC 3966 5.1.1,
// spaces and slashes. Parameters (RFC 3966 5.1.5) and a domain are no part of the number.
func compact(s string) string {
	s = strings.TrimSpace(s)
	for _, scheme := range []string{"tel:", "sip:", "sips:"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
			break
		}
	}
	if end := strings.IndexAny(s, "@;?"); end >= 0 {
		s = s[:end]
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.()/ \t\u00a0\u202f\u2009\u2011\u2013", r) {
			return -1
		}
		return r
	}, s)
}
