package routing

import "time"

// Strategy is how a queue chooses among the agents who are ready for its work. Among equals the longest idle comes first,
// then the lower agent id.
type Strategy uint8

// The strategies.
const (
	LongestIdle   Strategy = iota
	RoundRobin             // who was offered any work longest ago
	FewestHandled          // who has accepted the least since sign-in
	LeastOccupied          // the lowest share of time busy, weighted exponentially over OccupancyTime
	Tiers                  // Agent.Tiers: tier 1 first
	SkillLevel             // the highest sum of levels over the needs
	Random                 // seeded: Policy.Seed
	strategies
)

// OccupancyTime is the time constant of an agent's occupancy: busy and idle time counts e^(−age/OccupancyTime). So the order
// of two idle agents doesn't change while both stay idle, and a heap can hold it.
const OccupancyTime = time.Hour

// Known tells whether it is one of the strategies.
func (s Strategy) Known() bool { return s < strategies }

// String names the strategy as the configuration does.
func (s Strategy) String() string {
	if s < strategies {
		return [...]string{"longest_idle", "round_robin", "fewest_handled", "least_occupied", "tiers", "skill_level", "random"}[s]
	}
	return "unknown"
}

// ParseStrategy gives the strategy of a name; "" is LongestIdle.
func ParseStrategy(name string) (Strategy, bool) {
	for s := range strategies {
		if s.String() == name {
			return s, true
		}
	}
	return LongestIdle, name == ""
}

// Strategies lists all.
func Strategies() []Strategy {
	return []Strategy{LongestIdle, RoundRobin, FewestHandled, LeastOccupied, Tiers, SkillLevel, Random}
}

// Need is a skill that work asks for.
type Need struct {
	Skill     string `json:"skill"`
	Level     int    `json:"level"`               // at least; 0 counts as 1
	Preferred bool   `json:"preferred,omitempty"` // who has it comes first; nobody is excluded
}

// Ring relaxes what a queue asks, After so long in the queue (bullseye). Rings add up.
type Ring struct {
	After  time.Duration
	Levels map[string]int // skill → level from then on, 0: not asked any more; CallerLanguage for the customer's language
}

// Also makes work of a queue wait in a further queue as well, After so long.
type Also struct {
	Queue string
	After time.Duration
}

// TargetKind is where else work may go.
type TargetKind uint8

// The targets.
const (
	ToQueue        TargetKind = iota // Name is its id
	ToAnnouncement                   // Name of a prompt ("closed", "busy", …), then the call ends
	ToCallback                       // offer the caller a callback, which keeps the place
	ToNumber                         // Name is E.164
)

// String names the target.
func (k TargetKind) String() string {
	return [...]string{"queue", "announcement", "callback", "number"}[k]
}

// Target is where work goes that does not wait here.
type Target struct {
	Kind TargetKind
	Name string
}

// Condition is when a queue's overflow rule holds.
type Condition uint8

// The conditions. Each is looked at when work comes into the queue, and again After.
const (
	WhenWaited   Condition = iota // it has waited After
	WhenLong                      // more than Length others wait
	WhenNobody                    // nobody is signed in, off break, who could serve the queue in its widest ring; also at the moment the last one goes
	WhenEstimate                  // the estimate is known and over Estimate
	WhenClosed                    // the queue is closed; also at the moment it closes, where Evict says so
)

// String names the condition as the configuration does.
func (c Condition) String() string {
	return [...]string{"waited", "length", "no_agents", "estimate", "closed"}[c]
}

// Overflow sends work elsewhere. The first rule that holds is taken; callbacks and e-mails overflow only to queues.
type Overflow struct {
	When     Condition
	After    time.Duration // looked at first when it has been in the queue so long; 0: on arrival
	Length   int
	Estimate time.Duration
	To       Target
}

// Queue is how one queue's work is distributed. A new queue is open.
type Queue struct {
	ID, Agency     string
	Strategy       Strategy
	Needs          []Need
	LanguageLevel  int           // of the customer's language; 0: 1
	Rings          []Ring        // by After, ascending
	Weight         float64       // waiting here counts so much against other queues; 0: 1
	Within         time.Duration // the service target: answered within; 0: DefaultWithin. Read by Policy.Choice Breach and by measures
	Cap            int           // calls that may wait; more are refused a place (Divert to Full). 0: no cap
	Full           Target        // where calls go that find no place; zero Name: announcement "busy"
	Overflow       []Overflow
	Also           []Also
	Ring           time.Duration // 0: DefaultRing
	WrapUp         time.Duration // 0: none; UntilReady
	MaxWrapUp      time.Duration // extensions end here, counted from the end of the call; 0: no bound
	Preferred      time.Duration // how long a preferred agent is waited for; 0: not at all
	CallbackSpread time.Duration // at an opening, callbacks from before are let in one each so long; 0: all at once
	Evict          bool          // at closing, what waits is treated as just arrived; else it is still served
}

// DefaultWithin is the service target of a queue that does not say.
const DefaultWithin = 20 * time.Second

// Choice is how an agent who comes free chooses among queues.
type Choice uint8

// The choices.
const (
	Weighted Choice = iota // the greatest weight × (waited + priority × Ageing)
	Breach                 // who will miss, or missed first, the queue's target: the least arrived − priority × Ageing + Within
)

// String names the choice as the configuration does.
func (c Choice) String() string { return [...]string{"weighted", "breach"}[c] }

// Channel is how a medium ranks against others when an agent comes free.
type Channel struct {
	Class  uint8   // a higher class goes first, whatever waits in a lower one (until Overtaken)
	Weight float64 // within a class; 0: 1
}

// Policy is what holds for all queues. The zero Policy has calls and callbacks in class 1 and mails in class 0, no ageing
// beyond DefaultAgeing, and DefaultOvertaken.
type Policy struct {
	Seed      uint64 // of strategy Random
	Choice    Choice
	Ageing    time.Duration   // one step of priority is worth so much waiting; 0: DefaultAgeing
	Overtaken int             // so many later arrivals may go before the first of a line; 0: DefaultOvertaken
	Channels  *[Kinds]Channel // nil: as above
}

// Defaults of the Policy.
const (
	DefaultAgeing    = time.Minute
	DefaultOvertaken = 100
	// MaxOvertaken bounds Policy.Overtaken: more is as good as for ever.
	MaxOvertaken = 1 << 30
)

// Limits of the estimate.
const (
	// EstimateWindow is how old what an estimate rests on may be.
	EstimateWindow = 30 * time.Minute
	// MinStarts is from how many answered calls, and from how many earlier estimates, an estimate is made.
	MinStarts = 10
	// MaxPredicted is how many calls may wait in a queue for anything to be said of it.
	MaxPredicted = 1000
)
