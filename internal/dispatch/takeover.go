package dispatch

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/lease"
	"santra/internal/routing"
	"santra/internal/routing/engine"
)

// LeaseName is the lease under which one process decides for the whole centre.
const LeaseName = "routing"

// MaxPostponed bounds what is remembered of what happens while nobody decides; beyond it agents are refused (Unavailable) and
// the rooms' announcements must do.
const MaxPostponed = 100_000

// tenure is one ownership of routing; the zero tenure is none.
type tenure struct {
	holder *lease.Holder // nil: without a lease
	epoch  uint64
}

// valid tells whether we may decide at this instant.
func (t tenure) valid() bool { return t.epoch != 0 && (t.holder == nil || t.holder.Valid()) }

// gap is what happened while nobody decided here.
type gap struct {
	events  []routing.Event
	ended   map[string]bool // work
	refused map[string]bool // work whose answer came to nothing: it rings no more
	seated  map[string]bool // who came (true) and went
}

func newGap() gap {
	return gap{ended: map[string]bool{}, refused: map[string]bool{}, seated: map[string]bool{}}
}

// came tells of who came to a seat and stayed, before the work is told that rings there.
func (g gap) came(feed func(routing.Event) error) {
	for _, ev := range g.events {
		if ev.Type == routing.SignedIn && g.seated[ev.AgentID] {
			_ = feed(ev)
		}
	}
}

// happened tells of all else, in its order.
func (g gap) happened(feed func(routing.Event) error) {
	for _, ev := range g.events {
		if ev.Type != routing.SignedIn && (ev.Type != routing.SignedOut || !g.seated[ev.AgentID]) {
			_ = feed(ev)
		}
	}
}

func resting() error {
	return errs.New(errs.Unavailable, "nobody decides at this moment who gets which work; try again")
}

// postpone keeps what an agent or a customer did for the next owner's engine; what needs an answer now is refused.
func (d *Dispatcher) postpone(ev routing.Event) error {
	if len(d.gap.events) >= MaxPostponed {
		return resting()
	}
	switch ev.Type {
	case routing.SignedIn, routing.SignedOut:
		d.gap.seated[ev.AgentID] = ev.Type == routing.SignedIn
	case routing.StateSet:
		if !d.seated(ev.AgentID) {
			return errs.New(errs.NotFound, "no such agent at a seat")
		}
	case routing.Removed, routing.Finished:
		d.gap.ended[ev.WorkID] = true
	case routing.Declined:
	default:
		return resting()
	}
	d.gap.events = append(d.gap.events, ev)
	return nil
}

func (d *Dispatcher) seated(agent string) bool {
	if there, said := d.gap.seated[agent]; said {
		return there
	}
	_, there := d.engine.Agent(agent)
	return there
}

// Deciding tells whether this dispatcher owns routing now; else it stands by, or has lost the lease and takes it again.
func (d *Dispatcher) Deciding() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tenure.valid()
}

// acquire waits until routing is ours and takes it over.
func (d *Dispatcher) acquire(ctx context.Context) error {
	t := tenure{epoch: max(d.cfg.Epoch, 1)}
	if d.cfg.Lease.Store != nil {
		patience := time.AfterFunc(2*cmp.Or(d.cfg.Lease.TTL, lease.DefaultTTL), func() {
			d.cfg.Log.Warn("another process decides, or the database does not answer: waiting for the lease", "lease", d.cfg.Lease.Name)
		})
		defer patience.Stop()
		h, err := lease.Acquire(ctx, d.cfg.Lease)
		if err != nil {
			return errs.New(errs.Unavailable, "routing is owned by another process: %w", err)
		}
		t = tenure{h, h.Epoch()}
	}
	d.takeOver(ctx, t)
	return nil
}

// own takes the lease again whenever it was lost.
func (d *Dispatcher) own() {
	for {
		d.mu.Lock()
		h := d.tenure.holder
		d.mu.Unlock()
		if h == nil { // without a lease, or an acquisition failed half-way
			if d.cfg.Lease.Store == nil || d.acquire(d.life) != nil {
				return
			}
			continue
		}
		select {
		case <-d.life.Done():
			return
		case <-h.Lost():
		}
		d.cfg.Log.Warn("the lease on routing is lost: nothing is given out until it is back", "epoch", h.Epoch())
		d.rest()
		if err := d.acquire(d.life); err != nil {
			return // stopping
		}
	}
}

// rest stops deciding. What there is stays to be looked at, and to be announced.
func (d *Dispatcher) rest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.books.recorder.Checkpoint(time.Now())
	d.books.drain()
	d.tenure = tenure{}
}

