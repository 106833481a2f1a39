package dialplan

import (
	"slices"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/pii"
)

func TestARefusalIsAnErrorWithoutANumber(t *testing.T) {
	for want, r := range map[string]*Refusal{
		"premium 358":    {Reason: PremiumRate, Country: "358"},
		"blocked +35860": {Reason: BlockedPrefix, Prefix: "+35860"},
		"cap agent hour": {Reason: CapReached, Scope: ScopeAgent, Window: WindowHour, Limit: 3, Until: time.Now()},
		"empty":          {Reason: Empty},
	} {
		if r.Error() != want {
			t.Errorf("%q, want %q", r.Error(), want)
		}
	}
}

// What the plan and the meter say are reasons and scopes of the lists, for which the edge has words.
func TestRefusalsAreOfTheLists(t *testing.T) {
	city := agency.City{
		Agencies: []agency.Agency{{ID: "water"}}, Queues: []agency.Queue{{ID: "q", Agency: "water", Number: "+358931012345"}},
	}.WithDefaults()
	plan := New(&city)
	for _, dialled := range []string{"", "12345", "x", "+46812345678", "060012345", "+358931012300"} {
		d := plan.Decide(pii.NewNumber(dialled), Caller{Queue: "q", Agency: "water"})
		if d.Refused != nil && !slices.Contains(Reasons(), d.Refused.Reason) {
			t.Errorf("%q: %v", dialled, d.Refused)
		}
	}
	for _, k := range keysOf(&Allowed{Kind: International, Country: "358"}, Caller{Agent: "a", Seat: "s", Queue: "q", Agency: "water"}) {
		if !slices.Contains([]string{ScopeAgent, ScopeSeat, ScopeQueue, ScopeAgency, ScopeCountry}, k.scope) {
			t.Errorf("a scope without words: %q", k.scope)
		}
	}
}
