package api

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/web/api/frame"
)

// Role is a role in one agency, or in all of them (agency empty).
type Role struct {
	Role   string `json:"role" enum:"agent,supervisor,manager,expert,privacy_officer,controller,administrator"`
	Agency string `json:"agency" maxLength:"64" doc:"Empty: every agency."`
}

// Person is somebody of the staff.
type Person struct {
	ID            string     `json:"id"`
	Name          string     `json:"name" doc:"Log-in name."`
	Display       string     `json:"display"`
	Roles         []Role     `json:"roles"`
	Languages     []string   `json:"languages"`
	Skills        []Skill    `json:"skills"`
	Capacity      Capacity   `json:"capacity"`
	Tiers         []Tier     `json:"tiers" doc:"By queue; absent: 1."`
	Weights       []Weight   `json:"weights" doc:"By agency; absent: 1."`
	TrainedUntil  *time.Time `json:"trained_until,omitempty" doc:"Roles work only while training is valid (M24)."`
	TrainingValid bool       `json:"training_valid"`
	Disabled      bool       `json:"disabled"`
}

// Skill is what an agent can serve, 1 (learns) to 10.
type Skill struct {
	ID    string `json:"id" minLength:"1" maxLength:"64"`
	Level int    `json:"level" minimum:"1" maximum:"10"`
}

// Capacity is how much work an agent takes at once.
type Capacity struct {
	Mails          int  `json:"mails,omitempty" minimum:"-1" maximum:"50" doc:"E-mail cases in hand at once; 0: the usual number, -1: none."`
	NoCalls        bool `json:"no_calls,omitempty" doc:"Neither calls nor callbacks."`
	Undisturbed    bool `json:"undisturbed,omitempty" doc:"An e-mail is not interrupted by a call."`
	MailDuringCall bool `json:"mail_during_call,omitempty" doc:"E-mails are offered while in a call."`
}

// Tier says how early an agent is asked in a queue of strategy tiers: 1 first.
type Tier struct {
	Queue string `json:"queue" minLength:"1" maxLength:"64"`
	Tier  int    `json:"tier" minimum:"1" maximum:"9"`
}

// Weight says how much an agency's waiting work counts for an agent who serves several.
type Weight struct {
	Agency string  `json:"agency" minLength:"1" maxLength:"64"`
	Weight float64 `json:"weight" minimum:"0.01" maximum:"100"`
}

// PersonChange is what is to be changed of a person; what is left out stays.
type PersonChange struct {
	Display   *string   `json:"display,omitempty" minLength:"1" maxLength:"100"`
	Languages *[]string `json:"languages,omitempty" maxItems:"3"`
	Skills    *[]Skill  `json:"skills,omitempty" maxItems:"100"`
	Capacity  *Capacity `json:"capacity,omitempty"`
	Tiers     *[]Tier   `json:"tiers,omitempty" maxItems:"500"`
	Weights   *[]Weight `json:"weights,omitempty" maxItems:"500"`
}

// NewPerson is an account to make; it has no training and so no power yet.
type NewPerson struct {
	Name      string   `json:"name" minLength:"1" maxLength:"64"`
	Display   string   `json:"display" minLength:"1" maxLength:"100"`
	Password  string   `json:"password" minLength:"12" maxLength:"128"`
	Roles     []Role   `json:"roles" maxItems:"50"`
	Languages []string `json:"languages,omitempty" maxItems:"3"`
	Skills    []Skill  `json:"skills,omitempty" maxItems:"100"`
}

// Training records that somebody was trained.
type Training struct {
	Course string    `json:"course,omitempty" enum:"data_protection" default:"data_protection"`
	Passed time.Time `json:"passed"`
	Until  time.Time `json:"until" doc:"The first instant at which it is no longer valid."`
}

// NewPassword is a password that somebody else sets.
type NewPassword struct {
	Password string `json:"password" minLength:"12" maxLength:"128"`
}

// Roles replaces a person's roles.
type Roles struct {
	Roles []Role `json:"roles" maxItems:"50"`
}

