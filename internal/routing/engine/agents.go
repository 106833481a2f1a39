package engine

import (
	"maps"
	"slices"
	"time"

	"santra/internal/routing"
)

// agent is an Agent that the engine knows.
type agent struct {
	profile       *profile
	offer         *work
	call          *work
	state         routing.State
	mails         int
	guarded       bool // no call interrupts the offer
	left          bool // signed out with something in hand
	counted       bool // among the profile's staff
	hurried       bool // next by a supervisor: no wrap-up
	in            [pools]bool
	routing.Agent       // ID and seat are looked at too
	until         int64 // end of the state: of an offer or wrap-up; 0 without one
	since         int64 // in this state
	idle          int64
	offerEnds     int64
	due           int64 // when the alarm rings; never: not at all
	paused        int64 // no e-mail before; 0: not paused
	measured      int64
	occupied      float64
	turn          uint64
	handled       int
	alarm         place
	kept          [routing.Kinds]heap // work that waits for this agent

	next     routing.State // asked for while busy; "" for Ready
	nextWhy  string
	reason   string // of a break
	wrapping int64  // when the call ended that is wrapped up
	mostWrap time.Duration
	places   [pools][orders]place
}

func (e *Engine) agentEvent(ev *routing.Event) {
	if ev.Type == routing.SignedIn {
		if ev.Agent == nil || ev.Agent.ID == "" {
			e.refuse("", ev.AgentID, "", routing.Invalid)
			return
		}
		e.signIn(ev.Agent)
		return
	}
	a := e.agents[ev.AgentID]
	if a == nil || a.left {
		e.refuse("", ev.AgentID, "", routing.Unknown)
		return
	}
	switch ev.Type {
	case routing.SignedOut:
		e.signOut(a)
	case routing.StateSet:
		e.setState(a, ev)
	case routing.Extended:
		e.extend(a, ev.By)
	}
}

// signIn takes an agent in, or changes one who is there.
func (e *Engine) signIn(in *routing.Agent) {
	a := e.agents[in.ID]
	fresh := a == nil
	if fresh {
		a = &agent{state: routing.Offline, since: e.now, idle: e.now, measured: e.now}
		a.alarm.agent = a
		for i := range a.places {
			for j := range a.places[i] {
				a.places[i][j].agent = a
			}
		}
		e.agents[in.ID] = a
	}
	e.leave(a)
	e.enrol(a, in)
	a.left = false
	if in.Past != nil && fresh {
		a.adopt(in.Past)
		e.turn = max(e.turn, a.turn)
	}
	e.attend(a)
	e.alarmAgent(a)
	e.recheck(a)
	e.serve(a)
}

// enrol gives an agent the profile of what they can do.
func (e *Engine) enrol(a *agent, in *routing.Agent) {
	if a.profile != nil {
		e.absent(a)
		a.profile.agents--
	}
	a.Agent = *in
	a.Skills, a.Weights, a.Tiers = maps.Clone(in.Skills), maps.Clone(in.Weights), maps.Clone(in.Tiers)
	a.Languages, a.Agencies, a.Past = slices.Clone(in.Languages), slices.Clone(in.Agencies), nil
	if a.Capacity.Mails == 0 {
		a.Capacity.Mails = routing.DefaultMails
	}
	a.profile = e.profileOf(&a.Agent)
	a.profile.agents++
}

// adopt takes over what was known of an agent.
func (a *agent) adopt(p *routing.History) {
	if slices.Contains([]routing.State{routing.Offline, routing.Ready, routing.Break, routing.Offered, routing.Busy, routing.WrapUp, routing.NotAnswering}, p.State) {
		a.state = p.State
	}
	a.next, a.hurried, a.reason, a.nextWhy = p.Next, p.Hurried, p.Reason, p.NextReason
	a.since, a.idle, a.until, a.paused = stamp(p.Since), stamp(p.Idle), stamp(p.Until), stamp(p.Paused)
	a.handled, a.turn, a.occupied, a.measured = max(p.Handled, 0), p.Turn, min(max(p.Occupied, 0), 1), stamp(p.Measured)
	a.wrapping, a.mostWrap = stamp(p.Wrapping), p.MaxWrap
}