// takeOver makes a new engine of what the rooms announce and of what is remembered here.
func (d *Dispatcher) takeOver(ctx context.Context, t tenure) {
	d.books.pen <- struct{}{}
	defer func() { <-d.books.pen }()
	if d.books.journal != nil {
		if err := d.write(ctx); err != nil {
			d.cfg.Log.Error("the journal can't be written; it is tried again", "error", err)
		}
	}
	past := d.read(ctx)
	told := d.announced()
	began := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tenure, d.last = t, t.holder
	d.books.resume(past)
	d.rebuild(told)
	if d.settled { // a restart's rooms still have to announce
		d.books.recorder.Settle(time.Now())
	}
	d.cfg.Log.Info("routing is decided here", "epoch", t.epoch, "work", len(d.items), "agents", len(d.engine.Agents()), "took", time.Since(began))
}

// Settled says that after a start all rooms have told what they have. What the journal knows beyond that was lost with the
// process before, and is counted so.
func (d *Dispatcher) Settled() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = true
	d.books.recorder.Settle(time.Now())
}

// report is what the rooms announce.
type report struct {
	work []Announcement
	by   map[routing.Kind]bool // kinds whose room announces
}

// announced asks the rooms, in the order of the deliveries: they have heard then of every decision that was made.
func (d *Dispatcher) announced() report {
	r := report{by: map[routing.Kind]bool{}}
	done := make(chan struct{})
	d.mu.Lock()
	var rooms []Announcer
	for _, k := range []routing.Kind{routing.Call, routing.Mail, routing.Callback, routing.Outgoing} {
		a, ok := d.workers[k].(Announcer)
		if r.by[k] = ok; ok && !slices.ContainsFunc(rooms, func(b Announcer) bool { return same(a, b) }) {
			rooms = append(rooms, a)
		}
	}
	d.post(func() {
		defer close(done)
		for _, a := range rooms {
			r.work = append(r.work, a.Announce()...)
		}
	})
	d.mu.Unlock()
	select {
	case <-done:
		return r
	case <-d.life.Done():
		return report{}
	}
}

// same tells whether two rooms are one that does several kinds.
func same(a, b Announcer) bool {
	return reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b
}

// memory is what an engine remembers.
type memory struct {
	agents []routing.Agent
	left   []string // of them: who has signed out and still has something in hand
	work   []Announcement
}

// remembered asks an engine for what makes an equivalent one, but for the queues: the floor has them.
func remembered(e *engine.Engine) (m memory) {
	for ev := range e.Announce {
		switch ev.Type {
		case routing.SignedIn:
			m.agents = append(m.agents, *ev.Agent)
		case routing.SignedOut:
			m.left = append(m.left, ev.AgentID)
		case routing.Restored, routing.Reoffered, routing.Arrived:
			m.work = append(m.work, Announcement{Work: *ev.Work, Agent: ev.AgentID, Until: ev.Until})
		}
	}
	return m
}

// merge says what there is, of what was remembered here and what the rooms announce. A room's word counts: it has the
// customer. What no room knows any more is over, unless its end happened in the gap: then it is there to be ended.
func merge(mine []Announcement, told report, g gap) []Announcement {
	known := make(map[string]Announcement, len(mine))
	for _, a := range mine {
		known[a.Work.ID] = a
	}
	seen := make(map[string]bool, len(told.work))
	all := make([]Announcement, 0, len(told.work))
	for _, a := range told.work {
		if seen[a.Work.ID] {
			continue
		}
		seen[a.Work.ID] = true
		if g.refused[a.Work.ID] && !a.Until.IsZero() {
			a.Agent, a.Until = "", time.Time{}
		}
		if m := known[a.Work.ID]; a.Work.Past == nil && m.Work.Queue == a.Work.Queue {
			a.Work.Past = m.Work.Past
		}
		all = append(all, a)
	}
	for _, a := range mine {
		if !seen[a.Work.ID] && (!told.by[a.Work.Kind] || g.ended[a.Work.ID]) {
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, before)
	return all
}

// before is the order in which work is told to a new engine: what is in hand, what rings, and what waits, by arrival.
func before(a, b Announcement) int {
	return cmp.Or(cmp.Compare(a.phase(), b.phase()), a.Work.Arrived.Compare(b.Work.Arrived))
}

func (a Announcement) phase() int {
	switch {
	case a.Agent == "":
		return 2
	case !a.Until.IsZero():
		return 1
	default:
		return 0
	}
}

// rebuild makes the engine anew.
func (d *Dispatcher) rebuild(told report) {
	m := remembered(d.engine)
	all, gone, old := merge(m.work, told, d.gap), d.gap, d.items
	d.engine, d.items, d.gap = engine.New(d.policy), make(map[string]*item, len(all)), newGap()
	d.rebuildQueues()
	for _, a := range unoccupied(m.agents, all) {
		_ = d.feed(routing.Event{Type: routing.SignedIn, AgentID: a.ID, Agent: &a})
	}
	gone.came(d.feed)
	for _, a := range all {
		d.rebuildWork(a, old[a.Work.ID])
	}
	for _, agent := range m.left {
		_ = d.feed(routing.Event{Type: routing.SignedOut, AgentID: agent})
	}
	gone.happened(d.feed)
	d.reportQueue(d.follow())
}

// rebuildQueues sets the queues that are wished for, and those that there were besides, so that what waits there finds them.
// They are open or closed before work comes.
func (d *Dispatcher) rebuildQueues() {
	was := d.floor.set
	d.floor.set, d.floor.work, d.floor.emptied = map[string]queue{}, map[string]int{}, nil
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if _, wished := d.floor.wish[id]; !wished && !was[id].lent {
			d.reportQueue(d.setQueue(was[id].Queue, false))
		}
	}
	d.reportQueue(d.setWished())
	d.turn()
}

