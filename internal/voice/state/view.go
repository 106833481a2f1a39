package state

import (
	"cmp"
	"slices"
	"time"

	"santra/internal/event"
)

// View is what may be shown of a call. There is nothing of the caller in it.
type View struct {
	ID         string    `json:"id"`
	Direction  Direction `json:"direction"`
	Queue      string    `json:"queue"`
	Agency     string    `json:"agency"`
	Language   string    `json:"language"` // chosen by the caller; "" where the queue has no menu or nothing was chosen
	Agent      string    `json:"agent"`    // person id of who is offered or has it; "" without
	Seat       string    `json:"seat"`
	State      State     `json:"state"`
	Since      time.Time `json:"since"`     // of the state
	Arrived    time.Time `json:"arrived"`   // when the trunk's call was answered, or the house's own begun
	Recording  string    `json:"recording"` // as tape.Recording.Shown
	Muted      bool      `json:"muted"`
	Version    uint64    `json:"version"` // grows with each change
	Why        string    `json:"why"`     // why this agent, from dispatch
	From       string    `json:"from"`    // of an inside call: the agent who consults
	Consult    *Consult  `json:"consult"` // nil without
	Supervised string    `json:"supervised"`
	Outcome    string    `json:"outcome"`
	Failed     string    `json:"failed"`    // of a call out: why it was not connected, as dial.Failure names it; "" else
	Emergency  bool      `json:"emergency"` // a call to 112
}

// fields are the parts of a view that an event tells; nothing personal.
func (v View) fields() map[string]any {
	return map[string]any{
		"state": v.State, "direction": v.Direction, "queue": v.Queue, "agency": v.Agency, "language": v.Language, "agent": v.Agent,
		"seat": v.Seat, "since": v.Since, "arrived": v.Arrived, "recording": v.Recording, "muted": v.Muted, "why": v.Why,
		"from": v.From, "consult": v.Consult, "supervised": v.Supervised, "outcome": v.Outcome, "failed": v.Failed,
		"emergency": v.Emergency,
	}
}

// Event is what one agent is told of a view.
func (v View) Event(to string) event.Event {
	return event.Event{Kind: "call", ID: v.ID, Version: v.Version, Fields: v.fields(), To: []string{to}}
}

// OldestFirst orders views by arrival.
func OldestFirst(views []View) []View {
	slices.SortFunc(views, func(a, b View) int {
		return cmp.Or(a.Arrived.Compare(b.Arrived), cmp.Compare(a.ID, b.ID))
	})
	return views
}

// Consult is what may be shown of a consultation.
type Consult struct {
	Stage     Stage  `json:"stage"`
	Kind      string `json:"kind"` // "agent", "queue", "seat", "number"
	Name      string `json:"name"` // of the first three; "" for a number
	Outside   bool   `json:"outside"`
	Emergency bool   `json:"emergency"`
}
