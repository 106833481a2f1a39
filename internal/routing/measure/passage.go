package measure

import (
	"time"

	"santra/internal/routing"
)

// passage is one stay of a piece of work in a queue, and in the hands of the agent who answered it there.
type passage struct {
	kind                routing.Kind
	first, taken        bool
	replayed            bool // told by Replay and not announced yet
	work, queue, agency string
	arrived, entered    time.Time
	agent               string    // at whom it rings, or who has it
	since               time.Time // it rings, or is in hand
	held                time.Time // on hold since; zero: not
}

func passageOf(r Record) *passage {
	return &passage{
		kind: r.Kind, first: r.First, taken: r.Type == Answered, work: r.Work, queue: r.Queue, agency: r.Agency, arrived: r.Arrived,
		entered: r.Entered, agent: r.Agent, since: r.At,
	}
}

// record makes a record of the passage; its phase began at since.
func (p *passage) record(t Type, at time.Time) Record {
	return Record{
		At: at, Type: t, Kind: p.kind, First: p.first, Work: p.work, Queue: p.queue, Agency: p.agency, Agent: p.agent,
		Arrived: p.arrived, Entered: p.entered,
	}
}

func (p *passage) ring(agent string, at time.Time) {
	if p.agent != agent || p.taken {
		p.agent, p.since, p.taken = agent, at, false
	}
}

// enter opens a passage and records it.
func (r *Recorder) enter(p *passage, reason, from string) {
	r.passages[p.work] = p
	rec := p.record(Queued, r.now)
	rec.Agent, rec.Reason, rec.To = "", reason, from
	r.emit(rec)
}

// arrive opens the passage of work that came, or goes on with that which Replay told.
func (r *Recorder) arrive(w *routing.Work) *passage {
	p := r.passages[w.ID]
	switch {
	case p == nil:
		return r.open(w)
	case p.replayed:
		p.replayed = false
		r.resume(p, w)
	}
	return r.passages[w.ID]
}

func (r *Recorder) open(w *routing.Work) *passage {
	p := &passage{
		kind: w.Kind, first: !w.Transferred, work: w.ID, queue: w.Queue, agency: w.Agency,
		arrived: Micro(w.Arrived), entered: r.now,
	}
	if p.agency == "" {
		p.agency = r.target(w.Queue).agency
	}
	fresh := w.Kind == routing.Call && w.Past == nil && !w.Transferred // till now the caller heard announcements: that is no wait
	if fresh || p.arrived.IsZero() || p.arrived.After(r.now) {
		p.arrived = r.now
	}
	reason := ""
	if w.Transferred {
		reason = Transfer
	}
	r.enter(p, reason, "")
	return p
}

// resume brings a passage that Replay told to where the announcement says that it is.
func (r *Recorder) resume(p *passage, w *routing.Work) {
	switch {
	case p.taken: // it is nobody's any more
		r.transfer(p, w)
	case p.queue != w.Queue:
		r.move(p, w.Queue, Overflow, "")
	case p.kind == routing.Call && w.Kind == routing.Callback:
		r.convert(p)
	}
}

// restore has the agent go on with what was in hand, or begin with it where the journal does not know.
func (r *Recorder) restore(w *routing.Work, agent string) {
	if p := r.passages[w.ID]; p != nil && p.taken && p.agent == agent {
		p.replayed = false
		return
	}
	r.answer(r.arrive(w), agent)
}

func (r *Recorder) answer(p *passage, agent string) {
	rec := p.record(Answered, r.now)
	rec.Agent, rec.Within = agent, r.target(p.queue).within
	if p.agent == agent {
		rec.Since = p.since
	}
	p.agent, p.taken, p.since = agent, true, r.now
	r.emit(rec)
	r.mailing(p, +1)
}

// end closes what an agent had in hand, and the hold that it ended in.
func (r *Recorder) end(p *passage, reason, to string, at time.Time) {
	if !p.taken {
		return
	}
	if at.Before(p.since) {
		at = p.since
	}
	r.hold(p, false, at)
	rec := p.record(Ended, at)
	rec.Since, rec.Reason, rec.To = p.since, reason, to
	r.emit(rec)
	r.mailing(p, -1)
	delete(r.passages, p.work)
	if p.kind != routing.Mail {
		r.shift(p.agent).last = p
	}
}

