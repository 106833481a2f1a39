package simulate

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/routing/sim"
)

// Options are the flags of santra simulate.
type Options struct {
	City    *agency.City // valid, with its defaults
	Against *agency.City // nil: City
	Other   string       // how the other configuration is named: its file

	Calls     string
	Rate      []string
	AHT       []string
	Patience  []string
	Languages map[string]float64

	Agents        int
	Shifts        string
	AgainstAgents string
	AgainstShifts string

	Day    string // 2026-11-24; "": today
	Today  time.Time
	Days   int
	Seed   uint64
	Pickup string
	Missed float64
	Target string

	ByQueue  bool
	JSON     bool
	CSV      string // files; "" for none, "-" for Out
	HTML     string
	Out      io.Writer
	Progress func(doing string, done, of int)
}

// DefaultDays is how often the day is simulated where nothing is said.
const DefaultDays = 20

// study is a question with all its parts read.
type study struct {
	Options
	day     time.Time
	base    sim.Scenario
	other   *sim.Scenario // compared with
	target  *sim.Target
	notes   []sim.Note
	callers []string // queues that get calls
}

// Run answers what the options ask, and writes it.
func Run(ctx context.Context, o Options) error {
	s, err := newStudy(o)
	if err != nil {
		return err
	}
	a, err := s.answer(ctx)
	if err != nil {
		return err
	}
	return s.write(a)
}

func newStudy(o Options) (*study, error) {
	s := &study{Options: o}
	if err := s.setDay(); err != nil {
		return nil, err
	}
	e := newCentre(o.City, s.day)
	d, err := s.demand(e)
	if err != nil {
		return nil, err
	}
	s.base = e.scenario()
	shared, err := e.traffic(&s.base, d)
	if err != nil {
		return nil, err
	}
	s.notes = append(s.notes, shared...)
	if err := s.set(&s.base); err != nil {
		return nil, err
	}
	s.callers = called(&s.base)
	if err := s.staff(e); err != nil {
		return nil, err
	}
	s.noteDay(e)
	s.notes = append(s.notes, e.lacks(s.base.Agents, s.callers)...)
	if o.Target != "" {
		t, err := ParseTarget(o.Target)
		if err != nil {
			return nil, errs.At(errs.Invalid, "--target", "%w", err)
		}
		s.target = &t
	}
	return s, s.compared()
}

func (s *study) setDay() (err error) {
	s.day = s.Today
	if s.Day != "" {
		if s.day, err = time.Parse(time.DateOnly, s.Day); err != nil {
			return errs.At(errs.Invalid, "--day", "want a date like 2026-11-24; have %q", s.Day)
		}
	}
	return nil
}

// set takes the flags that hold for any configuration.
func (s *study) set(c *sim.Scenario) (err error) {
	c.Days, c.Seed, c.Progress = s.Days, s.Seed, s.Progress
	if c.Days == 0 {
		c.Days = DefaultDays
	}
	c.Staff.Missed = s.Missed
	if s.Pickup != "" {
		if c.Staff.Pickup, err = sim.ParseDistribution(s.Pickup); err != nil {
			return errs.At(errs.Invalid, "--pickup", "%w", err)
		}
	}
	if !(s.Missed >= 0 && s.Missed < 1) {
		return errs.At(errs.Invalid, "--missed", "want a share from 0 to under 1, as in 0.02; have %v", s.Missed)
	}
	return nil
}

// demand reads what is said of calls.
func (s *study) demand(e *centre) (d demand, err error) {
	if d.rate, d.rates, err = forQueues("rate", s.Rate, ParseRate); err != nil {
		return d, err
	}
	if d.aht.all, d.aht.one, err = forQueues("aht", s.AHT, sim.ParseDistribution); err != nil {
		return d, err
	}
	if d.patience.all, d.patience.one, err = forQueues("patience", s.Patience, sim.ParseDistribution); err != nil {
		return d, err
	}
	if d.languages, err = shares(s.Languages); err != nil {
		return d, err
	}
	if s.Calls == "" && len(s.Rate) == 0 {
		return d, errs.New(errs.Invalid, "want calls: a file, --calls calls.csv, or a rate, --rate 120/h")
	}
	if s.Calls == "" {
		return d, nil
	}
	in, err := os.Open(s.Calls)
	if err != nil {
		return d, err
	}
	defer in.Close()
	if d.calls, err = e.readCalls(s.Calls, in); err != nil {
		return d, err
	}
	if on := e.day.Format(time.DateOnly); d.calls.day != "" && d.calls.day != on {
		s.notes = append(s.notes, sim.Note{Code: sim.NoteMoved, Of: d.calls.day, Date: on})
	}
	return d, nil
}

