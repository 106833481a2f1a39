package identity

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
)

// NewPerson is what an account begins with. Its roles sleep until a training is recorded.
type NewPerson struct {
	Name      string
	Display   string
	Password  string
	Roles     []RoleGrant
	Skills    map[string]int
	Languages []agency.Lang
}

// CreatePerson makes an account; errs.Conflict where the name is or ever was somebody's.
func (s *Service) CreatePerson(ctx context.Context, by Principal, n NewPerson) (Person, error) {
	if err := mayGrant(by, "", n.Roles); err != nil {
		return Person{}, err
	}
	p := Person{
		ID: id.New(), Name: canonical(n.Name), Display: strings.TrimSpace(n.Display), Roles: sorted(n.Roles),
		Skills: n.Skills, Languages: n.Languages, Created: time.Now().UTC().Truncate(time.Microsecond),
	}
	if err := p.check(); err != nil {
		return Person{}, err
	}
	hash, err := s.newHash(ctx, p.Name, n.Password)
	if err != nil {
		return Person{}, err
	}
	e := audit.Entry{Action: PersonCreated, Actor: by.Person, Object: p.ID, Detail: map[string]string{"roles": rolesText(p.Roles)}, Success: true}
	err = s.store.Do(ctx, e, func(tx Tx) error { return tx.AddPerson(ctx, p, hash) })
	if errs.Is(err, errs.Conflict) {
		err = errs.At(errs.Conflict, "name", "is taken: %w", err)
	}
	return p, err
}

// SetPassword changes a password and ends the person's other sessions. Who changes their own gives the old one; who manages
// people need not.
func (s *Service) SetPassword(ctx context.Context, by Principal, person, old, password string) error {
	p, err := s.Person(ctx, by, person)
	if err != nil {
		return err
	}
	if by.Person == person {
		if err := s.own(ctx, p, old); err != nil {
			return err
		}
	}
	hash, err := s.newHash(ctx, p.Name, password)
	if err != nil {
		return err
	}
	e := audit.Entry{Action: PasswordChanged, Actor: by.Person, Object: person, Success: true}
	return s.store.Do(ctx, e, func(tx Tx) error {
		if err := tx.SetPassword(ctx, person, hash); err != nil {
			return err
		}
		return tx.EndSessions(ctx, person, nil)
	})
}

func (s *Service) own(ctx context.Context, p Person, old string) error {
	_, hash, err := s.store.Named(ctx, p.Name)
	if err != nil {
		return err
	}
	ok, err := s.hasher.verify(ctx, old, hash)
	if err == nil && !ok {
		err = errs.At(errs.Denied, "old_password", "is wrong")
	}
	return err
}

func (s *Service) newHash(ctx context.Context, name, password string) (string, error) {
	if err := checkPassword(name, password); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, password)
}

// SetRoles replaces a person's roles. Nobody changes their own.
func (s *Service) SetRoles(ctx context.Context, by Principal, person string, roles []RoleGrant) error {
	if err := mayGrant(by, person, roles); err != nil {
		return err
	}
	roles = sorted(roles)
	e := audit.Entry{Action: RolesChanged, Actor: by.Person, Object: person, Detail: map[string]string{"roles": rolesText(roles)}, Success: true}
	return s.change(ctx, e, func(tx Tx) error { return tx.SetRoles(ctx, person, roles) })
}

// RecordTraining records that a person passed a course (M24). Nobody records their own.
func (s *Service) RecordTraining(ctx context.Context, by Principal, person string, t Training) error {
	if err := by.May(TrainingRecord, ""); err != nil {
		return err
	}
	if by.Person == person {
		return errs.New(errs.Denied, "nobody records their own training")
	}
	if t.Course != DataProtection {
		return errs.At(errs.Invalid, "course", "must be %s", DataProtection)
	}
	if !t.Until.After(t.Passed) || t.Passed.IsZero() || t.Until.Sub(t.Passed) > MaxTraining {
		return errs.At(errs.Invalid, "until", "must be after the day it was passed, by at most four years")
	}
	if t.Passed.After(time.Now()) {
		return errs.At(errs.Invalid, "passed", "must not be in the future")
	}
	e := audit.Entry{Action: TrainingRecorded, Actor: by.Person, Object: person, Success: true, Detail: map[string]string{
		"course": string(t.Course), "passed": t.Passed.UTC().Format(time.DateOnly), "until": t.Until.UTC().Format(time.DateOnly),
	}}
	return s.change(ctx, e, func(tx Tx) error { return tx.AddTraining(ctx, person, t, by.Person) })
}

