package actor

import (
	"slices"
	"sync"

	"santra/internal/errs"
)

// goneKept is how many ended actors are remembered by their ids, so that asking for one says "gone" and not "unknown".
const goneKept = 10000

// Key is how an actor is found.
type Key struct {
	ID  string // its own, never used again
	Job string // of the work that it does; the next actor of the same work takes it over
}

// Table finds the running actors; everything of an actor is its own. A is a pointer.
type Table[A comparable] struct {
	what   string
	limit  int
	urgent int

	mu     sync.RWMutex
	closed bool // no new ones but the urgent
	shut   bool // none at all: what there is ends
	live   map[string]A
	jobs   map[string]A
	gone   map[string]struct{}
	order  []string // of gone, oldest first
	alive  sync.WaitGroup
}

// NewTable makes a table for at most limit actors, and for so many more that are urgent; what they are ("call") is said in
// errors.
func NewTable[A comparable](what string, limit, urgent int) *Table[A] {
	return &Table[A]{what: what, limit: limit, urgent: urgent, live: map[string]A{}, jobs: map[string]A{}, gone: map[string]struct{}{}}
}

// Add takes a new actor; errs.Unavailable when closed, errs.Limited when full. An urgent one is taken until Shut, over the
// limit too.
func (t *Table[A]) Add(k Key, a A, urgent bool) error {
	limit := t.limit
	if urgent {
		limit += t.urgent
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.shut, t.closed && !urgent:
		return errs.New(errs.Unavailable, "no new %ss: stopping", t.what)
	case len(t.live) >= limit:
		return errs.New(errs.Limited, "no more than %d %ss", limit, t.what)
	}
	t.live[k.ID], t.jobs[k.Job] = a, a
	t.alive.Add(1) // under the lock: never after Shut, so never beside a Wait
	return nil
}

// Close refuses new actors from now on, but urgent ones.
func (t *Table[A]) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
}

// Shut refuses all of them.
func (t *Table[A]) Shut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed, t.shut = true, true
}

// Wait returns when every actor has been removed; to be called after Shut.
func (t *Table[A]) Wait() { t.alive.Wait() }

// Of finds the actor that does a piece of work; the zero A without one.
func (t *Table[A]) Of(job string) A {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.jobs[job]
}

// Remove forgets an added actor but its id, once.
func (t *Table[A]) Remove(k Key, a A) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.live, k.ID)
	if t.jobs[k.Job] == a { // the next one may have it by now
		delete(t.jobs, k.Job)
	}
	t.alive.Done()
	t.gone[k.ID] = struct{}{}
	t.order = append(t.order, k.ID)
	if len(t.order) > goneKept {
		delete(t.gone, t.order[0])
		t.order = slices.Delete(t.order, 0, 1)
	}
}

// Get finds an actor; errs.Gone after its end, errs.NotFound where there never was one (or long ago).
func (t *Table[A]) Get(id string) (A, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if a, ok := t.live[id]; ok {
		return a, nil
	}
	var none A
	if _, ok := t.gone[id]; ok {
		return none, errs.New(errs.Gone, "the %s is over", t.what)
	}
	return none, errs.New(errs.NotFound, "no such %s", t.what)
}

// All gives the running actors in no order.
func (t *Table[A]) All() []A {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := make([]A, 0, len(t.live))
	for _, a := range t.live {
		list = append(list, a)
	}
	return list
}

// Len is how many actors run.
func (t *Table[A]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.live)
}

// Full tells whether Add would refuse one that is not urgent.
func (t *Table[A]) Full() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.closed || len(t.live) >= t.limit
}
