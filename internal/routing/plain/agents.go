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
	until    time.Time     // end of the state: of an offer or wrap-up; zero without one
	wrapping time.Time     // end of the call that is wrapped up
	most     time.Duration // extensions end so long after it; 0 for no bound
	paused   time.Time     // no e-mail before
	offer    *work
	rings    time.Time // end of the offer
	call     *work
	mails    int
	next     routing.State // asked for while in a call; "" for none
	nextFor  string        // its reason
	forced   bool          // by a supervisor
	handled  int
	turn     uint64
	occupied float64 // at measured
	measured time.Time
	left     bool // signed out
	waits    bool // is served in a moment: what comes back at the same time is placed before, and not with them
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
	}
	a.left = false
	a.endPause(e.now)
	in.Past = nil
	a.Agent = in
	var back *work
	if a.offer != nil && !e.mayKeepOffer(a) {
		back = e.withdraw(a, routing.Forced)
		e.settle(a)
	}
	e.comeBackBefore(a, back)
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
		if level > 0 {
			skills[s] = min(level, routing.MaxLevel)
		}
	}
	in.Skills, in.Languages = skills, slices.Clone(in.Languages)
	in.Agencies, in.Weights, in.Tiers = slices.Clone(in.Agencies), maps.Clone(in.Weights), maps.Clone(in.Tiers)
	if in.Capacity.Mails == 0 {
		in.Capacity.Mails = routing.DefaultMails
	}
	return in
}

func (e *Engine) newcomer(past *routing.History) *agent {
	a := &agent{state: routing.Offline, since: e.now, idle: e.now, measured: e.now}
	if past != nil {
		a.state, a.reason, a.since, a.idle = past.State, past.Reason, past.Since, past.Idle
		a.next, a.nextFor, a.forced = past.Next, past.NextReason, past.Hurried
		a.until, a.wrapping, a.most, a.paused = past.Until, past.Wrapping, past.MaxWrap, past.Paused
		a.handled, a.turn, a.occupied, a.measured = past.Handled, past.Turn, past.Occupied, past.Measured
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
	a.left = true
	e.endLeft(a)
	e.comeBack(back)
	e.endKeeping(a)
}

// endLeft makes an agent who left Offline when no call is in hand, and forgets them when nothing is.
func (e *Engine) endLeft(a *agent) {
	if !a.left || a.call != nil {
		return
	}
	a.next, a.nextFor, a.forced = "", "", false
	e.become(a, routing.Offline, "")
	if a.mails == 0 {
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
		a.next, a.nextFor, a.forced = "", "", false
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
	a.next, a.nextFor, a.forced = "", "", false
	e.become(a, s, reason)
	e.comeBack(back)
	e.endKeeping(a)
}

func (e *Engine) extend(a *agent, ev routing.Event) {
	until := a.until.Add(ev.By)
	if most := a.wrapping.Add(a.most); a.most > 0 && until.After(most) {
		until = most
	}
	if a.state != routing.WrapUp || a.until.IsZero() || !until.After(a.until) {
		e.refuse(ev, routing.Invalid)
		return
	}
	e.becomeUntil(a, routing.WrapUp, until, "")
}

// become sets a state without an end.
func (e *Engine) become(a *agent, s routing.State, reason string) {
	e.becomeUntil(a, s, time.Time{}, reason)
}

// becomeUntil sets the state, its end and reason, and says so if any of them changes.
func (e *Engine) becomeUntil(a *agent, s routing.State, until time.Time, reason string) {
	if a.state == s && a.until.Equal(until) && a.reason == reason {
		return
	}
	if busy(a.state) != busy(s) {
		a.occupied, a.measured = e.occupied(a), e.now
	}
	if a.state != s {
		a.since = e.now
	}
	a.state, a.until, a.reason = s, until, reason
	e.out = append(e.out, routing.Decision{Type: routing.StateChange, AgentID: a.ID, Seat: a.Seat, State: s, Until: until, Reason: reason})
}

func busy(s routing.State) bool { return s == routing.Busy || s == routing.WrapUp }

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
	a.next, a.nextFor, a.forced, a.idle = "", "", false, e.now
	if next == routing.Break || next == routing.Offline {
		e.become(a, next, reason)
		return
	}
	e.becomeReady(a)
}

// free tells whether the agent may be offered work of the kind now.
func (e *Engine) free(a *agent, k routing.Kind) bool {
	if a.left || a.waits {
		return false
	}
	if k == routing.Mail {
		takes := a.state == routing.Ready || a.state == routing.Busy && a.Capacity.MailDuringCall
		return takes && a.mails < a.Capacity.Mails && a.offer == nil && a.paused.IsZero()
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

// occupancy is what the shares of agents who are not busy are compared by.
func (a *agent) occupancy() float64 {
	return math.Log(a.occupied) + float64(a.measured.UnixNano())/float64(routing.OccupancyTime)
}

// occupied is the share of time that the agent has been busy lately.
func (e *Engine) occupied(a *agent) float64 {
	fade := math.Exp(-float64(e.now.Sub(a.measured)) / float64(routing.OccupancyTime))
	if busy(a.state) {
		return 1 - (1-a.occupied)*fade
	}
	return a.occupied * fade
}

// agentDues lists what ends by itself: offer, wrap-up, pause of e-mail.
func (e *Engine) agentDues(a *agent, see func(due)) {
	look := func(at time.Time) { see(due{at: at, agent: a.ID, do: func() { e.look(a) }}) }
	if a.offer != nil {
		look(a.rings)
	}
	if a.state == routing.WrapUp && !a.until.IsZero() {
		look(a.until)
	}
	if !a.paused.IsZero() && !a.left {
		look(a.paused)
	}
}

// look ends what has run out for an agent.
func (e *Engine) look(a *agent) {
	if a.offer != nil && !a.rings.After(e.now) {
		e.decline(a, routing.NoAnswer)
	}
	if a.state == routing.WrapUp && !a.until.IsZero() && !a.until.After(e.now) {
		e.goOn(a)
		e.endKeeping(a)
	}
	a.endPause(e.now)
	e.serve(a)
}

func (a *agent) endPause(now time.Time) {
	if !a.paused.After(now) {
		a.paused = time.Time{}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
