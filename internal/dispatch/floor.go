package dispatch

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
)

// hoursLook is how long at most nobody looks whether queues open or close: clocks are set, too.
const hoursLook = time.Minute

// OpenFunc says whether a queue is open at t, and when that changes next; the zero time for never. It is asked under the
// dispatcher's lock.
type OpenFunc func(queue string, t time.Time) (open bool, until time.Time)

// floor is the queues: as they are configured, and as the engine knows them.
type floor struct {
	wish     map[string]routing.Queue
	set      map[string]queue // as the engine was told
	open     OpenFunc
	closings map[string]closing
	work     map[string]int       // pieces of work by queue
	emptied  []string             // queues that work has left since anybody looked
	changes  map[string]time.Time // when each opens or closes next
	next     time.Time            // when to look again
}

// queue is one as the engine was told.
type queue struct {
	routing.Queue
	lent bool // nobody configured it: it lasts as long as there is work in it
	shut bool
}

// closing is an emergency.
type closing struct {
	reason string
	until  time.Time // zero: until Reopen
}

func newFloor() floor {
	return floor{
		wish: map[string]routing.Queue{}, set: map[string]queue{}, closings: map[string]closing{},
		work: map[string]int{}, changes: map[string]time.Time{},
	}
}

func (f *floor) knows(id string) bool {
	_, wished := f.wish[id]
	_, set := f.set[id]
	return wished || set
}

// SetQueues makes these the configured queues: new and changed ones are set, those that were configured before and are not
// among them are removed (what waits there is diverted to "closed"). open gives their hours; nil: always open. Emergency
// closings stay. errs.Invalid for a queue that the engine refuses; the others are set.
func (d *Dispatcher) SetQueues(queues []routing.Queue, open OpenFunc) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.floor.wish, d.floor.open = make(map[string]routing.Queue, len(queues)), open
	for _, q := range queues {
		d.floor.wish[q.ID] = q
	}
	if !d.tenure.valid() {
		return nil // the take-over follows
	}
	return d.follow()
}

// follow makes the engine's queues those that are wished for.
func (d *Dispatcher) follow() error {
	for _, id := range slices.Sorted(maps.Keys(d.floor.set)) {
		if _, wished := d.floor.wish[id]; !wished && !d.floor.set[id].lent {
			d.removeQueue(id)
		}
	}
	err := d.setWished()
	d.turn()
	return err
}

func (d *Dispatcher) setWished() error {
	var all []error
	for _, id := range slices.Sorted(maps.Keys(d.floor.wish)) {
		if now, ok := d.floor.set[id]; !ok || now.lent || !reflect.DeepEqual(now.Queue, d.floor.wish[id]) {
			all = append(all, d.setQueue(d.floor.wish[id], false))
		}
	}
	return errors.Join(all...)
}

func (d *Dispatcher) setQueue(q routing.Queue, lent bool) error {
	if err := d.feed(routing.Event{Type: routing.QueueSet, QueueID: q.ID, Queue: &q}); err != nil {
		return errs.New(errs.Invalid, "queue %q is refused: %w", q.ID, err)
	}
	d.floor.set[q.ID] = queue{q, lent, d.floor.set[q.ID].shut}
	d.target(q)
	return nil
}

func (d *Dispatcher) removeQueue(id string) {
	delete(d.floor.set, id)
	delete(d.floor.closings, id)
	delete(d.floor.changes, id)
	_ = d.feed(routing.Event{Type: routing.QueueRemoved, QueueID: id})
}

// lend makes a queue that nobody configured, for its work.
func (d *Dispatcher) lend(w routing.Work) {
	if _, ok := d.floor.set[w.Queue]; !ok && w.Queue != "" {
		_ = d.setQueue(routing.Queue{ID: w.Queue, Agency: w.Agency}, true) // where it is refused, so is the work
	}
}