// Profile is how somebody is shown and by what work finds them.
type Profile struct {
	Display   string
	Skills    map[string]int
	Languages []agency.Lang
	Capacity  Capacity
	Tiers     map[string]int
	Weights   map[string]float64
}

func (p Person) profile() Profile {
	return Profile{p.Display, p.Skills, p.Languages, p.Capacity, p.Tiers, p.Weights}
}

// parts names what differs between two profiles, for the log: the values are the staff's own.
func (p Profile) parts(o Profile) string {
	var names []string
	for _, part := range []struct {
		name string
		same bool
	}{
		{"display", p.Display == o.Display},
		{"skills", maps.Equal(p.Skills, o.Skills)},
		{"languages", slices.Equal(p.Languages, o.Languages)},
		{"capacity", p.Capacity == o.Capacity},
		{"tiers", maps.Equal(p.Tiers, o.Tiers)},
		{"weights", maps.Equal(p.Weights, o.Weights)},
	} {
		if !part.same {
			names = append(names, part.name)
		}
	}
	return strings.Join(names, " ")
}

// ChangeProfile lets f change somebody's profile, whose maps and lists it replaces rather than writes into, and gives the
// person as stored. The log names the parts that differ.
func (s *Service) ChangeProfile(ctx context.Context, by Principal, person string, f func(*Profile)) (Person, error) {
	var out Person
	err := s.edit(ctx, by, PersonChanged, person, func(p *Person) (map[string]string, error) {
		before := p.profile()
		after := before
		f(&after)
		p.Display, p.Skills, p.Languages = strings.TrimSpace(after.Display), after.Skills, after.Languages
		p.Capacity, p.Tiers, p.Weights = after.Capacity, after.Tiers, after.Weights
		out = *p
		return map[string]string{"changed": before.parts(p.profile())}, p.check()
	})
	return out, err
}

// SetDisabled closes an account, ending its sessions, or opens it again. Nobody closes their own.
func (s *Service) SetDisabled(ctx context.Context, by Principal, person string, disabled bool) error {
	action := PersonEnabled
	if disabled {
		action = PersonDisabled
	}
	return s.edit(ctx, by, action, person, func(p *Person) (map[string]string, error) {
		if by.Person == person {
			return nil, errs.New(errs.Denied, "nobody closes or opens their own account")
		}
		p.Disabled = disabled
		return nil, nil
	})
}

// edit lets f change somebody, and say for the log what it changed.
func (s *Service) edit(ctx context.Context, by Principal, action, person string, f func(*Person) (map[string]string, error)) error {
	if err := by.May(PersonManage, ""); err != nil {
		return err
	}
	p, err := s.store.Person(ctx, person)
	if err != nil {
		return err
	}
	detail, err := f(&p)
	if err != nil {
		return err
	}
	e := audit.Entry{Action: action, Actor: by.Person, Object: person, Detail: detail, Success: true}
	return s.store.Do(ctx, e, func(tx Tx) error {
		if err := tx.SetProfile(ctx, p); err != nil || !p.Disabled {
			return err
		}
		return tx.EndSessions(ctx, person, nil)
	})
}

// change is Do for somebody who must exist.
func (s *Service) change(ctx context.Context, e audit.Entry, f func(Tx) error) error {
	if _, err := s.store.Person(ctx, e.Object); err != nil {
		return err
	}
	return s.store.Do(ctx, e, f)
}

