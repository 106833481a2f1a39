package callback

import (
	"context"
	"fmt"
	"time"

	"santra/internal/registry"
)

// grace is how long after its time a number may be there: a sweep that is under way, and one that waited for the database.
const grace = 2 * SweepEvery

// Witness says of M3 what this room keeps: no number is there past its time, and there is no key without its callback.
func (s *Service) Witness() registry.Witness { return registry.WitnessFunc("M3", s.Evidence) }

// Evidence is what Witness says.
func (s *Service) Evidence(ctx context.Context) (registry.Evidence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, err := sealedIDs(s.cfg.Vault)
	if err != nil {
		return registry.Evidence{}, err
	}
	all, err := s.cfg.Store.Callbacks(ctx, 2*MaxOwed)
	if err != nil {
		return registry.Evidence{}, err
	}
	late, keyless, owed := 0, 0, 0
	for _, r := range all {
		switch {
		case r.Expires.Add(grace).Before(time.Now()):
			late++
		case r.Ring == s.ring && r.State != Ending && !ids[r.ID]:
			keyless++
		case r.State != Ending:
			owed++
		}
		if r.Ring == s.ring && r.State != Ending {
			delete(ids, r.ID)
		}
	}
	if late+keyless+len(ids) > 0 {
		return registry.Evidence{Text: fmt.Sprintf("of callbacks, %d are kept past their time, %d have no key, %d keys have no callback", late, keyless, len(ids))}, nil
	}
	return registry.Evidence{
		Holds: true, Text: fmt.Sprintf("%d callbacks are owed, each number sealed under a key of its own outside the database; none is past its time", owed),
	}, nil
}
