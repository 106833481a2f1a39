package registry

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/identity"
	"santra/internal/token"
)

// Limits of grants to listen.
const (
	MaxGrants     = 1000                 // that are valid at once
	MaxGrantLife  = 366 * 24 * time.Hour // from the granting
	revocationLag = 10 * token.PlayLife  // a revocation is remembered for so long: older grants have expired
)

// DemoReason is the reason that stands behind the grants of a demonstration city.
const DemoReason = "demonstration city"

// Grant lets one named person listen to one agency's recordings until a date (M10).
type Grant struct {
	ID      string
	Person  string // id
	Agency  string
	Until   time.Time // the first instant without the right
	Granted time.Time
	By      string // person id
}

// Grants lists the valid grants, for those who may grant.
func (s *Service) Grants(ctx context.Context, p identity.Principal) ([]Grant, error) {
	if err := p.May(identity.ListenGrant, ""); err != nil {
		return nil, err
	}
	return s.cfg.Store.Grants(ctx, time.Now())
}

// GrantListen gives a grant; the reason (the agency's letter) goes into the log.
func (s *Service) GrantListen(ctx context.Context, p identity.Principal, person, agencyID string, until time.Time, reason string) (Grant, error) {
	if err := p.May(identity.ListenGrant, agencyID); err != nil {
		return Grant{}, err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	if _, ok := s.cfg.Book.Agency(agencyID); !ok {
		return Grant{}, errs.At(errs.Invalid, "agency", "there is no such agency")
	}
	if !until.After(now) || until.Sub(now) > MaxGrantLife {
		return Grant{}, errs.At(errs.Invalid, "until", "must be in the future, at most a year from now")
	}
	if person == p.Person {
		return Grant{}, errs.New(errs.Denied, "nobody grants to themselves")
	}
	g := Grant{ID: id.New(), Person: person, Agency: agencyID, Until: until.UTC().Truncate(time.Microsecond), Granted: now, By: p.Person}
	e := audit.Entry{
		Action: ActionGranted, Actor: p.Person, Agency: agencyID, Object: g.ID, Reason: reason, Success: true,
		Detail: map[string]string{"person": person, "until": g.Until.Format(time.RFC3339)},
	}
	return g, s.cfg.Store.Do(ctx, e, func(tx Tx) error { return tx.AddGrant(ctx, g) })
}

// Withdraw ends a grant and what plays by it.
func (s *Service) Withdraw(ctx context.Context, p identity.Principal, grantID string) error {
	if err := p.May(identity.ListenGrant, ""); err != nil {
		return err
	}
	g, err := s.cfg.Store.Grant(ctx, grantID)
	if err != nil {
		return err
	}
	e := audit.Entry{
		Action: ActionWithdrawn, Actor: p.Person, Agency: g.Agency, Object: g.ID, Success: true,
		Detail: map[string]string{"person": g.Person},
	}
	err = s.cfg.Store.Do(ctx, e, func(tx Tx) error { return tx.WithdrawGrant(ctx, g.ID, p.Person, time.Now().UTC()) })
	if err != nil {
		return err
	}
	s.EndPlays(ctx, g.Person, g.Agency)
	return nil
}

// EndPlays tells the recorder to end what a person plays of an agency. Where it can't be reached, renewals are refused here
// and the play ends within token.PlayLife by itself.
func (s *Service) EndPlays(ctx context.Context, person, agencyID string) {
	if s.cfg.Recorder == nil {
		return
	}
	v := token.Revoke{Person: person, Agency: agencyID, Expires: time.Now().Add(revocationLag)}
	if err := s.cfg.Recorder.Revoke(ctx, v); err != nil {
		s.cfg.Log.Warn("the recorder was not told of a revocation; the play ends when its grant expires", "err", err)
	}
}
