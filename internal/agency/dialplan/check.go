package dialplan

import (
	"fmt"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/pii"
)

// Check refuses (errs.Invalid, with the field) a valid city that sends calls to numbers which its own number plan refuses, or
// out by a trunk to a number of its own.
func Check(c *agency.City) error {
	p := New(c)
	for i := range p.city.Queues {
		q, at := &p.city.Queues[i], fmt.Sprintf("city.queues[%d]", i)
		from := Caller{Queue: q.ID, Agency: q.Agency}
		if q.Full != nil {
			if err := p.checkTarget(at+".full.number", from, q.Full.Number); err != nil {
				return err
			}
		}
		for j := range q.Overflow {
			if err := p.checkTarget(fmt.Sprintf("%s.overflow[%d].to.number", at, j), from, q.Overflow[j].To.Number); err != nil {
				return err
			}
		}
	}
	return p.checkFlows()
}

func (p *Plan) checkFlows() error {
	for i, f := range p.city.Flows {
		for j, s := range f.Steps {
			if s.Transfer == nil {
				continue
			}
			at := fmt.Sprintf("city.flows[%d].steps[%d].transfer.number", i, j)
			if err := p.checkTarget(at, Caller{Agency: f.Agency}, s.Transfer.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Plan) checkTarget(at string, from Caller, number string) error {
	if number == "" {
		return nil
	}
	d := p.Decide(pii.NewNumber(number), from)
	switch {
	case d.Refused != nil:
		return errs.At(errs.Invalid, at, "is refused by city.dialling (%s): allow it there, or name another", d.Refused.Reason)
	case d.Allowed.Kind == Emergency112:
		return errs.At(errs.Invalid, at, "is the emergency centre's: callers are told to dial it themselves, for it must see where they are")
	case d.Allowed.Queue != "":
		return errs.At(errs.Invalid, at, "is answered by queue %s of the house: name that queue, and the call needs no trunk", d.Allowed.Queue)
	}
	return nil
}
