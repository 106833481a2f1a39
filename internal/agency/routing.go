package agency

import (
	"slices"
	"strings"
	"time"
)

// Defaults and limits of how work is distributed. Where routing has a limit of its own, it is the same (a test compares).
const (
	DefaultStrategy        = "longest_idle"
	DefaultChoice          = "weighted"
	DefaultLevel           = 1  // of a skill or language that is asked for without a level
	MaxLevel               = 10 // of a skill
	MaxNeeds               = 31 // of one queue, its skills included; the customer's language comes on top
	MaxRings               = 8
	MaxOverflows           = 16
	MaxAlso                = 3    // further queues in which work waits
	MaxSkills              = 4000 // different ones in the city
	DefaultWeight          = 1.0
	MinWeight              = 0.01
	MaxWeight              = 1000.0
	DefaultServiceWithin   = 20 * time.Second // a call is answered in time when it waited no longer
	MaxServiceWithin       = 7 * 24 * time.Hour
	DefaultShortAbandon    = 5 * time.Second // who hangs up sooner counts as short-abandoned
	MaxShortAbandon        = time.Minute
	MaxCap                 = 10000               // calls that may wait in a queue with a cap
	MaxAfter               = 30 * 24 * time.Hour // until a ring, a rule or a further queue
	MaxPreferredFor        = 24 * time.Hour
	MaxCallbackSpread      = 10 * time.Minute
	DefaultCallbackExpires = 24 * time.Hour
	MaxCallbackExpires     = 24 * time.Hour // so long a number is kept at most, which is published (M3)
	DefaultAgeing          = time.Minute    // one step of priority is worth so much waiting
	MaxAgeing              = 24 * time.Hour
	DefaultOvertaken       = 100 // later arrivals that may go before the first of a line
	MaxOvertaken           = 10000
	MaxClass               = 9  // of a channel
	MaxBreakReasons        = 20 // that an agent chooses among
)

// CallerLanguage stands, in a Ring's levels, for the language that the customer chose.
const CallerLanguage = "language"

// LanguagePrefix begins the skill that speaking a language is: "language:sv".
const LanguagePrefix = "language:"

// Strategies lists how a queue may choose among agents; what they mean is in routing.Strategy.
func Strategies() []string {
	return []string{DefaultStrategy, "round_robin", "fewest_handled", "least_occupied", "tiers", "skill_level", "random"}
}

// Choices lists how an agent who comes free chooses among queues; what they mean is in routing.Choice.
func Choices() []string { return []string{DefaultChoice, "breach"} }

// Conditions of an Overflow.
const (
	WhenWaited   = "waited"    // it has waited After
	WhenLong     = "length"    // more than Length wait before it
	WhenNobody   = "no_agents" // nobody is signed in, off break, who could serve the queue
	WhenEstimate = "estimate"  // the estimate of the wait is known and over Estimate
	WhenClosed   = "closed"    // the queue is closed
)

// Conditions lists the conditions of an Overflow.
func Conditions() []string {
	return []string{WhenWaited, WhenLong, WhenNobody, WhenEstimate, WhenClosed}
}

// Channels lists the media by name, in the order of routing.Kind.
func Channels() []string { return []string{"call", "mail", "callback"} }

// Announcements lists what a caller who is not connected may hear before the call ends.
func Announcements() []string { return []string{"busy", "closed", "goodbye"} }

// Need is a skill that a queue asks for.
type Need struct {
	Skill     string `yaml:"skill" json:"skill"`                   // slug, or "language:sv"
	Level     int    `yaml:"level" json:"level,omitempty"`         // at least, 1–10; 0: DefaultLevel
	Preferred bool   `yaml:"preferred" json:"preferred,omitempty"` // who has it comes first; nobody is excluded
}

// Ring relaxes what a queue asks when work has waited in it for After. Rings add up.
type Ring struct {
	After  time.Duration  `yaml:"after" json:"after"`
	Levels map[string]int `yaml:"levels" json:"levels"` // skill or CallerLanguage → level from then on; 0: not asked any more
}

// Target is where work goes instead of waiting on. Exactly one field is set.
type Target struct {
	Queue        string `yaml:"queue" json:"queue,omitempty"`               // id
	Announcement string `yaml:"announcement" json:"announcement,omitempty"` // one of Announcements; then the call ends
	Number       string `yaml:"number" json:"number,omitempty"`             // E.164
	Callback     bool   `yaml:"callback" json:"callback,omitempty"`         // the caller is offered a callback, which keeps the place
}

// Overflow is a rule that sends work elsewhere. The first that holds is taken.
type Overflow struct {
	When     string        `yaml:"when" json:"when"`                   // one of Conditions
	After    time.Duration `yaml:"after" json:"after,omitempty"`       // looked at first when it has waited so long; 0: on arrival
	Length   int           `yaml:"length" json:"length,omitempty"`     // of WhenLong
	Estimate time.Duration `yaml:"estimate" json:"estimate,omitempty"` // of WhenEstimate
	To       Target        `yaml:"to" json:"to"`
}

