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
		if q.Full != nil {
			if err := p.checkTarget(at+".full.number", q, q.Full.Number); err != nil {
				return err
			}
		}
		for j := range q.Overflow {
			if err := p.checkTarget(fmt.Sprintf("%s.overflow[%d].to.number", at, j), q, q.Overflow[j].To.Number); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Plan) checkTarget(at string, q *agency.Queue, number string) error {
	if number == "" {
		return nil
	}
	d := p.Decide(pii.NewNumber(number), Caller{Queue: q.ID, Agency: q.Agency})
	switch {
	case d.Refused != nil:
		return errs.At(errs.Invalid, at, "is refused by city.dialling (%s): allow it there, or name another", d.Refused.Reason)
	case d.Allowed.Kind == Emergency112:
		return errs.At(errs.Invalid, at, "is the emergency centre's: callers are told to dial it themselves, for it must see where they are")
	case d.Allowed.Queue != "":
		return errs.At(errs.Invalid, at, "is that of queue %s: write queue: %s, and the call keeps its place", d.Allowed.Queue, d.Allowed.Queue)
	}
	return nil
}
