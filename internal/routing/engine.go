package routing

import "time"

// Engine holds the agents, what waits and what is offered. It belongs to one goroutine. The zero Engine is not ready: New.
//
// Work with the same requirements shares a group: a heap of what waits (priority, then age) and a heap of who is ready
// (longest idle first). An agent is entered into every group that they can serve; entries that no longer hold are
// recognised by their stamp and dropped when they come up. So an arrival costs one look at the top of a heap, and an agent
// who becomes free one look at the top of each of their groups.
type Engine struct {
	now    time.Time
	seq    uint64
	work   map[string]*work
	agents map[string]*agent
	groups map[requirement]*group
	order  []*group // in order of making: deterministic walks
	timers heap[timer]
	out    []Decision
}

type work struct {
	Work
	seq   uint64
	group *group
	agent *agent // offered to or in the hands of
	taken bool   // accepted
	gone  bool
}

type agent struct {
	Agent
	state  State
	next   State // what the agent asked for while busy; "" for Ready
	idle   time.Time
	stamp  uint64 // grows with each change: entries of an older stamp are stale
	groups []*group
	offer  *work
	call   *work
	mails  int
	until  time.Time // end of the offer or wrap-up
	paused time.Time // no e-mail is offered before
	left   bool
}

// requirement is what work asks of an agent; work with the same one shares a group.
type requirement struct {
	kind             Kind
	agency, language string
	skills           string // sorted, joined by NUL
}

type group struct {
	kind     Kind
	language string
	skills   []string
	agency   string
	waiting  heap[*work]
	ready    heap[candidate]
	queued   int // live entries of waiting
}

type candidate struct {
	agent *agent
	stamp uint64
	idle  time.Time
}

type timer struct {
	at    time.Time
	agent *agent
	stamp uint64
	seq   uint64
}

// New makes an empty engine.
func New(Policy) *Engine {
	return &Engine{
		work:   map[string]*work{},
		agents: map[string]*agent{},
		groups: map[requirement]*group{},
		timers: heap[timer]{less: func(a, b timer) bool {
			if c := a.at.Compare(b.at); c != 0 {
				return c < 0
			}
			return a.seq < b.seq
		}},
	}
}

// Apply takes one event and gives what is to be done, in order. The slice is valid until the next call.
func (e *Engine) Apply(ev Event) []Decision {
	e.out = e.out[:0]
	if ev.At.After(e.now) {
		e.now = ev.At
	}
	e.expire()
	switch ev.Type {
	case SignedIn:
		e.signIn(*ev.Agent)
	case SignedOut:
		e.onAgent(ev, e.signOut)
	case StateSet:
		e.onAgent(ev, func(a *agent) { e.setState(a, ev.State) })
	case Arrived:
		e.arrive(*ev.Work)
	case Removed:
		e.remove(ev.WorkID)
	case Accepted:
		e.onOffer(ev, e.accept)
	case Declined:
		e.onOffer(ev, e.decline)
	case Finished:
		e.finish(ev.WorkID, ev.AgentID)
	case Extended:
		e.onAgent(ev, func(a *agent) { e.extend(a, ev.By) })
	case Restored:
		e.onAgent(ev, func(a *agent) { e.restore(a, *ev.Work) })
	}
	return e.out
}

// Next tells when the engine wants a Tick: the end of the earliest offer or wrap-up.
func (e *Engine) Next() (time.Time, bool) {
	t, ok := e.timers.top(timer.live)
	return t.at, ok
}

func (t timer) live() bool { return t.agent.stamp == t.stamp && !t.agent.left }

// onAgent runs f for a known agent and refuses the event of an unknown one.
func (e *Engine) onAgent(ev Event, f func(*agent)) {
	if a := e.agents[ev.AgentID]; a != nil {
		f(a)
		return
	}
	e.refuse(ev.WorkID, ev.AgentID, Unknown)
}

// onOffer runs f where the work is on offer to the agent at this moment; all else is a race that its sender must undo.
func (e *Engine) onOffer(ev Event, f func(*agent, *work)) {
	a, w := e.agents[ev.AgentID], e.work[ev.WorkID]
	if a == nil || w == nil || a.offer != w {
		e.refuse(ev.WorkID, ev.AgentID, NotOffered)
		return
	}
	f(a, w)
}

