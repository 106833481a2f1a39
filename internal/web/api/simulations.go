package api

import (
	"context"

	"santra/internal/identity"
	"santra/internal/routing/sim"
)

// Bounds of one simulation: what a supervisor may make the server reckon.
const (
	MaxSimulatedDays   = 50      // repetitions of the day
	MaxSimulatedQueues = 50      //
	MaxSimulatedAgents = 2000    // at work at once
	MaxSimulatedRate   = 20_000. // calls per hour of one queue
	MaxSimulatedCalls  = 500_000 // calls per hour of all queues × repetitions
	HalfHours          = 48      // rates of a queue that gives one for each
)

// SimulationRequest asks what a day would be like. Hours, strategies and needs come from the running city.
type SimulationRequest struct {
	Date    string               `json:"date" format:"date" maxLength:"10" doc:"The day, in the city's time zone."`
	Days    int                  `json:"days,omitempty" minimum:"1" maximum:"50" doc:"The day is played so often; the figures are means. Without: 10."`
	Seed    uint64               `json:"seed,omitempty" maximum:"9007199254740991" doc:"The same seed gives the same answer."`
	Weeks   int                  `json:"weeks,omitempty" minimum:"1" maximum:"26" doc:"Calls as on the last so many same weekdays, from the measures; without: as queues say."`
	Queues  []SimulationQueue    `json:"queues,omitempty" maxItems:"50" doc:"Of the own agencies; may be empty with weeks: then all of them."`
	Agents  int                  `json:"agents,omitempty" minimum:"0" maximum:"2000" doc:"At work while the queues are open, able to do everything."`
	Shifts  []SimulationShift    `json:"shifts,omitempty" maxItems:"50" doc:"Instead of agents."`
	Target  *SimulationTarget    `json:"target,omitempty" doc:"Also search the least staffing that keeps it."`
	Against *SimulationVariation `json:"against,omitempty" doc:"Also compare, on the same calls."`
}

// SimulationQueue is the traffic of a queue.
type SimulationQueue struct {
	Queue    string    `json:"queue" minLength:"1" maxLength:"64"`
	Rate     []float64 `json:"rate,omitempty" maxItems:"48" doc:"Calls per hour, 0 to 20,000 each: one figure, or 48 by half-hours. Without, with weeks: as measured."`
	AHT      float64   `json:"aht_seconds,omitempty" minimum:"0" maximum:"14400" doc:"Talk and wrap-up. Without, with weeks: as measured."`
	Patience float64   `json:"patience_seconds,omitempty" minimum:"0" maximum:"86400" doc:"Mean; 0: callers wait for ever, or with weeks as measured."`
}

// SimulationShift is agents alike.
type SimulationShift struct {
	Count     int            `json:"count" minimum:"1" maximum:"2000"`
	From      string         `json:"from" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$" patternDescription:"08:00" maxLength:"5"`
	To        string         `json:"to" pattern:"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$" patternDescription:"16:00 or 24:00" maxLength:"5"`
	Skills    map[string]int `json:"skills,omitempty" doc:"Without: all, at the highest level."`
	Languages []string       `json:"languages,omitempty" maxItems:"3" doc:"Without: all."`
}

// SimulationTarget is a service target: 80 % within 20 s is 0.8 and 20.
type SimulationTarget struct {
	Level  float64 `json:"level" exclusiveMinimum:"0" maximum:"1"`
	Within float64 `json:"within_seconds" minimum:"0" maximum:"3600"`
}

// SimulationVariation is what is different in the other configuration.
type SimulationVariation struct {
	Fewer  int               `json:"fewer,omitempty" minimum:"-2000" maximum:"2000" doc:"Agents; negative: more."`
	Shifts []SimulationShift `json:"shifts,omitempty" maxItems:"50" doc:"Instead."`
	Choice string            `json:"choice,omitempty" enum:"weighted,breach"`
	Rate   float64           `json:"rate,omitempty" minimum:"0" maximum:"100" doc:"All calls times so much; without: 1."`
}

type (
	simulationInput  struct{ Body SimulationRequest }
	simulationOutput struct{ Body sim.Answer }
)

func (a *API) simulationRoutes() {
	register(a, op{
		method: "POST", path: "/api/simulations", id: "simulate", tag: "simulations", action: identity.SimulationRun, scope: scopeAny,
		doc: "Play a day of the own agencies' queues with the engine that routes: what if two fewer worked on Friday. Keeps nothing.",
	}, a.simulate)
}

func (a *API) simulate(context.Context, *caller, *simulationInput) (*simulationOutput, error) {
	return nil, unavailable()
}
