package measure

import (
	"maps"
	"slices"
	"time"

	"santra/internal/routing"
)

// Limits of a Recorder.
const (
	// DefaultShort is how long a wait is short for a queue that does not say: who hangs up sooner has dialled wrong, or heard
	// what they wanted to know in the announcement.
	DefaultShort = 5 * time.Second
	// MaxPending bounds the records that nobody has taken: of a city's usual traffic, hours of a database that is down. What
	// comes then is dropped and counted.
	MaxPending = 200_000
)

// Recorder makes records of what the engine was told and decided. It belongs to one goroutine, or to a lock, as the engine
// does; it never blocks. Take gives what has come together, for a Journal.
type Recorder struct {
	source   string
	seq      int64
	now      time.Time // the greatest time seen: a record is never earlier than the one before
	out      []Record
	dropped  int64
	queues   map[string]target
	passages map[string]*passage // by work: what waits, rings or is in hand
	agents   map[string]*shift
	replayed time.Time // of the last record that Replay told
}

// target is what a queue's records carry.
type target struct {
	agency        string
	within, short time.Duration
}

// NewRecorder makes one. source is opaque and fresh for each start (id.New): it keeps two owners' records apart.
func NewRecorder(source string) *Recorder {
	return &Recorder{source: source, queues: map[string]target{}, passages: map[string]*passage{}, agents: map[string]*shift{}}
}

// Target sets, for a queue's records from now on, within what time a call is answered in time (0: as the queue's QueueSet
// said, else routing.DefaultWithin) and how long a wait is short (0: DefaultShort).
func (r *Recorder) Target(queue string, within, short time.Duration) {
	t := r.target(queue)
	if within > 0 {
		t.within = within
	}
	t.short = DefaultShort
	if short > 0 {
		t.short = short
	}
	r.queues[queue] = t
}

func (r *Recorder) target(queue string) target {
	if t, ok := r.queues[queue]; ok {
		return t
	}
	return target{within: routing.DefaultWithin, short: DefaultShort}
}

// Record makes the records of one event and the decisions that Apply gave for it. ev.At must be set. Neither is kept.
//
// What was due is decided before the event, and in the same slice: so what takes work away is looked at after the decisions,
// all else before them.
func (r *Recorder) Record(ev routing.Event, decisions []routing.Decision) {
	r.clock(ev.At)
	refused := slices.ContainsFunc(decisions, func(d routing.Decision) bool { return d.Type == routing.Refuse })
	if !refused {
		r.begun(ev)
	}
	for _, d := range decisions {
		r.decided(d)
	}
	if !refused {
		r.over(ev)
	}
}

// clock keeps time from going back.
func (r *Recorder) clock(at time.Time) {
	if at = Micro(at); at.After(r.now) {
		r.now = at
	}
}

// begun records what an event begins.
func (r *Recorder) begun(ev routing.Event) {
	switch {
	case ev.Queue != nil && ev.Type == routing.QueueSet:
		r.setQueue(ev.Queue)
	case ev.Agent != nil && ev.Type == routing.SignedIn:
		r.signIn(ev.Agent)
	case ev.Work != nil:
		r.comes(ev)
	default:
		r.goesOn(ev)
	}
}

func (r *Recorder) comes(ev routing.Event) {
	switch ev.Type {
	case routing.Arrived:
		r.arrive(ev.Work)
	case routing.Restored:
		r.restore(ev.Work, ev.AgentID)
	case routing.Reoffered:
		r.arrive(ev.Work).ring(ev.AgentID, r.now)
	case routing.Transferred:
		r.onPassage(ev.WorkID, func(p *passage) { r.transfer(p, ev.Work) })
	default:
		r.goesOn(ev)
	}
}

func (r *Recorder) goesOn(ev routing.Event) {
	switch ev.Type {
	case routing.Accepted:
		r.onPassage(ev.WorkID, func(p *passage) { r.answer(p, ev.AgentID) })
	case routing.Finished:
		r.onPassage(ev.WorkID, func(p *passage) { r.end(p, routing.Handled, "", r.now) })
	case routing.Converted:
		r.onPassage(ev.WorkID, r.convert)
	}
}

// over records what an event ends. An engine that says Ended has been heard by then.
func (r *Recorder) over(ev routing.Event) {
	switch ev.Type {
	case routing.Removed:
		r.onPassage(ev.WorkID, func(p *passage) { r.leave(p, ev.Reason) })
	case routing.SignedOut:
		r.leaving(ev.AgentID)
	}
}

