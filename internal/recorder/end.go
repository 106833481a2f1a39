package recorder

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/token"
)

// endRule is the rule in the destruction records of an agency that ended.
const endRule = "end of the agency"

// endAgency destroys all that is kept for an agency that leaves (M20): every key of it first, so that no copy can be read any
// more, then the bytes and the rows. A legal hold or a recording that still grows stops it before anything is destroyed.
func (s *service) endAgency(ctx context.Context, signed string) (Destroyed, error) {
	var d Destroyed
	var end token.End
	now := time.Now()
	if err := token.Open(s.centre, token.DomainEnd, signed, now, &end); err != nil {
		return d, err
	}
	if err := s.mayEnd(ctx, end.Agency); err != nil {
		return d, err
	}
	e := audit.Entry{Action: "agency.ended", Actor: end.Person, Agency: end.Agency, Object: end.Audit, Success: true}
	if err := s.Store.Do(ctx, e, nil); err != nil {
		return d, err
	}
	if err := s.destroyAgencyKeys(end.Agency, &d); err != nil {
		return d, err
	}
	for {
		rows, err := s.Store.Recordings(ctx, Filter{Agency: end.Agency, Limit: MaxRows})
		if err != nil {
			return d, err
		}
		if len(rows) == 0 {
			return d, s.Store.Scrub(ctx)
		}
		for _, r := range rows {
			if err := s.remove(ctx, r, Destruction{Key: r.Key, At: now.UTC(), Due: r.Destroy, Rule: endRule}, &d); err != nil {
				return d, err
			}
		}
	}
}

func (s *service) mayEnd(ctx context.Context, agency string) error {
	held, err := s.Store.Held(ctx)
	if err != nil {
		return err
	}
	growing, err := s.Store.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, r := range append(held, growing...) {
		if r.Agency == agency {
			return errs.New(errs.Conflict, "a recording of the agency is under a legal hold or still being made")
		}
	}
	return nil
}

func (s *service) destroyAgencyKeys(agency string, d *Destroyed) error {
	names, err := s.Keys.List(identityPrefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		if owner, day, ok := cutRef(name); ok && owner == agency {
			if err := s.vault.destroy(owner, day); err != nil {
				return err
			}
			d.Keys++
		}
	}
	return nil
}
