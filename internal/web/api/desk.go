package api

import (
	"sync"

	"santra/internal/routing"
)

// desk remembers of the agents at their seats what dispatch does not: how they signed in, and their names; and of those who left
// one which agencies they served, since their last events are still to be told. It is memory, as seats are.
type desk struct {
	seating sync.Mutex // one change of seats at a time

	mu sync.Mutex
	at map[string]place
}

type place struct {
	agent   routing.Agent
	display string
	left    bool
}

func newDesk() *desk { return &desk{at: map[string]place{}} }

func (d *desk) sit(a routing.Agent, display string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at[a.ID] = place{agent: a, display: display}
}

func (d *desk) leave(person string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p, ok := d.at[person]; ok {
		p.left = true
		d.at[person] = p
	}
}

// of gives somebody's place; false for who sits nowhere.
func (d *desk) of(person string) (place, bool) {
	p, ok := d.last(person)
	return p, ok && !p.left
}

// last gives somebody's place, or the one that they left.
func (d *desk) last(person string) (place, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.at[person]
	return p, ok
}
