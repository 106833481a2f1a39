package office

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing/measure"
	"santra/internal/run"
	"santra/internal/store"
)

const (
	maxDifferences = 100 // that RecomputeMeasures prints; beyond it only counts
	rereads        = 5   // of a day whose figures change while they are read
)

// RecomputeMeasures compares the roll-ups of the days from first to last (dates of the city) with the journal that they were
// made from, and prints each figure that differs. Nothing is changed; the server may run. The error is a run.Exit 1 when
// something differs, 2 when it could not be compared.
func RecomputeMeasures(ctx context.Context, configPath, by string, first, last time.Time, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	defer o.close()
	first, last, err = o.days(first, last)
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	c := comparison{journal: o.store.Journal(), out: out}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		if err := c.compare(ctx, day.UTC(), day.AddDate(0, 0, 1).UTC()); err != nil {
			return run.NewExit(2, err.Error())
		}
		c.days++
	}
	return c.verdict()
}

// days makes midnights of the city of two dates. A zero last is today; a zero first is last. Days whose records may be erased
// already are refused: they can't be compared.
func (o *office) days(first, last time.Time) (from, to time.Time, err error) {
	zone, now := o.city().Location(), time.Now()
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone) }
	if last.IsZero() {
		last = now.In(zone)
	}
	if first.IsZero() {
		first = last
	}
	from, to = midnight(first), midnight(last)
	oldest := midnight(now.Add(-measure.Retention).In(zone)).AddDate(0, 0, 1)
	switch {
	case to.Before(from):
		return from, to, errs.At(errs.Invalid, "--to", "is before --from, %s", from.Format(time.DateOnly))
	case from.Before(oldest):
		return from, to, errs.At(errs.Invalid, "--from", "is older than what is kept, %d days: the first whole day is %s", int(measure.Retention.Hours())/24, oldest.Format(time.DateOnly))
	}
	return from, to, nil
}

// comparison is of roll-ups with the journal, day by day.
type comparison struct {
	journal                    measure.Journal
	out                        io.Writer
	days, rows, records, found int
	moving                     int // figures that changed each time while they were read
}

func (c *comparison) compare(ctx context.Context, from, to time.Time) error {
	for try := range rereads {
		real, moving, err := c.once(ctx, from, to)
		if err != nil {
			return err
		}
		if moving == 0 || try == rereads-1 {
			c.moving += moving
			return c.tell(real)
		}
	}
	return nil
}

// once reads the roll-ups before and after the journal. What differs from the journal and did not change meanwhile is wrong.
func (c *comparison) once(ctx context.Context, from, to time.Time) (real []measure.Difference, moving int, err error) {
	before, err := c.journal.Rollups(ctx, from, to)
	if err != nil {
		return nil, 0, err
	}
	log, n, err := c.recompute(ctx, from, to)
	if err != nil {
		return nil, 0, err
	}
	after, err := c.journal.Rollups(ctx, from, to)
	if err != nil {
		return nil, 0, err
	}
	was := measure.Differences(before, log)
	for _, d := range measure.Differences(after, log) {
		if slices.Contains(was, d) {
			real = append(real, d)
		} else {
			moving++
		}
	}
	c.rows, c.records = c.rows+len(log.Queues)+len(log.Agents), c.records+n
	return real, moving, nil
}

func (c *comparison) recompute(ctx context.Context, from, to time.Time) (rows measure.Rows, n int, err error) {
	var sum measure.Accumulator
	for r, err := range c.journal.Records(ctx, from, to) {
		if err != nil {
			return rows, n, err
		}
		sum.Add(r)
		n++
	}
	return sum.Rows().Between(from, to), n, nil
}

func (c *comparison) tell(real []measure.Difference) error {
	for i, d := range real {
		if c.found+i >= maxDifferences {
			break
		}
		if _, err := fmt.Fprintln(c.out, d); err != nil {
			return err
		}
	}
	c.found += len(real)
	return nil
}

