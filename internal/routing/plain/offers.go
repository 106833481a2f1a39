package plain

import (
	"cmp"
	"slices"
	"time"

	"santra/internal/routing"
)

// offer rings the agent for the work. An e-mail that it interrupts waits again afterwards.
func (e *Engine) offer(a *agent, w *work, protected bool, why *routing.Why) {
	var mail *work
	if a.offer != nil {
		mail = e.withdraw(a, routing.Interrupted)
		mail.disturbed++
	}
	e.offers++
	a.turn = e.offers
	a.offer, a.rings = w, e.now.Add(e.ringOf(w))
	w.agent, w.protected = a, protected || w.disturbed >= e.policy.Overtaken
	if a.call == nil {
		e.becomeUntil(a, routing.Offered, a.rings, "")
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
	e.answered(w)
	if w.Kind == routing.Mail {
		a.mails++
		if a.state == routing.Offered {
			e.becomeReady(a)
		}
	} else {
		a.call = w
		e.become(a, routing.Busy, "")
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
	e.comeBackBefore(a, w)
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
	e.comeBackBefore(a, e.letGo(a, w))
	e.endKeeping(a)
	e.serve(a)
}

// letGo gives the agent back what the work took: after a call the wrap-up, or what was asked for meanwhile. What was on offer
// during the call is given back.
func (e *Engine) letGo(a *agent, w *work) (back *work) {
	if w.Kind == routing.Mail {
		a.mails--
		e.endLeft(a)
		return nil
	}
	a.call = nil
	if a.offer != nil {
		back = e.withdraw(a, routing.Forced)
	}
	wrapUp, most := e.wrapUpOf(w)
	switch {
	case a.left:
		e.endLeft(a)
	case wrapUp <= 0 || a.forced:
		e.goOn(a)
	default:
		a.wrapping, a.most = e.now, most
		until := time.Time{}
		if wrapUp != routing.UntilReady {
			until = e.now.Add(wrapUp)
		}
		e.becomeUntil(a, routing.WrapUp, until, "")
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
	if ev.Work == nil {
		e.refuse(ev, routing.Invalid)
		return
	}
	to := e.completed(w, *ev.Work)
	reason := e.tooMuch(&to)
	switch {
	case to.Priority < 0 || to.Priority > 9:
		reason = routing.Invalid
	case e.queue(to.Queue) == nil:
		reason = routing.Unknown
	}
	if reason != "" {
		e.refuse(ev, reason)
		return
	}
	wasFree := e.free(a, w.Kind)
	back := e.letGo(a, w)
	w.Queue, w.Language, w.Skills, w.Priority = to.Queue, to.Language, slices.Clone(to.Skills), to.Priority
	w.Preferred, w.PreferredFor, w.unkept, w.Transferred = to.Preferred, to.PreferredFor, false, true
	w.agent, w.taken, w.entered, w.hops, w.fired, w.waited, w.guess = nil, false, e.now, 0, 0, false, guess{}
	e.comeBackBefore(a, back)
	a.waits = !wasFree // who comes free now chooses among all
	e.enter(w)
	a.waits = false
	e.endKeeping(a)
	e.serve(a)
}

// completed gives what is asked at a transfer; what is empty stays as it was.
func (e *Engine) completed(w *work, out routing.Work) routing.Work {
	out.Queue, out.Language = cmp.Or(out.Queue, w.Queue), cmp.Or(out.Language, w.Language)
	out.Priority = cmp.Or(out.Priority, w.Priority)
	if out.Skills == nil {
		out.Skills = w.Skills
	}
	return out
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
	if ev.Until.IsZero() {
		a.rings = e.now.Add(e.ringOf(w))
	}
	w.protected = ev.Work.Past != nil && ev.Work.Past.Guarded
	if a.call == nil {
		e.becomeUntil(a, routing.Offered, a.rings, "")
	}
	e.serve(a)
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
	e.become(a, routing.Busy, "")
	e.comeBackBefore(a, back)
	e.serve(a)
}
