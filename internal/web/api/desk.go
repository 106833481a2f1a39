package api

import (
	"sync"

	"santra/internal/routing"
)

// desk remembers of the agents at their seats what dispatch does not: how they signed in, and their names. It is memory, as
// seats are.
type desk struct {
	seating sync.Mutex // one change of seats at a time

	mu sync.Mutex
	at map[string]place
}

type place struct {
	agent   routing.Agent
	display string
}

func newDesk() *desk { return &desk{at: map[string]place{}} }

func (d *desk) sit(a routing.Agent, display string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[a.ID] = place{a, display}
}

func (d *desk) leave(person string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.at, person)
}

// of gives somebody's place.
func (d *desk) of(person string) (place, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.at[person]
	return p, ok
}
