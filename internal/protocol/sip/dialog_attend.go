package sip

import "santra/internal/run"

// Attend has f answer what Requests would give, one after the other, for a user who has no goroutine that waits: a goroutine lives only
// while there is something to answer. It is called once, and Requests is then not read.
func (d *Dialog) Attend(f func(r *Request)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.early.read = true
	d.attend = f
	d.attendNow()
}

// attendNow sees to it that what waits is answered. The lock is held.
func (d *Dialog) attendNow() {
	if d.attend == nil || d.attending || len(d.requests) == 0 {
		return
	}
	d.attending = true
	run.Go(&d.ep.wg, d.ep.log, "sip requests", func() {
		for r := d.attended(); r != nil; r = d.attended() {
			d.answer(r)
		}
	})
}

// answer has a request that breaks its user cost no other.
func (d *Dialog) answer(r *Request) {
	defer run.Recover(d.ep.log, "sip request")
	d.attend(r)
}

// attended takes the next request; nil ends the goroutine.
func (d *Dialog) attended() *Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case r := <-d.requests: // nil after the end
		d.attending = r != nil
		return r
	default:
		d.attending = false
		return nil
	}
}