func (e *Engine) refuse(workID, agentID, reason string) {
	e.out = append(e.out, Decision{Type: Refuse, WorkID: workID, AgentID: agentID, Reason: reason})
}

// expire ends the offers and wrap-ups whose time has come.
func (e *Engine) expire() {
	for {
		t, ok := e.timers.top(timer.live)
		if !ok || t.at.After(e.now) {
			return
		}
		e.timers.pop()
		switch a := t.agent; {
		case a.offer != nil:
			e.ranOut(a)
		case a.state == WrapUp:
			e.free(a)
		case a.state == Ready: // the pause of e-mail is over
			e.enter(a)
			e.serve(a)
		}
	}
}

// ranOut ends an offer that nobody answered. A call leaves the agent Not answering; an e-mail is offered elsewhere.
func (e *Engine) ranOut(a *agent) {
	w := e.unoffer(a, NoAnswer)
	if w.Kind == Call {
		e.become(a, NotAnswering, time.Time{})
	} else {
		e.pauseMail(a)
	}
	e.requeue(w)
}

func (e *Engine) decline(a *agent, _ *work) {
	w := e.unoffer(a, WasDeclined)
	if w.Kind == Call {
		e.become(a, NotAnswering, time.Time{})
	} else {
		e.pauseMail(a)
	}
	e.requeue(w)
}

func (e *Engine) pauseMail(a *agent) {
	a.paused = e.now.Add(MailPause)
	e.settle(a)
}

func (e *Engine) arrive(in Work) {
	if e.work[in.ID] != nil {
		e.refuse(in.ID, "", Duplicate)
		return
	}
	e.seq++
	w := &work{Work: in, seq: e.seq}
	if w.Arrived.IsZero() {
		w.Arrived = e.now
	}
	if w.Ring <= 0 {
		w.Ring = DefaultRing
	}
	w.group = e.groupOf(in)
	e.work[in.ID] = w
	e.requeue(w)
}

// requeue puts work (back) to its place and offers the group's first to the longest idle.
func (e *Engine) requeue(w *work) {
	w.agent, w.taken = nil, false
	w.group.waiting.push(w)
	w.group.queued++
	e.match(w.group)
}

// match offers the group's first waiting work while somebody is ready for it.
func (e *Engine) match(g *group) {
	for {
		w, ok := g.waiting.top((*work).waits)
		if !ok {
			return
		}
		c, ok := g.ready.top(func(c candidate) bool { return c.stamp == c.agent.stamp && e.can(c.agent, g.kind) })
		if !ok {
			return
		}
		e.offer(c.agent, w)
	}
}

func (w *work) waits() bool { return w.agent == nil && !w.gone }

// can tells whether the agent may be offered work of the kind now.
func (e *Engine) can(a *agent, k Kind) bool {
	switch {
	case a.left:
		return false
	case k == Call:
		return a.state == Ready || a.state == Offered && a.offer != nil && a.offer.Kind == Mail
	default:
		return a.state == Ready && a.mails < a.Capacity.Mails && !a.paused.After(e.now)
	}
}

func (e *Engine) offer(a *agent, w *work) {
	if a.offer != nil { // a call comes before the e-mail that is on offer
		mail := e.unoffer(a, Interrupted)
		mail.agent = nil
		defer e.requeue(mail)
	}
	w.group.waiting.pop()
	w.group.queued--
	why := &Why{Idle: e.now.Sub(a.idle), Waited: e.now.Sub(w.Arrived), Candidates: w.group.ready.len(), Queue: w.Queue, Language: w.Language}
	a.offer, w.agent = w, a
	e.become(a, Offered, e.now.Add(w.Ring))
	if w.Kind == Mail {
		e.enter(a) // a call may still interrupt it
	}
	e.out = append(e.out, Decision{Type: Offer, WorkID: w.ID, AgentID: a.ID, Seat: a.Seat, Until: e.now.Add(w.Ring), Why: why})
}

// unoffer takes the offer from the agent, who keeps the state Offered until the caller settles it.
func (e *Engine) unoffer(a *agent, reason string) *work {
	w := a.offer
	a.offer, w.agent = nil, nil
	e.out = append(e.out, Decision{Type: Withdraw, WorkID: w.ID, AgentID: a.ID, Seat: a.Seat, Reason: reason})
	return w
}

