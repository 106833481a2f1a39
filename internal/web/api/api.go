// Package api is the HTTP API of the contact centre (OpenAPI 3.1 at /api/openapi.json, without log-in). It owns the form of
// requests and answers. What every operation has around it (log-in by cookie or Bearer, RFC 9457 problems in the reader's
// language) is of the room frame, answers in figures are of figures, forms of telephony of telephone. It decides nothing: who may
// do what is identity's table, what is kept is each room's. It must know no SQL and no protocol of floor 1. Changes are by
// addition only; a break is /api/v2.
package api

import (
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"

	"santra/internal/routing/sim"
	"santra/internal/web/api/figures"
	"santra/internal/web/api/frame"
)

//go:generate sh -c "go run ./openapigen > ../../../web/openapi.json"

// Version is the version of the API's description; it grows with each addition.
const Version = "1.3.0"

// Limits of requests.
const (
	MaxDraftBody = 2 << 20  // bytes of a draft: a long letter with its HTML
	MaxSDPBody   = 64 << 10 // bytes of an offer

	RefusalBurst      = 50  // refused requests logged one by one (the log has a bound) …
	RefusalsPerSecond = 0.5 // … then so many
)

// API serves the operations of one contact centre.
type API struct {
	frame *frame.Frame
	deps  Deps
	desk  *desk
	staff staff

	refusals *rate.Limiter
	acting   chan struct{} // a place for each rehearsal that may run
}

// New builds the API; operations whose service is nil in deps answer 503.
func New(deps Deps) *API {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{
		deps: deps, desk: newDesk(),
		refusals: rate.NewLimiter(rate.Limit(RefusalsPerSecond), RefusalBurst),
		acting:   make(chan struct{}, MaxRehearsals),
	}
	c := frame.Config{
		Version: Version, Schema: schemaName, Runs: a.runs, Refused: a.refused, Zone: a.zone, Proxies: deps.Proxies, Log: deps.Log,
	}
	if deps.People != nil {
		c.Authenticate = deps.People.Authenticate
	}
	a.frame = frame.New(c)
	a.routes()
	a.frame.Registered()
	return a
}

func (a *API) routes() {
	a.sessionRoutes()
	a.meRoutes()
	a.cityRoutes()
	a.trunkRoutes()
	a.whyRoutes()
	a.floorRoutes()
	figures.Routes(a.frame, figures.Deps{
		City: a.deps.City, People: a.deps.People, Measures: a.deps.Measures, Tallies: a.deps.Tallies, Outcomes: a.deps.Outcomes, Planner: a.deps.Planner,
	})
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

// runs tells whether the services behind a group of operations are there.
func (a *API) runs(tag string) bool {
	d := a.deps
	if tag == "health" {
		return true
	}
	there := d.People != nil
	switch tag {
	case "me":
		there = there && d.Dispatch != nil && d.City != nil
	case "city":
		there = there && d.Dispatch != nil && d.City != nil && d.Registry != nil
	case "measures":
		there = there && d.City != nil && d.Measures != nil
	case "simulations":
		there = there && d.City != nil && d.Planner != nil
	case "tallies":
		there = there && d.City != nil && d.Tallies != nil
	case "outcomes":
		there = there && d.City != nil && d.Outcomes != nil
	case "callbacks":
		there = there && d.Callbacks != nil
	case "prompts":
		there = there && d.City != nil && d.Prompts != nil && d.Flows != nil
	case "flows":
		there = there && d.City != nil && d.Flows != nil
	case "versions":
		there = there && d.Versions != nil
	case "calls":
		there = there && d.Calls != nil
	case "cases":
		there = there && d.Cases != nil
	case "archive":
		there = there && d.Cases != nil && d.Registry != nil
	case "recordings", "grants", "attest":
		there = there && d.Registry != nil
	case "audit":
		there = there && d.Audit != nil && d.Registry != nil
	case "events":
		there = there && d.Live != nil
	}
	return there
}

// zone is the city's.
func (a *API) zone() *time.Location {
	if a.deps.City == nil {
		return time.UTC
	}
	return a.deps.City.Current().Location()
}

// schemaName names the types of the simulator after it: Row and Report alone would say little.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[sim.Answer]().PkgPath() {
		return "Simulated" + name
	}
	return name
}

// ServeHTTP serves the API's paths: /api/… and /healthz.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.frame.ServeHTTP(w, r) }

// OpenAPI gives the description as JSON, indented, ending with a newline.
func (a *API) OpenAPI() ([]byte, error) { return a.frame.OpenAPI() }
