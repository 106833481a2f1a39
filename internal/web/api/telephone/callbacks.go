package telephone

import (
	"time"

	"santra/internal/voice/callback"
)

// Callback is a call that the city owes somebody. Whom, nobody sees but the agent who calls.
type Callback struct {
	ID        string     `json:"id"`
	Queue     string     `json:"queue"`
	Agency    string     `json:"agency"`
	Language  string     `json:"language"`
	State     string     `json:"state" enum:"waiting,opened,ending"`
	Agent     string     `json:"agent" doc:"Who calls now, for supervisors; else empty."`
	Requested time.Time  `json:"requested"`
	Until     time.Time  `json:"until" doc:"By when the customer was told to be called."`
	Expires   time.Time  `json:"expires" doc:"Then the number is erased, reached or not."`
	NotBefore *time.Time `json:"not_before,omitempty" doc:"Of the next try."`
	Tries     int        `json:"tries" doc:"That came to nothing."`
	Overdue   bool       `json:"overdue" doc:"Past until."`
}

// CallbackCounts says how many are owed.
type CallbackCounts struct {
	Waiting int        `json:"waiting"`
	Opened  int        `json:"opened" doc:"An agent calls now."`
	Overdue int        `json:"overdue" doc:"Of both: past what the customer was told."`
	Oldest  *time.Time `json:"oldest,omitempty" doc:"When the first of them was asked for."`
}

// CallbackOf gives a callback its form at now; who calls is told to who may know.
func CallbackOf(v callback.View, now time.Time, mayKnow bool) Callback {
	out := Callback{
		ID: v.ID, Queue: v.Queue, Agency: v.Agency, Language: v.Language, State: string(v.State), Requested: v.Requested, Until: v.Until,
		Expires: v.Expires, Tries: v.Tries, Overdue: v.State != callback.Ending && v.Until.Before(now),
	}
	if mayKnow {
		out.Agent = v.Agent
	}
	if !v.NotBefore.IsZero() {
		out.NotBefore = &v.NotBefore
	}
	return out
}

// Add counts one more.
func (c *CallbackCounts) Add(v Callback) {
	switch callback.State(v.State) {
	case callback.Waiting:
		c.Waiting++
	case callback.Opened:
		c.Opened++
	}
	if v.Overdue {
		c.Overdue++
	}
	if c.Oldest == nil || v.Requested.Before(*c.Oldest) {
		c.Oldest = &v.Requested
	}
}
