package agency

import (
	"slices"
	"time"
)

// MaxOutcomes bounds City.Outcomes.
const MaxOutcomes = 50

// Outcome is how a call ended, for its agent to choose: the one thing that is kept of what was said (M3). It is counted, never
// joined to a caller.
type Outcome struct {
	ID       string   `yaml:"id" json:"id"` // slug
	Name     Text     `yaml:"name" json:"name"`
	Agencies []string `yaml:"agencies" json:"agencies,omitempty"` // whose calls; none: all
}

// For tells whether calls of an agency may end so.
func (o *Outcome) For(agency string) bool {
	return len(o.Agencies) == 0 || slices.Contains(o.Agencies, agency)
}

// OutcomesOf lists the outcomes that an agency's calls may have, in the order of the configuration.
func (c *City) OutcomesOf(agency string) []Outcome {
	return slices.DeleteFunc(slices.Clone(c.Outcomes), func(o Outcome) bool { return !o.For(agency) })
}

// OffersCallbacks tells whether a queue offers its callers to be called back, and the longest time for which one of them keeps
// a number for it.
func (c *City) OffersCallbacks() (keeps bool, longest time.Duration) {
	for i := range c.Queues {
		q := &c.Queues[i]
		if c.offersCallback(q) {
			keeps, longest = true, max(longest, or(q.CallbackExpires, DefaultCallbackExpires))
		}
	}
	return keeps, longest
}

// offersCallback tells whether calls of a queue may be promised a callback: by its overflow, or by a flow.
func (c *City) offersCallback(q *Queue) bool {
	inFlow := func(s Step) bool {
		return s.Callback != nil && s.Callback.Queue == q.ID || s.Queue != nil && s.Queue.Queue == q.ID && s.Queue.Callback != nil
	}
	return q.invites() || slices.ContainsFunc(c.Flows, func(f Flow) bool { return slices.ContainsFunc(f.Steps, inFlow) })
}

// invites tells whether the queue's own rules send calls to a callback.
func (q *Queue) invites() bool {
	return q.Full != nil && q.Full.Callback || slices.ContainsFunc(q.Overflow, func(o Overflow) bool { return o.To.Callback })
}