func (d *Dispatcher) reportQueue(err error) {
	if err != nil {
		d.cfg.Log.Error("a queue is not as configured", "error", err)
	}
}

// unoccupied frees agents from calls and offers that are not there any more: what they have now is told by the work.
func unoccupied(agents []routing.Agent, all []Announcement) []routing.Agent {
	has := map[string]bool{}
	for _, a := range all {
		if a.Agent != "" {
			has[a.Agent] = true
		}
	}
	for i, a := range agents {
		if p := a.Past; p != nil && !has[a.ID] && (p.State == routing.Busy || p.State == routing.Offered) {
			past := *p
			past.State, past.Next = cmp.Or(p.Next, routing.Ready), ""
			agents[i].Past = &past
		}
	}
	return agents
}

// rebuildWork tells the engine of one piece of work: in hand, ringing or waiting. What can't ring on waits.
func (d *Dispatcher) rebuildWork(a Announcement, old *item) {
	w := a.Work
	switch {
	case d.items[w.ID] != nil || w.ID == "":
	case a.phase() == 0:
		d.rebuildInHand(w, a.Agent, old)
	case a.phase() == 1 && d.rebuildRinging(a, old):
	default:
		d.rebuildWaiting(w)
	}
}

func (d *Dispatcher) rebuildInHand(w routing.Work, agent string, old *item) {
	if err := d.inHand(w, agent); err != nil {
		d.cfg.Log.Error("work in hand is not taken over", "work", w.ID, "error", err)
		return
	}
	if it := d.items[w.ID]; it != nil && old != nil && old.held {
		it.held = true
		d.books.recorder.Hold(w.ID, true, time.Now())
	}
}

func (d *Dispatcher) rebuildRinging(a Announcement, old *item) bool {
	w := a.Work
	v, _ := d.engine.Agent(a.Agent)
	o := Offer{Work: w, Agent: a.Agent, Seat: v.Seat, Expires: a.Until, Epoch: a.Epoch}
	if old != nil && old.offer != nil && old.offer.Agent == a.Agent {
		o.Why, o.Reasons = old.offer.Why, old.offer.Reasons
		o.Epoch = cmp.Or(o.Epoch, old.offer.Epoch)
	}
	d.add(&item{work: w, offer: &o})
	err := d.feed(routing.Event{Type: routing.Reoffered, Work: &w, AgentID: a.Agent, Until: a.Until})
	if err == nil {
		return true
	}
	d.withdraw(d.items[w.ID], routing.Forced)
	d.forget(w.ID)
	return false
}

// rebuildWaiting gives work its place; a room that does not know since when it is in its queue is taken at its arrival. With
// a place no rule for newcomers is asked: who waits in a closed queue stays.
func (d *Dispatcher) rebuildWaiting(w routing.Work) {
	if w.Past == nil {
		w.Past = &routing.Placement{Entered: w.Arrived}
	}
	if err := d.begin(w, routing.Event{Type: routing.Arrived, Work: &w}); err != nil {
		d.cfg.Log.Error("waiting work is not taken over", "work", w.ID, "error", err)
	}
}

// resign frees the lease for the next; where that fails, the next waits for its end.
func (d *Dispatcher) resign(ctx context.Context) {
	d.mu.Lock()
	h := d.last
	d.last = nil
	d.mu.Unlock()
	if h == nil {
		return
	}
	if err := h.Release(ctx); err != nil {
		d.cfg.Log.Warn("the lease is not released: the next owner waits until it has run out", "error", err)
	}
}
