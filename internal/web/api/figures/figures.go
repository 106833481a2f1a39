// Package figures is the part of the HTTP API that answers in figures: measures of the queues, how calls ended, and simulated
// days. It owns their forms, as JSON and as tables (RFC 4180), and the bounds of a question. It must not know how a figure comes
// about: what is counted is routing/measure's and voice/outcome's, what is simulated routing/sim's.
package figures

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/identity"
	"santra/internal/routing/measure"
	"santra/internal/routing/sim"
	"santra/internal/voice/outcome"
	"santra/internal/web/api/frame"
)

// Deps is what the room asks; operations whose service is nil must not be reached.
type Deps struct {
	City     Book
	People   People
	Measures Measures
	Tallies  Tallies
	Outcomes Outcomes
	Planner  Planner
}

// Book is agency.Book.
type Book interface {
	Current() *agency.City
	Queue(id string) (agency.Queue, bool)
}

// People is identity.Service.
type People interface {
	People(ctx context.Context, by identity.Principal) ([]identity.Person, error)
}

// Measures is the journal of what happened in the queues, as figures of half-hours.
type Measures interface {
	Rollups(ctx context.Context, from, to time.Time) (measure.Rows, error)
}

// Planner is app.Planner: it simulates days of the running city.
type Planner interface {
	Simulate(ctx context.Context, r sim.Request) (sim.Answer, error)
}

// Outcomes is outcome.Service: how calls ended, counted.
type Outcomes interface {
	Table(ctx context.Context, from, to time.Time) ([]outcome.Row, error)
}

// answerer answers by what it asks.
type answerer struct {
	deps     Deps
	frame    *frame.Frame
	planning chan struct{} // a place for each simulation that may run
}

// Routes adds the operations to a frame.
func Routes(f *frame.Frame, d Deps) {
	a := &answerer{deps: d, frame: f, planning: make(chan struct{}, MaxSimulations)}
	a.measureRoutes()
	a.tallyRoutes()
	a.simulationRoutes()
	a.outcomeRoutes()
}
