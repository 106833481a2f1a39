package measure

import (
	"iter"
	"maps"
	"slices"
	"time"

	"santra/internal/routing"
)

// Accumulator adds up records. What a record adds depends on that record alone. The zero Accumulator is empty and ready.
type Accumulator struct {
	queues map[QueueKey]*QueueRow
	agents map[AgentKey]*AgentRow
}

// Rollup makes the rows of records, in whatever order they come.
func Rollup(records iter.Seq[Record]) Rows {
	var a Accumulator
	for r := range records {
		a.Add(r)
	}
	return a.Rows()
}

// Rows gives what was added, sorted.
func (a *Accumulator) Rows() Rows {
	var rows Rows
	for _, k := range slices.SortedFunc(maps.Keys(a.queues), QueueKey.compare) {
		rows.Queues = append(rows.Queues, *a.queues[k])
	}
	for _, k := range slices.SortedFunc(maps.Keys(a.agents), AgentKey.compare) {
		rows.Agents = append(rows.Agents, *a.agents[k])
	}
	return rows
}

// Add adds one record.
func (a *Accumulator) Add(r Record) {
	if r.Type == AgentState {
		a.addState(r)
		return
	}
	a.queueRow(QueueKey{Start(r.Begin()), r.Queue, r.Kind}, r.Agency).add(r)
	if r.Agent != "" && r.countsForAgent() {
		a.agent(r.Agent, Start(r.At)).add(r)
	}
}

func (a *Accumulator) queueRow(k QueueKey, agency string) *QueueRow {
	if a.queues == nil {
		a.queues = map[QueueKey]*QueueRow{}
	}
	row := a.queues[k]
	if row == nil {
		row = &QueueRow{QueueKey: k}
		a.queues[k] = row
	}
	row.Agency = max(row.Agency, agency) // whatever the order; a queue has one but for a change within the interval
	return row
}

func (a *Accumulator) agent(id string, start time.Time) *AgentRow {
	if a.agents == nil {
		a.agents = map[AgentKey]*AgentRow{}
	}
	k := AgentKey{start, id}
	row := a.agents[k]
	if row == nil {
		row = &AgentRow{AgentKey: k}
		a.agents[k] = row
	}
	return row
}

// addState gives each interval the part of the state that lies in it.
func (a *Accumulator) addState(r Record) {
	for since := r.Begin(); since.Before(r.At); {
		start := Start(since)
		until := start.Add(Interval)
		if until.After(r.At) {
			until = r.At
		}
		a.agent(r.Agent, start).spend(r, until.Sub(since))
		since = until
	}
}

// lasted is the time that the record closes.
func (r Record) lasted() time.Duration {
	if r.Since.IsZero() {
		return 0
	}
	return max(0, r.At.Sub(r.Since))
}

// waited is the customer's wait.
func (r Record) waited() time.Duration { return max(0, r.At.Sub(r.Arrived)) }

func (f *QueueFigures) add(r Record) {
	switch r.Type {
	case Queued:
		f.queued(r)
	case Offered:
		f.Offers++
	case NoAnswered:
		f.NoAnswers++
	case Declined:
		f.Declines++
	case Answered:
		f.answered(r)
	case Retrieved:
		f.Hold += r.lasted()
	case Ended:
		f.ended(r)
	case Left, Moved, Diverted:
		f.left(r)
	case WrapUpEnded:
		f.WrappedUp++
		f.WrapUp += r.lasted()
	case FirstResponse:
		f.Responded++
		f.Response += r.Business
	case Resolved:
		f.Resolved++
		f.Resolution += r.Business
	case Reopened:
		f.Reopened++
	}
}

func (f *QueueFigures) queued(r Record) {
	switch {
	case !r.First:
		f.TransferredIn++
	case r.Reason == "":
		f.Offered++
	default:
		f.OverflowedIn++
	}
}

func (f *QueueFigures) answered(r Record) {
	if !r.First {
		f.TransferAnswered++
		return
	}
	f.Answered++
	f.WaitAnswered += r.waited()
	f.LongestWait = max(f.LongestWait, r.waited())
	if r.waited() <= r.Within {
		f.InTime++
	}
}

func (f *QueueFigures) ended(r Record) {
	f.Handled++
	f.InHand += r.lasted()
	if r.Reason == Transfer {
		f.TransferredOut++
	}
}

func (f *QueueFigures) left(r Record) {
	switch {
	case !r.First && r.Reason == routing.Abandoned:
		f.TransferAbandoned++
	case !r.First:
		f.TransferLeft++
	case r.Type == Moved:
		f.OverflowedOut++
	case r.Type == Diverted:
		f.Diverted++
		f.LongestWait = max(f.LongestWait, r.waited())
	case r.Reason == routing.Abandoned:
		f.abandoned(r)
	case r.Reason == routing.Expired:
		f.Expired++
	case r.Reason == Lost:
		f.Lost++
	default:
		f.Closed++
	}
}

func (f *QueueFigures) abandoned(r Record) {
	f.LongestWait = max(f.LongestWait, r.waited())
	if r.waited() < r.Short {
		f.ShortAbandoned++
		return
	}
	f.Abandoned++
	f.WaitAbandoned += r.waited()
	if r.waited() > r.Within {
		f.AbandonedLate++
	}
}

// countsForAgent tells whether the record changes the row of the agent.
func (r Record) countsForAgent() bool {
	switch r.Type {
	case Offered, NoAnswered, Declined, Answered:
		return true
	case Ended:
		return r.Kind != routing.Mail
	}
	return false
}

func (f *AgentFigures) add(r Record) {
	switch r.Type {
	case Offered:
		f.Offers++
	case NoAnswered:
		f.NoAnswers++
	case Declined:
		f.Declines++
	case Answered:
		if r.Kind == routing.Mail {
			f.Mails++
		} else {
			f.Answered++
		}
	case Ended:
		f.Handled++
		if r.Reason == Transfer {
			f.Transfers++
		}
	}
}

// spend adds d to the time in the state that the record ends.
func (f *AgentFigures) spend(r Record, d time.Duration) {
	switch r.Was {
	case routing.Ready:
		f.Ready += d
		if r.To == WithMail {
			f.Mailing += d
		}
	case routing.Offered:
		f.Ringing += d
	case routing.Busy:
		f.Busy += d
	case routing.WrapUp:
		f.WrapUp += d
	case routing.Break:
		f.Break += d
	case routing.NotAnswering:
		f.NotAnswering += d
	case routing.Offline:
		f.Offline += d
	}
}
