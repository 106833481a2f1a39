package api

import (
	"context"
	"time"

	"santra/internal/identity"
)

// Bounds of one simulation; what it may cost is the planner's to bound.
const (
	MaxSimulatedQueues = 50
	MaxSimulatedAgents = 2000
	MaxStaffings       = 2
)

// SimulationRequest asks what a day would be like. What a queue leaves out comes from its measures of the last weeks' same
// weekday.
type SimulationRequest struct {
	Date      string            `json:"date" format:"date" maxLength:"10" doc:"The day, in the city's time zone."`
	Queues    []SimulatedQueue  `json:"queues" minItems:"1" maxItems:"50" doc:"All of the supervisor's own agencies."`
	Weeks     int               `json:"weeks,omitempty" minimum:"1" maximum:"26" default:"4" doc:"So many of the last same weekdays are measured."`
	Staffings []Staffing        `json:"staffings" minItems:"1" maxItems:"2" doc:"One, or two to compare on the same calls."`
	Target    *SimulationTarget `json:"target,omitempty" doc:"Also find the fewest agents who keep it."`
	Seed      uint64            `json:"seed,omitempty" maximum:"9007199254740991" doc:"The same seed gives the same day."`
}

// SimulatedQueue is a queue with what is assumed of its day.
type SimulatedQueue struct {
	ID              string   `json:"id" minLength:"1" maxLength:"64"`
	CallsPerHour    *float64 `json:"calls_per_hour,omitempty" minimum:"0" maximum:"20000" doc:"While it is open; without: as measured, by half-hour."`
	AHTSeconds      *float64 `json:"aht_seconds,omitempty" minimum:"1" maximum:"14400" doc:"Without: as measured."`
	PatienceSeconds *float64 `json:"patience_seconds,omitempty" minimum:"0" maximum:"86400" doc:"Mean time until a caller gives up; 0: nobody does. Without: as measured."`
}

// Staffing is who works that day: a number all day, or what was measured and so many more or fewer.
type Staffing struct {
	Name   string `json:"name,omitempty" maxLength:"64"`
	Agents *int   `json:"agents,omitempty" minimum:"0" maximum:"2000" doc:"All day; without: as measured, by half-hour."`
	Delta  int    `json:"delta,omitempty" minimum:"-2000" maximum:"2000" doc:"Added to that: -2 is two fewer."`
}

// SimulationTarget is a service level to keep: so many percent answered within so many seconds.
type SimulationTarget struct {
	Percent float64 `json:"percent" exclusiveMinimum:"0" maximum:"100"`
	Seconds float64 `json:"seconds" minimum:"0" maximum:"3600"`
}

// SimulationInterval is what a simulated half-hour, or the day, was like. Shares are 0–1, missing where nothing was counted.
type SimulationInterval struct {
	Queue        string    `json:"queue" doc:"Empty: all of them together."`
	From         time.Time `json:"from"`
	To           time.Time `json:"to"`
	Agents       float64   `json:"agents" doc:"At work, mean; 0 in the rows of one queue."`
	Offered      int       `json:"offered"`
	Answered     int       `json:"answered"`
	Abandoned    int       `json:"abandoned"`
	ServiceLevel *float64  `json:"service_level,omitempty"`
	Abandonment  *float64  `json:"abandonment,omitempty"`
	WaitP50      float64   `json:"wait_p50_seconds"`
	WaitP90      float64   `json:"wait_p90_seconds"`
	WaitP99      float64   `json:"wait_p99_seconds"`
	Occupancy    *float64  `json:"occupancy,omitempty" doc:"In the rows of all queues alone."`
}

// Simulated is one staffing's day.
type Simulated struct {
	Name      string               `json:"name"`
	Total     SimulationInterval   `json:"total"`
	HalfHours []SimulationInterval `json:"half_hours" doc:"Of all queues together, in order."`
	Queues    []SimulationInterval `json:"queues" doc:"The day of each queue."`
}

// SimulationAnswer has a report for each staffing, in their order.
type SimulationAnswer struct {
	Reports  []Simulated `json:"reports"`
	Needed   *int        `json:"needed,omitempty" doc:"Fewest agents, all day, who keep the target; missing without one, or where no number does."`
	Measured int         `json:"measured_days" doc:"Days that figures were taken from; 0 where all were given."`
	Notes    []string    `json:"remarks" doc:"What was assumed, in English."`
}

type (
	simulationInput  struct{ Body SimulationRequest }
	simulationOutput struct{ Body SimulationAnswer }
)

func (a *API) simulationRoutes() {
	register(a, op{
		method: "POST", path: "/api/simulations", id: "simulate", tag: "simulations", action: identity.SimulationRun, scope: scopeAny,
		doc: "Play a day of some queues with the engine that routes: what if two fewer worked on Friday. Stores nothing.",
	}, a.simulate)
}

func (a *API) simulate(context.Context, *caller, *simulationInput) (*simulationOutput, error) {
	return nil, unavailable()
}
