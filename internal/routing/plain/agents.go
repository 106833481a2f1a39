package plain

import (
	"maps"
	"math"
	"slices"
	"time"

	"santra/internal/routing"
)

// agent is somebody who is signed in, or who left with something still in hand.
type agent struct {
	routing.Agent
	state    routing.State
	reason   string
	since    time.Time
	idle     time.Time
	until    time.Time // end of a wrap-up; zero without one and for UntilReady
	most     time.Time // extensions of this wrap-up end here; zero for no bound
	paused   time.Time // no e-mail before
	offer    *work
	rings    time.Time // end of the offer
	call     *work
	mails    int
	next     routing.State // asked for while in a call; "" for none
	nextFor  string        // its reason
	forced   bool          // by a supervisor
	handled  int
	turn     uint64
	occupied float64 // at since
	left     bool    // signed out
}

func (e *Engine) agentEvent(ev routing.Event) {
	if ev.Type == routing.SignedIn {
		e.signIn(ev)
		return
	}
	a := e.agent(ev.AgentID)
	if a == nil || a.left {
		e.refuse(ev, routing.Unknown)
		return
	}
	switch ev.Type {
	case routing.SignedOut:
		e.signOut(a)
	case routing.StateSet:
		e.setState(a, ev)
	default:
		e.extend(a, ev)
	}
}

func (e *Engine) signIn(ev routing.Event) {
	if ev.Agent == nil || ev.Agent.ID == "" {
		e.refuse(ev, routing.Invalid)
		return
	}
	in := own(*ev.Agent)
	a := e.agent(in.ID)
	if a == nil {
		a = e.newcomer(in.Past)
	} else if a.left {
		a.left, a.handled = false, 0
	}
	in.Past = nil
	a.Agent = in
	var back *work
	if a.offer != nil && !e.mayKeepOffer(a) {
		back = e.withdraw(a, routing.Forced)
		e.settle(a)
	}
	e.comeBack(back)
	e.endKeeping(a)
	e.serve(a)
}

// own copies what the agent points to, and completes it: languages are skills, levels are 0–MaxLevel.
func own(in routing.Agent) routing.Agent {
	skills := map[string]int{}
	for _, l := range in.Languages {
		skills[routing.Language(l)] = 1
	}
	for s, level := range in.Skills {
		skills[s] = min(max(level, 0), routing.MaxLevel)
	}
	in.Skills, in.Languages = skills, slices.Clone(in.Languages)
	in.Agencies, in.Weights, in.Tiers = slices.Clone(in.Agencies), maps.Clone(in.Weights), maps.Clone(in.Tiers)
	if in.Capacity.Mails == 0 {
		in.Capacity.Mails = routing.DefaultMails
	}
	return in
}

func (e *Engine) newcomer(past *routing.History) *agent {
	a := &agent{state: routing.Offline, since: e.now, idle: e.now}
	if past != nil {
		a.state, a.next, a.reason, a.since, a.idle = past.State, past.Next, past.Reason, past.Since, past.Idle
		a.until, a.paused, a.handled, a.turn, a.occupied = past.Until, past.Paused, past.Handled, past.Turn, past.Occupied
		e.offers = max(e.offers, past.Turn)
	}
	e.agents = append(e.agents, a)
	return a
}

func (e *Engine) signOut(a *agent) {
	var back *work
	if a.offer != nil {
		back = e.withdraw(a, routing.Forced)
	}
	a.left, a.next, a.nextFor, a.forced = true, "", "", false
	if a.state != routing.Offline {
		e.become(a, routing.Offline, "")
	}
	e.forgetWhoLeft(a)
	e.comeBack(back)
	e.endKeeping(a)
}

// forgetWhoLeft removes an agent who left and has nothing in hand.
func (e *Engine) forgetWhoLeft(a *agent) {
	if a.left && a.call == nil && a.mails == 0 {
		e.agents = slices.DeleteFunc(e.agents, func(b *agent) bool { return a == b })
	}
}

func (e *Engine) setState(a *agent, ev routing.Event) {
	s := ev.State
	if s != routing.Ready && s != routing.Break && s != routing.Offline {
		e.refuse(ev, routing.Invalid)
		return
	}
	if s == routing.Ready {
		a.paused = time.Time{}
	}
	switch {
	case a.call != nil:
		a.next, a.nextFor, a.forced = s, ev.Reason, ev.Forced
		e.serve(a)
	case s == routing.Ready:
		e.setReady(a)
	case a.state != s || a.reason != ev.Reason:
		e.stop(a, s, ev.Reason)
	}
}

