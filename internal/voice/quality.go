package voice

import (
	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/voice/leg"
)

// Quality tells how each leg of a call sounds now, to the agent who has it or to a supervisor who may see the call (supervisor
// is true: the caller has checked that). errs.NotFound for another agent, errs.Gone after the end.
func (s *Service) Quality(id, person string, supervisor bool) ([]leg.Quality, error) {
	c, err := s.calls.Get(id)
	if err != nil {
		return nil, err
	}
	var list []leg.Quality
	err = c.mail.Ask(func() error {
		if !supervisor && (person == "" || c.offer.Agent != person) {
			return errs.New(errs.NotFound, "no such call of yours")
		}
		list = c.quality()
		return nil
	})
	return list, err
}

func (c *call) quality() (list []leg.Quality) {
	add := func(r leg.Role, m *rtp.Leg) {
		if m != nil {
			list = append(list, leg.Now(r, m))
		}
	}
	add(leg.Customer, c.customer.Sound())
	add(leg.Agent, c.agent.Sound())
	add(leg.Consulted, c.consult.Sound())
	return list
}
