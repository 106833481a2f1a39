package flow

// enqueue gives the call to routing. Only who has heard the announcement to its end is recorded (M4).
func (r *Run) enqueue() []Action {
	q := r.step.Queue
	r.state, r.since, r.offered, r.invited = queued, r.facts.Now(), false, false
	in := Enqueue{Queue: q.Queue, Language: r.lang, Away: q.Away, Record: r.heard && !q.Away && r.facts.Records(q.Queue)}
	if q.Away {
		return []Action{in}
	}
	return append([]Action{in}, r.wait()...)
}

// wait plays music until there is something to say.
func (r *Run) wait() (all []Action) {
	q := r.step.Queue
	r.state = queued
	if q.Away {
		return nil
	}
	if !r.deaf {
		all = append(all, Play{Parts: r.one(q.Music), Loop: true})
	}
	if w, ok := r.next(); ok {
		all = append(all, w)
	}
	return all
}

// next is when something is to be said: position and wait every so often, the callback when it is due, and then as often.
func (r *Run) next() (Wake, bool) {
	q := r.step.Queue
	waited := r.facts.Now().Sub(r.since)
	due := q.Every
	if says := q.Position || q.Wait; !says && q.Callback == nil {
		return Wake{}, false
	} else if says && waited < FirstWord {
		return Wake{FirstWord}, true
	} else if q.Callback != nil && !r.offered && (!says || q.Callback.After-waited < due) {
		due = max(q.Callback.After-waited, FirstWord)
	}
	return Wake{due}, true
}

// woken says what there is to say; the music goes on where there is nothing.
func (r *Run) woken(w Woken) []Action {
	r.invited = r.invited || w.Invited
	if r.state != queued {
		return nil
	}
	var parts []Part
	if !r.deaf {
		parts = r.news(w)
	}
	if len(parts) > 0 {
		r.state = speaking
		return []Action{Play{Parts: parts}}
	}
	if next, ok := r.next(); ok {
		next.After = max(next.After, FirstWord)
		return []Action{next}
	}
	return nil
}

// news is what a waiting caller is told.
func (r *Run) news(w Woken) (parts []Part) {
	q := r.step.Queue
	offer := q.Callback != nil && w.Callback && (r.invited || r.facts.Now().Sub(r.since) >= q.Callback.After)
	r.offered, r.invited = r.offered || offer, r.invited && !offer
	for _, l := range r.spoken() {
		if q.Position {
			parts = append(parts, position(l, w.Position)...)
		}
		if q.Wait {
			parts = append(parts, estimate(l, w.Estimate)...)
		}
		if offer {
			parts = append(parts, Part{l, callbackOffer})
		}
	}
	return parts
}

// wanted takes the key of a callback that was offered.
func (r *Run) wanted(k string) []Action {
	q := r.step.Queue
	if q.Callback == nil || !r.offered || k != q.Callback.Key {
		return nil
	}
	r.state = promising
	return []Action{Promise{Queue: q.Queue, Keep: true}}
}

// promised tells the caller until when we call, and ends the call; or that it goes on waiting.
func (r *Run) promised(p Promised) []Action {
	switch {
	case r.state != promising:
		return nil
	case p.OK && r.deaf:
		return r.hangUp()
	case p.OK:
		r.state = leaving
		return []Action{Play{Parts: r.promise(p.By)}}
	case r.step.Callback != nil:
		return r.enter(r.step.Callback.Otherwise)
	case r.deaf:
		return r.wait()
	}
	r.state = speaking
	return []Action{Play{Parts: r.one(callbackDeclined)}}
}

// diverted goes on where the flow says, else says why the call ends.
func (r *Run) diverted(announcement string) []Action {
	in := r.state == queued || r.state == speaking || r.state == promising
	switch q := r.step.Queue; {
	case !in || q == nil:
		return nil
	case q.Otherwise != "":
		return r.enter(q.Otherwise)
	}
	return r.end(announcement)
}