// Also makes work wait in a further queue as well, After so long.
type Also struct {
	Queue string        `yaml:"queue" json:"queue"` // id
	After time.Duration `yaml:"after" json:"after,omitempty"`
}

// Channel is how a medium ranks against others when an agent comes free.
type Channel struct {
	Class  int     `yaml:"class" json:"class"`             // a higher one goes first, whatever waits in a lower one
	Weight float64 `yaml:"weight" json:"weight,omitempty"` // within a class; 0: DefaultWeight
}

// Routing is what holds for all queues.
type Routing struct {
	Choice    string             `yaml:"choice" json:"choice,omitempty"`       // one of Choices; "": DefaultChoice
	Ageing    time.Duration      `yaml:"ageing" json:"ageing,omitempty"`       // one step of priority is worth so much waiting; 0: DefaultAgeing
	Overtaken int                `yaml:"overtaken" json:"overtaken,omitempty"` // later arrivals that may go before the first of a line; 0: DefaultOvertaken
	Channels  map[string]Channel `yaml:"channels" json:"channels,omitempty"`   // by one of Channels; absent: DefaultChannels
}

// DefaultChannels ranks calls and callbacks before mails.
func DefaultChannels() map[string]Channel {
	return map[string]Channel{"call": {1, DefaultWeight}, "callback": {1, DefaultWeight}, "mail": {0, DefaultWeight}}
}

// BreakReason is why an agent takes a break, for the agent to choose.
type BreakReason struct {
	ID   string `yaml:"id" json:"id"` // slug
	Name Text   `yaml:"name" json:"name"`
}

// DefaultBreakReasons is the list of a city that gives none.
func DefaultBreakReasons() []BreakReason {
	return []BreakReason{
		{"lunch", Text{Finnish: "Lounas", Swedish: "Lunch", English: "Lunch"}},
		{"coffee", Text{Finnish: "Kahvitauko", Swedish: "Kaffepaus", English: "Coffee break"}},
		{"meeting", Text{Finnish: "Kokous", Swedish: "Möte", English: "Meeting"}},
		{"training", Text{Finnish: "Koulutus", Swedish: "Utbildning", English: "Training"}},
		{"other", Text{Finnish: "Muu syy", Swedish: "Annan orsak", English: "Other"}},
	}
}

// AllNeeds gives what the queue asks of an agent: its skills, of DefaultLevel, then its needs.
func (q *Queue) AllNeeds() []Need {
	all := make([]Need, 0, len(q.Skills)+len(q.Needs))
	for _, s := range q.Skills {
		all = append(all, Need{Skill: s, Level: DefaultLevel})
	}
	return append(all, q.Needs...)
}

// SkillNames gives the skills that queues ask for, sorted; languages are not among them.
func (c *City) SkillNames() []string {
	var all []string
	for i := range c.Queues {
		for _, n := range c.Queues[i].AllNeeds() {
			if !strings.HasPrefix(n.Skill, LanguagePrefix) {
				all = append(all, n.Skill)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// BreakReason finds a reason by its id.
func (c *City) BreakReason(id string) (BreakReason, bool) {
	i := slices.IndexFunc(c.BreakReasons, func(r BreakReason) bool { return r.ID == id })
	if i < 0 {
		return BreakReason{}, false
	}
	return c.BreakReasons[i], true
}

// setRouting gives what was left out of how the queue's work is distributed its default.
func (q *Queue) setRouting() {
	q.Strategy = or(q.Strategy, DefaultStrategy)
	q.LanguageLevel = or(q.LanguageLevel, DefaultLevel)
	q.Weight = or(q.Weight, DefaultWeight)
	q.ServiceWithin = or(q.ServiceWithin, DefaultServiceWithin)
	q.ShortAbandon = or(q.ShortAbandon, DefaultShortAbandon)
	q.CallbackExpires = or(q.CallbackExpires, DefaultCallbackExpires)
	for i := range q.Needs {
		q.Needs[i].Level = or(q.Needs[i].Level, DefaultLevel)
	}
}

// setRouting gives what was left out of what holds for all queues its default, and names each day of the opening hours.
func (c *City) setRouting() {
	r := &c.Routing
	r.Choice, r.Ageing, r.Overtaken = or(r.Choice, DefaultChoice), or(r.Ageing, DefaultAgeing), or(r.Overtaken, DefaultOvertaken)
	channels := DefaultChannels()
	for name, ch := range r.Channels {
		ch.Weight = or(ch.Weight, DefaultWeight)
		channels[name] = ch
	}
	r.Channels = channels
	if len(c.BreakReasons) == 0 {
		c.BreakReasons = DefaultBreakReasons()
	}
	for name, h := range c.Hours {
		h.Holidays = or(h.Holidays, FinnishHolidays)
		h.Week = h.Week.expanded()
		for i := range h.Exceptions {
			h.Exceptions[i].Week = h.Exceptions[i].Week.expanded()
		}
		c.Hours[name] = h
	}
}
