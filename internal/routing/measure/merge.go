package measure

import (
	"slices"
	"time"
)

// Plus adds the figures of two rows, so that rows of several intervals, queues or nodes make one.
func (f QueueFigures) Plus(o QueueFigures) QueueFigures {
	f.Offered += o.Offered
	f.OverflowedIn += o.OverflowedIn
	f.Answered += o.Answered
	f.InTime += o.InTime
	f.Abandoned += o.Abandoned
	f.AbandonedLate += o.AbandonedLate
	f.ShortAbandoned += o.ShortAbandoned
	f.OverflowedOut += o.OverflowedOut
	f.Diverted += o.Diverted
	f.Expired += o.Expired
	f.Closed += o.Closed
	f.Lost += o.Lost
	f.TransferredIn += o.TransferredIn
	f.TransferAnswered += o.TransferAnswered
	f.TransferAbandoned += o.TransferAbandoned
	f.TransferLeft += o.TransferLeft
	f.TransferredOut += o.TransferredOut
	f.Offers += o.Offers
	f.NoAnswers += o.NoAnswers
	f.Declines += o.Declines
	f.Handled += o.Handled
	f.WrappedUp += o.WrappedUp
	f.Responded += o.Responded
	f.Resolved += o.Resolved
	f.Reopened += o.Reopened
	f.WaitAnswered += o.WaitAnswered
	f.WaitAbandoned += o.WaitAbandoned
	f.LongestWait = max(f.LongestWait, o.LongestWait)
	f.InHand += o.InHand
	f.Hold += o.Hold
	f.WrapUp += o.WrapUp
	f.Response += o.Response
	f.Resolution += o.Resolution
	return f
}

// Plus adds the figures of two rows.
func (f AgentFigures) Plus(o AgentFigures) AgentFigures {
	f.Offers += o.Offers
	f.Answered += o.Answered
	f.Mails += o.Mails
	f.NoAnswers += o.NoAnswers
	f.Declines += o.Declines
	f.Handled += o.Handled
	f.Transfers += o.Transfers
	f.Ready += o.Ready
	f.Mailing += o.Mailing
	f.Ringing += o.Ringing
	f.Busy += o.Busy
	f.WrapUp += o.WrapUp
	f.Break += o.Break
	f.NotAnswering += o.NotAnswering
	f.Offline += o.Offline
	return f
}

// Merge adds up rows of the same keys: of nodes, of parts of a log.
func Merge(parts ...Rows) Rows {
	var sum Accumulator
	for _, rows := range parts {
		for _, r := range rows.Queues {
			sum.plusQueue(r)
		}
		for _, r := range rows.Agents {
			sum.plusAgent(r)
		}
	}
	return sum.Rows()
}

// Between gives the rows of the intervals that begin in [from, to): of records that bear on more than those.
func (r Rows) Between(from, to time.Time) (part Rows) {
	for _, q := range r.Queues {
		if !q.Start.Before(from) && q.Start.Before(to) {
			part.Queues = append(part.Queues, q)
		}
	}
	for _, a := range r.Agents {
		if !a.Start.Before(from) && a.Start.Before(to) {
			part.Agents = append(part.Agents, a)
		}
	}
	return part
}

// By gives rows of longer intervals: start names the one in which an interval of the roll-ups lies, see Day.
func (r Rows) By(start func(time.Time) time.Time) Rows {
	longer := Rows{Queues: slices.Clone(r.Queues), Agents: slices.Clone(r.Agents)}
	for i := range longer.Queues {
		longer.Queues[i].Start = start(longer.Queues[i].Start)
	}
	for i := range longer.Agents {
		longer.Agents[i].Start = start(longer.Agents[i].Start)
	}
	return Merge(longer)
}

// Day gives the beginning of the day in a zone, for Rows.By: 23 or 25 hours long when clocks change.
func Day(zone *time.Location) func(time.Time) time.Time {
	return func(t time.Time) time.Time {
		y, m, d := t.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, zone).UTC()
	}
}

func (a *Accumulator) plusQueue(r QueueRow) {
	row := a.queueRow(r.QueueKey, r.Agency)
	row.QueueFigures = row.Plus(r.QueueFigures)
}

func (a *Accumulator) plusAgent(r AgentRow) {
	row := a.agent(r.Agent, r.Start)
	row.AgentFigures = row.Plus(r.AgentFigures)
}
