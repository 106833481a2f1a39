package dispatch

import (
	"cmp"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
)

// Enqueue lets work wait for an agent. A queue that nobody configured is made for as long as there is work in it. errs.Conflict
// for an id that waits already or a second Once, errs.Invalid for what the engine refuses, errs.Unavailable over MaxWaiting
// and while nobody decides: what it is then is for the room to announce, or to try again.
func (d *Dispatcher) Enqueue(w routing.Work) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case !d.tenure.valid():
		return resting()
	case len(d.items) >= MaxWaiting:
		return errs.New(errs.Unavailable, "%d pieces of work are there already", MaxWaiting)
	case d.items[w.ID] != nil:
		return errs.New(errs.Conflict, "work %s is there already", w.ID)
	}
	now := time.Now()
	if w.Arrived.IsZero() {
		w.Arrived = now
	}
	if !now.Before(d.floor.next) { // to the second, whoever is quicker: the call or the timer
		d.turn()
	}
	return d.begin(w, routing.Event{Type: routing.Arrived, Work: &w})
}

// Restore tells what an agent has in hand already, for example from before a restart. errs as for Enqueue. An
// agent who is not there has it when they come.
func (d *Dispatcher) Restore(w routing.Work, agent string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.tenure.valid() {
		return resting()
	}
	if d.items[w.ID] != nil {
		return errs.New(errs.Conflict, "work %s is there already", w.ID)
	}
	return d.inHand(w, agent)
}

// inHand gives the engine work that an agent has. Who is not there has it until they come.
func (d *Dispatcher) inHand(w routing.Work, agent string) error {
	_, there := d.engine.Agent(agent)
	if !there {
		_ = d.feed(routing.Event{Type: routing.SignedIn, AgentID: agent, Agent: &routing.Agent{ID: agent}})
	}
	err := d.begin(w, routing.Event{Type: routing.Restored, Work: &w, AgentID: agent})
	if it := d.items[w.ID]; it != nil && err == nil {
		it.holder = agent
	}
	if !there {
		_ = d.feed(routing.Event{Type: routing.SignedOut, AgentID: agent})
	}
	return err
}

// begin gives the engine new work, and forgets it where it is refused.
func (d *Dispatcher) begin(w routing.Work, ev routing.Event) error {
	d.lend(w)
	d.add(&item{work: w})
	err := d.feed(ev)
	if err != nil {
		d.forget(w.ID)
		d.collectLent()
	}
	return err
}

// Remove takes work away: the caller gave up ("abandoned"), the case was handled elsewhere ("closed"). Unknown work is none.
func (d *Dispatcher) Remove(workID, outcome string) {
	d.conclude(routing.Event{Type: routing.Removed, WorkID: workID, Reason: outcome})
}

// Finish says that what the agent had accepted is over; wrap-up follows where the work has one.
func (d *Dispatcher) Finish(workID, agent string) {
	d.conclude(routing.Event{Type: routing.Finished, WorkID: workID, AgentID: agent})
}

// conclude ends one piece of work, at once or, while nobody decides, as soon as somebody does.
func (d *Dispatcher) conclude(ev routing.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.items[ev.WorkID] == nil {
		return
	}
	if err := d.apply(ev); err == nil && d.tenure.valid() {
		d.forget(ev.WorkID)
		d.collectLent()
	}
}

// Accept says that the agent answered the offer. errs.Conflict when it was no longer offered: the caller left, or another
// was quicker; errs.Unavailable while nobody decides. The agent's leg must then be let go.
func (d *Dispatcher) Accept(workID, agent string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accept(workID, agent)
}

// AcceptOffer is Accept for an offer as it was told: where it has been made again since, under another epoch, it is refused
// (errs.Conflict), so that nothing is given twice around a take-over.
func (d *Dispatcher) AcceptOffer(o Offer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if it := d.items[o.Work.ID]; d.tenure.valid() && it != nil && it.offer != nil && it.offer.Epoch != o.Epoch {
		return errs.New(errs.Conflict, "work %s was offered again under epoch %d; %d is over", o.Work.ID, it.offer.Epoch, o.Epoch)
	}
	return d.accept(o.Work.ID, o.Agent)
}

