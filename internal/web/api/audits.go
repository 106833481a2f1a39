package api

import "time"

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
}

type (
	auditInput struct {
		Actor  string    `query:"actor" maxLength:"64"`
		Agency string    `query:"agency" maxLength:"64"`
		Action string    `query:"action" maxLength:"64"`
		Object string    `query:"object" maxLength:"128"`
		From   time.Time `query:"from"`
		To     time.Time `query:"to"`
		Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
	}
	auditOutput struct {
		Body struct {
			Entries []AuditEntry `json:"entries"`
		}
	}
)

func (a *API) auditRoutes() {
	register(a, op{method: "GET", path: "/api/audit", id: "audit", tag: "audit", action: "audit.read", scope: scopeAny,
		doc: "The log, newest first; reading it is logged too."}, soon[auditInput, auditOutput])
}
