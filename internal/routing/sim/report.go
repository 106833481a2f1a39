package sim

import "time"

// Report is what a simulated day was like. Counts are means over Days, so they need not be whole.
type Report struct {
	Day       time.Time     `json:"day"`
	Days      int           `json:"days"`
	Seed      uint64        `json:"seed"`
	Total     Row           `json:"total"`
	Intervals []Row         `json:"intervals"` // of all queues together
	Queues    []QueueReport `json:"queues"`    // in the order of the Scenario
	Agents    int           `json:"agents"`    // who worked
	PaidHours float64       `json:"paid_hours"`
	Events    int64         `json:"events"` // that the engine took, over all days
	Refused   int64         `json:"refused"`
}

// QueueReport is one queue's part of a Report.
type QueueReport struct {
	Queue     string        `json:"queue"`
	Within    time.Duration `json:"-"` // its service target
	Total     Row           `json:"total"`
	Intervals []Row         `json:"intervals"`
}

// Row is the figures of an interval or of the day. A call belongs to the interval in which it came, whenever it was answered.
//
//	Offered = Answered + Abandoned + ShortAbandoned + Overflowed + Diverted + Lost + Waiting
//	ServiceLevel = Within / (Answered + Abandoned + Diverted + Lost), as measure.QueueFigures (docs/measures.md)
//
// In a queue's row a call that overflows to another queue is Overflowed here and Offered there; in the rows of all queues it is
// one call with its last outcome. Waits count from the call's arrival. Times are seconds; what can't be said is null.
type Row struct {
	Start          time.Time `json:"start"`
	Seconds        float64   `json:"seconds"` // how long the row is
	Offered        float64   `json:"offered"`
	Answered       float64   `json:"answered"`
	Within         float64   `json:"answered_within"` // the service target
	Abandoned      float64   `json:"abandoned"`
	ShortAbandoned float64   `json:"short_abandoned"`
	Overflowed     float64   `json:"overflowed"` // to another queue, or to the callbacks
	Diverted       float64   `json:"diverted"`   // to an announcement or a number
	Callbacks      float64   `json:"callbacks"`  // promised: part of Overflowed
	Returned       float64   `json:"returned"`   // callbacks of this interval that were made by the end of the day
	Lost           float64   `json:"lost"`       // the queue was removed, a callback expired
	Waiting        float64   `json:"waiting"`    // still, when the day's simulation ended

	ServiceLevel *float64 `json:"service_level"` // 0–1; null where nobody called
	ServiceLow   *float64 `json:"service_low"`   // with ServiceHigh: 95 % confidence interval of it, from 2 Days on
	ServiceHigh  *float64 `json:"service_high"`
	Abandonment  *float64 `json:"abandonment"` // Abandoned / (Answered + Abandoned + Diverted + Lost)
	Wait         *float64 `json:"wait_seconds"`
	P50          *float64 `json:"p50_seconds"` // of the waits of those who were answered
	P90          *float64 `json:"p90_seconds"`
	P99          *float64 `json:"p99_seconds"`
	Longest      *float64 `json:"longest_seconds"`
	AHT          *float64 `json:"aht_seconds"`   // talk and wrap-up of those who were answered
	Erlangs      float64  `json:"erlangs"`       // work that came: AHT × Answered / Seconds
	Agents       float64  `json:"agents"`        // at work on average (ready, offered, busy, in wrap-up); only in rows of all queues
	Occupancy    *float64 `json:"occupancy"`     // time busy and in wrap-up / time at work; only in rows of all queues
	Occupied     *float64 `json:"ring_included"` // the same with ringing counted as busy
}

// Comparison is two configurations on the same arrivals.
type Comparison struct {
	Base        Report       `json:"base"`
	Other       Report       `json:"other"`
	Differences []Difference `json:"differences"` // Other minus Base, of the day
}

// Difference is how much a figure of the day changes, with the confidence interval of paired days.
type Difference struct {
	Figure string   `json:"figure"` // service_level, abandonment, wait_seconds, p90_seconds, occupancy
	Base   *float64 `json:"base"`
	Other  *float64 `json:"other"`
	Change *float64 `json:"change"`
	Low    *float64 `json:"low"` // from 2 days on
	High   *float64 `json:"high"`
}

// Target is the service that is wanted: Level of those who call are answered within Within.
type Target struct {
	Level   float64       `json:"level"`   // 0–1
	Within  time.Duration `json:"-"`       // 0: each queue's own
	Abandon float64       `json:"abandon"` // at most this share may hang up; 0: no matter
}

// Staffing is who is needed for a Target.
type Staffing struct {
	Target     Target     `json:"target"`
	Seconds    float64    `json:"within_seconds"`
	Reached    bool       `json:"reached"`                // false: not even with the most agents that were tried
	Agents     int        `json:"agents"`                 // as many all day, or in the plan's hours
	Plan       []int      `json:"plan"`                   // by AgentPlan of the Scenario, how many alike
	Report     Report     `json:"report"`                 // of that
	HalfHours  []HalfHour `json:"half_hours,omitempty"`   // as many as each half-hour needs
	ByHalfHour *Report    `json:"by_half_hour,omitempty"` // of a day staffed so
	Tries      []Try      `json:"tries"`                  // what so many agents all day reach, by number
	Tried      int        `json:"tried"`                  // days that were simulated
}

// Try is what a number of agents reached in a search.
type Try struct {
	Agents       int      `json:"agents"`
	ServiceLevel *float64 `json:"service_level"`
	Abandonment  *float64 `json:"abandonment"`
	P90          *float64 `json:"p90_seconds"`
	Occupancy    *float64 `json:"occupancy"`
}

// HalfHour is how many agents an interval needs, beside what the formula says of it alone.
type HalfHour struct {
	Start   time.Time `json:"start"`
	Offered float64   `json:"offered"`
	Agents  int       `json:"agents"`
	Erlang  int       `json:"erlang"`        // Erlang C, or A with patience, for this interval as if it lasted for ever
	Level   *float64  `json:"service_level"` // reached with HalfHours
}
