package demo

import (
	"testing"

	"santra/internal/agency"
)

// TestTheDemonstrationCityIsAlwaysOpen: design.md promises it to tools.
func TestTheDemonstrationCityIsAlwaysOpen(t *testing.T) {
	city := demoCity([]ReadySeat{{Code: "A01", SIPUser: "a", SIPPassword: "b"}})
	if err := city.Validate(); err != nil {
		t.Error(err)
	}
	for _, q := range city.Queues {
		if q.Hours != "" {
			t.Errorf("%s has hours", q.ID)
		}
	}
	staff := agency.Staff{Skills: map[string]int{}, Languages: agency.Langs()}
	for _, s := range city.SkillNames() {
		staff.Skills[s] = 3
	}
	if w := city.Warnings([]agency.Staff{staff}); w != nil {
		t.Error(w)
	}
}
