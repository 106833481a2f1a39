package measure

import (
	"maps"
	"slices"
	"time"

	"santra/internal/routing"
)

// WithMail is To of an AgentState record whose ended state had an e-mail case in hand.
const WithMail = "mail"

// SignedOut is the State of an AgentState record by which somebody has left. (routing.Offline is at a seat, by choice.)
const SignedOut routing.State = ""

// shift is what an agent is doing, since when.
type shift struct {
	state    routing.State
	since    time.Time
	reason   string // of a break
	mails    int    // in hand
	replayed bool
	leaving  bool      // signed out, but a call in hand goes on
	wrapping time.Time // since when the wrap-up of last lasts; zero: none
	last     *passage  // call or callback that was in hand last
}

func (r *Recorder) shift(agent string) *shift {
	s := r.agents[agent]
	if s == nil {
		s = &shift{}
		r.agents[agent] = s
	}
	return s
}

func (r *Recorder) replayState(rec Record) {
	s := r.shift(rec.Agent)
	s.state, s.since, s.reason, s.replayed = rec.State, rec.At, "", true
	if rec.State != routing.WrapUp && rec.State != rec.Was { // as Openings
		s.wrapping, s.last = time.Time{}, nil
	}
	if rec.State == SignedOut && s.mails == 0 {
		delete(r.agents, rec.Agent)
	}
	s.replayWrapUp()
}

func (s *shift) replayWrapUp() {
	if s.state == routing.WrapUp && s.last != nil && s.wrapping.IsZero() {
		s.wrapping = s.last.since // it began when that ended
	}
}

// signIn begins a shift. At a take-over it goes on with what Replay told, where the agent is still in that state.
func (r *Recorder) signIn(a *routing.Agent) {
	s := r.shift(a.ID)
	state, since := routing.Offline, r.now
	if a.Past != nil {
		state, since = a.Past.State, Micro(a.Past.Since)
	}
	switch {
	case s.state == "":
		r.change(a.ID, s, state, r.now)
	case !s.replayed: // at another seat, or with other skills: the state stays
	case a.Past == nil:
		r.signOut(a.ID, r.replayed)
		s = r.shift(a.ID)
		r.change(a.ID, s, state, r.now)
	case s.state != state:
		r.change(a.ID, s, state, between(since, s.since, r.now))
	}
	s.replayed, s.leaving = false, false
	if a.Past != nil {
		s.reason = a.Past.Reason
		r.wrap(a.ID, s, s.since)
	}
}

func between(t, low, high time.Time) time.Time {
	switch {
	case t.Before(low):
		return low
	case t.After(high):
		return high
	}
	return t
}

// leaving ends a shift, at once or when the call in hand does.
func (r *Recorder) leaving(agent string) {
	s := r.agents[agent]
	switch {
	case s == nil:
	case s.state == routing.Busy:
		s.leaving = true
	default:
		r.signOut(agent, r.now)
	}
}

// signOut ends a shift. E-mail cases that stay in hand are remembered.
func (r *Recorder) signOut(agent string, at time.Time) {
	s := r.agents[agent]
	if s == nil {
		return
	}
	if s.state != SignedOut {
		r.change(agent, s, SignedOut, at)
	}
	s.replayed, s.leaving = false, false
	if s.mails == 0 {
		delete(r.agents, agent)
	}
}

// state records a change of an agent's state.
func (r *Recorder) state(d routing.Decision) {
	s := r.agents[d.AgentID]
	if d.State == routing.Offline && (s == nil || s.state == SignedOut) { // gone already
		return
	}
	s = r.shift(d.AgentID)
	if s.state == d.State && s.reason == d.Reason { // only its end has changed
		return
	}
	r.change(d.AgentID, s, d.State, r.now)
	s.reason = d.Reason
	if s.leaving && d.State == routing.Offline {
		r.signOut(d.AgentID, r.now)
	}
}

// change closes the state that somebody is in and begins another one.
func (r *Recorder) change(agent string, s *shift, to routing.State, at time.Time) {
	r.close(agent, s, to, at)
	s.state, s.since, s.reason = to, at, ""
	r.wrap(agent, s, at)
}

// wrap begins or ends the wrap-up of what was in hand last.
func (r *Recorder) wrap(agent string, s *shift, at time.Time) {
	switch {
	case s.state == routing.WrapUp && s.wrapping.IsZero():
		s.wrapping = at
	case s.state != routing.WrapUp && !s.wrapping.IsZero():
		if s.last != nil {
			rec := s.last.record(WrapUpEnded, at)
			rec.Agent, rec.Since = agent, s.wrapping
			r.emit(rec)
		}
		s.wrapping, s.last = time.Time{}, nil
	}
}

// close records the state up to at, cut at the borders of intervals. Of more than MaxPhase only the end is counted: nobody has
// asked for a Checkpoint in that time, so the machine stood still.
func (r *Recorder) close(agent string, s *shift, to routing.State, at time.Time) {
	if s.state == "" || !at.After(s.since) {
		r.emit(Record{At: at, Type: AgentState, Agent: agent, State: to})
		return
	}
	since := s.since
	if at.Sub(since) > MaxPhase {
		since = at.Add(-MaxPhase)
	}
	for border := Start(since).Add(Interval); border.Before(at); border = border.Add(Interval) {
		r.emit(s.piece(agent, s.state, since, border))
		since = border
	}
	r.emit(s.piece(agent, to, since, at))
}

func (s *shift) piece(agent string, to routing.State, since, at time.Time) Record {
	rec := Record{At: at, Type: AgentState, Agent: agent, State: to, Was: s.state, Since: since, Reason: s.reason}
	if s.mails > 0 {
		rec.To = WithMail
	}
	return rec
}

// mailing counts an agent's e-mail cases in hand; the first and the last close a piece of the state.
func (r *Recorder) mailing(p *passage, by int) {
	if p.kind != routing.Mail {
		return
	}
	s := r.agents[p.agent]
	if s == nil {
		return
	}
	mails := max(0, s.mails+by)
	if (mails > 0) != (s.mails > 0) && s.state != "" && r.now.After(s.since) {
		r.close(p.agent, s, s.state, r.now)
		s.since = r.now
	}
	s.mails = mails
	if mails == 0 && s.state == SignedOut {
		delete(r.agents, p.agent)
	}
}

// Checkpoint closes everybody's time in their state as of at, and lets it go on. The owner calls it at the end of each
// interval and before it stops, so that figures of agents are never older than an interval, and a crash loses no more.
func (r *Recorder) Checkpoint(at time.Time) {
	r.clock(at)
	for _, id := range slices.Sorted(maps.Keys(r.agents)) {
		if s := r.agents[id]; s.state != "" && r.now.After(s.since) {
			r.close(id, s, s.state, r.now)
			s.since = r.now
		}
	}
}
