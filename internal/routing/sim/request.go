package sim

import "time"

// Request is a planner's question in words that travel (POST /api/simulations). Queues, shifts' skills and hours come from the
// running city.
type Request struct {
	Date    string         `json:"date"`              // 2026-11-27
	Days    int            `json:"days,omitempty"`    // repetitions; 0: DefaultRequestDays
	Seed    uint64         `json:"seed,omitempty"`    // the same seed gives the same answer
	Weeks   int            `json:"weeks,omitempty"`   // calls as on the last so many same weekdays, from the measures; 0: as Queues say
	Queues  []QueueRequest `json:"queues,omitempty"`  // empty with Weeks: all
	Agents  int            `json:"agents"`            // at work while the queues are open, able to do everything
	Shifts  []ShiftRequest `json:"shifts,omitempty"`  // instead of Agents
	Target  *TargetRequest `json:"target,omitempty"`  // searches the staffing
	Against *Variation     `json:"against,omitempty"` // compares, on the same calls
}

// DefaultRequestDays is how often a Request's day is run where it does not say.
const DefaultRequestDays = 10

// QueueRequest is the traffic of a queue.
type QueueRequest struct {
	Queue    string    `json:"queue"`
	Rate     []float64 `json:"rate"`                       // calls per hour: one figure, or 48 by half-hours
	AHT      float64   `json:"aht_seconds"`                // talk and wrap-up
	Patience float64   `json:"patience_seconds,omitempty"` // mean; 0: callers wait for ever
}

// ShiftRequest is agents alike.
type ShiftRequest struct {
	Count     int            `json:"count"`
	From      string         `json:"from"`                // 08:00
	To        string         `json:"to"`                  // 16:00, or 24:00
	Skills    map[string]int `json:"skills,omitempty"`    // none: all, at the highest level
	Languages []string       `json:"languages,omitempty"` // none: all
}

// TargetRequest is a service target: 80 % within 20 s is {0.8, 20}.
type TargetRequest struct {
	Level  float64 `json:"level"`
	Within float64 `json:"within_seconds"`
}

// Variation is what is different in the other configuration.
type Variation struct {
	Fewer  int            `json:"fewer,omitempty"`  // agents; negative: more
	Shifts []ShiftRequest `json:"shifts,omitempty"` // instead
	Choice string         `json:"choice,omitempty"` // weighted or breach
	Rate   float64        `json:"rate,omitempty"`   // all calls times so much; 0: 1
}

// Answer is what comes of a Request.
type Answer struct {
	Report     Report        `json:"report"`
	Comparison *Comparison   `json:"comparison,omitempty"`
	Staffing   *Staffing     `json:"staffing,omitempty"`
	Notes      []Note        `json:"notes,omitempty"` // what was assumed
	Took       time.Duration `json:"-"`
}
