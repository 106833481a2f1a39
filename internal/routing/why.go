package routing

import (
	"fmt"
	"strings"
	"time"
)

// Why explains an offer from data that are not personal. The interface says it in the reader's language.
type Why struct {
	Queue      string        `json:"queue"`
	Strategy   Strategy      `json:"-"`
	Freed      bool          `json:"freed"`                // the agent came free and chose; false: the work came and chose
	Preferred  bool          `json:"preferred,omitempty"`  // the agent is the one it was kept for
	Overdue    bool          `json:"overdue,omitempty"`    // it had been passed by as often as is allowed
	Language   string        `json:"language,omitempty"`   // that the customer chose
	Needs      []Need        `json:"needs,omitempty"`      // asked at this moment
	Ring       int           `json:"ring,omitempty"`       // 1 before the first relaxation; 0 where the queue has no rings
	RingFor    time.Duration `json:"-"`                    // how long this ring has been open
	Candidates int           `json:"candidates,omitempty"` // ready agents who meet the needs, this one included (not Freed)
	Lines      int           `json:"lines,omitempty"`      // lines in which something waited that the agent could take (Freed)
	Tier       int           `json:"tier,omitempty"`
	Idle       time.Duration `json:"-"` // how long the agent had been idle
	Waited     time.Duration `json:"-"` // how long the work had waited
}

// String says it in English, for logs and tests.
func (w *Why) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "queue %s: %s", w.Queue, w.choice())
	for _, n := range w.Needs {
		s.WriteString("; " + n.String())
	}
	if w.Ring > 0 {
		fmt.Fprintf(&s, "; ring %d since %s", w.Ring, w.RingFor.Round(time.Second))
	}
	fmt.Fprintf(&s, "; waited %s", w.Waited.Round(time.Second))
	return s.String()
}

func (w *Why) choice() string {
	idle := w.Idle.Round(time.Second)
	switch {
	case w.Preferred:
		return "kept for this agent"
	case w.Freed && w.Overdue:
		return fmt.Sprintf("agent free; passed by as often as allowed, first of %d lines", w.Lines)
	case w.Freed:
		return fmt.Sprintf("agent free; next of %d lines", w.Lines)
	case w.Candidates == 1:
		return fmt.Sprintf("only ready agent, idle %s", idle)
	default:
		return fmt.Sprintf("%s of %d ready, idle %s", strings.ReplaceAll(w.Strategy.String(), "_", " "), w.Candidates, idle)
	}
}

// String says a need as "sv ≥ 3" or "prefers parking ≥ 2".
func (n Need) String() string {
	skill := strings.TrimPrefix(n.Skill, Language(""))
	if n.Preferred {
		return fmt.Sprintf("prefers %s ≥ %d", skill, max(n.Level, 1))
	}
	return fmt.Sprintf("%s ≥ %d", skill, max(n.Level, 1))
}

// Explanation says why a piece of work is where it is.
type Explanation struct {
	WorkID, Queue string
	Kind          Kind
	Offered       string // agent it rings at or who has it; "" while it waits
	Taken         bool
	Place         int // among those of its line, from 1; 0 for what is kept or parked
	Waited        time.Duration
	Ring          int       // as in Why
	NextRing      time.Time // when the next one opens; zero for none
	KeptFor       string    // preferred agent, while that lasts
	KeptUntil     time.Time
	NotBefore     time.Time // not offered to anybody before
	Closed        bool      // its queue is closed
	Needs         []Need
	Able          map[State]int // agents who meet the needs, by state
	Missing       []string      // skills that nobody who is signed in has at the level asked
	Estimate      Estimate
}

// Estimate is how long work will wait, where that can be said.
type Estimate struct {
	Place int           // from 1
	Known bool          // Low and High hold
	Low   time.Duration // with High: four of five such estimates held lately
	High  time.Duration
	Why   string // not Known: one of the Unknown reasons
}

// Reasons why there is no estimate.
const (
	TooFewStarts = "too_few_starts" // less than MinStarts answered within EstimateWindow
	NobodyServes = "nobody_serves"
	NotReliable  = "not_reliable" // lately estimates were wrong too often
)
