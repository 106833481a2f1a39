package figures

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing/sim"
	"santra/internal/web/api/frame"
)

// Bounds of one simulation: what a supervisor may make the server reckon.
const (
	MaxSimulations     = 1                // at once: they take a core each, and calls go on
	MaxSimulationTime  = 20 * time.Second // then it is given up
	MaxSimulatedAgents = 2000             // at work in one shift, or together
	MaxSimulatedRate   = 20_000           // calls per hour of one queue
	MaxSimulatedCalls  = 200_000          // of all queues and repetitions
	halfHours          = 48               // rates of a queue that gives one for each
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

func (a *answerer) simulationRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/simulations", ID: "simulate", Tag: "simulations", Action: identity.SimulationRun, Scope: frame.ScopeAny,
		Doc: "Play a day of the own agencies' queues with the engine that routes: what if two fewer worked on Friday. Keeps nothing.",
	}, a.simulate)
}

func (a *answerer) simulate(ctx context.Context, c *frame.Caller, in *simulationInput) (*simulationOutput, error) {
	r := in.Body.request()
	if err := a.ownQueues(c, &r); err != nil {
		return nil, err
	}
	if err := checkSimulation(r); err != nil {
		return nil, err
	}
	select {
	case a.planning <- struct{}{}:
		defer func() { <-a.planning }()
	default:
		return nil, errs.New(errs.Limited, "another simulation is running: try again when it is over")
	}
	ctx, cancel := context.WithTimeout(ctx, MaxSimulationTime)
	defer cancel()
	answer, err := a.deps.Planner.Simulate(ctx, r)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = errs.New(errs.TooLarge, "it takes longer than %v: ask for fewer days, queues or agents", MaxSimulationTime)
	}
	return &simulationOutput{answer}, err
}

// request gives the question as the planner takes it.
func (r SimulationRequest) request() sim.Request {
	out := sim.Request{Date: r.Date, Days: r.Days, Seed: r.Seed, Weeks: r.Weeks, Agents: r.Agents, Shifts: shiftsOf(r.Shifts)}
	for _, q := range r.Queues {
		out.Queues = append(out.Queues, sim.QueueRequest(q))
	}
	if r.Target != nil {
		out.Target = new(sim.TargetRequest(*r.Target))
	}
	if v := r.Against; v != nil {
		out.Against = &sim.Variation{Fewer: v.Fewer, Shifts: shiftsOf(v.Shifts), Choice: v.Choice, Rate: v.Rate}
	}
	return out
}

func shiftsOf(in []SimulationShift) []sim.ShiftRequest {
	var out []sim.ShiftRequest
	for _, s := range in {
		out = append(out, sim.ShiftRequest(s))
	}
	return out
}

// ownQueues keeps a question to queues of the caller's agencies: none named are all of those that take calls.
func (a *answerer) ownQueues(c *frame.Caller, r *sim.Request) error {
	if len(r.Queues) == 0 && r.Weeks == 0 {
		return errs.At(errs.Invalid, "queues", "name the queues with their calls, or weeks to take them from")
	}
	named := map[string]bool{}
	for i, asked := range r.Queues {
		field := fmt.Sprintf("queues[%d].queue", i)
		q, ok := a.deps.City.Queue(asked.Queue)
		if !ok || named[q.ID] {
			return errs.At(errs.Invalid, field, "there is no such queue, or it is named twice")
		}
		if err := c.May(identity.SimulationRun, q.Agency); err != nil {
			return err
		}
		named[q.ID] = true
	}
	if len(named) > 0 {
		return nil
	}
	for _, q := range a.deps.City.Current().Queues {
		if q.Number != "" && c.May(identity.SimulationRun, q.Agency) == nil {
			r.Queues = append(r.Queues, sim.QueueRequest{Queue: q.ID})
		}
	}
	if len(r.Queues) == 0 {
		return errs.At(errs.Invalid, "queues", "no queue of your agencies takes calls")
	}
	return nil
}

// checkSimulation refuses what would be too much to reckon, or can't be.
func checkSimulation(r sim.Request) error {
	calls := 0.0
	for i, q := range r.Queues {
		n, err := callsOf(q, r.Weeks > 0)
		if err != nil {
			return errs.At(errs.Invalid, fmt.Sprintf("queues[%d].rate", i), "%w", err)
		}
		calls += n
	}
	times := 1.0
	if r.Against != nil {
		times = max(1, r.Against.Rate)
		if err := checkShifts("against.shifts", r.Against.Shifts); err != nil {
			return err
		}
	}
	if calls*times*float64(cmp.Or(r.Days, sim.DefaultRequestDays)) > MaxSimulatedCalls {
		return errs.At(errs.TooLarge, "queues", "over %d calls on all days together: ask for fewer days", MaxSimulatedCalls)
	}
	return checkShifts("shifts", r.Shifts)
}

// callsOf gives how many calls a queue's day has; 0 where the measures say.
func callsOf(q sim.QueueRequest, measured bool) (float64, error) {
	if len(q.Rate) == 0 && measured {
		return 0, nil
	}
	if len(q.Rate) != 1 && len(q.Rate) != halfHours {
		return 0, errs.New(errs.Invalid, "must be one figure, or %d by half-hours", halfHours)
	}
	calls := 0.0
	for _, rate := range q.Rate {
		if !(rate >= 0 && rate <= MaxSimulatedRate) {
			return 0, errs.New(errs.Invalid, "must be 0–%d calls per hour", MaxSimulatedRate)
		}
		calls += rate * 24 / float64(len(q.Rate))
	}
	return calls, nil
}

func checkShifts(field string, shifts []sim.ShiftRequest) error {
	agents := 0
	for i, s := range shifts {
		agents += s.Count
		if len(s.Skills) > identity.MaxSkills {
			return errs.At(errs.TooLarge, fmt.Sprintf("%s[%d].skills", field, i), "are over %d", identity.MaxSkills)
		}
		for _, level := range s.Skills {
			if level < 1 || level > identity.MaxSkillLevel {
				return errs.At(errs.Invalid, fmt.Sprintf("%s[%d].skills", field, i), "must have levels of 1–%d", identity.MaxSkillLevel)
			}
		}
	}
	if agents > MaxSimulatedAgents {
		return errs.At(errs.TooLarge, field, "are over %d agents", MaxSimulatedAgents)
	}
	return nil
}