// staff reads who works. A search begins with anybody.
func (s *study) staff(e *centre) (err error) {
	switch {
	case s.Agents > 0 && s.Shifts != "":
		return errs.New(errs.Invalid, "want --agents or --shifts, not both")
	case s.Agents < 0 || s.Agents > sim.MaxAgents:
		return errs.At(errs.Invalid, "--agents", "want 1 to %d; have %d", sim.MaxAgents, s.Agents)
	case s.Shifts != "":
		s.base.Agents, err = e.shiftsOf(s.Shifts)
	case s.Agents > 0:
		s.base.Agents = e.everybody(s.Agents, s.callers)
	case s.Options.Target != "":
		if s.base.Agents = e.everybody(1, s.callers); s.base.Agents == nil {
			return errs.At(errs.Invalid, "--day", "all queues are closed on %s: there is nobody to search for", e.day.Format(time.DateOnly))
		}
	default:
		return errs.New(errs.Invalid, "want agents: --agents 14, a file of shifts, --shifts shifts.csv, or a search, --target 80/20")
	}
	return err
}

func (e *centre) shiftsOf(path string) ([]sim.AgentPlan, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return e.readShifts(path, in)
}

// compared makes the other configuration, where one is asked for.
func (s *study) compared() error {
	if s.Against == nil && s.AgainstAgents == "" && s.AgainstShifts == "" {
		return nil
	}
	if s.target != nil {
		return errs.New(errs.Invalid, "want --target or a comparison (--against…), not both")
	}
	if s.AgainstAgents != "" && s.AgainstShifts != "" {
		return errs.New(errs.Invalid, "want --against-agents or --against-shifts, not both")
	}
	city := s.City
	if s.Against != nil {
		city = s.Against
	}
	e := newCentre(city, s.day)
	other := e.scenario()
	other.Traffic, other.Calls, other.Agents = s.base.Traffic, s.base.Calls, s.base.Agents
	for _, q := range s.callers {
		if e.queue(q) == nil {
			return errs.New(errs.Invalid, "queue %s gets calls, and %s has no such queue: have the same ids in both", q, s.Other)
		}
	}
	if err := s.set(&other); err != nil {
		return err
	}
	if err := s.otherStaff(e, &other); err != nil {
		return err
	}
	s.other = &other
	return nil
}

func (s *study) otherStaff(e *centre, other *sim.Scenario) (err error) {
	switch {
	case s.AgainstShifts != "":
		other.Agents, err = e.shiftsOf(s.AgainstShifts)
	case s.AgainstAgents != "":
		if s.Shifts != "" && strings.ContainsAny(s.AgainstAgents[:1], "+-") {
			return errs.At(errs.Invalid, "--against-agents", "wants a number here: with --shifts a change could be anybody's; or give --against-shifts")
		}
		var n int
		if n, err = change(s.AgainstAgents, s.Agents); err == nil {
			other.Agents = e.everybody(n, s.callers)
		}
	case s.Shifts != "":
		other.Agents, err = e.shiftsOf(s.Shifts) // the same people; what is asked of them may differ
	default:
		other.Agents = e.everybody(s.Agents, s.callers)
	}
	return err
}

// noteDay says what is special about the day.
func (s *study) noteDay(e *centre) {
	if name := e.holiday(); name != nil {
		s.notes = append(s.notes, sim.Note{Code: sim.NoteHoliday, Date: e.day.Format(time.DateOnly), Name: name})
	}
	s.noteHours(e)
	if hours := e.day.AddDate(0, 0, 1).Sub(e.day); hours != 24*time.Hour {
		s.notes = append(s.notes, sim.Note{Code: sim.NoteClock, Hours: hours.Hours()})
	}
}

// noteHours says when queues are open that are not always: those with the same hours together.
func (s *study) noteHours(e *centre) {
	first := len(s.notes)
	for _, q := range s.callers {
		spans := e.spansOf(q)
		if slices.Equal(spans, []sim.Span{e.wholeDay()}) {
			continue
		}
		note := sim.Note{Code: sim.NoteOpen, Spans: clocks(spans)}
		if len(spans) == 0 {
			note.Code = sim.NoteClosed
		}
		i := slices.IndexFunc(s.notes[first:], func(n sim.Note) bool { return n.Code == note.Code && slices.Equal(n.Spans, note.Spans) })
		if i < 0 {
			s.notes, i = append(s.notes, note), len(s.notes)-first
		}
		s.notes[first+i].Queues = append(s.notes[first+i].Queues, q)
	}
}

func spansText(spans []sim.Span) string {
	var out []string
	for _, s := range spans {
		out = append(out, clockText(s.From)+"–"+clockText(s.To))
	}
	return strings.Join(out, ", ")
}

func clocks(spans []sim.Span) []sim.NoteSpan {
	var out []sim.NoteSpan
	for _, s := range spans {
		out = append(out, sim.NoteSpan{From: clockText(s.From), To: clockText(s.To)})
	}
	return out
}

// answer runs the simulator.
func (s *study) answer(ctx context.Context) (a sim.Answer, err error) {
	began := time.Now()
	a.Notes = s.notes
	if s.target != nil {
		var staffing sim.Staffing
		staffing, err = sim.Staff(ctx, s.base, *s.target)
		a.Staffing, a.Report = &staffing, staffing.Report
	}
	switch {
	case err != nil:
	case s.other != nil:
		var c sim.Comparison
		c, err = sim.Compare(ctx, s.base, *s.other)
		a.Comparison, a.Report = &c, c.Base
	case s.target == nil:
		a.Report, err = sim.Run(ctx, s.base)
	}
	a.Took = time.Since(began)
	return a, err
}
