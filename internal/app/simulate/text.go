package simulate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"santra/internal/routing/sim"
)

// write gives the answer on Out, and into the files asked for.
func (s *study) write(a sim.Answer) error {
	for _, f := range []struct {
		path  string
		write func(io.Writer) error
	}{
		{s.CSV, func(w io.Writer) error { return writeCSV(w, a) }},
		{s.HTML, func(w io.Writer) error { return s.writePage(w, a) }},
	} {
		if err := s.file(f.path, f.write); err != nil {
			return err
		}
	}
	if s.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(a)
	}
	if s.CSV == "-" || s.HTML == "-" {
		return nil
	}
	var text bytes.Buffer
	s.text(&text, a)
	_, err := s.Out.Write(text.Bytes())
	return err
}

func (s *study) file(path string, write func(io.Writer) error) error {
	switch path {
	case "":
		return nil
	case "-":
		return write(s.Out)
	}
	var buf bytes.Buffer
	if err := write(&buf); err != nil {
		return err
	}
	return os.WriteFile(path, buf.Bytes(), 0o644)
}

// title says what day it is.
func (s *study) title() string { return s.base.Day.Format("Monday 2 January 2006") }

// setting is what was asked, in lines.
func (s *study) setting(a sim.Answer) []string {
	r := a.Report
	lines := []string{fmt.Sprintf("%s calls a day; %d agents, %.0f h; %s, seed %d", number(r.Total.Offered), r.Agents, r.PaidHours, days(r.Days), r.Seed)}
	for _, n := range a.Notes {
		lines = append(lines, n.String())
	}
	return lines
}

func days(n int) string {
	if n == 1 {
		return "one day simulated"
	}
	return fmt.Sprintf("mean of %d simulated days", n)
}

func (s *study) text(w io.Writer, a sim.Answer) {
	fmt.Fprintln(w, s.title())
	for _, l := range s.setting(a) {
		fmt.Fprintln(w, l)
	}
	fmt.Fprintln(w)
	switch {
	case a.Staffing != nil:
		s.staffingText(w, a.Staffing)
	case a.Comparison != nil:
		s.comparisonText(w, a.Comparison)
		return
	}
	reportText(w, a.Report, s.ByQueue)
	fmt.Fprintf(w, "\n%s simulated in %s. p50, p90, p99: waits of those who were answered; agents: at work; busy: talk and wrap-up.\n",
		fmt.Sprintf("%.0f calls", a.Report.Total.Offered*float64(a.Report.Days)), a.Took.Round(time.Millisecond))
}

const (
	rowFormat = "%-11s %7s %8s %7s %14s %7s %7s %7s %8s %7s %6s\n"
)

func reportText(w io.Writer, r sim.Report, byQueue bool) {
	heading := func(what string) {
		fmt.Fprintf(w, rowFormat, what, "calls", "answered", "hung up", "service level", "p50", "p90", "p99", "abandon", "agents", "busy")
	}
	heading("time")
	for _, row := range r.Intervals {
		if row.Offered > 0 || row.Agents >= 0.005 {
			rowText(w, span(row), row, true)
		}
	}
	rowText(w, "day", r.Total, true)
	if len(r.Queues) < 2 {
		return
	}
	for _, q := range r.Queues {
		if q.Total.Offered == 0 {
			continue
		}
		fmt.Fprintln(w)
		heading("queue")
		fmt.Fprintf(w, "%s, target within %s\n", q.Queue, q.Within)
		for _, row := range q.Intervals {
			if byQueue && row.Offered > 0 {
				rowText(w, span(row), row, false)
			}
		}
		rowText(w, "day", q.Total, false)
	}
}

