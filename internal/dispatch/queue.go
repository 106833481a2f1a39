package dispatch

// Queue gives one queue as Queues does; false where nothing is known of it.
func (d *Dispatcher) Queue(id string) (QueueView, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.queueViews()[id]
	return v, ok
}
