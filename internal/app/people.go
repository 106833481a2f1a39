package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"santra/internal/agency"
	"santra/internal/app/demo"
	"santra/internal/errs"
	"santra/internal/identity"
)

// demoTrained is how long the demo's people count as trained.
const demoTrained = 365 * 24 * time.Hour

// seedPeople makes the demo's people who are not there yet: accounts, training, and for the agencies' managers the right to
// listen to their own agency's recordings.
func (c *contactCentre) seedPeople(ctx context.Context, path string) error {
	if !c.server.Demo {
		return errs.New(errs.Invalid, "people are seeded in a demonstration city only")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	var s demo.Seed
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("demo: %s: %w", path, err)
	}
	for _, p := range s.People {
		if err := c.seedPerson(ctx, p); err != nil {
			return fmt.Errorf("demo: %s: %w", p.Name, err)
		}
	}
	return nil
}

func (c *contactCentre) seedPerson(ctx context.Context, p demo.SeedPerson) error {
	operator := identity.Operator("demo")
	skills := map[string]int{}
	for _, s := range c.book.Current().SkillNames() {
		skills[s] = 3
	}
	made, err := c.people.CreatePerson(ctx, operator, identity.NewPerson{
		Name: p.Name, Display: p.Display, Password: p.Password, Skills: skills, Languages: agency.Langs(),
		Roles: []identity.RoleGrant{{Role: identity.Role(p.Role), Agency: p.Agency}},
	})
	if errs.Is(err, errs.Conflict) {
		return nil // from an earlier start
	}
	if err != nil {
		return err
	}
	now := time.Now()
	training := identity.Training{Course: identity.DataProtection, Passed: now, Until: now.Add(demoTrained)}
	if err := c.people.RecordTraining(ctx, operator, made.ID, training); err != nil {
		return err
	}
	if p.Role != string(identity.Manager) {
		return nil
	}
	controller := identity.Principal{Person: operator.Person, Roles: []identity.RoleGrant{{Role: identity.Controller}}, Training: true}
	_, err = c.registry.GrantListen(ctx, controller, made.ID, p.Agency, now.Add(demoTrained), "demonstration")
	return err
}