func rowText(w io.Writer, name string, r sim.Row, agents bool) {
	at, busy := "", ""
	if agents {
		at, busy = fmt.Sprintf("%.1f", r.Agents), percent(r.Occupancy)
	}
	fmt.Fprintf(w, rowFormat, name, number(r.Offered), number(r.Answered), number(r.Abandoned+r.ShortAbandoned), within(r),
		seconds(r.P50), seconds(r.P90), seconds(r.P99), percent(r.Abandonment), at, busy)
	if r.Overflowed+r.Diverted+r.Lost+r.Waiting >= 0.05 {
		fmt.Fprintf(w, "%-11s %s\n", "", elsewhere(r))
	}
}

// elsewhere says what became of calls that were neither answered nor hung up.
func elsewhere(r sim.Row) string {
	var out []string
	for _, p := range []struct {
		n    float64
		text string
	}{
		{r.Overflowed - r.Callbacks, "to other queues"},
		{r.Callbacks, "promised a callback"},
		{r.Returned, "of them made"},
		{r.Diverted, "to an announcement or number"},
		{r.Lost, "lost"},
		{r.Waiting, "still waiting at the end"},
	} {
		if p.n >= 0.05 {
			out = append(out, number(p.n)+" "+p.text)
		}
	}
	return strings.Join(out, ", ")
}

// span names an interval by the clock.
func span(r sim.Row) string {
	return r.Start.Format("15:04") + "–" + r.Start.Add(time.Duration(r.Seconds*float64(time.Second))).Format("15:04")
}

// within is the service level with its interval.
func within(r sim.Row) string {
	if r.ServiceLevel == nil || r.ServiceLow == nil {
		return percent(r.ServiceLevel)
	}
	return fmt.Sprintf("%s ±%4.1f", percent(r.ServiceLevel), 50*(*r.ServiceHigh-*r.ServiceLow))
}

func number(x float64) string {
	if x == 0 {
		return "0"
	}
	return fmt.Sprintf("%.1f", x)
}

func percent(x *float64) string {
	if x == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100**x)
}

func seconds(x *float64) string {
	if x == nil {
		return "–"
	}
	return time.Duration(*x * float64(time.Second)).Round(time.Second).String()
}

func (s *study) staffingText(w io.Writer, f *sim.Staffing) {
	target := targetText(f)
	if !f.Reached {
		fmt.Fprintf(w, "Not even %d agents reach %s: look for skills that nobody has, or queues that nobody may serve.\n\n", f.Agents, target)
		return
	}
	fmt.Fprintf(w, "%s needs %d agents%s.\n\n", target, f.Agents, s.planText(f))
	fmt.Fprintf(w, "%-8s %14s %9s %8s %7s\n", "agents", "service level", "p90", "abandon", "busy")
	for _, t := range f.Tries {
		mark := ""
		if t.Agents == f.Agents {
			mark = "  ←"
		}
		fmt.Fprintf(w, "%-8d %14s %9s %8s %7s%s\n", t.Agents, percent(t.ServiceLevel), seconds(t.P90), percent(t.Abandonment), percent(t.Occupancy), mark)
	}
	fmt.Fprintln(w)
	s.halfHoursText(w, f)
}

func targetText(f *sim.Staffing) string {
	within := "the queues' own times"
	if f.Seconds > 0 {
		within = fmt.Sprintf("%g s", f.Seconds)
	}
	return fmt.Sprintf("%g %% within %s", 100*f.Target.Level, within)
}

// planText says who the agents are, where there are kinds.
func (s *study) planText(f *sim.Staffing) string {
	if len(f.Plan) < 2 {
		return " while the queues are open, the same number all the time"
	}
	var out []string
	for i, n := range f.Plan {
		p := s.base.Agents[i]
		out = append(out, fmt.Sprintf("%d of %d %s", n, max(p.Count, 1), spansText(p.Shifts)))
	}
	return " (" + strings.Join(out, "; ") + ")"
}

