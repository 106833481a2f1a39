// Package api is the HTTP API of the contact centre (OpenAPI 3.1 at /api/openapi.json, without log-in). It owns the form of
// requests and answers, log-in by cookie or Bearer, and the mapping of errors to RFC 9457 problems in the reader's language.
// It decides nothing: who may do what is identity's table, what is kept is each room's. It must know no SQL and no protocol
// of floor 1. Changes are by addition only; a break is /api/v2.
package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"
)

//go:generate sh -c "go run ./openapigen > ../../../web/openapi.json"

// Version is the version of the API's description; it grows with each addition.
const Version = "1.2.0"

// Limits of requests.
const (
	MaxBody      = 64 << 10 // bytes of a request without a limit of its own
	MaxDraftBody = 2 << 20  // bytes of a draft: a long letter with its HTML
	MaxSDPBody   = 64 << 10 // bytes of an offer

	RefusalBurst      = 50  // refused requests logged one by one (the log has a bound) …
	RefusalsPerSecond = 0.5 // … then so many
)

// API serves the operations of one contact centre.
type API struct {
	deps   Deps
	mux    *http.ServeMux
	huma   huma.API
	origin *http.CrossOriginProtection
	once   *onces
	desk   *desk
	staff  staff

	refusals *rate.Limiter
	planning chan struct{} // a place for each simulation that may run
	acting   chan struct{} // a place for each rehearsal that may run
}

// New builds the API; operations whose service is nil in deps answer 503.
func New(deps Deps) *API {
	if deps.Log == nil {
		deps.Log = discard()
	}
	a := &API{
		deps: deps, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection(), once: newOnces(), desk: newDesk(),
		refusals: rate.NewLimiter(rate.Limit(RefusalsPerSecond), RefusalBurst),
		planning: make(chan struct{}, MaxSimulations), acting: make(chan struct{}, MaxRehearsals),
	}
	a.huma = humago.New(a.mux, config())
	a.routes()
	tidySchemas(a.huma.OpenAPI())
	return a
}

// OpenAPI gives the description as JSON, indented, ending with a newline.
func (a *API) OpenAPI() ([]byte, error) { return describe(a.huma.OpenAPI()) }

func (a *API) routes() {
	a.sessionRoutes()
	a.meRoutes()
	a.cityRoutes()
	a.trunkRoutes()
	a.whyRoutes()
	a.floorRoutes()
	a.measureRoutes()
	a.simulationRoutes()
	a.outcomeRoutes()
	a.callbackRoutes()
	a.promptRoutes()
	a.flowRoutes()
	a.versionRoutes()
	a.callRoutes()
	a.caseRoutes()
	a.archiveRoutes()
	a.recordingRoutes()
	a.grantRoutes()
	a.peopleRoutes()
	a.auditRoutes()
	a.attestRoutes()
	a.eventRoutes()
}
