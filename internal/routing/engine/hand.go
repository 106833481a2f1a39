package engine

import (
	"cmp"
	"time"

	"santra/internal/routing"
)

// unoffer takes the offer from the agent, who keeps the state until the caller settles it, and the work, which is at no
// place until the caller puts it somewhere.
func (e *Engine) unoffer(a *agent, reason string) *work {
	e.leave(a)
	w := a.offer
	a.offer, a.guarded, w.agent = nil, false, nil
	e.out = append(e.out, routing.Decision{Type: routing.Withdraw, WorkID: w.id, Kind: w.kind, Queue: w.queue.ID, AgentID: a.ID, Seat: a.Seat, Reason: reason})
	e.alarmAgent(a)
	return w
}

// untaken ends an offer that was declined or not answered. A call leaves the agent Not answering; an e-mail is offered elsewhere.
func (e *Engine) untaken(a *agent, reason string) {
	w := e.unoffer(a, reason)
	if w.preferred == a.ID {
		w.unkept = true
	}
	if w.kind == routing.Mail {
		a.paused = after(e.now, routing.MailPause)
		e.unring(a)
	} else {
		e.become(a, routing.NotAnswering, 0)
	}
	e.alarmAgent(a)
	e.workDue(w)
	e.resume(a)
}

func (e *Engine) accept(a *agent, w *work) {
	e.leave(a)
	a.offer, a.guarded, w.taken = nil, false, true
	a.handled++
	e.answered(w)
	e.hold(a, w)
	if w.kind != routing.Mail {
		e.become(a, routing.Busy, 0)
	} else if a.state == routing.Offered {
		a.idle = e.now
		e.unring(a)
	}
	e.alarmAgent(a)
	e.resume(a)
}

// hold puts accepted work into the agent's hands.
func (e *Engine) hold(a *agent, w *work) {
	w.queue.present[w.kind]--
	w.queue.inHand[w.kind]++
	if w.kind == routing.Mail {
		a.mails++
	} else {
		a.call = w
	}
}

// lose takes accepted work out of the agent's hands.
func (e *Engine) lose(a *agent, w *work) {
	w.queue.inHand[w.kind]--
	w.queue.present[w.kind]++
	if w.kind == routing.Mail {
		a.mails--
	} else {
		a.call = nil
	}
}

func (e *Engine) finish(a *agent, w *work) { e.over(a, w, routing.Handled) }

// over ends accepted work.
func (e *Engine) over(a *agent, w *work, outcome string) {
	kind := w.kind
	wrapUp, most := w.queue.wrapUpOf(w)
	e.leave(a)
	e.lose(a, w)
	e.forget(w, outcome)
	e.released(a, kind, wrapUp, most)
	e.resume(a)
}

// wrapUpOf gives the wrap-up after the work, and how long it may become.
func (q *queue) wrapUpOf(w *work) (wrapUp, most time.Duration) {
	if q.removed {
		return time.Duration(w.wrapUp), 0
	}
	return cmp.Or(time.Duration(w.wrapUp), q.WrapUp), q.MaxWrapUp
}

// released gives the agent, who has lost work of the kind, the state after it. The caller lets the agent resume.
func (e *Engine) released(a *agent, kind routing.Kind, wrapUp, most time.Duration) {
	back := a.offer
	if kind != routing.Mail && back != nil { // an e-mail during the call
		e.unoffer(a, routing.Forced)
		defer e.workDue(back)
	}
	switch {
	case a.left && a.call == nil:
		e.gone(a)
	case a.left || kind == routing.Mail:
	case wrapUp > 0 && !a.hurried:
		a.wrapping, a.mostWrap = e.now, most
		until := int64(0)
		if wrapUp != routing.UntilReady {
			until = after(e.now, wrapUp)
		}
		e.become(a, routing.WrapUp, until)
		e.alarmAgent(a)
	default:
		e.relieve(a)
	}
}

// restore puts work into an agent's hands that was there before the take-over.
func (e *Engine) restore(a *agent, w *work) {
	e.leave(a)
	var back *work
	if w.kind != routing.Mail && a.offer != nil {
		back = e.unoffer(a, routing.Forced)
	}
	w.agent, w.taken = a, true
	e.hold(a, w)
	if w.kind != routing.Mail {
		e.become(a, routing.Busy, 0)
	}
	e.alarmAgent(a)
	if back != nil {
		e.workDue(back)
	}
	e.resume(a)
}

// reoffer lets work go on ringing at an agent after a take-over.
func (e *Engine) reoffer(a *agent, w *work, in *routing.Work, until int64) {
	e.leave(a)
	w.agent, a.offer, a.offerEnds = a, w, cmp.Or(until, after(e.now, w.ring()))
	a.guarded = in.Past != nil && in.Past.Guarded
	if a.call == nil {
		e.become(a, routing.Offered, a.offerEnds)
	}
	e.alarmAgent(a)
	e.serve(a)
}
