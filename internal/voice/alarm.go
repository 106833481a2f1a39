package voice

import "time"

// alarm is one timer of an actor: at most one thing is due, and only the actor touches it.
type alarm struct {
	timer *time.Timer
	due   func()
}

// set plans f after d, instead of what was planned before.
func (a *alarm) set(d time.Duration, f func()) {
	a.stop()
	a.timer, a.due = time.NewTimer(d), f
}

// stop forgets what was planned.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timer, a.due = nil, nil
}

// c fires when something is due; nil, which never fires, while nothing is planned.
func (a *alarm) c() <-chan time.Time {
	if a.timer == nil {
		return nil
	}
	return a.timer.C
}

// ring does what was planned.
func (a *alarm) ring() {
	f := a.due
	a.timer, a.due = nil, nil
	if f != nil {
		f()
	}
}
