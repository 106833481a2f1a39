package api

import (
	"sync"
	"time"

	"santra/internal/event"
	"santra/internal/routing"
)

// desk remembers of the agents at their seats what dispatch does not: since when they are in their state, why they are on
// break, and how they signed in. It is memory, as seats are.
type desk struct {
	seating sync.Mutex // one change of seats at a time

	mu sync.Mutex
	at map[string]*place
}

type place struct {
	agent   routing.Agent
	display string
	state   routing.State
	since   time.Time
	reason  string
}

func newDesk() *desk { return &desk{at: map[string]*place{}} }

// note follows dispatch's events of kind agent. It is called under dispatch's lock and calls nothing.
func (d *desk) note(ev event.Event) {
	state, ok := ev.Fields["state"].(routing.State)
	if ev.Kind != "agent" || !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.at[ev.ID]; p != nil && p.state != state {
		p.state, p.since = state, time.Now().UTC()
		if state != routing.Break {
			p.reason = ""
		}
	}
}

func (d *desk) sit(a routing.Agent, display string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.at[a.ID]; p != nil {
		p.agent, p.display = a, display
		return
	}
	d.at[a.ID] = &place{agent: a, display: display, state: routing.Offline, since: time.Now().UTC()}
}

func (d *desk) leave(person string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.at, person)
}

func (d *desk) because(person, reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.at[person]; p != nil {
		p.reason = reason
	}
}

// of gives a copy of somebody's place.
func (d *desk) of(person string) (place, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.at[person]; p != nil {
		return *p, true
	}
	return place{}, false
}
