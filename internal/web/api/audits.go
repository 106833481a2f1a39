package api

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/identity"
	"santra/internal/web/api/frame"
)

// ActionAuditRead is what the log says of its own readers.
const ActionAuditRead = "audit.read"

// AuditEntry is one row of the log of who did what.
type AuditEntry struct {
	ID      string            `json:"id"`
	At      time.Time         `json:"at"`
	Action  string            `json:"action"`
	Actor   string            `json:"actor" doc:"Person's id, or system."`
	Agency  string            `json:"agency"`
	Object  string            `json:"object"`
	Purpose string            `json:"purpose"`
	Reason  string            `json:"reason"`
	Detail  map[string]string `json:"detail"`
	Success bool              `json:"success"`
	Erased  bool              `json:"erased" doc:"Reason and detail were erased; the log's proofs still hold."`
	Leaf    int64             `json:"leaf" doc:"Number in the Merkle tree; -1 for some moments."`
}

type (
	auditInput struct {
		Actor   string    `query:"actor" maxLength:"64"`
		Agency  string    `query:"agency" maxLength:"64"`
		Action  string    `query:"action" maxLength:"64"`
		Object  string    `query:"object" maxLength:"128"`
		From    time.Time `query:"from"`
		To      time.Time `query:"to"`
		Refused bool      `query:"refused" doc:"Refusals alone."`
		After   string    `query:"after" maxLength:"64" doc:"Id of the last entry of the page before."`
		Limit   int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	auditOutput struct {
		Body struct {
			Entries []AuditEntry `json:"entries"`
		}
	}
)

func (a *API) auditRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/audit", ID: "audit", Tag: "audit", Action: identity.AuditRead, Scope: frame.ScopeAny,
		Doc: "The log, newest first; reading it is logged too.",
	}, a.getAudit)
}

func (a *API) getAudit(ctx context.Context, c *frame.Caller, in *auditInput) (*auditOutput, error) {
	e := audit.Entry{
		Action: ActionAuditRead, Actor: c.Person, Success: true,
		Detail: map[string]string{"action": in.Action, "actor": in.Actor, "agency": in.Agency, "object": in.Object},
	}
	if err := a.deps.Registry.Note(ctx, e); err != nil {
		return nil, err
	}
	rows, err := a.deps.Audit.Search(ctx, audit.Filter{
		Action: in.Action, Actor: in.Actor, Agency: in.Agency, Object: in.Object,
		From: in.From, To: in.To, Refused: in.Refused, After: in.After, Limit: in.Limit,
	})
	var out auditOutput
	out.Body.Entries = frame.List(rows, entryOf)
	return &out, err
}

func entryOf(r audit.Row) AuditEntry {
	e := r.Entry()
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	return AuditEntry{
		ID: r.ID, At: r.At, Action: e.Action, Actor: e.Actor, Agency: e.Agency, Object: e.Object, Purpose: e.Purpose,
		Reason: e.Reason, Detail: e.Detail, Success: e.Success, Erased: r.Erased(), Leaf: r.Leaf,
	}
}
