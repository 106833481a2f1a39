package measure

import (
	"fmt"
	"slices"
	"time"
)

// Figure is one figure of a row with its name: a count, or the microseconds of a duration.
type Figure struct {
	Name     string
	Value    int64
	Duration bool
}

func count(name string, n int64) Figure { return Figure{Name: name, Value: n} }

func lasting(name string, d time.Duration) Figure { return Figure{name, d.Microseconds(), true} }

// String gives the value as the CSV does: a count, or seconds with six decimals.
func (f Figure) String() string {
	if !f.Duration {
		return fmt.Sprint(f.Value)
	}
	sign := ""
	if f.Value < 0 {
		sign = "-"
	}
	whole := max(f.Value, -f.Value)
	return fmt.Sprintf("%s%d.%06d", sign, whole/1e6, whole%1e6)
}

// List gives all figures by their published names.
func (f QueueFigures) List() []Figure {
	return []Figure{
		count("offered", f.Offered),
		count("overflowed_in", f.OverflowedIn),
		count("answered", f.Answered),
		count("in_time", f.InTime),
		count("abandoned", f.Abandoned),
		count("abandoned_late", f.AbandonedLate),
		count("short_abandoned", f.ShortAbandoned),
		count("overflowed_out", f.OverflowedOut),
		count("diverted", f.Diverted),
		count("expired", f.Expired),
		count("closed", f.Closed),
		count("lost", f.Lost),
		count("transferred_in", f.TransferredIn),
		count("transfer_answered", f.TransferAnswered),
		count("transfer_abandoned", f.TransferAbandoned),
		count("transfer_left", f.TransferLeft),
		count("transferred_out", f.TransferredOut),
		count("offers", f.Offers),
		count("no_answers", f.NoAnswers),
		count("declines", f.Declines),
		count("handled", f.Handled),
		count("wrapped_up", f.WrappedUp),
		count("responded", f.Responded),
		count("resolved", f.Resolved),
		count("reopened", f.Reopened),
		lasting("wait_answered", f.WaitAnswered),
		lasting("wait_abandoned", f.WaitAbandoned),
		lasting("longest_wait", f.LongestWait),
		lasting("in_hand", f.InHand),
		lasting("hold", f.Hold),
		lasting("wrap_up", f.WrapUp),
		lasting("response", f.Response),
		lasting("resolution", f.Resolution),
	}
}

// List gives all figures by their published names.
func (f AgentFigures) List() []Figure {
	return []Figure{
		count("offers", f.Offers),
		count("answered", f.Answered),
		count("mails", f.Mails),
		count("no_answers", f.NoAnswers),
		count("declines", f.Declines),
		count("handled", f.Handled),
		count("transfers", f.Transfers),
		lasting("ready", f.Ready),
		lasting("mailing", f.Mailing),
		lasting("ringing", f.Ringing),
		lasting("busy", f.Busy),
		lasting("wrap_up", f.WrapUp),
		lasting("break", f.Break),
		lasting("not_answering", f.NotAnswering),
		lasting("offline", f.Offline),
	}
}

// Difference is a figure of which the roll-ups and the log say different things.
type Difference struct {
	Row    string // the row's key, for people
	Figure string
	Kept   Figure // in the roll-ups
	Log    Figure // recomputed
}

// String names the row, the figure and both values.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s is %s in the roll-ups, %s in the log", d.Row, d.Figure, d.Kept, d.Log)
}

// String names the row for people.
func (k QueueKey) String() string {
	return fmt.Sprintf("%s queue %s (%s)", k.Start.UTC().Format(time.RFC3339), k.Queue, k.Kind)
}

// String names the row for people.
func (k AgentKey) String() string {
	return fmt.Sprintf("%s agent %s", k.Start.UTC().Format(time.RFC3339), k.Agent)
}

// Differences compares roll-ups with rows recomputed from the log, in the order of Rows. A row that is missing counts as one
// of zeros.
func Differences(kept, log Rows) (all []Difference) {
	have, want := figures(kept), figures(log)
	for _, k := range keys(kept, log) {
		a, b := have[k], want[k]
		for i := range max(len(a), len(b)) {
			d := difference(k, a, b, i)
			if d.Kept.Value != d.Log.Value {
				all = append(all, d)
			}
		}
	}
	return all
}

func difference(row string, kept, log []Figure, i int) Difference {
	d := Difference{Row: row}
	if i < len(kept) {
		d.Figure, d.Kept, d.Log.Duration = kept[i].Name, kept[i], kept[i].Duration
	}
	if i < len(log) {
		d.Figure, d.Log, d.Kept.Duration = log[i].Name, log[i], log[i].Duration
	}
	return d
}

func figures(r Rows) map[string][]Figure {
	all := map[string][]Figure{}
	for _, q := range r.Queues {
		all[q.QueueKey.String()] = q.List()
	}
	for _, a := range r.Agents {
		all[a.AgentKey.String()] = a.List()
	}
	return all
}

// keys gives the keys of the rows of both, once each; their text sorts by time.
func keys(parts ...Rows) (all []string) {
	for _, r := range parts {
		for _, q := range r.Queues {
			all = append(all, q.QueueKey.String())
		}
		for _, a := range r.Agents {
			all = append(all, a.AgentKey.String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
