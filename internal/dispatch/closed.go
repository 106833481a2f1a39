package dispatch

import "time"

// Closed tells whether a queue takes no calls now, by its hours or in an emergency; an unknown one is open.
func (d *Dispatcher) Closed(queue string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.floor.set[queue].shut
}

// Changes is when a queue opens or closes next; zero for never, and for an unknown one. It is QueueView.Changes without the
// counting that a view takes: each call asks.
func (d *Dispatcher) Changes(queue string) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.floor.changes[queue]
}
