package dispatch

import (
	"slices"
	"sync"
	"time"

	"santra/internal/routing"
)

// room is a Worker with customers of its own: it knows of each piece of work where it is, and what was done to it.
type room struct {
	mu     sync.Mutex
	has    map[string]*stay
	double []string      // what was given twice
	notes  []string      // diverted, moved, expired
	rings  chan Offer    // may be nil
	pause  chan struct{} // Announce waits for it; may be nil
}

// stay is one piece of work in the room.
type stay struct {
	work     routing.Work
	offer    Offer // while it rings
	agent    string
	answered int
	over     bool
}

func newRoom() *room { return &room{has: map[string]*stay{}} }

// bring has work come and wait in the room, and at d.
func (r *room) bring(d *Dispatcher, w routing.Work) error {
	if w.Arrived.IsZero() {
		w.Arrived = time.Now()
	}
	r.mu.Lock()
	r.has[w.ID] = &stay{work: w}
	r.mu.Unlock()
	err := d.Enqueue(w)
	if err != nil {
		r.mu.Lock()
		delete(r.has, w.ID)
		r.mu.Unlock()
	}
	return err
}

func (r *room) with(id string, f func(*stay)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.has[id]; s != nil {
		f(s)
	}
}

func (r *room) Offered(o Offer) {
	r.with(o.Work.ID, func(s *stay) {
		if s.agent != "" || (s.offer.Agent != "" && s.offer.Agent != o.Agent) {
			r.double = append(r.double, o.Work.ID)
		}
		s.offer = o
	})
	if r.rings != nil {
		r.rings <- o
	}
}

func (r *room) Withdrawn(o Offer, _ string) {
	r.with(o.Work.ID, func(s *stay) {
		if s.offer.Agent == o.Agent {
			s.offer = Offer{}
		}
	})
}

func (r *room) Diverted(w routing.Work, to routing.Target, reason string) {
	r.note("divert " + w.ID + " " + to.Kind.String() + " " + to.Name + " " + reason)
	if to.Kind != routing.ToCallback {
		r.with(w.ID, func(s *stay) { s.over = true })
	}
}

func (r *room) Moved(w routing.Work, to, reason string) {
	r.note("move " + w.ID + " " + w.Queue + " " + to + " " + reason)
	r.with(w.ID, func(s *stay) { s.work.Queue = to })
}

func (r *room) Expired(w routing.Work) {
	r.note("expire " + w.ID)
	r.with(w.ID, func(s *stay) { s.over = true })
}

func (r *room) note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, s)
}

func (r *room) Announce() []Announcement {
	if r.pause != nil {
		<-r.pause
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Announcement
	for _, s := range r.has {
		if s.over {
			continue
		}
		a := Announcement{Work: s.work, Agent: s.agent}
		if s.offer.Agent != "" {
			a.Agent, a.Until, a.Epoch = s.offer.Agent, s.offer.Expires, s.offer.Epoch
		}
		all = append(all, a)
	}
	return all
}

// answer takes up what rings at an agent, at d.
func (r *room) answer(d *Dispatcher, o Offer) error {
	err := d.AcceptOffer(o)
	r.with(o.Work.ID, func(s *stay) {
		s.offer = Offer{}
		if err == nil {
			s.agent = o.Agent
			s.answered++
		}
	})
	return err
}

// finish ends a call at d.
func (r *room) finish(d *Dispatcher, id string) {
	var agent string
	r.with(id, func(s *stay) { agent, s.over = s.agent, true; s.agent = "" })
	d.Finish(id, agent)
}

// state gives a copy of one stay.
func (r *room) state(id string) stay {
	r.mu.Lock()
	defer r.mu.Unlock()
	return *r.has[id]
}

func (r *room) noted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.notes)
}

var (
	_ Worker    = (*room)(nil)
	_ Carrier   = (*room)(nil)
	_ Announcer = (*room)(nil)
)