func (e *Engine) setReady(a *agent) {
	if a.offer == nil && a.state != routing.Ready {
		e.becomeReady(a)
	}
	e.serve(a)
}

// stop is a break or the end of the day.
func (e *Engine) stop(a *agent, s routing.State, reason string) {
	var back *work
	if a.offer != nil {
		back = e.withdraw(a, routing.Forced)
	}
	e.become(a, s, reason)
	e.comeBack(back)
	e.endKeeping(a)
}

func (e *Engine) extend(a *agent, ev routing.Event) {
	if a.state != routing.WrapUp || ev.By <= 0 || a.until.IsZero() {
		e.refuse(ev, routing.Invalid)
		return
	}
	until := a.until.Add(ev.By)
	if !a.most.IsZero() && until.After(a.most) {
		until = later(a.most, a.until)
	}
	a.until = until
	e.say(a)
}

// become sets the state since now and says so.
func (e *Engine) become(a *agent, s routing.State, reason string) {
	a.occupied = e.occupied(a)
	a.state, a.reason, a.since = s, reason, e.now
	if s != routing.WrapUp {
		a.until = time.Time{}
	}
	e.say(a)
}

func (e *Engine) say(a *agent) {
	d := routing.Decision{Type: routing.StateChange, AgentID: a.ID, Seat: a.Seat, State: a.state, Reason: a.reason}
	switch a.state {
	case routing.Offered:
		d.Until = a.rings
	case routing.WrapUp:
		d.Until = a.until
	}
	e.out = append(e.out, d)
}

// becomeReady gives the agent a new place among the idle.
func (e *Engine) becomeReady(a *agent) {
	a.idle = e.now
	e.become(a, routing.Ready, "")
}

// settle makes an agent whose offer came to nothing Ready again, at the old place among the idle.
func (e *Engine) settle(a *agent) {
	if a.state == routing.Offered {
		e.become(a, routing.Ready, "")
	}
}

// goOn ends a wrap-up or a call without one: the agent gets the state asked for meanwhile, else Ready.
func (e *Engine) goOn(a *agent) {
	next, reason := a.next, a.nextFor
	a.next, a.nextFor, a.forced = "", "", false
	if next == routing.Break || next == routing.Offline {
		e.become(a, next, reason)
		return
	}
	e.becomeReady(a)
}

// free tells whether the agent may be offered work of the kind now.
func (e *Engine) free(a *agent, k routing.Kind) bool {
	if a.left {
		return false
	}
	if k == routing.Mail {
		takes := a.state == routing.Ready || a.state == routing.Busy && a.Capacity.MailDuringCall
		return takes && a.mails < a.Capacity.Mails && a.offer == nil && !a.paused.After(e.now)
	}
	if a.Capacity.NoCalls || a.call != nil || a.Capacity.Undisturbed && (a.mails > 0 || a.offer != nil) {
		return false
	}
	if a.offer == nil {
		return a.state == routing.Ready
	}
	return a.state == routing.Offered && a.offer.Kind == routing.Mail && !a.offer.protected
}

// mayKeepOffer tells whether what is on offer could be offered if it were not.
func (e *Engine) mayKeepOffer(a *agent) bool {
	w, before := a.offer, a.state
	a.offer = nil
	if a.state == routing.Offered {
		a.state = routing.Ready
	}
	free := e.free(a, w.Kind)
	a.offer, a.state = w, before
	if e.keeper(w) == a {
		return free
	}
	return free && slices.ContainsFunc(e.linesOf(w), func(l line) bool { return e.able(a, l) })
}

// occupied is the share of time that the agent has been busy lately.
func (e *Engine) occupied(a *agent) float64 {
	fade := math.Exp(-float64(e.now.Sub(a.since)) / float64(routing.OccupancyTime))
	if a.state == routing.Busy || a.state == routing.WrapUp {
		return 1 - (1-a.occupied)*fade
	}
	return a.occupied * fade
}

func (e *Engine) agentDues(a *agent, see func(due)) {
	if a.offer != nil {
		see(due{at: a.rings, agent: a.ID, do: func() { e.decline(a, routing.NoAnswer) }})
	}
	if a.state == routing.WrapUp && !a.until.IsZero() {
		see(due{at: a.until, agent: a.ID, do: func() { e.endWrapUp(a) }})
	}
	if !a.paused.IsZero() {
		see(due{at: a.paused, agent: a.ID, rank: 1, do: func() { a.paused = time.Time{}; e.serve(a) }})
	}
}

func (e *Engine) endWrapUp(a *agent) {
	e.goOn(a)
	e.endKeeping(a)
	e.serve(a)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
