package identity

import (
	"testing"
	"time"
)

func TestWhoTakesWork(t *testing.T) {
	now := time.Now()
	trained := []Training{{Course: DataProtection, Passed: now.Add(-time.Hour), Until: now.Add(time.Hour)}}
	agent := func(agencies ...string) (grants []RoleGrant) {
		for _, a := range agencies {
			grants = append(grants, RoleGrant{Role: Agent, Agency: a})
		}
		return grants
	}
	people := []Person{
		{ID: "1", Name: "all", Roles: agent(""), Training: trained, Skills: map[string]int{"a": 1}},
		{ID: "2", Name: "two", Roles: agent("x", "y"), Training: trained},
		{ID: "3", Name: "untrained", Roles: agent("")},
		{ID: "4", Name: "gone", Roles: agent(""), Training: trained, Disabled: true},
		{ID: "5", Name: "manager", Roles: []RoleGrant{{Role: Manager, Agency: "x"}}, Training: trained},
	}
	got := Staff(people, now)
	if len(got) != 2 || got[0].Agencies != nil || got[0].Skills["a"] != 1 || len(got[1].Agencies) != 2 {
		t.Errorf("%+v", got)
	}
	if none := Staff(nil, now); none == nil || len(none) != 0 {
		t.Error("nobody is not unknown")
	}
}
