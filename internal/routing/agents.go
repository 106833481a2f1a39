package routing

import "time"

func (e *Engine) signIn(in Agent) {
	if in.Capacity.Mails == 0 {
		in.Capacity.Mails = DefaultMails
	}
	a := e.agents[in.ID]
	if a == nil {
		a = &agent{state: Offline, idle: e.now}
		e.agents[in.ID] = a
	}
	a.Agent, a.left, a.next = in, false, ""
	a.stamp++ // entries of the old skills no longer hold
	a.groups = a.groups[:0]
	for _, g := range e.order {
		if g.serves(a) {
			a.groups = append(a.groups, g)
		}
	}
	if !a.until.IsZero() {
		e.timer(a, a.until) // the old one was of the old stamp
	}
	e.enter(a)
	e.serve(a)
}

func (e *Engine) signOut(a *agent) {
	var back *work
	if a.offer != nil {
		back = e.unoffer(a, Forced)
	}
	a.left, a.next = true, Offline
	if a.call == nil {
		e.drop(a)
	}
	if back != nil {
		e.requeue(back)
	}
}

// drop removes an agent who left; e-mail cases in hand stay theirs in the database and end with Finished or Removed.
func (e *Engine) drop(a *agent) {
	if a.state != Offline {
		e.become(a, Offline, time.Time{})
	}
	if a.mails == 0 {
		delete(e.agents, a.ID)
	}
}

// setState does what the agent or a supervisor asked. In a call it is done after the wrap-up.
func (e *Engine) setState(a *agent, s State) {
	if s != Ready && s != Break && s != Offline {
		e.refuse("", a.ID, Unknown)
		return
	}
	if a.call != nil {
		a.next = s
		return
	}
	if s == Ready {
		e.setReady(a)
		return
	}
	var back *work
	if a.offer != nil {
		back = e.unoffer(a, Forced)
	}
	e.become(a, s, time.Time{})
	if back != nil {
		e.requeue(back)
	}
}

// setReady ends a break, a wrap-up or Not answering, and a pause of e-mail.
func (e *Engine) setReady(a *agent) {
	a.paused = time.Time{}
	if a.state == Ready || a.state == Offered {
		e.settle(a)
		return
	}
	a.next = ""
	e.free(a)
}

func (e *Engine) extend(a *agent, by time.Duration) {
	if a.state != WrapUp || by <= 0 {
		e.refuse("", a.ID, Unknown)
		return
	}
	e.become(a, WrapUp, a.until.Add(by))
}

// free ends a call's aftermath: the agent gets the state asked for meanwhile, else Ready, and a new place among the idle.
func (e *Engine) free(a *agent) {
	next := a.next
	a.next, a.idle = "", e.now
	if next == Break || next == Offline {
		e.become(a, next, time.Time{})
		return
	}
	e.become(a, Ready, time.Time{})
	e.enter(a)
	e.serve(a)
}

func (e *Engine) restore(a *agent, in Work) {
	if e.work[in.ID] != nil {
		e.refuse(in.ID, a.ID, Duplicate)
		return
	}
	e.seq++
	w := &work{Work: in, seq: e.seq, agent: a, taken: true}
	w.group = e.groupOf(in)
	e.work[in.ID] = w
	if in.Kind == Mail {
		a.mails++
		return
	}
	if a.offer != nil {
		defer e.requeue(e.unoffer(a, Forced))
	}
	a.call = w
	e.become(a, Busy, time.Time{})
}
