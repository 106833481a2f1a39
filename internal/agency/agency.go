// Package agency is what is configured of the city: its agencies, queues and seats, who keeps the register, how long
// recordings are kept and from where they may be heard. The first import comes from the configuration file; afterwards a
// change is an audited version in the database (Book.Apply). Readers hold an immutable snapshot.
//
// It owns the configuration's form and rules. It must not know calls, mails or people.
package agency

import (
	"strings"
	"time"
)

// Lang is a language of the house.
type Lang string

// The languages.
const (
	Finnish Lang = "fi"
	Swedish Lang = "sv"
	English Lang = "en"
)

// Langs gives the languages in the order in which a text falls back.
func Langs() []Lang { return []Lang{Finnish, Swedish, English} }

// Text is a text in some languages.
type Text map[Lang]string

// In gives the text in a language, else in the first of fi, sv, en that it has, else "".
func (t Text) In(lang Lang) string {
	if s := t[lang]; s != "" {
		return s
	}
	for _, l := range Langs() {
		if s := t[l]; s != "" {
			return s
		}
	}
	return ""
}

// Defaults and limits of the configuration.
const (
	DefaultFragmentDigits  = 4 // last digits of the caller's number in a recording's identification (M7)
	MinFragmentDigits      = 2
	MaxFragmentDigits      = 4
	DefaultNoAnswer        = 20 * time.Second // of ringing at one agent
	MinNoAnswer            = 3 * time.Second
	MaxNoAnswer            = 2 * time.Minute
	MaxWrapUp              = 15 * time.Minute
	MaxPriority            = 9
	DefaultRecordingMonths = 6   // calendar months (M6)
	MaxRecordingMonths     = 120 // what the published register description allows is stricter, and registry's to check
	DefaultTimeZone        = "Europe/Helsinki"
	DefaultCountryCode     = "358"
	DefaultRealm           = "santra"
	MaxAgencies            = 1000
	MaxQueues              = 5000
	MaxSeats               = 20000
	MaxTextLen             = 4000 // bytes of one language of a text
)

// Agency is an ordering client (tilaaja, beställare): a department or enterprise that buys the service.
type Agency struct {
	ID             string `yaml:"id" json:"id"` // slug: [a-z0-9-]
	Name           Text   `yaml:"name" json:"name"`
	FragmentDigits int    `yaml:"fragment_digits" json:"fragment_digits"` // 2–4; 0: DefaultFragmentDigits
	Address        string `yaml:"address" json:"address"`                 // From of its mails
	CallerID       string `yaml:"caller_id" json:"caller_id,omitempty"`   // E.164; shown by its calls out where their queue has no number; "": Dialling.CallerID
}

// Queue is where an agency's calls and mails wait.
type Queue struct {
	ID           string        `yaml:"id" json:"id"` // slug
	Agency       string        `yaml:"agency" json:"agency"`
	Name         Text          `yaml:"name" json:"name"`
	Number       string        `yaml:"number" json:"number"`   // E.164, "+358…"; "" takes no calls
	Mailbox      string        `yaml:"mailbox" json:"mailbox"` // address; "" takes no mail
	Skills       []string      `yaml:"skills" json:"skills"`   // that an agent needs, slugs
	Languages    []Lang        `yaml:"languages" json:"languages"`
	LanguageMenu bool          `yaml:"language_menu" json:"language_menu"` // the caller chooses by a key
	NoAnswer     time.Duration `yaml:"no_answer" json:"no_answer"`         // ringing before the next agent; 0: DefaultNoAnswer
	WrapUp       time.Duration `yaml:"wrap_up" json:"wrap_up"`             // 0: none
	Record       bool          `yaml:"record" json:"record"`
	Listening    bool          `yaml:"listening" json:"listening,omitempty"` // supervisors may listen live, and the announcement says so; needs Record
	Priority     int           `yaml:"priority" json:"priority"`             // 0–9, higher goes first

	Strategy         string        `yaml:"strategy" json:"strategy,omitempty"`                       // one of Strategies; "": DefaultStrategy
	Needs            []Need        `yaml:"needs" json:"needs,omitempty"`                             // besides Skills, which are asked of level 1
	LanguageLevel    int           `yaml:"language_level" json:"language_level,omitempty"`           // of the customer's language; 0: DefaultLevel
	Rings            []Ring        `yaml:"rings" json:"rings,omitempty"`                             // by After, ascending
	Weight           float64       `yaml:"weight" json:"weight,omitempty"`                           // waiting here counts so much against other queues; 0: DefaultWeight
	ServiceWithin    time.Duration `yaml:"service_within" json:"service_within,omitempty"`           // the service target; 0: DefaultServiceWithin
	Cap              int           `yaml:"cap" json:"cap,omitempty"`                                 // calls that may wait; 0: no cap
	Full             *Target       `yaml:"full" json:"full,omitempty"`                               // where calls go that find no place; nil: announcement "busy"
	Overflow         []Overflow    `yaml:"overflow" json:"overflow,omitempty"`                       // the first that holds
	Also             []Also        `yaml:"also" json:"also,omitempty"`                               // further queues in which its work waits
	WrapUpUntilReady bool          `yaml:"wrap_up_until_ready" json:"wrap_up_until_ready,omitempty"` // the agent ends the wrap-up; WrapUp is 0
	MaxWrapUp        time.Duration `yaml:"max_wrap_up" json:"max_wrap_up,omitempty"`                 // extensions end here, from the end of the call; 0: no bound
	PreferredFor     time.Duration `yaml:"preferred_for" json:"preferred_for,omitempty"`             // how long a preferred agent is waited for; 0: not at all
	CallbackSpread   time.Duration `yaml:"callback_spread" json:"callback_spread,omitempty"`         // at an opening, callbacks from before come one each so long; 0: at once
	CallbackExpires  time.Duration `yaml:"callback_expires" json:"callback_expires,omitempty"`       // after the request; 0: DefaultCallbackExpires
	Evict            bool          `yaml:"evict" json:"evict,omitempty"`                             // at closing what waits is treated as just arrived; else it is still served
	Hours            string        `yaml:"hours" json:"hours,omitempty"`                             // name of one of City.Hours; "": always open
	ShortAbandon     time.Duration `yaml:"short_abandon" json:"short_abandon,omitempty"`             // who hangs up sooner is short-abandoned; 0: DefaultShortAbandon
}