// recheck takes back the offer, and lets go what is kept, that the agent may not have any more.
func (e *Engine) recheck(a *agent) {
	if w := a.offer; w != nil && !e.may(a, w) {
		e.unoffer(a, routing.Forced)
		e.unring(a)
		e.workDue(w)
	}
	e.release(a)
}

// may tells whether an agent meets what the work asks where it would wait now.
func (e *Engine) may(a *agent, w *work) bool {
	room := a.mails < a.Capacity.Mails && (a.call == nil || a.Capacity.MailDuringCall)
	if w.kind != routing.Mail {
		room = !a.Capacity.NoCalls && !(a.Capacity.Undisturbed && a.mails > 0)
	}
	if !room {
		return false
	}
	if w.preferred == a.ID && !w.unkept {
		return a.profile.serves(w.agencyOf())
	}
	ring, _ := ringsOf(&w.queue.Queue, w.entered, e.now)
	if l := e.lineFor(w.queue, w, ring); l != nil && a.profile.able(l) {
		return true
	}
	for _, also := range w.queue.Also {
		q, entry := e.queues[also.Queue], after(w.entered, also.After)
		if q == nil || q.removed || entry > e.now {
			continue
		}
		ring, _ := ringsOf(&q.Queue, entry, e.now)
		if l := e.lineFor(q, w, ring); l != nil && a.profile.able(l) {
			return true
		}
	}
	return false
}

// release places anew what was kept for an agent who is waited for no more.
func (e *Engine) release(a *agent) {
	var all []*work
	for k := range a.kept {
		for _, n := range a.kept[k] {
			all = append(all, n.at.work)
		}
	}
	sortWorks(all)
	for _, w := range all {
		if w.keeper == a && e.keeperOf(w) == nil {
			e.wait(w)
		}
	}
}

func (e *Engine) signOut(a *agent) {
	e.leave(a)
	back := a.offer
	if back != nil {
		e.unoffer(a, routing.Forced)
	}
	a.left = true
	e.attend(a)
	if a.call == nil {
		e.gone(a)
	}
	if back != nil {
		e.workDue(back)
	}
	e.release(a)
}

// gone removes an agent who left; e-mail cases in hand stay theirs until Finished or Removed.
func (e *Engine) gone(a *agent) {
	a.next, a.nextWhy, a.hurried = "", "", false
	e.become(a, routing.Offline, 0)
	e.alarm(&a.alarm, never)
	if a.mails == 0 {
		e.timers.remove(&a.alarm)
		e.absent(a)
		a.profile.agents--
		delete(e.agents, a.ID)
	}
}

// setState does what the agent or a supervisor asked. In a call it is done after the wrap-up, by a supervisor instead of it.
func (e *Engine) setState(a *agent, ev *routing.Event) {
	s := ev.State
	if s != routing.Ready && s != routing.Break && s != routing.Offline {
		e.refuse("", a.ID, "", routing.Invalid)
		return
	}
	if s == routing.Ready {
		a.paused = 0
		e.alarmAgent(a)
	}
	if a.call != nil {
		a.next, a.nextWhy, a.hurried = s, ev.Reason, ev.Forced
		e.serve(a)
		return
	}
	if s == routing.Ready {
		e.setReady(a)
		return
	}
	if a.state == s && a.reason == ev.Reason {
		return
	}
	e.leave(a)
	back := a.offer
	if back != nil {
		e.unoffer(a, routing.Forced)
	}
	a.next = ""
	e.rest(a, s, ev.Reason)
	e.alarmAgent(a)
	if back != nil {
		e.workDue(back)
	}
	e.release(a)
}

// setReady ends a break, a wrap-up or Not answering.
func (e *Engine) setReady(a *agent) {
	if a.state == routing.Ready || a.state == routing.Offered {
		e.unring(a)
		e.resume(a)
		return
	}
	a.next = ""
	e.relieve(a)
	e.resume(a)
}

