package identity

import "slices"

// Sees tells whether somebody who serves some agencies, all where they are nil, serves one in which p may do the action.
func (p Principal) Sees(action Action, agencies []string) bool {
	all, ids := p.Agencies(action)
	if all || agencies == nil {
		return all || len(ids) > 0
	}
	return slices.ContainsFunc(agencies, func(id string) bool { return slices.Contains(ids, id) })
}
