package agency

import (
	"slices"
	"strings"
	"time"
)

// EmergencyNumber is that of the European Union's emergency centres (Directive (EU) 2018/1972, article 109).
const EmergencyNumber = "112"

// Defaults and limits of calls out.
const (
	DefaultTrunkPrefix         = "0"  // before a number of one's own country (ITU-T E.164 3.27: national prefix)
	DefaultInternationalPrefix = "00" // before another country's code (ITU-T E.164 3.25)
	DefaultLongest             = 2 * time.Hour
	MinLongest                 = time.Minute
	MaxLongest                 = 12 * time.Hour // a call's longest life
	MaxPrefixDigits            = 4              // of a prefix that is dialled before a number
	MaxNumberPrefixes          = 200            // entries of countries, premium and blocked each
	MaxCalls                   = 100000         // that a cap may allow
	MaxLocation                = 200            // characters of a seat's location
)

// Dialling says what may be called out of the centre, how numbers are dialled, and how much. 112 is not asked here: it always
// passes (package dialplan).
type Dialling struct {
	CallerID            string        `yaml:"caller_id" json:"caller_id,omitempty"`                       // E.164; shown where neither queue nor agency has one; "": such calls are refused
	AccessPrefix        string        `yaml:"access_prefix" json:"access_prefix,omitempty"`               // digits for "outside", taken off first; "": none
	TrunkPrefix         string        `yaml:"trunk_prefix" json:"trunk_prefix,omitempty"`                 // "": DefaultTrunkPrefix
	InternationalPrefix string        `yaml:"international_prefix" json:"international_prefix,omitempty"` // "": DefaultInternationalPrefix
	Countries           []string      `yaml:"countries" json:"countries,omitempty"`                       // calling codes that may be called besides City.CountryCode: "46"
	Premium             []string      `yaml:"premium" json:"premium,omitempty"`                           // prefixes, "0600" or "+358600"; nil: DefaultPremium in Finland
	Blocked             []string      `yaml:"blocked" json:"blocked,omitempty"`                           // further prefixes that are refused
	Caps                Caps          `yaml:"caps" json:"caps"`
	Longest             time.Duration `yaml:"longest" json:"longest,omitempty"` // of one call out; 0: DefaultLongest
}

// Caps bound the calls out of each agent, seat, queue and agency, and into each country abroad.
type Caps struct {
	Agent   Cap `yaml:"agent" json:"agent"`
	Seat    Cap `yaml:"seat" json:"seat"`
	Queue   Cap `yaml:"queue" json:"queue"`
	Agency  Cap `yaml:"agency" json:"agency"`
	Country Cap `yaml:"country" json:"country"`
}

// Cap bounds calls: those begun within an hour and a day, both sliding, and those that are there at a time. 0: the default.
type Cap struct {
	Hour   int `yaml:"hour" json:"hour,omitempty"`
	Day    int `yaml:"day" json:"day,omitempty"`
	AtOnce int `yaml:"at_once" json:"at_once,omitempty"`
}

// DefaultCaps are what people at work do not reach, and a stolen password soon does.
func DefaultCaps() Caps {
	return Caps{
		Agent:   Cap{Hour: 60, Day: 300, AtOnce: 2},
		Seat:    Cap{Hour: 60, Day: 300, AtOnce: 2},
		Queue:   Cap{Hour: 600, Day: 4000, AtOnce: 60},
		Agency:  Cap{Hour: 1000, Day: 8000, AtOnce: 100},
		Country: Cap{Hour: 30, Day: 100, AtOnce: 5},
	}
}

// DefaultPremium are the prefixes of the Finnish numbers that cost more than a call: the service groups and directory
// enquiries of the numbering plan (Traficom, national service numbers: 0100, 0200, 0300, 0600, 0700, parts of 020 and 075;
// 0606, 0707 and 0708 for payment services; 118). Other countries have none by default.
func DefaultPremium(country string) []string {
	if country != DefaultCountryCode {
		return nil
	}
	return strings.Fields(`0100 0200 02020 02022 02023 02098 02099 0300 0600 0606 0700 0707 0708 0751 0752 075000 075001 075002
		075300 075301 075302 075320 075321 075322 075750 075751 075752 075980 075981 075982 118`)
}

// Each gives the caps with their names, in the order in which they are asked.
func (c *Caps) Each() []NamedCap {
	return []NamedCap{{"agent", &c.Agent}, {"seat", &c.Seat}, {"queue", &c.Queue}, {"agency", &c.Agency}, {"country", &c.Country}}
}

// NamedCap is one of Caps.
type NamedCap struct {
	Name string // as in the file: "agent"
	*Cap
}

func (d *Dialling) setDefaults(country string) {
	d.TrunkPrefix = or(d.TrunkPrefix, DefaultTrunkPrefix)
	d.InternationalPrefix = or(d.InternationalPrefix, DefaultInternationalPrefix)
	d.Longest = or(d.Longest, DefaultLongest)
	if d.Premium == nil {
		d.Premium = DefaultPremium(country)
	}
	defaults := DefaultCaps()
	for i, c := range d.Caps.Each() {
		f := defaults.Each()[i]
		c.Hour, c.Day, c.AtOnce = or(c.Hour, f.Hour), or(c.Day, f.Day), or(c.AtOnce, f.AtOnce)
	}
}

func (d Dialling) clone() Dialling {
	d.Countries, d.Premium, d.Blocked = slices.Clone(d.Countries), slices.Clone(d.Premium), slices.Clone(d.Blocked)
	return d
}

// Prefix gives the E.164 prefix of a dialled one: "0600" is "+358600", "+46900" itself. A short number ("118") has none: false.
func (d *Dialling) Prefix(dialled, country string) (string, bool) {
	if strings.HasPrefix(dialled, "+") {
		return dialled, true
	}
	rest, national := strings.CutPrefix(dialled, d.TrunkPrefix)
	return "+" + country + rest, national
}

// CallerID gives the number that a call out shows: that of its queue, else the agency's, else the city's; "" without any.
func (c *City) CallerID(queue, agency string) string {
	for i := range c.Queues {
		if c.Queues[i].ID == queue && c.Queues[i].Number != "" {
			return c.Queues[i].Number
		}
	}
	for i := range c.Agencies {
		if c.Agencies[i].ID == agency && c.Agencies[i].CallerID != "" {
			return c.Agencies[i].CallerID
		}
	}
	return c.Dialling.CallerID
}