func (e *Engine) accept(a *agent, w *work) {
	a.offer, w.taken = nil, true
	if w.Kind == Call {
		a.call = w
		e.become(a, Busy, time.Time{})
		return
	}
	a.mails++
	e.settle(a)
}

func (e *Engine) finish(workID, agentID string) {
	w, a := e.work[workID], e.agents[agentID]
	if w == nil || a == nil || w.agent != a || !w.taken {
		e.refuse(workID, agentID, Unknown)
		return
	}
	e.forget(w)
	e.released(a, w)
}

// released gives the agent back what the ended work took of their capacity.
func (e *Engine) released(a *agent, w *work) {
	if w.Kind == Mail {
		a.mails--
		switch {
		case a.left && a.call == nil:
			e.drop(a)
		case a.state == Ready:
			e.settle(a)
		}
		return
	}
	a.call = nil
	switch {
	case a.left:
		e.drop(a)
	case w.WrapUp > 0:
		e.become(a, WrapUp, e.now.Add(w.WrapUp))
	default:
		e.free(a)
	}
}

func (e *Engine) remove(workID string) {
	w := e.work[workID]
	if w == nil {
		e.refuse(workID, "", Unknown)
		return
	}
	a, taken := w.agent, w.taken
	if a != nil && !taken {
		e.unoffer(a, Gone)
	}
	if a == nil {
		w.group.queued--
	}
	e.forget(w)
	switch {
	case a == nil:
	case taken:
		e.released(a, w)
	default:
		e.settle(a)
	}
}

func (e *Engine) forget(w *work) {
	w.gone = true
	delete(e.work, w.ID)
	if g := w.group; g.waiting.len() > 64 && g.waiting.len() > 4*g.queued {
		g.waiting.sweep((*work).waits)
	}
}

// settle returns an agent without an offer to Ready, with the old place among the idle, and looks for work.
func (e *Engine) settle(a *agent) {
	if a.offer != nil || a.call != nil || a.left {
		return
	}
	if a.state == Offered || a.state == Ready {
		if a.state == Offered {
			e.become(a, Ready, time.Time{})
		}
		e.enter(a)
		e.serve(a)
	}
}

// become sets the state; a time that is not zero is when the engine must look again.
func (e *Engine) become(a *agent, s State, until time.Time) {
	a.stamp++
	a.state, a.until = s, until
	if !until.IsZero() {
		e.timer(a, until)
	}
	e.out = append(e.out, Decision{Type: StateChange, AgentID: a.ID, Seat: a.Seat, State: s, Until: until})
}

func (e *Engine) timer(a *agent, at time.Time) {
	e.seq++
	e.timers.push(timer{at, a, a.stamp, e.seq})
}

// enter lists the agent as a candidate in each group whose kind they can take.
func (e *Engine) enter(a *agent) {
	if a.state == Ready && a.paused.After(e.now) {
		e.timer(a, a.paused)
	}
	for _, g := range a.groups {
		if e.can(a, g.kind) {
			g.ready.push(candidate{a, a.stamp, a.idle})
			e.trim(g)
		}
	}
}

// trim bounds a candidate heap whose stale entries never come up because nothing arrives.
func (e *Engine) trim(g *group) {
	if g.ready.len() > 64 && g.ready.len() > 4*len(e.agents) {
		seen := map[*agent]bool{}
		g.ready.sweep(func(c candidate) bool {
			live := c.stamp == c.agent.stamp && !c.agent.left && !seen[c.agent]
			seen[c.agent] = seen[c.agent] || live
			return live
		})
	}
}

// serve offers a free agent the best that waits for them: calls before e-mails, then priority, then age.
func (e *Engine) serve(a *agent) {
	var best *work
	for _, g := range a.groups {
		if g.queued == 0 || !e.can(a, g.kind) {
			continue
		}
		if w, ok := g.waiting.top((*work).waits); ok && (best == nil || before(w, best)) {
			best = w
		}
	}
	if best != nil {
		e.offer(a, best)
	}
}

// before is the order in which work is served.
func before(a, b *work) bool {
	if a.Kind != b.Kind {
		return a.Kind == Call
	}
	if a.Priority != b.Priority {
		return a.Priority > b.Priority
	}
	if c := a.Arrived.Compare(b.Arrived); c != 0 {
		return c < 0
	}
	return a.seq < b.seq
}