// leave closes a passage that nobody answered, or what was in hand.
func (r *Recorder) leave(p *passage, reason string) {
	if p.taken {
		r.end(p, routing.Handled, "", r.now)
		return
	}
	if reason == "" {
		reason = routing.Abandoned
	}
	rec := p.record(Left, r.now)
	rec.Reason, rec.Within, rec.Short = reason, r.target(p.queue).within, r.target(p.queue).short
	r.emit(rec)
	delete(r.passages, p.work)
}

func (r *Recorder) withdraw(p *passage, reason string) {
	kinds := map[string]Type{routing.NoAnswer: NoAnswered, routing.WasDeclined: Declined}
	t, ok := kinds[reason]
	if !ok {
		t = Withdrawn
	}
	rec := p.record(t, r.now)
	rec.Since, rec.Reason = p.since, reason
	r.emit(rec)
	p.agent, p.since = "", time.Time{}
}

// move takes an unanswered passage to another queue, where the customer's wait goes on.
func (r *Recorder) move(p *passage, to, reason, condition string) {
	rec := p.record(Moved, r.now)
	rec.To, rec.Reason = to, condition
	r.emit(rec)
	r.enter(p.next(to, r.target(to).agency, p.kind, r.now), reason, p.queue)
}

// convert makes a waiting call a callback of the same queue.
func (r *Recorder) convert(p *passage) {
	rec := p.record(Moved, r.now)
	rec.To, rec.Reason = p.queue, Conversion
	r.emit(rec)
	r.enter(p.next(p.queue, p.agency, routing.Callback, r.now), Conversion, p.queue)
}

func (r *Recorder) divert(p *passage, d routing.Decision) {
	rec := p.record(Diverted, r.now)
	rec.To, rec.Reason = d.To.Kind.String(), d.Reason
	r.emit(rec)
	delete(r.passages, p.work)
}

// transfer closes what an agent had in hand, and opens a passage of the same work that does not count as new.
func (r *Recorder) transfer(p *passage, to *routing.Work) {
	if !p.taken || to == nil {
		return
	}
	queue := to.Queue
	if queue == "" {
		queue = p.queue
	}
	r.end(p, Transfer, queue, r.now)
	next := p.next(queue, r.target(queue).agency, p.kind, r.now)
	next.first = false
	r.enter(next, Transfer, p.queue)
}

// next is the passage after this one.
func (p *passage) next(queue, agency string, kind routing.Kind, now time.Time) *passage {
	if agency == "" {
		agency = p.agency
	}
	return &passage{kind: kind, first: p.first, work: p.work, queue: queue, agency: agency, arrived: p.arrived, entered: now}
}

// Hold records that the customer of a call in hand was put on hold, or taken back. Other work is none.
func (r *Recorder) Hold(workID string, on bool, at time.Time) {
	r.clock(at)
	if p := r.passages[workID]; p != nil && p.taken {
		r.hold(p, on, r.now)
	}
}

func (r *Recorder) hold(p *passage, on bool, at time.Time) {
	switch {
	case on && p.held.IsZero():
		p.held = at
		r.emit(p.record(Held, at))
	case !on && !p.held.IsZero():
		if at.Before(p.held) {
			at = p.held
		}
		rec := p.record(Retrieved, at)
		rec.Since = p.held
		r.emit(rec)
		p.held = time.Time{}
	}
}

// Mail records a step of an e-mail case that routing does not see (FirstResponse, Resolved or Reopened; others are none). Of w
// count ID, Queue and Agency; arrived is when the case came, and business what of the time since then lies in opening hours
// (BusinessTime).
func (r *Recorder) Mail(t Type, w routing.Work, agent string, arrived, at time.Time, business time.Duration) {
	if t != FirstResponse && t != Resolved && t != Reopened {
		return
	}
	r.clock(at)
	at, arrived = Micro(at), Micro(arrived)
	if arrived.IsZero() || arrived.After(at) {
		arrived = at
	}
	agency := w.Agency
	if agency == "" {
		agency = r.target(w.Queue).agency
	}
	r.emit(Record{
		At: at, Type: t, Kind: routing.Mail, First: true, Work: w.ID, Queue: w.Queue, Agency: agency, Agent: agent,
		Arrived: arrived, Entered: arrived, Business: max(0, business.Truncate(time.Microsecond)),
	})
}