func mayGrant(by Principal, person string, roles []RoleGrant) error {
	for _, a := range []Action{PersonManage, RoleAssign} {
		if err := by.May(a, ""); err != nil {
			return err
		}
	}
	if by.Person == person {
		return errs.New(errs.Denied, "nobody changes their own roles")
	}
	if len(roles) > MaxGrants {
		return errs.At(errs.TooLarge, "roles", "are over %d", MaxGrants)
	}
	for _, g := range roles {
		if err := g.check(); err != nil {
			return err
		}
	}
	return nil
}

const nameCharset = "abcdefghijklmnopqrstuvwxyz0123456789._-@åäö"

func (p Person) check() error {
	if !validName(p.Name) {
		return errs.At(errs.Invalid, "name", "must be 1–%d of a–z, å, ä, ö, 0–9 and . _ - @", MaxNameLen)
	}
	if n := utf8.RuneCountInString(p.Display); n == 0 || n > MaxDisplayLen || !utf8.ValidString(p.Display) || strings.ContainsFunc(p.Display, control) {
		return errs.At(errs.Invalid, "display", "must be 1–%d characters", MaxDisplayLen)
	}
	for _, l := range p.Languages {
		if !slices.Contains(agency.Langs(), l) {
			return errs.At(errs.Invalid, "languages", "must be fi, sv or en")
		}
	}
	if err := checkSkills(p.Skills); err != nil {
		return err
	}
	return p.checkWork()
}

func checkSkills(skills map[string]int) error {
	if len(skills) > MaxSkills {
		return errs.At(errs.TooLarge, "skills", "are over %d", MaxSkills)
	}
	for skill, level := range skills {
		if !validSkill(skill) || level < 1 || level > MaxSkillLevel {
			return errs.At(errs.Invalid, "skills", "must be slugs, or %sfi, sv or en, with a level of 1–%d", agency.LanguagePrefix, MaxSkillLevel)
		}
	}
	return nil
}

// validSkill tells whether it is a slug, or a language as a skill, which gives the language a level.
func validSkill(s string) bool {
	if lang, ok := strings.CutPrefix(s, agency.LanguagePrefix); ok {
		return slices.Contains(agency.Langs(), agency.Lang(lang))
	}
	return validName(s)
}

func validName(s string) bool {
	return s != "" && len(s) <= MaxNameLen && strings.Trim(s, nameCharset) == ""
}

// checkWork checks what routing is told beside skills.
func (p Person) checkWork() error {
	if p.Capacity.Mails < -1 || p.Capacity.Mails > MaxMails {
		return errs.At(errs.Invalid, "capacity.mails", "must be 1–%d, 0 for the usual number or -1 for none", MaxMails)
	}
	if len(p.Tiers) > MaxTiers || len(p.Weights) > MaxTiers {
		return errs.At(errs.TooLarge, "tiers", "or weights are over %d", MaxTiers)
	}
	for queue, tier := range p.Tiers {
		if !validName(queue) || tier < 1 || tier > MaxTier {
			return errs.At(errs.Invalid, "tiers", "must be queues with a tier of 1–%d", MaxTier)
		}
	}
	for id, w := range p.Weights {
		if !validName(id) || !(w >= MinWeight && w <= MaxWeight) { // so written, it refuses NaN
			return errs.At(errs.Invalid, "weights", "must be agencies with a weight of %g–%g", MinWeight, MaxWeight)
		}
	}
	return nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// sorted gives each grant once, in order.
func sorted(roles []RoleGrant) []RoleGrant {
	once := map[RoleGrant]bool{}
	for _, g := range roles {
		once[g] = true
	}
	return slices.SortedFunc(maps.Keys(once), func(a, b RoleGrant) int {
		return strings.Compare(string(a.Role)+"/"+a.Agency, string(b.Role)+"/"+b.Agency)
	})
}

func rolesText(roles []RoleGrant) string {
	var out []string
	for _, g := range roles {
		out = append(out, strings.TrimSuffix(string(g.Role)+"/"+g.Agency, "/"))
	}
	return strings.Join(out, " ")
}
