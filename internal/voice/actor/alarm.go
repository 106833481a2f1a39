package actor

import "time"

// Alarm is one timer of an actor: at most one thing is due, and only the actor touches it. The zero Alarm is stopped.
type Alarm struct {
	timer *time.Timer
	at    time.Time // when it rings
	due   func()
}

// Set plans f after d, instead of what was planned before.
func (a *Alarm) Set(d time.Duration, f func()) {
	a.Stop()
	a.timer, a.at, a.due = time.NewTimer(d), time.Now().Add(d), f
}

// Stop forgets what was planned.
func (a *Alarm) Stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timer, a.due = nil, nil
}

// C fires when something is due, and Ring is to be called; nil, which never fires, while nothing is planned, and of no Alarm.
func (a *Alarm) C() <-chan time.Time {
	if a == nil || a.timer == nil {
		return nil
	}
	return a.timer.C
}

// Ring does what was planned.
func (a *Alarm) Ring() {
	f := a.due
	a.timer, a.due = nil, nil
	if f != nil {
		f()
	}
}

// Soonest is the alarm that rings first; nil where none is set. An actor that waits for it alone has one case for all its alarms.
func Soonest(alarms ...*Alarm) (first *Alarm) {
	for _, a := range alarms {
		if a.timer != nil && (first == nil || a.at.Before(first.at)) {
			first = a
		}
	}
	return first
}
