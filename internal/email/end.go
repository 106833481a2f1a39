package email

import (
	"context"
	"errors"

	"santra/internal/audit"
	"santra/internal/email/archive"
	"santra/internal/errs"
)

// ActionEnded says that all of an agency's mail was made unreadable.
const ActionEnded = "agency.ended"

// EndAgency ends an agency (M20): its cases leave the desks, then its keys are destroyed. From there on no message, draft,
// subject or address of it can be read, here or in any backup; what remains is unreadable bytes and the log's entries.
func (s *Service) EndAgency(ctx context.Context, agency string) error {
	if !archive.ValidAgency(agency) {
		return errs.At(errs.Invalid, "agency", "is no slug")
	}
	e := audit.Entry{Action: ActionEnded, Actor: audit.System, Agency: agency, Object: agency, Success: true}
	if err := s.cfg.Store.Do(ctx, []audit.Entry{e}, func(Tx) error { return nil }); err != nil {
		return err
	}
	if err := s.closeAll(ctx, agency); err != nil {
		return err
	}
	names, err := s.cfg.Keys.List("agency/" + agency)
	for _, name := range names {
		err = errors.Join(err, s.cfg.Keys.Destroy(name))
	}
	s.Forget(agency)
	return err
}

// closeAll closes the agency's cases, whoever has them.
func (s *Service) closeAll(ctx context.Context, agency string) error {
	rows, err := s.cfg.Store.LiveCases(ctx, MaxLive)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Agency != agency {
			continue
		}
		e := audit.Entry{Action: ActionClosed, Actor: audit.System, Agency: agency, Object: row.ID, Success: true}
		_, err := s.change(ctx, row.ID, e, func(tx Tx, c *CaseRow) error {
			c.State, c.Agent = StateClosed, ""
			return tx.DropDraft(ctx, c.ID, maxVersion)
		})
		if err != nil {
			return err
		}
		s.dropOffer(row.ID)
		s.cfg.Router.Remove(row.ID, "closed")
	}
	return nil
}