func (r *Recorder) decided(d routing.Decision) {
	if d.Type == routing.StateChange {
		r.state(d)
		return
	}
	p := r.passages[d.WorkID]
	if p == nil {
		return
	}
	switch d.Type {
	case routing.Offer:
		p.ring(d.AgentID, r.now)
		r.emit(p.record(Offered, r.now))
	case routing.Withdraw:
		r.withdraw(p, d.Reason)
	case routing.Moved:
		r.move(p, d.To.Name, Overflow, d.Reason)
	case routing.Divert:
		if d.To.Kind != routing.ToCallback { // that goes on waiting, until Converted
			r.divert(p, d)
		}
	case routing.Ended:
		r.leave(p, d.Reason)
	}
}

func (r *Recorder) setQueue(q *routing.Queue) {
	t := r.target(q.ID)
	t.agency, t.within = q.Agency, routing.DefaultWithin
	if q.Within > 0 {
		t.within = q.Within
	}
	r.queues[q.ID] = t
}

func (r *Recorder) onPassage(work string, f func(*passage)) {
	if p := r.passages[work]; p != nil {
		f(p)
	}
}

// emit names a record and keeps it until Take. One that a journal would refuse is dropped here: it would hold up all after it.
func (r *Recorder) emit(rec Record) {
	r.seq++
	rec.Source, rec.Seq = r.source, r.seq
	if len(r.out) >= MaxPending || rec.Check() != nil {
		r.dropped++
		return
	}
	r.out = append(r.out, rec)
}

// Take gives the records made since the last Take, at most limit; they are the caller's.
func (r *Recorder) Take(limit int) []Record {
	if limit >= len(r.out) {
		taken := r.out
		r.out = nil
		return taken
	}
	taken := slices.Clone(r.out[:limit])
	r.out = slices.Delete(r.out, 0, limit)
	return taken
}

// Dropped is how many records there was no room for (MaxPending), or that no journal takes (Record.Check: ids over MaxIDLen, work
// without a queue). The figures lack them, so it belongs into the log.
func (r *Recorder) Dropped() int64 { return r.dropped }

// Replay tells a new Recorder of what the journal has open (Journal.Open) from before a take-over or a restart, so that work
// which is announced goes on where it was: since when it waits or is in hand, since when an agent is in a state. It is called
// before the first Record, with the records by time; after them may come all others, of which the journal does not know yet.
func (r *Recorder) Replay(rec Record) {
	if rec.At.After(r.replayed) {
		r.replayed = rec.At
	}
	switch rec.Type {
	case Queued, Answered:
		r.replayPassage(rec)
	case Held:
		r.onPassage(rec.Work, func(p *passage) { p.held = rec.At })
	case Retrieved:
		r.onPassage(rec.Work, func(p *passage) { p.held = time.Time{} })
	case Ended:
		r.replayEnd(rec)
	case Left, Moved, Diverted:
		delete(r.passages, rec.Work)
	case AgentState:
		r.replayState(rec)
	}
}

func (r *Recorder) replayPassage(rec Record) {
	p := passageOf(rec)
	p.replayed = true
	r.passages[rec.Work] = p
	if p.taken && p.kind == routing.Mail {
		r.shift(p.agent).mails++
	}
}

func (r *Recorder) replayEnd(rec Record) {
	s := r.shift(rec.Agent)
	if rec.Kind != routing.Mail {
		s.last = passageOf(rec)
	} else if r.passages[rec.Work] != nil {
		s.mails--
	}
	delete(r.passages, rec.Work)
	s.replayWrapUp()
}

// Settle ends what Replay told of and nobody has announced since: waiting work is Lost; what was in hand, and the states of
// agents, ended with the last that the journal knows. The owner calls it once all announcements are in; after a restart that
// nothing survived, at once.
func (r *Recorder) Settle(at time.Time) {
	r.clock(at)
	for _, id := range slices.Sorted(maps.Keys(r.passages)) {
		switch p := r.passages[id]; {
		case !p.replayed:
		case p.taken:
			r.end(p, routing.Handled, "", r.replayed)
		default:
			r.leave(p, Lost)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.agents)) {
		if s := r.agents[id]; s.replayed || s.state == SignedOut {
			r.signOut(id, r.replayed)
		}
	}
}