// rest makes an agent offline or lets them have a break, for a reason.
func (e *Engine) rest(a *agent, s routing.State, reason string) {
	if a.state != s || a.reason != reason {
		a.reason = reason
		e.change(a, s, 0)
	}
}

func (e *Engine) extend(a *agent, by time.Duration) {
	until := after(a.until, by)
	if a.mostWrap > 0 {
		until = min(until, after(a.wrapping, a.mostWrap))
	}
	if a.state != routing.WrapUp || a.until == 0 || until <= a.until {
		e.refuse("", a.ID, "", routing.Invalid)
		return
	}
	e.become(a, routing.WrapUp, until)
	e.alarmAgent(a)
}

// become sets the state and tells if that changes anything; until is when it ends, 0 for open.
func (e *Engine) become(a *agent, s routing.State, until int64) {
	if a.state != s || a.until != until {
		a.reason = ""
		e.change(a, s, until)
	}
}

func (e *Engine) change(a *agent, s routing.State, until int64) {
	if working(a.state) != working(s) {
		a.occupy(e.now, working(a.state))
	}
	if a.state != s {
		a.since = e.now
	}
	a.state, a.until = s, until
	e.attend(a)
	e.out = append(e.out, routing.Decision{Type: routing.StateChange, AgentID: a.ID, Seat: a.Seat, State: s, Until: moment(until), Reason: a.reason})
}

// working tells whether an agent's time in the state counts as occupied.
func working(s routing.State) bool { return s == routing.Busy || s == routing.WrapUp }

// attend counts the agent among the profile's staff, or not.
func (e *Engine) attend(a *agent) {
	there := !a.left && (a.state == routing.Ready || a.state == routing.Offered || working(a.state))
	if !there {
		e.absent(a)
	} else if !a.counted {
		a.counted = true
		a.profile.staff++
	}
}

func (e *Engine) absent(a *agent) {
	if !a.counted {
		return
	}
	a.counted = false
	p := a.profile
	p.staff--
	if p.staff == 0 && !p.emptied {
		p.emptied = true
		e.emptied = append(e.emptied, p)
	}
}

// alarmAgent sets the alarm to what ends first: offer, wrap-up or pause.
func (e *Engine) alarmAgent(a *agent) {
	next := int64(never)
	if a.offer != nil {
		next = a.offerEnds
	}
	if a.state == routing.WrapUp && a.until > 0 {
		next = min(next, a.until)
	}
	if a.paused != 0 {
		next = min(next, a.paused)
	}
	e.alarm(&a.alarm, next)
}

// agentDue ends what has run out: an offer, a wrap-up, a pause of e-mail.
func (e *Engine) agentDue(a *agent) {
	if a.offer != nil && a.offerEnds <= e.now {
		e.untaken(a, routing.NoAnswer)
	}
	if a.state == routing.WrapUp && a.until > 0 && a.until <= e.now {
		e.relieve(a)
	}
	if a.paused <= e.now {
		a.paused = 0
	}
	e.alarmAgent(a)
	e.resume(a)
}

// relieve ends a call's aftermath: the agent gets the state asked for meanwhile, else Ready, and a new place among the idle. The
// caller lets the agent resume.
func (e *Engine) relieve(a *agent) {
	e.leave(a)
	next, why := a.next, a.nextWhy
	a.next, a.nextWhy, a.hurried, a.idle = "", "", false, e.now
	if next == routing.Break || next == routing.Offline {
		e.rest(a, next, why)
		e.alarmAgent(a)
		e.release(a)
		return
	}
	e.become(a, routing.Ready, 0)
	e.alarmAgent(a)
}

// unring returns an agent without an offer to Ready, with the old place among the idle.
func (e *Engine) unring(a *agent) {
	if a.offer == nil && a.state == routing.Offered && !a.left {
		e.become(a, routing.Ready, 0)
	}
}

// resume looks for work for an agent who may have become free for more.
func (e *Engine) resume(a *agent) {
	if !a.left {
		e.serve(a)
	}
}
