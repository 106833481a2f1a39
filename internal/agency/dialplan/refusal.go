package dialplan

import "strings"

// NoTrunk is the Reason of a call that may be made and that no trunk takes; who chooses trunks says so.
const NoTrunk = "no_trunk"

// Scopes of a cap.
const (
	ScopeAgent   = "agent"
	ScopeSeat    = "seat"
	ScopeQueue   = "queue"
	ScopeAgency  = "agency"
	ScopeCountry = "country"
)

// Reasons are all there are.
func Reasons() []string {
	return []string{Empty, Incomplete, BadNumber, NoQueue, PremiumRate, BlockedPrefix, CountryRefused, NoCallerID, CapReached, MeterFull, NoTrunk}
}

// Error gives the codes, for logs and support; the edge has the words for people.
func (r *Refusal) Error() string {
	return strings.Join(strings.Fields(strings.Join([]string{r.Reason, r.Country, r.Prefix, r.Scope, r.Window}, " ")), " ")
}