func (s *study) halfHoursText(w io.Writer, f *sim.Staffing) {
	if f.ByHalfHour == nil {
		return
	}
	fmt.Fprintf(w, "By half-hour, so that each reaches it: %.0f agent hours instead of %.0f. Erlang is the formula's figure for the half-hour alone.\n\n",
		f.ByHalfHour.PaidHours, f.Report.PaidHours)
	fmt.Fprintf(w, "%-11s %7s %7s %7s %14s\n", "time", "calls", "agents", "Erlang", "service level")
	for _, h := range f.HalfHours {
		if h.Agents > 0 || h.Offered > 0 {
			fmt.Fprintf(w, "%-11s %7s %7d %7d %14s\n", h.Start.Format("15:04"), number(h.Offered), h.Agents, h.Erlang, percent(h.Level))
		}
	}
	fmt.Fprintf(w, "\nThe day with the same number all the time:\n\n")
}

// figureNames says what a Comparison's figures are.
func figureName(figure string) string {
	return map[string]string{
		sim.FigureService: "service level", sim.FigureAbandonment: "abandonment", sim.FigureWait: "mean wait",
		sim.FigureP90: "p90 of waits", sim.FigureOccupancy: "busy",
	}[figure]
}

// figureText writes one of a Comparison's figures in its unit.
func figureText(figure string, x *float64) string {
	if x != nil && (figure == sim.FigureWait || figure == sim.FigureP90) {
		return fmt.Sprintf("%.1f s", *x)
	}
	return percent(x)
}

func changeText(d sim.Difference) string {
	if d.Change == nil {
		return "–"
	}
	text := figureText(d.Figure, d.Change)
	if !strings.HasPrefix(text, "-") {
		text = "+" + text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, " %", " points"), "-", "−")
}

func changeInterval(d sim.Difference) string {
	if d.Low == nil {
		return ""
	}
	low, high := d, d
	low.Change, high.Change = d.Low, d.High
	return strings.TrimSuffix(strings.TrimSuffix(changeText(low), " points"), " s") + " to " + changeText(high)
}

// names tells the two configurations apart.
func (s *study) names() (base, other string) {
	base, other = fmt.Sprintf("%d agents", s.count(s.base)), fmt.Sprintf("%d agents", s.count(*s.other))
	if s.Against != nil {
		other += ", " + s.Other
	}
	if base == other {
		base, other = "as it is", "otherwise"
	}
	return base, other
}

func (s *study) count(c sim.Scenario) (n int) {
	for _, a := range c.Agents {
		n += max(a.Count, 1)
	}
	return n
}

func (s *study) comparisonText(w io.Writer, c *sim.Comparison) {
	base, other := s.names()
	fmt.Fprintf(w, "A: %s, B: %s, on the same calls.\n\n", base, other)
	fmt.Fprintf(w, "%-14s %10s %10s %16s   %s\n", "day", "A", "B", "B − A", "95 % of it")
	for _, d := range c.Differences {
		fmt.Fprintf(w, "%-14s %10s %10s %16s   %s\n", figureName(d.Figure), figureText(d.Figure, d.Base), figureText(d.Figure, d.Other), changeText(d), changeInterval(d))
	}
	fmt.Fprintf(w, "\n%-11s %7s   %-17s %-17s %-17s %-15s\n", "", "", "service level", "p90", "abandon", "busy")
	fmt.Fprintf(w, "%-11s %7s %9s%9s %8s%9s %9s%9s %8s%8s\n", "time", "calls", "A", "B", "A", "B", "A", "B", "A", "B")
	for i, a := range c.Base.Intervals {
		b := c.Other.Intervals[i]
		if a.Offered > 0 || b.Offered > 0 {
			fmt.Fprintf(w, "%-11s %7s %9s%9s %8s%9s %9s%9s %8s%8s\n", span(a), number(a.Offered), percent(a.ServiceLevel), percent(b.ServiceLevel),
				seconds(a.P90), seconds(b.P90), percent(a.Abandonment), percent(b.Abandonment), percent(a.Occupancy), percent(b.Occupancy))
		}
	}
}
