package figures

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/web/api/frame"
)

// byDay is the interval that is a day; the other is measure.Interval.
const byDay = "day"

// question is what is asked of the measures, by whom.
type question struct {
	*measuresInput
	zone      *time.Location
	from, to  time.Time // midnights; to is that after the last day
	mayAgency map[string]bool
	mayAgent  map[string]bool // nil: no figures of staff
	caller    *frame.Caller
}

// sums is an answer as it grows.
type sums struct {
	zone   *time.Location
	rows   []Measure
	totals []Measure
	staff  []StaffMeasure
}

// measured reads the figures day by day, so that a long question takes no more memory than its answer.
func (a *answerer) measured(ctx context.Context, c *frame.Caller, in *measuresInput) (*sums, error) {
	q, err := a.question(ctx, c, in)
	if err != nil {
		return nil, err
	}
	out := &sums{zone: q.zone, rows: []Measure{}, totals: []Measure{}, staff: []StaffMeasure{}}
	for day := q.from; day.Before(q.to); day = day.AddDate(0, 0, 1) {
		rows, err := a.deps.Measures.Rollups(ctx, day.UTC(), day.AddDate(0, 0, 1).UTC())
		if err != nil {
			return nil, err
		}
		for _, span := range q.spans(day, rows) {
			q.add(out, span)
		}
		if len(out.rows) > MaxMeasureRows {
			return nil, errs.At(errs.TooLarge, "to", "over %d rows: name a queue, fewer days, or interval day", MaxMeasureRows)
		}
	}
	return out, nil
}

// question checks what is asked and what the caller may know.
func (a *answerer) question(ctx context.Context, c *frame.Caller, in *measuresInput) (*question, error) {
	q := &question{measuresInput: in, zone: a.deps.City.Current().Location(), mayAgency: map[string]bool{}, caller: c}
	var err error
	if q.from, q.to, err = between(in.From, in.To, in.Interval, q.zone); err != nil {
		return nil, err
	}
	if known, ok := a.deps.City.Queue(in.Queue); ok {
		return q, c.May(identity.MeasuresRead, known.Agency)
	}
	if in.Queue == "" {
		q.mayAgent, err = a.staffOf(ctx, c)
	}
	return q, err
}

// between gives the midnights of the first day and after the last.
func between(first, last, interval string, zone *time.Location) (from, to time.Time, err error) {
	if from, err = dayOf("from", first, zone); err != nil {
		return from, to, err
	}
	if to, err = dayOf("to", last, zone); err != nil {
		return from, to, err
	}
	to = to.AddDate(0, 0, 1)
	most := MaxHalfHourDays
	if interval == byDay {
		most = MaxMeasureDays
	}
	if !to.After(from) || to.After(from.AddDate(0, 0, most)) {
		err = errs.At(errs.Invalid, "to", "must be from's day or later, at most %d days in all", most)
	}
	return from, to, err
}

func dayOf(field, text string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		return t, errs.At(errs.Invalid, field, "must be a day like 2026-11-23")
	}
	return t, nil
}

// staffOf names the agents who serve an agency in which the caller watches agents; nil where the caller watches none.
func (a *answerer) staffOf(ctx context.Context, c *frame.Caller) (map[string]bool, error) {
	if !c.Anywhere(identity.AgentWatch) {
		return nil, nil
	}
	people, err := a.deps.People.People(ctx, identity.Operator("api"))
	seen, now := map[string]bool{}, time.Now()
	for _, p := range people {
		all, ids := p.Principal(now).Agencies(identity.CallHandle)
		if all {
			ids = nil
		} else if len(ids) == 0 {
			continue
		}
		seen[p.ID] = c.Principal.Sees(identity.AgentWatch, ids)
	}
	return seen, err
}

// span is what was counted in one interval of the answer.
type span struct {
	from, to time.Time
	queues   []measure.QueueRow
	agents   []measure.AgentRow
}

// spans divides a day's rows into the intervals that are asked for, leaving out what the caller may not know.
func (q *question) spans(day time.Time, rows measure.Rows) []span {
	by := map[time.Time]*span{}
	of := func(start time.Time) *span {
		from, to := start.UTC(), start.Add(measure.Interval).UTC()
		if q.Interval == byDay {
			from, to = day.UTC(), day.AddDate(0, 0, 1).UTC()
		}
		if by[from] == nil {
			by[from] = &span{from: from, to: to}
		}
		return by[from]
	}
	for _, r := range rows.Queues {
		if q.wants(r) {
			s := of(r.Start)
			s.queues = append(s.queues, r)
		}
	}
	for _, r := range rows.Agents {
		if q.mayAgent[r.Agent] {
			s := of(r.Start)
			s.agents = append(s.agents, r)
		}
	}
	var out []span
	for _, from := range slices.SortedFunc(maps.Keys(by), time.Time.Compare) {
		out = append(out, *by[from])
	}
	return out
}