func (d *Dispatcher) accept(workID, agent string) error {
	if !d.tenure.valid() {
		d.gap.refused[workID] = true
		return resting()
	}
	if err := d.feed(routing.Event{Type: routing.Accepted, WorkID: workID, AgentID: agent}); err != nil {
		return err
	}
	if it := d.items[workID]; it != nil {
		it.offer = nil
		it.holder = agent
	}
	return nil
}

// Decline says that the agent pushed the offer away or that their phone could not ring. errs.Conflict as for Accept.
func (d *Dispatcher) Decline(workID, agent string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.apply(routing.Event{Type: routing.Declined, WorkID: workID, AgentID: agent})
}

// Transfer gives what an agent has in hand back to a queue, or to an agent by Preferred; of to count Queue, Language, Skills,
// Priority (of these, what is empty stays as it was), Preferred and PreferredFor. It keeps its place by its arrival, and the agent's wrap-up begins. errs.Conflict where
// the agent has not got it, errs.NotFound where nobody configured the queue.
func (d *Dispatcher) Transfer(workID, agent string, to routing.Work) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	it := d.items[workID]
	switch {
	case !d.tenure.valid():
		return resting()
	case it == nil || it.holder != agent:
		return errs.New(errs.Conflict, "work %s is not in that agent's hands", workID)
	case to.Queue != "" && !d.floor.knows(to.Queue):
		return errs.At(errs.NotFound, "queue", "there is no queue %q", to.Queue)
	}
	if to.Queue == "" {
		to.Queue = it.work.Queue
	}
	before := it.work
	d.move(it, to.Queue)
	it.work, it.holder = transferred(it.work, to), "" // before: the event may offer it at once
	if err := d.feed(routing.Event{Type: routing.Transferred, WorkID: workID, AgentID: agent, Work: &to}); err != nil {
		d.move(it, before.Queue)
		it.work, it.holder = before, agent
		return err
	}
	return nil
}

// transferred is the work as the engine has it afterwards: what is left empty stays, but for whom it is kept.
func transferred(w, to routing.Work) routing.Work {
	w.Language, w.Priority = cmp.Or(to.Language, w.Language), cmp.Or(to.Priority, w.Priority)
	if to.Skills != nil {
		w.Skills = to.Skills
	}
	w.Preferred, w.PreferredFor, w.Transferred = to.Preferred, to.PreferredFor, true
	return w
}

// Convert makes a waiting call a callback at the same place; of cb count Once, Expires and NotBefore. errs.Conflict where
// the call does not wait, or where a callback with the same Once waits in the queue.
func (d *Dispatcher) Convert(workID string, cb routing.Work) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	it := d.items[workID]
	switch {
	case !d.tenure.valid():
		return resting()
	case it == nil || it.work.Kind != routing.Call:
		return errs.New(errs.Conflict, "no call %s waits", workID)
	}
	before := it.work
	it.work.Kind, it.work.Once, it.work.Expires, it.work.NotBefore = routing.Callback, cb.Once, cb.Expires, cb.NotBefore
	if err := d.feed(routing.Event{Type: routing.Converted, WorkID: workID, Work: &cb}); err != nil {
		it.work = before
		return err
	}
	return nil
}

// Offer gives the standing offer of a piece of work.
func (d *Dispatcher) Offer(workID string) (Offer, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if it := d.items[workID]; it != nil && it.offer != nil {
		return *it.offer, true
	}
	return Offer{}, false
}

// add keeps a piece of work.
func (d *Dispatcher) add(it *item) {
	d.items[it.work.ID] = it
	d.floor.enter(it.work.Queue)
}
