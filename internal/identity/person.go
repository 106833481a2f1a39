// Package identity is who may do what: people with their own names and passwords (M19), roles for agencies, training that
// keeps roles active (M24), sessions, and the one readable table of roles and actions. Every change of it is audited.
//
// It owns people and sessions. It must not know what the actions do.
package identity

import (
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
)

// Course is a training.
type Course string

// DataProtection is the training in data protection and the use of the system that every role needs.
const DataProtection Course = "data_protection"

// Training is a person's record of one course. Until is the first instant at which it is no longer valid.
type Training struct {
	Course Course    `json:"course"`
	Passed time.Time `json:"passed"`
	Until  time.Time `json:"until"`
}

// Valid tells whether the training holds at now.
func (t Training) Valid(now time.Time) bool { return !now.Before(t.Passed) && now.Before(t.Until) }

// Limits of a person.
const (
	MaxNameLen    = 64
	MaxDisplayLen = 100
	MaxGrants     = 200
	MaxSkills     = 100
	MaxSkillLevel = 10
	MaxTraining   = 4 * 366 * 24 * time.Hour // longest validity of one training
	MaxMails      = 50                       // e-mail cases in hand at once
	MaxTier       = 9
	MaxWeight     = 100.0 // of an agency's work
	MinWeight     = 0.01
	MaxTiers      = 500 // queues, and as many agencies, that a person has a tier or weight for
)

// Capacity is how much work a person takes at once, as routing.Capacity. The zero Capacity takes one call, or routing's
// default number of e-mail cases with room for a call over them.
type Capacity struct {
	Mails          int  `json:"mails,omitempty"`            // e-mail cases in hand; 0: routing.DefaultMails, -1: none
	NoCalls        bool `json:"no_calls,omitempty"`         // neither calls nor callbacks
	Undisturbed    bool `json:"undisturbed,omitempty"`      // an e-mail is not interrupted by a call
	MailDuringCall bool `json:"mail_during_call,omitempty"` // e-mails are offered while in a call
}

// Person is somebody with an account of their own. The password's hash is never in it.
type Person struct {
	ID        string
	Name      string // to log in with: lower case, never reused
	Display   string
	Disabled  bool
	Roles     []RoleGrant
	Skills    map[string]int // slug → level 1–10
	Languages []agency.Lang
	Capacity  Capacity
	Tiers     map[string]int     // by queue: 1 is asked first; absent: 1
	Weights   map[string]float64 // by agency: its work's waiting counts this much; absent: 1
	Training  []Training         // newest of each course
	Created   time.Time
}

// Principal gives who the person is at now: the roles whose training holds, and those that sleep for want of it.
func (p Person) Principal(now time.Time) Principal {
	out := Principal{Person: p.ID, Name: p.Name, Display: p.Display}
	for _, g := range p.Roles {
		if p.trained(g.Role, now) {
			out.Roles = append(out.Roles, g)
		} else {
			out.Dormant = append(out.Dormant, g)
		}
	}
	out.Training = len(out.Dormant) == 0
	return out
}

func (p Person) trained(r Role, now time.Time) bool {
	for _, course := range Courses(r) {
		holds := func(t Training) bool { return t.Course == course && t.Valid(now) }
		if !slices.ContainsFunc(p.Training, holds) {
			return false
		}
	}
	return true
}

// Principal is somebody who is logged in, as of the moment of Authenticate. It is not kept: training, roles and sessions end,
// so a stream that stays open authenticates again and again.
type Principal struct {
	Person   string      // id; "" is nobody
	Name     string      // log-in name
	Display  string      //
	Roles    []RoleGrant // active
	Dormant  []RoleGrant // granted, but the training is not valid
	Session  string      // opaque id of the session, not its token
	Training bool        // no role sleeps
}

// Operator is the person at the machine's command line, who already reads its files: they set up people, training and the
// city, and see no content. name goes into the audit log.
func Operator(name string) Principal {
	return Principal{Person: "operator/" + name, Name: name, Display: name, Roles: []RoleGrant{{Role: Administrator}}, Training: true}
}

// May tells whether the principal may do a for an agency ("": for all of them; actions of the house ignore it). nil is yes;
// errs.Unauthenticated for nobody, errs.Denied else. What is not in Table is denied.
func (p Principal) May(a Action, agencyID string) error {
	if p.Person == "" {
		return errs.New(errs.Unauthenticated, "nobody is logged in")
	}
	rule, ok := ruleOf(a)
	if !ok {
		return errs.New(errs.Denied, "no role may %s", a)
	}
	covers := func(g RoleGrant) bool { return g.covers(rule, agencyID) }
	if slices.ContainsFunc(p.Roles, covers) {
		return nil
	}
	if slices.ContainsFunc(p.Dormant, covers) {
		return errs.New(errs.Denied, "%s needs a valid training", a)
	}
	return errs.New(errs.Denied, "no role of yours may %s here", a)
}

// Agencies tells for which agencies the principal may do a: all of them, or those named.
func (p Principal) Agencies(a Action) (all bool, ids []string) {
	rule, ok := ruleOf(a)
	if !ok || p.Person == "" {
		return false, nil
	}
	for _, g := range p.Roles {
		if !slices.Contains(rule.Roles, g.Role) {
			continue
		}
		if g.Agency == "" || rule.Scope == House {
			return true, nil
		}
		if !slices.Contains(ids, g.Agency) {
			ids = append(ids, g.Agency)
		}
	}
	return false, ids
}

// Anywhere tells whether the principal may do a for at least one agency.
func (p Principal) Anywhere(a Action) bool {
	all, ids := p.Agencies(a)
	return all || len(ids) > 0
}

// Actions gives what the principal may do somewhere, in the table's order: for a user interface, never as authority.
func (p Principal) Actions() []Action {
	return slices.DeleteFunc(Actions(), func(a Action) bool { return !p.Anywhere(a) })
}

// Has tells whether the principal has an active role, for any agency.
func (p Principal) Has(r Role) bool {
	return slices.ContainsFunc(p.Roles, func(g RoleGrant) bool { return g.Role == r })
}
