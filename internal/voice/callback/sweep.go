package callback

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"santra/internal/audit"
)

// Swept is what a sweep did.
type Swept struct {
	Keys    int // destroyed, for no record was there: requests that were cut off, and what another node ended
	Lost    int // records without a key, ended
	Ended   int // records whose end was cut off, dropped
	Resumed int // of Resume: calls of before the start, which count as tries
}

// Sweep puts keys and records of this node in line, as after a crash at any step. It needs no lease: nobody else has these keys.
// All is tried; the error is of what could not be done.
func (s *Service) Sweep(ctx context.Context) (Swept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var done Swept
	own, ids, err := s.own(ctx)
	if err != nil {
		return done, err
	}
	cut, err := s.cfg.Vault.Clean(folder)
	done.Keys += cut
	all := []error{err}
	for _, r := range own {
		all = append(all, s.sweepRecord(ctx, r, ids[r.ID], &done))
		delete(ids, r.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if err := s.cfg.Vault.Destroy(keyName(id)); err != nil {
			all = append(all, err)
			continue
		}
		done.Keys++
	}
	return done, errors.Join(all...)
}

// own gives the records whose keys are this node's, and the ids for which there is a key. The keys are listed first: a record
// is stored after its key, and nobody else stores any under the lock.
func (s *Service) own(ctx context.Context) ([]Record, map[string]bool, error) {
	ids, err := sealedIDs(s.cfg.Vault)
	if err != nil {
		return nil, nil, err
	}
	all, err := s.cfg.Store.Callbacks(ctx, 2*MaxOwed)
	return slices.DeleteFunc(all, func(r Record) bool { return r.Ring != s.ring }), ids, err
}

func (s *Service) sweepRecord(ctx context.Context, r Record, hasKey bool, done *Swept) error {
	switch {
	case r.State == Ending:
		done.Ended++
		return errors.Join(s.destroy(r), s.drop(ctx, r))
	case !hasKey:
		done.Lost++
		return s.end(ctx, audit.System, r, Lost)
	}
	return nil
}

// Resume is for a start: callbacks that an agent was making when the process ended wait again, as after a failed try.
func (s *Service) Resume(ctx context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	own, _, err := s.own(ctx)
	if err != nil {
		return 0, err
	}
	n, all := 0, []error(nil)
	for _, r := range own {
		if r.State == Opened {
			_, _, err := s.tried(ctx, audit.System, r, Failed)
			n, all = n+1, append(all, err)
		}
	}
	return n, errors.Join(all...)
}

// EraseExpired ends every callback whose time is over at now, on whichever node: under a lease (lease.With), so that one
// does it and its log tells it once. Of another node's it drops the sealed number; that node destroys the key when it sweeps.
func (s *Service) EraseExpired(ctx context.Context, now time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	records, err := s.cfg.Store.Callbacks(ctx, 2*MaxOwed)
	if err != nil {
		return 0, err
	}
	n, all := 0, []error(nil)
	for _, r := range records {
		if r.Expires.After(now) {
			continue
		}
		if r.State == Ending {
			err = errors.Join(s.destroy(r), s.drop(ctx, r))
		} else {
			err = s.end(ctx, audit.System, r, Expired)
		}
		n, all = n+1, append(all, err)
	}
	return n, errors.Join(all...)
}