type (
	peopleOutput struct {
		Body struct {
			People []Person `json:"people"`
		}
	}
	personInput  struct{ Body NewPerson }
	personOutput struct{ Body Person }
	changeInput  struct {
		ID   string `path:"id" maxLength:"64"`
		Body PersonChange
	}
	trainingInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body Training
	}
	resetInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body NewPassword
	}
	rolesInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body Roles
	}
)

func (a *API) peopleRoutes() {
	route := func(method, path, id string, action identity.Action, doc string) frame.Op {
		return frame.Op{Method: method, Path: "/api/people" + path, ID: id, Tag: "people", Action: action, Scope: frame.ScopeAny, Doc: doc}
	}
	frame.Register(a.frame, route("GET", "", "people", identity.PersonManage, "The staff."), a.getPeople)
	frame.Register(a.frame, route("POST", "", "person-create", identity.PersonManage, "Make a personal account (M19)."), a.createPerson)
	frame.Register(a.frame, route("PATCH", "/{id}", "person-change", identity.PersonManage, "Change skills, languages, capacity, tiers, weights or the name shown; "+
		"an agent at a seat works by them at once."), a.changePerson)
	frame.Register(a.frame, route("PUT", "/{id}/training", "person-training", identity.TrainingRecord, "Record training; nobody records their own (M24)."), a.recordTraining)
	frame.Register(a.frame, route("PUT", "/{id}/roles", "person-roles", identity.RoleAssign, "Replace the roles; nobody changes their own; sessions feel it at once."), a.setRoles)
	frame.Register(a.frame, route("PUT", "/{id}/password", "person-password", identity.PersonManage, "Set somebody's first or forgotten password; their sessions end."), a.resetPassword)
}

func personOf(p identity.Person) Person {
	out := Person{
		ID: p.ID, Name: p.Name, Display: p.Display, Roles: rolesOf(p.Roles), Languages: texts(p.Languages), Disabled: p.Disabled,
		TrainingValid: p.Principal(time.Now()).Training, Skills: []Skill{}, Capacity: Capacity(p.Capacity), Tiers: []Tier{}, Weights: []Weight{},
	}
	for _, id := range sortedKeys(p.Skills) {
		out.Skills = append(out.Skills, Skill{id, p.Skills[id]})
	}
	for _, queue := range sortedKeys(p.Tiers) {
		out.Tiers = append(out.Tiers, Tier{queue, p.Tiers[queue]})
	}
	for _, id := range sortedKeys(p.Weights) {
		out.Weights = append(out.Weights, Weight{id, p.Weights[id]})
	}
	for _, t := range p.Training {
		if out.TrainedUntil == nil || t.Until.Before(*out.TrainedUntil) {
			out.TrainedUntil = stamp(t.Until)
		}
	}
	return out
}

func rolesOf(in []identity.RoleGrant) []Role {
	return frame.List(in, func(g identity.RoleGrant) Role { return Role{string(g.Role), g.Agency} })
}

func grantsOf(in []Role) []identity.RoleGrant {
	return frame.List(in, func(r Role) identity.RoleGrant {
		return identity.RoleGrant{Role: identity.Role(r.Role), Agency: r.Agency}
	})
}

func (a *API) getPeople(ctx context.Context, c *frame.Caller, _ *frame.None) (*peopleOutput, error) {
	all, err := a.deps.People.People(ctx, c.Principal)
	var out peopleOutput
	out.Body.People = frame.List(all, personOf)
	return &out, err
}

func (a *API) createPerson(ctx context.Context, c *frame.Caller, in *personInput) (*personOutput, error) {
	b := in.Body
	n := identity.NewPerson{
		Name: b.Name, Display: b.Display, Password: b.Password, Roles: grantsOf(b.Roles), Skills: skillsOf(b.Skills),
		Languages: frame.List(b.Languages, func(l string) agency.Lang { return agency.Lang(l) }),
	}
	p, err := a.deps.People.CreatePerson(ctx, c.Principal, n)
	return &personOutput{personOf(p)}, err
}

