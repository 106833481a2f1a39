package dialplan

import (
	"slices"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/pii"
)

// Reasons of a Refusal. The edge has the words, in fi, sv and en.
const (
	Empty          = "empty"           // nothing was dialled
	Incomplete     = "incomplete"      // neither national, international nor of the house: an area code is missing
	BadNumber      = "bad_number"      // no telephone number
	NoQueue        = "no_queue"        // a number of the house where no queue answers: by a trunk the call would come back
	PremiumRate    = "premium"         // costs more than a call
	BlockedPrefix  = "blocked"         // by the city: Prefix
	CountryRefused = "country"         // may not be called: Country
	NoCallerID     = "no_caller_id"    // neither queue, agency nor city has a number to show
	CapReached     = "cap"             // Scope, Window, Limit, Until
	MeterFull      = "too_many_counts" // more agents, seats and countries called out within a day than are counted
)

// Refusal says why a call is not made. It has no number in it.
type Refusal struct {
	Reason  string    `json:"reason"`
	Country string    `json:"country,omitempty"` // calling code
	Prefix  string    `json:"prefix,omitempty"`  // as configured
	Scope   string    `json:"scope,omitempty"`   // CapReached: agent, seat, queue, agency or country
	Window  string    `json:"window,omitempty"`  // CapReached: hour, day or at_once
	Limit   int       `json:"limit,omitempty"`   // CapReached
	Until   time.Time `json:"until,omitzero"`    // CapReached: from when on it is no more; zero of at_once: when a call ends
}

// Caller is on whose behalf a call is made. Empty parts are none's.
type Caller struct{ Agent, Seat, Queue, Agency string }

// Groups of trunks that a call goes out by.
const (
	GroupEmergency = "emergency" // those that reach the emergency centre first, then every other
	GroupOutside   = "outside"
)

// Allowed is a call that may be made.
type Allowed struct {
	Kind     Kind
	Number   pii.Number    // as the trunk gets it
	Country  string        // calling code
	Group    string        // of trunks; "" goes inside
	Show     string        // the number that is shown, E.164; of an emergency "" where there is none
	Queue    string        // Internal: the queue that is called
	Seat     string        // Internal: the seat that is called
	Location string        // Emergency112: where the caller's seat is, to tell
	Longest  time.Duration // of the call; 0: no bound
}

// Decision is one of both: Allowed, or nil with a Refusal.
type Decision struct {
	Allowed *Allowed
	Refused *Refusal
}

// Decide says whether a call may be made. An emergency always may, whoever calls, on a nil Plan too. Counts are not asked here:
// Meter.Take does that for what is Allowed.
func (p *Plan) Decide(dialled pii.Number, from Caller) Decision {
	if p.emergency(dialled.Reveal()) {
		return Decision{Allowed: p.help(from)}
	}
	r := p.Read(dialled)
	if refused := p.refuse(r); refused != nil {
		return Decision{Refused: refused}
	}
	if r.Kind == Internal {
		return Decision{Allowed: &Allowed{Kind: Internal, Number: r.Number, Queue: r.Queue, Seat: r.Seat}}
	}
	a := &Allowed{
		Kind: r.Kind, Number: r.Number, Country: r.Country, Group: GroupOutside,
		Show: p.city.CallerID(from.Queue, from.Agency), Longest: p.city.Dialling.Longest,
	}
	if a.Show == "" {
		return Decision{Refused: &Refusal{Reason: NoCallerID}}
	}
	return Decision{Allowed: a}
}

// help is the call to the emergency centre. It asks nothing; what it adds (location, number to show) may be missing.
func (p *Plan) help(from Caller) *Allowed {
	a := &Allowed{Kind: Emergency112, Number: pii.NewNumber(agency.EmergencyNumber), Group: GroupEmergency}
	if p == nil {
		return a
	}
	a.Country, a.Show = p.city.CountryCode, p.city.CallerID(from.Queue, from.Agency)
	if seat, ok := p.seats[strings.ToUpper(from.Seat)]; ok {
		a.Location = seat.Location
	}
	return a
}

// refuse gives the first reason against what was read, nil without one.
func (p *Plan) refuse(r Reading) *Refusal {
	switch r.Kind {
	case Unknown:
		return &Refusal{Reason: r.Fault}
	case Internal:
		return nil
	case Premium:
		return &Refusal{Reason: PremiumRate, Country: r.Country}
	case International:
		if !slices.Contains(p.city.Dialling.Countries, r.Country) {
			return &Refusal{Reason: CountryRefused, Country: r.Country}
		}
	}
	number := r.Number.Reveal()
	if i := slices.IndexFunc(p.blocked, func(b string) bool { return strings.HasPrefix(number, b) }); i >= 0 {
		return &Refusal{Reason: BlockedPrefix, Prefix: p.city.Dialling.Blocked[i]}
	}
	return nil
}
