package plain

import (
	"time"

	"santra/internal/routing"
)

// offer rings the agent for the work. An e-mail that it interrupts waits again afterwards.
func (e *Engine) offer(a *agent, w *work, protected bool, why *routing.Why) {
	var mail *work
	if a.offer != nil {
		mail = e.withdraw(a, routing.Interrupted)
		mail.overtaken = mail.before(w)
	}
	e.offers++
	a.turn = e.offers
	a.offer, a.rings = w, e.now.Add(e.ringOf(w))
	w.agent, w.protected = a, protected
	if a.state != routing.Busy {
		e.become(a, routing.Offered, "")
	}
	e.out = append(e.out, routing.Decision{
		Type: routing.Offer, Kind: w.Kind, WorkID: w.ID, AgentID: a.ID, Seat: a.Seat, Queue: w.Queue, Until: a.rings, Why: why,
	})
	e.comeBack(mail)
}

func (e *Engine) ringOf(w *work) time.Duration {
	if w.Ring > 0 {
		return w.Ring
	}
	if q := e.queue(w.Queue); q != nil && q.Ring > 0 {
		return q.Ring
	}
	return routing.DefaultRing
}

// withdraw stops the ringing. The agent keeps the state and the work is nowhere until the caller settles both.
func (e *Engine) withdraw(a *agent, reason string) *work {
	w := a.offer
	a.offer = nil
	e.out = append(e.out, routing.Decision{
		Type: routing.Withdraw, Kind: w.Kind, WorkID: w.ID, AgentID: a.ID, Seat: a.Seat, Queue: w.Queue, Reason: reason,
	})
	return w
}

func (e *Engine) answer(ev routing.Event) {
	a, w := e.agent(ev.AgentID), e.workByID(ev.WorkID)
	switch {
	case a == nil || w == nil || a.offer != w:
		e.refuse(ev, routing.NotOffered)
	case ev.Type == routing.Accepted:
		e.accept(a, w)
	default:
		e.decline(a, routing.WasDeclined)
	}
}

func (e *Engine) accept(a *agent, w *work) {
	a.offer, w.taken = nil, true
	a.handled++
	if w.Kind == routing.Mail {
		a.mails++
		if a.state == routing.Offered {
			e.becomeReady(a)
		}
	} else {
		a.call = w
		e.become(a, routing.Busy, "")
	}
	if w.Kind == routing.Call {
		e.answered(w)
	}
	e.serve(a)
}

// decline ends an offer that the agent pushed away or let ring.
func (e *Engine) decline(a *agent, reason string) {
	w := e.withdraw(a, reason)
	w.unkept = w.unkept || w.Preferred == a.ID
	if w.Kind == routing.Mail {
		a.paused = e.now.Add(routing.MailPause)
		e.settle(a)
	} else {
		e.become(a, routing.NotAnswering, "")
	}
	e.place(w)
	e.serve(a)
}

func (e *Engine) handEvent(ev routing.Event) {
	a, w := e.agent(ev.AgentID), e.workByID(ev.WorkID)
	switch {
	case a == nil || w == nil || w.agent != a || !w.taken:
		e.refuse(ev, routing.Unknown)
	case ev.Type == routing.Finished:
		e.end(w, routing.Handled)
		e.release(a, w)
	default:
		e.transfer(a, w, ev)
	}
}

// release gives the agent back what the work took, and serves them.
func (e *Engine) release(a *agent, w *work) {
	e.comeBack(e.letGo(a, w))
	e.endKeeping(a)
	e.serve(a)
}

// letGo gives the agent back what the work took: after a call the wrap-up, or what was asked for meanwhile. What was on offer
// during the call is given back.
func (e *Engine) letGo(a *agent, w *work) (back *work) {
	if w.Kind == routing.Mail {
		a.mails--
		e.forgetWhoLeft(a)
		return nil
	}
	a.call = nil
	if a.offer != nil {
		back = e.withdraw(a, routing.Forced)
	}
	wrapUp, most := e.wrapUpOf(w)
	switch {
	case a.left:
		e.forgetWhoLeft(a)
	case wrapUp <= 0 || a.forced:
		e.goOn(a)
	default:
		a.until, a.most = time.Time{}, time.Time{}
		if wrapUp != routing.UntilReady {
			a.until = e.now.Add(wrapUp)
		}
		if most > 0 {
			a.most = e.now.Add(most)
		}
		e.become(a, routing.WrapUp, "")
	}
	return back
}

func (e *Engine) wrapUpOf(w *work) (wrapUp, most time.Duration) {
	wrapUp = w.WrapUp
	if q := e.queue(w.Queue); q != nil {
		most = q.MaxWrapUp
		if wrapUp == 0 {
			wrapUp = q.WrapUp
		}
	}
	return wrapUp, most
}

// transfer gives what is in hand back to a queue.
func (e *Engine) transfer(a *agent, w *work, ev routing.Event) {
	to := ev.Work
	switch {
	case to == nil || to.Priority < 0 || to.Priority > 9:
		e.refuse(ev, routing.Invalid)
		return
	case e.queue(to.Queue) == nil:
		e.refuse(ev, routing.Unknown)
		return
	}
	if reason := e.tooMuch(to); reason != "" {
		e.refuse(ev, reason)
		return
	}
	back := e.letGo(a, w)
	w.Queue, w.Language, w.Skills, w.Priority = to.Queue, to.Language, append([]string(nil), to.Skills...), to.Priority
	w.Preferred, w.PreferredFor, w.unkept, w.Transferred = to.Preferred, to.PreferredFor, false, true
	w.agent, w.taken, w.entered, w.fired, w.guess = nil, false, e.now, 0, nil
	e.comeBack(back)
	e.enter(w)
	e.endKeeping(a)
	e.serve(a)
}

// takeOver puts into an agent's hands, or on offer, what already is there.
func (e *Engine) takeOver(ev routing.Event) {
	a := e.agent(ev.AgentID)
	reason := e.objection(ev.Work)
	if reason == "" {
		reason = e.noRoom(a, ev)
	}
	if reason != "" {
		e.refuse(ev, reason)
		return
	}
	w := e.newWork(*ev.Work)
	w.agent = a
	if ev.Type == routing.Restored {
		e.restore(a, w)
		return
	}
	a.offer, a.rings = w, ev.Until
	if a.state != routing.Offered && a.state != routing.Busy {
		e.become(a, routing.Offered, "")
	}
}

// noRoom says why what is taken over can't be at the agent; "" where it can.
func (e *Engine) noRoom(a *agent, ev routing.Event) string {
	isCall := ev.Work.Kind != routing.Mail
	switch {
	case a == nil:
		return routing.Unknown
	case ev.Type == routing.Restored && isCall && a.call != nil:
		return routing.Invalid
	case ev.Type == routing.Reoffered && (a.left || a.offer != nil || isCall && a.call != nil):
		return routing.Invalid
	default:
		return ""
	}
}

func (e *Engine) restore(a *agent, w *work) {
	w.taken = true
	if w.Kind == routing.Mail {
		a.mails++
		return
	}
	var back *work
	if a.offer != nil {
		back = e.withdraw(a, routing.Forced)
	}
	a.call = w
	if !a.left && a.state != routing.Busy {
		e.become(a, routing.Busy, "")
	}
	e.comeBack(back)
	e.serve(a)
}
