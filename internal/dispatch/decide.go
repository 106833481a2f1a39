package dispatch

import (
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
)

// apply gives an event to the engine, or keeps it for the next owner's.
func (d *Dispatcher) apply(ev routing.Event) error {
	if !d.tenure.valid() {
		return d.postpone(ev)
	}
	return d.feed(ev)
}

// feed gives an event its time and the engine, and what it decides to the rooms, the browsers and the journal.
func (d *Dispatcher) feed(ev routing.Event) error {
	ev.At = time.Now()
	decisions := d.engine.Apply(ev)
	if !d.quiet {
		d.books.recorder.Record(ev, decisions)
	}
	var err error
	for _, dec := range decisions {
		if dec.Type == routing.Refuse {
			err = refusal(dec)
			continue
		}
		d.decide(dec)
	}
	d.rearm()
	d.collectLent()
	return err
}

// refusal puts into the house's kinds why an event did not fit.
func refusal(dec routing.Decision) error {
	switch {
	case dec.Reason == routing.Unknown && dec.WorkID == "" && dec.Queue == "":
		return errs.New(errs.NotFound, "no such agent at a seat, or not in that state")
	case dec.Reason == routing.Invalid || dec.Reason == routing.Impossible:
		return errs.New(errs.Invalid, "routing refuses work %q, queue %q: %s", dec.WorkID, dec.Queue, dec.Reason)
	}
	return errs.New(errs.Conflict, "work %s: %s", dec.WorkID, dec.Reason)
}

func (d *Dispatcher) decide(dec routing.Decision) {
	if dec.Type == routing.StateChange {
		d.tellAgent(dec)
		return
	}
	it := d.items[dec.WorkID]
	if it == nil {
		return
	}
	switch dec.Type {
	case routing.Offer:
		d.offer(it, dec)
	case routing.Withdraw:
		d.withdraw(it, dec.Reason)
	case routing.Moved:
		before := it.work
		d.move(it, dec.To.Name)
		d.carry(before.Kind, func(c Carrier) { c.Moved(before, dec.To.Name, dec.Reason) })
	case routing.Divert:
		d.divert(it.work, dec.To, dec.Reason)
	case routing.Ended:
		d.ended(it.work, dec.Reason)
	}
}

func (d *Dispatcher) offer(it *item, dec routing.Decision) {
	o := Offer{Work: it.work, Agent: dec.AgentID, Seat: dec.Seat, Expires: dec.Until, Epoch: d.tenure.epoch}
	if dec.Why != nil {
		o.Why, o.Reasons = dec.Why.String(), copied(dec.Why)
	}
	it.offer = &o
	if w := d.workers[it.work.Kind]; w != nil {
		d.post(func() { w.Offered(o) })
	}
}

func (d *Dispatcher) withdraw(it *item, reason string) {
	if it.offer == nil {
		return
	}
	o := *it.offer
	it.offer = nil
	if w := d.workers[o.Work.Kind]; w != nil {
		d.post(func() { w.Withdrawn(o, reason) })
	}
}

// copied keeps of an explanation what the engine may write over.
func copied(w *routing.Why) routing.Why {
	own := *w
	own.Needs = slices.Clone(w.Needs)
	return own
}

// carry tells a room what became of its work, if it can carry it out.
func (d *Dispatcher) carry(k routing.Kind, f func(Carrier)) bool {
	c, ok := d.workers[k].(Carrier)
	if ok {
		d.post(func() { f(c) })
	}
	return ok
}

func (d *Dispatcher) divert(w routing.Work, to routing.Target, reason string) {
	if !d.carry(w.Kind, func(c Carrier) { c.Diverted(w, to, reason) }) {
		d.cfg.Log.Warn("work is diverted and its room can't carry it out", "kind", w.Kind, "queue", w.Queue, "to", to.Kind, "reason", reason)
	}
}

// ended forgets work that has its outcome.
func (d *Dispatcher) ended(w routing.Work, outcome string) {
	d.forget(w.ID)
	if outcome == routing.Expired {
		d.carry(w.Kind, func(c Carrier) { c.Expired(w) })
	}
}

func (d *Dispatcher) forget(workID string) {
	it := d.items[workID]
	if it == nil {
		return
	}
	it.offer = nil
	delete(d.items, workID)
	d.floor.leave(it.work.Queue)
}
