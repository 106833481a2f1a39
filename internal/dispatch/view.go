package dispatch

import (
	"maps"
	"slices"
	"time"

	"santra/internal/event"
	"santra/internal/routing"
)

// ServiceLevel is within what time a call counts as answered in time; the share of such calls is the service level.
const ServiceLevel = 20 * time.Second

// AgentView is an agent at a seat.
type AgentView = routing.AgentView

// QueueView is a queue at this moment and today's counts of its calls.
type QueueView struct {
	routing.QueueView
	Today Today
}

// Today counts a queue's calls since local midnight of Europe/Helsinki: offered to the queue, answered, answered within
// ServiceLevel, abandoned, and the sum of the answered calls' waits (ASA = Waited / Answered).
type Today struct {
	Offered, Answered, InTime, Abandoned int
	Waited                               time.Duration
}

// counts keeps Today for each queue; memory only, from data that are not personal.
type counts struct {
	zone *time.Location
	day  string
	by   map[string]*Today
}

func newCounts() counts {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		zone = time.UTC // a machine without time zones
	}
	return counts{zone: zone, by: map[string]*Today{}}
}

func (c *counts) of(w routing.Work) *Today {
	if day := time.Now().In(c.zone).Format(time.DateOnly); day != c.day {
		c.day = day
		clear(c.by)
	}
	if w.Kind != routing.Call {
		return new(Today)
	}
	if c.by[w.Queue] == nil {
		c.by[w.Queue] = new(Today)
	}
	return c.by[w.Queue]
}

func (c *counts) arrived(w routing.Work) { c.of(w).Offered++ }

func (c *counts) answered(w routing.Work) {
	t, waited := c.of(w), time.Since(w.Arrived)
	t.Answered++
	t.Waited += waited
	if waited <= ServiceLevel {
		t.InTime++
	}
}

func (c *counts) removed(w routing.Work, outcome string) {
	if outcome == "abandoned" {
		c.of(w).Abandoned++
	}
}

// Agents lists who is at a seat, by person id.
func (d *Dispatcher) Agents() []AgentView {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.engine.Agents()
}

// Agent gives one agent's view.
func (d *Dispatcher) Agent(id string) (AgentView, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.engine.Agent(id)
}

// Queues gives the queues in which something happened today or waits now, by queue id.
func (d *Dispatcher) Queues() map[string]QueueView {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queueViews()
}

func (d *Dispatcher) queueViews() map[string]QueueView {
	views := map[string]QueueView{}
	for id, v := range d.engine.Queues() {
		views[id] = QueueView{QueueView: v}
	}
	for id, today := range d.counts.by {
		v := views[id]
		v.Queue, v.Today = id, *today
		views[id] = v
	}
	return views
}

// tellAgent publishes an agent's new state. Field "work" is an id; who is calling is read elsewhere.
func (d *Dispatcher) tellAgent(dec routing.Decision) {
	if d.cfg.Events == nil {
		return
	}
	v, _ := d.engine.Agent(dec.AgentID)
	d.version++
	fields := map[string]any{"state": dec.State, "seat": dec.Seat, "mails": v.Mails}
	if !dec.Until.IsZero() {
		fields["until"] = dec.Until
	}
	d.cfg.Events.Publish(event.Event{Kind: "agent", ID: dec.AgentID, Version: d.version, Fields: fields})
}

// publishQueues tells of the queues that changed since the last time.
func (d *Dispatcher) publishQueues() {
	if d.cfg.Events == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.queueViews()
	for id := range d.published {
		if _, ok := now[id]; !ok {
			now[id] = QueueView{QueueView: routing.QueueView{Queue: id}}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if now[id] != d.published[id] {
			d.version++
			d.cfg.Events.Publish(queueEvent(now[id], d.version))
		}
	}
	d.published = now
}

func queueEvent(v QueueView, version uint64) event.Event {
	fields := map[string]any{
		"waiting_calls": v.Calls, "waiting_mails": v.Mails, "talking": v.Talking, "open_mails": v.Open,
		"offered_today": v.Today.Offered, "answered_today": v.Today.Answered, "in_time_today": v.Today.InTime, "abandoned_today": v.Today.Abandoned,
	}
	if !v.OldestCall.IsZero() {
		fields["oldest_call"] = v.OldestCall
	}
	return event.Event{Kind: "queue", ID: v.Queue, Version: version, Fields: fields}
}
