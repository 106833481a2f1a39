// Package event has the one form in which a change is told to browsers: what kind of thing changed, which one, its version
// and fields that are not personal. A caller's number or a customer's words never enter an event; who may know asks the
// API for them.
package event

// Event tells of one change. Agency and To say who may get it: To names persons (the event is for them alone), Agency those
// with a role in it; with neither, everyone who is logged in.
type Event struct {
	Kind    string         `json:"kind"`    // "call", "agent", "queue", "case", "recorder", ...
	ID      string         `json:"id"`      // the thing that changed
	Version uint64         `json:"version"` // grows with each change of that thing
	Fields  map[string]any `json:"fields,omitempty"`
	Agency  string         `json:"-"`
	To      []string       `json:"-"`
}

// Publisher takes events. It never blocks: a reader that can't follow is told to read everything again.
type Publisher interface{ Publish(Event) }
