package voice

import (
	"slices"
	"sync"

	"santra/internal/errs"
)

// EmergencyRoom is for how many calls to the emergency centre there is room beside as many other calls as there may be.
const EmergencyRoom = 500

// goneKept is how many ended calls are remembered by their ids, so that asking for one says "gone" and not "unknown".
const goneKept = 10000

// calls is the table of the running calls. It only finds them; everything of a call is its actor's.
type calls struct {
	mu     sync.RWMutex
	limit  int
	closed bool // draining: no calls but to the emergency centre
	shut   bool // none at all: what there is ends
	live   map[string]*call
	jobs   map[string]*call // by their work in dispatch
	gone   map[string]struct{}
	order  []string // of gone, oldest first
	alive  sync.WaitGroup
}

func newCalls(limit int) *calls {
	return &calls{limit: limit, live: map[string]*call{}, jobs: map[string]*call{}, gone: map[string]struct{}{}}
}

// add takes a new call; errs.Unavailable when draining, errs.Limited when full. A call to the emergency centre is taken as long
// as anything runs, over the limit too.
func (t *calls) add(c *call) error {
	limit, help := t.limit, c.out.emergency
	if help {
		limit += EmergencyRoom
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.shut, t.closed && !help:
		return errs.New(errs.Unavailable, "no new calls: stopping")
	case len(t.live) >= limit:
		return errs.New(errs.Limited, "no more than %d calls", limit)
	}
	t.live[c.id], t.jobs[c.job] = c, c
	t.alive.Add(1) // under the lock: never after end, so never beside a Wait
	return nil
}

// close refuses new calls from now on, but to the emergency centre.
func (t *calls) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
}

// end refuses all of them.
func (t *calls) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed, t.shut = true, true
}

// of finds the call that does a piece of dispatch's work; nil without it.
func (t *calls) of(job string) *call {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.jobs[job]
}

// remove forgets an added call but its id, once.
func (t *calls) remove(c *call) {
	id := c.id
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.live, id)
	if t.jobs[c.job] == c { // its callback may have it by now
		delete(t.jobs, c.job)
	}
	t.alive.Done()
	t.gone[id] = struct{}{}
	t.order = append(t.order, id)
	if len(t.order) > goneKept {
		delete(t.gone, t.order[0])
		t.order = slices.Delete(t.order, 0, 1)
	}
}

// get finds a call; errs.Gone after its end, errs.NotFound where there never was one (or long ago).
func (t *calls) get(id string) (*call, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if c, ok := t.live[id]; ok {
		return c, nil
	}
	if _, ok := t.gone[id]; ok {
		return nil, errs.New(errs.Gone, "the call is over")
	}
	return nil, errs.New(errs.NotFound, "no such call")
}

// all gives the running calls in no order.
func (t *calls) all() []*call {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := make([]*call, 0, len(t.live))
	for _, c := range t.live {
		list = append(list, c)
	}
	return list
}

func (t *calls) len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.live)
}

func (t *calls) full() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.closed || len(t.live) >= t.limit
}
