package dispatch

// Closed tells whether a queue takes no calls now, by its hours or in an emergency; an unknown one is open.
func (d *Dispatcher) Closed(queue string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.floor.set[queue].shut
}
