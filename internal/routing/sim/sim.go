// Package sim runs days of a contact centre that have not happened: made-up or recorded calls, agents on shifts and the real
// engine.Engine, which it drives by events as dispatch does. So a planner sees what the routing will do, not what a model of
// it would. It owns arrivals, talk times, patience and the figures; it must not decide who gets what.
//
// The same Scenario gives the same Report to the last digit. What is random belongs to a call and not to the order of events
// (its talk time, its patience and its place in time come from streams of their own), so two configurations can be compared
// on the same arrivals: common random numbers.
package sim

import (
	"time"

	"santra/internal/routing"
)

// Bounds and defaults of a simulation. Beyond a bound a Scenario is refused (errs.TooLarge).
const (
	// DefaultInterval is how long the rows of a Report are.
	DefaultInterval = 30 * time.Minute
	// MaxIntervals bounds the rows of a Report.
	MaxIntervals = 20_000
	// MaxCalls bounds the calls of one day.
	MaxCalls = 2_000_000
	// MaxCallsInAll bounds the calls of all days of one run: their waits are kept for the percentiles.
	MaxCallsInAll = 20_000_000
	// MaxDays bounds how often a day is repeated.
	MaxDays = 1000
	// MinYear and MaxYear bound a Scenario's Day: the engine tells no other times apart.
	MinYear, MaxYear = 1971, 2198
	// MaxAgents bounds who works on a day.
	MaxAgents = 20_000
	// DefaultTargetLevel and DefaultTargetWithin are the target 80/20.
	DefaultTargetLevel  = 0.8
	DefaultTargetWithin = routing.DefaultWithin
	// Confidence of all confidence intervals.
	Confidence = 0.95
)

// Scenario is a day to simulate. Queues that Traffic and Calls name must be among Queues.
type Scenario struct {
	Day      time.Time     // midnight at which it begins, in the city's time zone
	Length   time.Duration // how long calls come; 0: to the next midnight, which is 23 or 25 hours at a change of the clock
	Interval time.Duration // of a row; 0: DefaultInterval
	Warmup   time.Duration // at the beginning, left out of the totals: for steady states. Whole Intervals
	Days     int           // the day is run so often, each time with other random numbers; 0: once
	Seed     uint64

	Queues []routing.Queue
	Policy routing.Policy
	Agents []AgentPlan
	Staff  Behaviour

	Traffic []Traffic // made-up calls
	Calls   []Call    // calls given one by one: they come at the same time each day
	// Open tells whether a queue is open and until when; zero until: for ever. nil: always. Arrivals of Traffic happen only
	// while their queue is open, Calls whenever they say.
	Open func(queue string, at time.Time) (open bool, until time.Time)

	// ShortAbandon is, by queue, the wait under which somebody who leaves counts as short-abandoned; 0: nobody does.
	ShortAbandon map[string]time.Duration
	// Progress, where set, is told how much is done: days of a Run, rounds of a search (then of is an estimate).
	Progress func(doing string, done, of int)
}

// AgentPlan is one agent, or Count alike, with the hours that they work.
type AgentPlan struct {
	Agent  routing.Agent // the id of the second alike is that of the first with "-2"
	Shifts []Span        // none: the whole Length
	Count  int           // 0: 1
	Stays  bool          // after the end of a shift, until nobody waits, at most MaxStay
}

// MaxStay is how long an agent who Stays does so.
const MaxStay = time.Hour

// Span is a part of the day, from its beginning. On days when the clock changes these are hours of the clock, not of the sun.
type Span struct {
	From, To time.Duration
}

// Behaviour is what agents do with what rings.
type Behaviour struct {
	Pickup Distribution  // from the first ring to the answer; zero: at once
	Missed float64       // 0–1: share of offers that ring out; then the agent is Not answering
	Back   time.Duration // from Not answering to Ready; 0: DefaultBack
}

// DefaultBack is how long an agent who missed an offer stays away.
const DefaultBack = time.Minute

// Traffic is made-up calls to a queue: a Poisson process whose rate may differ by half-hour.
type Traffic struct {
	Queue     string
	Rate      []float64     // calls per hour: one figure for the whole day, or 48 by half-hours of the clock
	Talk      Distribution  // from the answer to the end of the call: AHT without wrap-up
	WrapUp    time.Duration // 0: the queue's; a queue's UntilReady is then ended at once
	Patience  Distribution  // after which who waits hangs up; zero: never
	Languages []Share       // what callers choose; none: no language
	Priority  int
	Skills    []string
}

// HalfHours is how many figures a Traffic's Rate has that differs over the day.
const HalfHours = 48

// Share is how many of the callers choose a language, relative to the others.
type Share struct {
	Language string
	Part     float64
}

// Call is one call that comes in.
type Call struct {
	At       time.Duration // since the Scenario's Day began, as time passes (not as the clock shows)
	Queue    string
	Language string
	Priority int
	Skills   []string
	Talk     Distribution  // Fixed where it is known
	WrapUp   time.Duration // 0: the queue's
	Patience Distribution  // zero: waits for ever
}

// forever is a patience without end.
const forever time.Duration = 1<<63 - 1
