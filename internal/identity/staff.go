package identity

import (
	"time"

	"santra/internal/agency"
)

// Staff picks those whose roles let them take work, with what they can; never nil.
func Staff(people []Person, now time.Time) []agency.Staff {
	staff := []agency.Staff{}
	for _, p := range people {
		all, ids := p.Principal(now).Agencies(CallHandle)
		if p.Disabled || !all && len(ids) == 0 {
			continue
		}
		if all {
			ids = nil
		}
		staff = append(staff, agency.Staff{Skills: p.Skills, Languages: p.Languages, Agencies: ids})
	}
	return staff
}