func (c *comparison) verdict() error {
	if c.moving > 0 {
		fmt.Fprintf(c.out, "%d figures changed whenever they were read, and were not compared: ask again when it is quieter\n", c.moving)
	}
	if c.found > 0 {
		return run.NewExit(1, fmt.Sprintf("%d figures of the roll-ups are not what the log says", c.found))
	}
	_, err := fmt.Fprintf(c.out, "%d days, %d rows: the roll-ups are what %d records of the log say, to the microsecond\n", c.days, c.rows, c.records)
	return err
}

// MeasuresCSV is which figures of a day are wanted.
type MeasuresCSV struct {
	Day    time.Time // a date; zero: today
	Agents bool      // of agents, instead of queues; audited, because they are data of staff
	Whole  bool      // one row for the day, instead of each half-hour
}

// PrintMeasures writes the figures of a day as CSV (RFC 4180), with the names of docs/measures.md: durations in seconds, shares
// from 0 to 1, an empty field where there is nothing to say.
func PrintMeasures(ctx context.Context, configPath, by string, want MeasuresCSV, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	day, _, err := o.days(want.Day, want.Day)
	if err != nil {
		return err
	}
	rows, err := o.store.Journal().Rollups(ctx, day.UTC(), day.AddDate(0, 0, 1).UTC())
	if err != nil {
		return err
	}
	if want.Whole {
		rows = rows.By(measure.Day(day.Location()))
	}
	w := csv.NewWriter(out)
	if want.Agents {
		err = o.agentsCSV(ctx, w, day, rows.Agents)
	} else {
		err = queuesCSV(w, day.Location(), rows.Queues)
	}
	w.Flush()
	if err != nil {
		return err
	}
	return w.Error()
}

func queuesCSV(w *csv.Writer, zone *time.Location, rows []measure.QueueRow) error {
	var none measure.QueueFigures
	header := append([]string{"start", "queue", "agency", "kind"}, names(none.List())...)
	header = append(header, "waiting", "service_level", "abandonment", "asa", "aht", "first_response", "resolution_time")
	if err := w.Write(header); err != nil {
		return err
	}
	for _, r := range rows {
		line := append([]string{r.Start.In(zone).Format(time.RFC3339), r.Queue, r.Agency, r.Kind.String()}, values(r.List())...)
		line = append(line, strconv.FormatInt(r.Waiting(), 10), share(r.ServiceLevel()), share(r.AbandonRate()), mean(r.ASA()), mean(r.AHT()),
			mean(r.FirstResponse()), mean(r.ResolutionTime()))
		if err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// agentsCSV writes first into the log that the figures of people were read.
func (o *office) agentsCSV(ctx context.Context, w *csv.Writer, day time.Time, rows []measure.AgentRow) error {
	e := audit.Entry{
		Action: string(identity.MeasuresRead), Actor: o.by.Person, Success: true,
		Detail: map[string]string{"of": "agents", "day": day.Format(time.DateOnly)},
	}
	if err := o.store.DB().Do(ctx, []audit.Entry{e}, func(store.Conn) error { return nil }); err != nil {
		return err
	}
	people, err := o.people.People(ctx, o.by)
	if err != nil {
		return err
	}
	name := map[string]string{}
	for _, p := range people {
		name[p.ID] = p.Name
	}
	var none measure.AgentFigures
	if err := w.Write(append(append([]string{"start", "agent", "name"}, names(none.List())...), "signed_in", "occupancy", "occupancy_mail")); err != nil {
		return err
	}
	for _, r := range rows {
		line := append([]string{r.Start.In(day.Location()).Format(time.RFC3339), r.Agent, name[r.Agent]}, values(r.List())...)
		line = append(line, seconds(r.SignedIn()), share(r.Occupancy()), share(r.OccupancyMail()))
		if err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func names(figures []measure.Figure) (all []string) {
	for _, f := range figures {
		all = append(all, f.Name)
	}
	return all
}

func values(figures []measure.Figure) (all []string) {
	for _, f := range figures {
		all = append(all, f.String())
	}
	return all
}

func share(r measure.Ratio) string {
	v, ok := r.Value()
	if !ok {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

func mean(m measure.Mean) string {
	v, ok := m.Value()
	if !ok {
		return ""
	}
	return seconds(v)
}

func seconds(d time.Duration) string {
	return measure.Figure{Value: d.Microseconds(), Duration: true}.String()
}
