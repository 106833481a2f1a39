package dispatch

import (
	"maps"
	"slices"
	"time"

	"santra/internal/event"
	"santra/internal/routing"
	"santra/internal/routing/measure"
)

// AgentView is an agent at a seat.
type AgentView = routing.AgentView

// QueueView is a queue at this moment and today's counts of its calls.
type QueueView struct {
	routing.QueueView
	Changes   time.Time // when it opens or closes next; zero for never
	Emergency bool      // closed whatever its hours say
	Reason    string    // of the emergency
	Today     Today
}

// Today counts a queue's calls that came since midnight, by the formulas of the measures (docs/measures.md): offered to the
// queue, answered, answered within the queue's target, abandoned, abandoned so soon that it does not count, gone elsewhere
// unanswered (of them diverted: to no other queue), come from elsewhere, expired, closed, lost; and the sum of the answered
// calls' waits (ASA = Waited / Answered). The service level is InTime / Decided.
type Today struct {
	Offered, Answered, InTime, Abandoned, Short, Overflowed, Diverted, OverflowedIn, Expired, Closed, Lost int

	Waited time.Duration
}

// Decided is how many have an outcome that counts for the service level, as measure.QueueFigures.Decided.
func (t Today) Decided() int {
	return t.Answered + t.Abandoned + t.Diverted + t.Expired + t.Closed + t.Lost
}

// plus adds a half-hour's figures.
func (t Today) plus(f measure.QueueFigures) Today {
	return Today{
		Offered: t.Offered + int(f.Offered), Answered: t.Answered + int(f.Answered), InTime: t.InTime + int(f.InTime),
		Abandoned: t.Abandoned + int(f.Abandoned), Short: t.Short + int(f.ShortAbandoned),
		Overflowed: t.Overflowed + int(f.OverflowedOut+f.Diverted), Diverted: t.Diverted + int(f.Diverted), Expired: t.Expired + int(f.Expired),
		Closed: t.Closed + int(f.Closed), Lost: t.Lost + int(f.Lost), OverflowedIn: t.OverflowedIn + int(f.OverflowedIn),
		Waited: t.Waited + f.WaitAnswered,
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

// Queue gives one queue as Queues does; false where nothing is known of it.
func (d *Dispatcher) Queue(id string) (QueueView, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.books.drain()
	v, ok := d.engine.Queue(id)
	_, today := d.books.today[id]
	v.Queue = id
	return d.queueView(v), ok || today
}

func (d *Dispatcher) queueViews() map[string]QueueView {
	d.books.drain()
	views := map[string]QueueView{}
	for id, v := range d.engine.Queues() {
		views[id] = d.queueView(v)
	}
	for id := range d.books.today {
		if _, ok := views[id]; !ok {
			views[id] = d.queueView(routing.QueueView{Queue: id})
		}
	}
	return views
}

func (d *Dispatcher) queueView(v routing.QueueView) QueueView {
	c, emergency := d.floor.closings[v.Queue]
	return QueueView{QueueView: v, Changes: d.floor.changes[v.Queue], Emergency: emergency, Reason: c.reason, Today: d.books.today[v.Queue]}
}

// tellAgent publishes an agent's new state. Field "work" is an id; who is calling is read elsewhere.
func (d *Dispatcher) tellAgent(dec routing.Decision) {
	if d.cfg.Events == nil {
		return
	}
	v, _ := d.engine.Agent(dec.AgentID)
	d.version++
	fields := map[string]any{"state": dec.State, "seat": dec.Seat, "mails": v.Mails, "handled": v.Handled, "next": v.Next, "reason": v.Reason}
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
		if now[id].shown() != d.published[id].shown() {
			d.version++
			d.cfg.Events.Publish(queueEvent(now[id], d.version))
		}
	}
	d.published = now
}

// estimateStep is how far an estimate must move for browsers to be told again.
const estimateStep = 15 * time.Second

// shown is what browsers see of it: an estimate to estimateStep.
func (v QueueView) shown() QueueView {
	v.Estimate.Low, v.Estimate.High = v.Estimate.Low.Round(estimateStep), v.Estimate.High.Round(estimateStep)
	return v
}

func queueEvent(v QueueView, version uint64) event.Event {
	fields := map[string]any{
		"waiting_calls": v.Calls, "waiting_mails": v.Mails, "callbacks": v.Callbacks, "talking": v.Talking, "open_mails": v.Open,
		"offered_today": v.Today.Offered, "answered_today": v.Today.Answered, "in_time_today": v.Today.InTime, "abandoned_today": v.Today.Abandoned,
		"decided_today": v.Today.Decided(),
		"open":          !v.Closed, "staffed": v.Staffed, "emergency": v.Emergency, "estimate_known": v.Estimate.Known,
	}
	if !v.OldestCall.IsZero() {
		fields["oldest_call"] = v.OldestCall
	}
	if !v.Changes.IsZero() {
		fields["next_change"] = v.Changes
	}
	if v.Estimate.Known {
		e := v.shown().Estimate
		fields["estimate_low_seconds"], fields["estimate_high_seconds"] = int(e.Low.Seconds()), int(e.High.Seconds())
	}
	return event.Event{Kind: "queue", ID: v.Queue, Version: version, Fields: fields}
}
