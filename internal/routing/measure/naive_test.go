package measure

import (
	"time"

	"santra/internal/routing"
)

// naive makes the figures from the book: the definitions of docs/measures.md, read literally and without a record.
func (w *world) naive() Rows {
	var sum Accumulator
	for _, s := range w.stays {
		row := sum.queueRow(QueueKey{Start(s.entered), s.queue, s.kind}, "agency-"+s.queue)
		row.QueueFigures = row.Plus(s.figures())
	}
	for t := Start(w.begin); !t.After(w.now); t = t.Add(Interval) {
		for _, agent := range []string{"aino", "bo", "eino"} {
			if f := w.spent(agent, t); f != (AgentFigures{}) {
				sum.agent(agent, t).AgentFigures = f
			}
		}
	}
	return sum.Rows()
}

func b(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func only(is bool, d time.Duration) time.Duration { return d * time.Duration(b(is)) }

// figures are those of one stay.
func (s *stay) figures() QueueFigures {
	answered, wait := s.outcome == "answered", s.left.Sub(s.arrived)
	if answered {
		wait = s.answered.Sub(s.arrived)
	}
	abandoned := s.outcome == routing.Abandoned
	short := abandoned && wait < targetShort
	ended := !s.ended.IsZero()
	elsewhere := s.outcome != "" && !answered && !abandoned
	f := QueueFigures{
		Offered: b(s.first && s.origin == ""), OverflowedIn: b(s.first && s.origin != ""), Answered: b(s.first && answered),
		InTime: b(s.first && answered && wait <= targetWithin), Abandoned: b(s.first && abandoned && !short),
		AbandonedLate: b(s.first && abandoned && !short && wait > targetWithin), ShortAbandoned: b(s.first && short),
		OverflowedOut: b(s.first && s.outcome == "moved"), Diverted: b(s.first && s.outcome == "diverted"),
		Expired: b(s.first && s.outcome == routing.Expired), Closed: b(s.first && s.outcome == routing.Closed), Lost: b(s.first && s.outcome == Lost),
		TransferredIn: b(!s.first), TransferAnswered: b(!s.first && answered), TransferAbandoned: b(!s.first && abandoned),
		TransferLeft: b(!s.first && elsewhere), TransferredOut: b(s.gave),
		Offers: int64(s.offers), NoAnswers: int64(s.noAnswers), Declines: int64(s.declines), Handled: b(ended), WrappedUp: int64(s.wraps),
		WaitAnswered: only(s.first && answered, wait), WaitAbandoned: only(s.first && abandoned && !short, wait),
		LongestWait: only(s.first && (answered || abandoned || s.outcome == "diverted"), wait), WrapUp: s.wrap, Hold: s.hold,
	}
	if ended {
		f.InHand = s.ended.Sub(s.answered)
	}
	return f
}

// spent is how somebody spent the part of [t, t+Interval) up to now.
func (w *world) spent(agent string, t time.Time) (f AgentFigures) {
	for _, s := range w.stays {
		for _, at := range s.times {
			if at.agent == agent && !at.at.Before(t) && at.at.Before(t.Add(Interval)) {
				f = f.Plus(at.AgentFigures)
			}
		}
	}
	for _, s := range w.states {
		if s.agent == agent {
			d := overlap(s.from, s.to, t, t.Add(Interval))
			f = f.Plus(stateFigures(s.state, d))
		}
	}
	for _, m := range w.mailing {
		if m.agent == agent {
			f.Mailing += overlap(m.from, m.to, t, t.Add(Interval))
		}
	}
	return f
}

func stateFigures(s routing.State, d time.Duration) AgentFigures {
	return map[routing.State]AgentFigures{
		routing.Ready: {Ready: d}, routing.Offered: {Ringing: d}, routing.Busy: {Busy: d}, routing.WrapUp: {WrapUp: d},
		routing.Break: {Break: d}, routing.NotAnswering: {NotAnswering: d}, routing.Offline: {Offline: d},
	}[s]
}

func overlap(from, to, low, high time.Time) time.Duration {
	if from.Before(low) {
		from = low
	}
	if to.After(high) {
		to = high
	}
	return max(0, to.Sub(from))
}