// wants tells whether a row is asked for and the caller's to know.
func (q *question) wants(r measure.QueueRow) bool {
	if q.Queue != "" && r.Queue != q.Queue || q.Kind != "" && r.Kind.String() != q.Kind {
		return false
	}
	may, known := q.mayAgency[r.Agency]
	if !known {
		may = r.Agency != "" && q.caller.May(identity.MeasuresRead, r.Agency) == nil
		q.mayAgency[r.Agency] = may
	}
	return may
}

// counted is what a row of the answer is about.
type counted struct {
	queue, agency string
	kind          routing.Kind
}

func (k counted) compare(o counted) int {
	return cmp.Or(cmp.Compare(k.queue, o.queue), cmp.Compare(k.agency, o.agency), cmp.Compare(k.kind, o.kind))
}

// add appends an interval's rows, totals and staff.
func (q *question) add(out *sums, s span) {
	each, totals := map[counted]measure.QueueFigures{}, map[counted]measure.QueueFigures{}
	for _, r := range s.queues {
		k, all := counted{r.Queue, r.Agency, r.Kind}, counted{kind: r.Kind}
		each[k], totals[all] = each[k].Plus(r.QueueFigures), totals[all].Plus(r.QueueFigures)
	}
	out.rows, out.totals = appendMeasures(out.rows, each, s), appendMeasures(out.totals, totals, s)
	if len(s.agents) > 0 {
		out.staff = append(out.staff, staffMeasure(s))
	}
}

func appendMeasures(to []Measure, rows map[counted]measure.QueueFigures, s span) []Measure {
	for _, k := range slices.SortedFunc(maps.Keys(rows), counted.compare) {
		m := measureOf(rows[k])
		m.Queue, m.Agency, m.Kind, m.From, m.To = k.queue, k.agency, k.kind.String(), s.from, s.to
		to = append(to, m)
	}
	return to
}

func measureOf(f measure.QueueFigures) Measure {
	return Measure{
		Offered: f.Offered, OverflowedIn: f.OverflowedIn, Answered: f.Answered, InTime: f.InTime, Abandoned: f.Abandoned,
		ShortAbandoned: f.ShortAbandoned, OverflowedOut: f.OverflowedOut, Diverted: f.Diverted, Expired: f.Expired, Closed: f.Closed,
		Lost: f.Lost, Waiting: f.Waiting(), TransferredIn: f.TransferredIn, TransferredOut: f.TransferredOut, Offers: f.Offers,
		NoAnswers: f.NoAnswers, Declines: f.Declines, Handled: f.Handled, ServiceLevel: share(f.ServiceLevel()),
		ServiceLevels: frame.List(f.ServiceLevels(), func(v measure.Variant) ServiceLevel { return ServiceLevel{v.Name, share(v.Ratio)} }),
		Abandonment:   share(f.AbandonRate()), ASA: mean(f.ASA()), LongestWait: f.LongestWait.Seconds(), AHT: mean(f.AHT()),
		Talk: f.Talk().Seconds(), Hold: f.Hold.Seconds(), WrapUp: f.WrapUp.Seconds(), Responded: f.Responded, Resolved: f.Resolved,
		Reopened: f.Reopened, FirstResponse: mean(f.FirstResponse()), Resolution: mean(f.ResolutionTime()),
	}
}

// staffMeasure adds up how the agents spent an interval.
func staffMeasure(s span) StaffMeasure {
	var f measure.AgentFigures
	for _, r := range s.agents {
		f = f.Plus(r.AgentFigures)
	}
	return StaffMeasure{
		From: s.from, To: s.to, Agents: f.Available().Seconds() / s.to.Sub(s.from).Seconds(), Ready: f.Ready.Seconds(),
		Ringing: f.Ringing.Seconds(), Busy: f.Busy.Seconds(), WrapUp: f.WrapUp.Seconds(), Break: f.Break.Seconds(),
		NotAnswering: f.NotAnswering.Seconds(), Occupancy: share(f.Occupancy()),
	}
}

// share gives a share, nil where there is none.
func share(r measure.Ratio) *float64 {
	if v, ok := r.Value(); ok {
		return &v
	}
	return nil
}

// mean gives a mean in seconds, nil where there is none.
func mean(m measure.Mean) *float64 {
	if v, ok := m.Value(); ok {
		return new(v.Seconds())
	}
	return nil
}
