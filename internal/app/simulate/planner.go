package simulate

import (
	"context"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/routing/sim"
)

// Planner answers planners' questions about the running city.
type Planner struct {
	City    func() *agency.City // as it is now
	History History             // nil: requests for the last weeks are refused
}

// History gives what came to a queue on a past day.
type History interface {
	// HalfHours gives what came in each half-hour of a day of the city's time zone: 48 by the clock; nil where nothing is known.
	HalfHours(ctx context.Context, queue, date string) ([]PastHalfHour, error)
}

// PastHalfHour is one half-hour of a queue in the past.
type PastHalfHour struct {
	Offered   float64
	Handled   float64 // calls that agents have dealt with
	Handling  float64 // seconds of talk and wrap-up of these together
	Abandoned float64 // short ones not counted
	Waited    float64 // seconds of all who waited together, answered or not
}

// Simulate runs the request's day; kinds of errors are errs.Invalid and errs.TooLarge with the field at fault.
func (p *Planner) Simulate(ctx context.Context, r sim.Request) (sim.Answer, error) {
	return sim.Answer{}, errs.New(errs.Unavailable, "not built yet")
}