// collectLent removes lent queues that are empty.
func (d *Dispatcher) collectLent() {
	emptied := d.floor.emptied
	d.floor.emptied = nil
	for _, id := range emptied {
		if q, ok := d.floor.set[id]; ok && q.lent && d.floor.work[id] == 0 {
			d.removeQueue(id)
		}
	}
}

// enter counts work into a queue, leave out of it.
func (f *floor) enter(id string) { f.work[id]++ }

func (f *floor) leave(id string) {
	if f.work[id]--; f.work[id] <= 0 {
		delete(f.work, id)
		f.emptied = append(f.emptied, id)
	}
}

// move puts work into another queue.
func (d *Dispatcher) move(it *item, to string) {
	d.floor.enter(to)
	d.floor.leave(it.work.Queue)
	it.work.Queue = to
}

// Close closes a queue at once, whatever its hours say, until a time or, where that is zero, until Reopen. It is lost with the
// process: who calls keeps it and says it again. errs.NotFound for an unknown queue, errs.Invalid for a time that has passed.
func (d *Dispatcher) Close(queue, reason string, until time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.floor.knows(queue) {
		return errs.At(errs.NotFound, "queue", "there is no queue %q", queue)
	}
	if !until.IsZero() && !until.After(time.Now()) {
		return errs.At(errs.Invalid, "until", "%s has passed", until.Format(time.RFC3339))
	}
	d.floor.closings[queue] = closing{reason, until}
	d.turn()
	return nil
}

// Reopen ends an emergency closing; the queue's hours hold again. errs.NotFound for a queue without one.
func (d *Dispatcher) Reopen(queue string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.floor.closings[queue]; !ok {
		return errs.At(errs.NotFound, "queue", "queue %q is not closed in an emergency", queue)
	}
	delete(d.floor.closings, queue)
	d.turn()
	return nil
}

// onHours opens and closes what is due.
func (d *Dispatcher) onHours() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.turn()
}

// turn opens and closes queues as hours and emergencies say now, and sets the timer for the next change.
func (d *Dispatcher) turn() {
	now := time.Now()
	next := now.Add(hoursLook)
	for _, id := range slices.Sorted(maps.Keys(d.floor.set)) {
		open, reason, change := d.floor.state(id, now)
		d.floor.changes[id] = change
		if c, ok := d.floor.closings[id]; ok && c.until.After(now) && c.until.Before(next) {
			next = c.until
		}
		if change.After(now) && change.Before(next) {
			next = change
		}
		if d.tenure.valid() && open == d.floor.set[id].shut {
			d.turnQueue(id, open, reason)
		}
	}
	d.floor.next = next
	if d.hours != nil {
		d.hours.Reset(next.Sub(now))
	}
}

func (d *Dispatcher) turnQueue(id string, open bool, reason string) {
	q := d.floor.set[id]
	q.shut = !open
	d.floor.set[id] = q
	ev := routing.Event{Type: routing.QueueOpened, QueueID: id}
	if !open {
		ev.Type, ev.Reason = routing.QueueClosed, reason
	}
	_ = d.feed(ev)
}

// state says whether a queue is to be open now, why not in an emergency, and when that changes.
func (f *floor) state(id string, now time.Time) (open bool, reason string, change time.Time) {
	c, emergency := f.closings[id]
	if emergency && !c.until.IsZero() && !c.until.After(now) {
		delete(f.closings, id)
		emergency = false
	}
	if !emergency {
		open, change = f.hours(id, now)
		return open, "", change
	}
	if c.until.IsZero() {
		return false, c.reason, time.Time{}
	}
	if later, then := f.hours(id, c.until); !later {
		return false, c.reason, then
	}
	return false, c.reason, c.until
}

func (f *floor) hours(id string, t time.Time) (bool, time.Time) {
	if _, configured := f.wish[id]; !configured || f.open == nil {
		return true, time.Time{}
	}
	return f.open(id, t)
}