// Seat is an agent's workplace. The password is the configuration's alone: what is kept is its digest (RFC 7616 3.4.2,
// A1 = user:realm:password), which is as good as the password for this realm, so no API shows it.
type Seat struct {
	Code        string `yaml:"code" json:"code"` // on recordings: letters and digits
	SIPUser     string `yaml:"sip_user" json:"sip_user"`
	SIPPassword string `yaml:"sip_password" json:"-"`
	HA1MD5      string `yaml:"-" json:"ha1_md5,omitempty"`
	HA1SHA256   string `yaml:"-" json:"ha1_sha256,omitempty"`
	Location    string `yaml:"location" json:"location,omitempty"` // address, floor, room: what its agent tells the emergency centre
}

// Controller is who answers for the register: what sections 2–4 of its description say.
type Controller struct {
	Name    Text   `yaml:"name" json:"name"`                          // the city enterprise
	Address Text   `yaml:"address" json:"address"`                    // postal
	Person  Text   `yaml:"responsible_person" json:"person"`          // by office: "the head of the unit …"
	Contact Text   `yaml:"contact" json:"contact"`                    // in matters of the register
	DPO     Text   `yaml:"data_protection_officer" json:"dpo"`        // GDPR 37
	Website string `yaml:"website,omitempty" json:"website,omitzero"` // where the description is on view
}

// Retention is how long things are kept.
type Retention struct {
	RecordingMonths int `yaml:"recording_months" json:"recording_months"` // calendar months; 0: DefaultRecordingMonths
}

// City is the whole configuration of what is served. A City in a Book is never modified.
type City struct {
	Version        int        `yaml:"-" json:"version"` // 0 before the first import
	Name           Text       `yaml:"name" json:"name"`
	TimeZone       string     `yaml:"time_zone" json:"time_zone"`       // IANA; "": DefaultTimeZone
	CountryCode    string     `yaml:"country_code" json:"country_code"` // of numbers dialled without one; "": DefaultCountryCode
	SIPRealm       string     `yaml:"sip_realm" json:"sip_realm"`       // of the seats' passwords; "": DefaultRealm
	Controller     Controller `yaml:"controller" json:"controller"`
	Agencies       []Agency   `yaml:"agencies" json:"agencies"`
	Queues         []Queue    `yaml:"queues" json:"queues"`
	Numbers        []Number   `yaml:"numbers" json:"numbers,omitempty"` // that flows answer, besides the queues' own
	Flows          []Flow     `yaml:"flows" json:"flows,omitempty"`
	Seats          []Seat     `yaml:"seats" json:"seats"`
	Retention      Retention  `yaml:"retention" json:"retention"`
	ListenNetworks []string   `yaml:"listen_networks" json:"listen_networks"` // CIDRs from which recordings may be heard (M9); none: from nowhere
	Purposes       []string   `yaml:"purposes" json:"purposes"`               // which of registry's closed list are in use; none: all

	Hours        map[string]Hours `yaml:"hours" json:"hours,omitempty"` // by name, a slug
	Routing      Routing          `yaml:"routing" json:"routing"`
	BreakReasons []BreakReason    `yaml:"break_reasons" json:"break_reasons,omitempty"` // none: DefaultBreakReasons
	Dialling     Dialling         `yaml:"dialling" json:"dialling"`                     // calls out
	Outcomes     []Outcome        `yaml:"outcomes" json:"outcomes,omitempty"`           // how calls end; none: nothing is asked
}

// WithDefaults gives a copy in which what was left out has its default.
func (c City) WithDefaults() City {
	c = c.clone()
	c.TimeZone = or(c.TimeZone, DefaultTimeZone)
	c.CountryCode = or(c.CountryCode, DefaultCountryCode)
	c.SIPRealm = or(c.SIPRealm, DefaultRealm)
	c.Retention.RecordingMonths = or(c.Retention.RecordingMonths, DefaultRecordingMonths)
	for i := range c.Agencies {
		c.Agencies[i].FragmentDigits = or(c.Agencies[i].FragmentDigits, DefaultFragmentDigits)
	}
	for i := range c.Queues {
		q := &c.Queues[i]
		q.NoAnswer = or(q.NoAnswer, DefaultNoAnswer)
		q.Mailbox = strings.ToLower(q.Mailbox)
		if len(q.Languages) == 0 {
			q.Languages = Langs()
		}
		q.setRouting()
	}
	for i := range c.Flows {
		c.Flows[i].setDefaults()
	}
	c.setRouting()
	c.Dialling.setDefaults(c.CountryCode)
	return c
}

// Location is the city's time zone, in which days and months are counted. A valid City has one.
func (c *City) Location() *time.Location {
	loc, err := time.LoadLocation(or(c.TimeZone, DefaultTimeZone))
	if err != nil {
		return time.UTC
	}
	return loc
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
