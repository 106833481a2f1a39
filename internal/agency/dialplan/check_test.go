package dialplan

import (
	"errors"
	"strings"
	"testing"

	"santra/internal/agency"
	"santra/internal/errs"
)

func TestTargetsObeyTheirOwnPlan(t *testing.T) {
	for number, word := range map[string]string{
		"": "", "+358401234567": "", "+46812345678": "", "+35860012345": PremiumRate, "+49301234567": CountryRefused, "+3729001234": BlockedPrefix,
		"112": "emergency centre", "+358112": "emergency centre", "+358912340001": "queue advice", "12345": Incomplete,
	} {
		for field, set := range map[string]func(*agency.Queue){
			"city.flows[0].steps[1].transfer.number": nil,
			"city.queues[1].full.number":             func(q *agency.Queue) { q.Full = &agency.Target{Number: number} },
			"city.queues[1].overflow[1].to.number":   func(q *agency.Queue) { q.Overflow = []agency.Overflow{{}, {To: agency.Target{Number: number}}} },
		} {
			c := city()
			if set != nil {
				set(&c.Queues[1])
			} else {
				c.Flows = []agency.Flow{{ID: "f", Agency: "social", Steps: []agency.Step{{}, {Transfer: &agency.TransferStep{Number: number}}}}}
			}
			err := Check(c)
			if word == "" {
				if err != nil {
					t.Errorf("%q: %v", number, err)
				}
				continue
			}
			if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Invalid || e.Field != field || !strings.Contains(e.Error(), word) {
				t.Errorf("%q: %v", number, err)
			}
		}
	}
}
