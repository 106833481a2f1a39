package api

import (
	"context"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/web/api/frame"
)

// ActionRefused is what the log says of a request for content that the person's roles do not allow.
const ActionRefused = "access.refused"

// refused logs that somebody asked for recordings, messages or the log without the right to (M9, M13), and gives why. Past
// its bound it says so to the operator's log instead.
func (a *API) refused(ctx context.Context, c *frame.Caller, o frame.Op, agencyID string, why error) error {
	switch o.Tag {
	case "archive", "recordings", "audit", "grants":
	default:
		return why
	}
	if !errs.Is(why, errs.Denied) {
		return why
	}
	if !a.refusals.Allow() {
		a.deps.Log.Warn("refused requests beyond the audited number", "operation", o.ID, "person", c.Person)
		return why
	}
	e := audit.Entry{Action: ActionRefused, Actor: c.Person, Object: o.ID, Detail: map[string]string{"why": why.Error(), "from": c.Remote.String()}}
	if a.deps.City != nil {
		if _, ok := a.deps.City.Agency(agencyID); ok {
			e.Agency = agencyID
		}
	}
	if err := a.deps.Registry.Note(ctx, e); err != nil {
		return err
	}
	return why
}
