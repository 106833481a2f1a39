package api

import "time"

// ListenGrant lets one named person listen to one agency's recordings until a date (M10).
type ListenGrant struct {
	ID      string    `json:"id"`
	Person  string    `json:"person"`
	Display string    `json:"display"`
	Agency  string    `json:"agency"`
	Until   time.Time `json:"until"`
	Granted time.Time `json:"granted"`
	By      string    `json:"by" doc:"Person who granted it."`
}

// ListenGrantRequest is a new grant.
type ListenGrantRequest struct {
	Person string    `json:"person" minLength:"1" maxLength:"64"`
	Agency string    `json:"agency" minLength:"1" maxLength:"64"`
	Until  time.Time `json:"until" doc:"At most a year from now."`
	Reason string    `json:"reason,omitempty" maxLength:"2000"`
}

type (
	grantsOutput struct {
		Body struct {
			Grants []ListenGrant `json:"grants"`
		}
	}
	grantInput  struct{ Body ListenGrantRequest }
	grantOutput struct{ Body ListenGrant }
	grantID     struct {
		ID string `path:"id" maxLength:"64"`
	}
)

func (a *API) grantRoutes() {
	register(a, op{method: "GET", path: "/api/grants", id: "grants", tag: "grants", action: "grants.manage", scope: scopeAny,
		doc: "Grants to listen, of the agencies that the person may grant for."}, soon[none, grantsOutput])
	register(a, op{method: "POST", path: "/api/grants", id: "grant-create", tag: "grants", action: "grants.manage", scope: scopeAgency,
		doc: "Grant a named person the right to listen to an agency's recordings until a date (M10)."}, soon[grantInput, grantOutput])
	register(a, op{method: "DELETE", path: "/api/grants/{id}", id: "grant-withdraw", tag: "grants", action: "grants.manage", scope: scopeAgency,
		doc: "Withdraw a grant; what is playing stops."}, soon[grantID, none])
}