func (a *API) changePerson(ctx context.Context, c *frame.Caller, in *changeInput) (*personOutput, error) {
	before, err := a.deps.People.Person(ctx, c.Principal, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.checkPlaces(before, in.Body); err != nil {
		return nil, err
	}
	p, err := a.deps.People.ChangeProfile(ctx, c.Principal, in.ID, in.Body.apply)
	if err != nil {
		return nil, err
	}
	a.refresh(ctx, p.Principal(time.Now()))
	return &personOutput{personOf(p)}, nil
}

// checkPlaces refuses queues and agencies that there are not, unless the person has them already from before.
func (a *API) checkPlaces(before identity.Person, ch PersonChange) error {
	if a.deps.City == nil {
		return nil
	}
	for _, t := range each(ch.Tiers) {
		_, known := a.deps.City.Queue(t.Queue)
		if _, had := before.Tiers[t.Queue]; !known && !had {
			return errs.At(errs.Invalid, "tiers", "has a queue that there is not")
		}
	}
	for _, w := range each(ch.Weights) {
		_, known := a.deps.City.Agency(w.Agency)
		if _, had := before.Weights[w.Agency]; !known && !had {
			return errs.At(errs.Invalid, "weights", "has an agency that there is not")
		}
	}
	return nil
}

// each gives what a list that may be left out has.
func each[T any](list *[]T) []T {
	if list == nil {
		return nil
	}
	return *list
}

// apply writes what is named into a profile.
func (ch PersonChange) apply(p *identity.Profile) {
	if ch.Display != nil {
		p.Display = *ch.Display
	}
	if ch.Languages != nil {
		p.Languages = frame.List(*ch.Languages, func(l string) agency.Lang { return agency.Lang(l) })
	}
	if ch.Skills != nil {
		p.Skills = skillsOf(*ch.Skills)
	}
	if ch.Capacity != nil {
		p.Capacity = identity.Capacity(*ch.Capacity)
	}
	if ch.Tiers != nil {
		p.Tiers = map[string]int{}
		for _, t := range *ch.Tiers {
			p.Tiers[t.Queue] = t.Tier
		}
	}
	if ch.Weights != nil {
		p.Weights = map[string]float64{}
		for _, w := range *ch.Weights {
			p.Weights[w.Agency] = w.Weight
		}
	}
}

func skillsOf(in []Skill) map[string]int {
	out := make(map[string]int, len(in))
	for _, s := range in {
		out[s.ID] = s.Level
	}
	return out
}

func (a *API) recordTraining(ctx context.Context, c *frame.Caller, in *trainingInput) (*personOutput, error) {
	b := in.Body
	t := identity.Training{Course: identity.Course(b.Course), Passed: b.Passed, Until: b.Until}
	if err := a.deps.People.RecordTraining(ctx, c.Principal, in.ID, t); err != nil {
		return nil, err
	}
	return a.changed(ctx, in.ID)
}

func (a *API) setRoles(ctx context.Context, c *frame.Caller, in *rolesInput) (*personOutput, error) {
	before, err := a.deps.People.Lookup(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.deps.People.SetRoles(ctx, c.Principal, in.ID, grantsOf(in.Body.Roles)); err != nil {
		return nil, err
	}
	if a.deps.Registry != nil {
		for _, r := range before.Roles {
			a.deps.Registry.EndPlays(ctx, in.ID, r.Agency)
		}
	}
	return a.changed(ctx, in.ID)
}

func (a *API) resetPassword(ctx context.Context, c *frame.Caller, in *resetInput) (*frame.None, error) {
	err := a.deps.People.SetPassword(ctx, c.Principal, in.ID, "", in.Body.Password)
	if err == nil {
		a.endStreams(in.ID)
	}
	return nil, err
}

// changed answers with the person and lets their browsers come back with what they may do now.
func (a *API) changed(ctx context.Context, id string) (*personOutput, error) {
	a.endStreams(id)
	p, err := a.deps.People.Lookup(ctx, id)
	return &personOutput{personOf(p)}, err
}
