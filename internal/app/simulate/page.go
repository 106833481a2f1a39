package simulate

import (
	_ "embed" // the page's form
	"fmt"
	"html/template"
	"io"
	"time"

	"santra/internal/routing/sim"
)

//go:embed page.html
var pageText string

// page is what page.html shows.
type page struct {
	Title    string
	Setting  []string
	Keys     []key
	Plots    []template.HTML
	Report   sim.Report
	Compared *sim.Comparison
	Staffing *sim.Staffing
	Base     string // names of the two configurations
	Other    string
	Plan     string
	Target   string
}

// key is one of the figures on top.
type key struct{ Name, Value, Note string }

func (s *study) writePage(w io.Writer, a sim.Answer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"number": number, "percent": percent, "seconds": seconds, "span": span, "level": within, "elsewhere": elsewhere,
		"hungup": func(r sim.Row) string { return number(r.Abandoned + r.ShortAbandoned) }, "busy": func(r sim.Row) bool { return r.Offered > 0 || r.Agents >= 0.005 },
		"clock": func(t time.Time) string { return t.Format("15:04") }, "figure": figureName, "in": figureText, "change": changeText, "interval": changeInterval,
		"row": func(rows []sim.Row, i int) sim.Row { return rows[i] },
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, s.page(a))
}

func (s *study) page(a sim.Answer) page {
	p := page{Title: s.title(), Setting: s.setting(a), Report: a.Report, Compared: a.Comparison, Staffing: a.Staffing}
	if a.Comparison != nil {
		p.Base, p.Other = s.names()
	} else {
		p.Keys = keys(a.Report.Total)
	}
	if f := a.Staffing; f != nil {
		p.Target, p.Plan = targetText(f), s.planText(f)
	}
	for _, figure := range s.plots(a) {
		p.Plots = append(p.Plots, template.HTML(figure.svg())) //nolint:gosec // svg escapes what it is given
	}
	return p
}

func keys(t sim.Row) []key {
	return []key{
		{"Calls", number(t.Offered), number(t.Answered) + " answered"},
		{"Service level", percent(t.ServiceLevel), confidence(t)},
		{"Waits", seconds(t.P90), "p90; p50 " + seconds(t.P50) + ", p99 " + seconds(t.P99)},
		{"Abandonment", percent(t.Abandonment), number(t.Abandoned+t.ShortAbandoned) + " hung up"},
		{"Busy", percent(t.Occupancy), "talk and wrap-up of the time at work"},
	}
}

func confidence(t sim.Row) string {
	if t.ServiceLow == nil {
		return ""
	}
	return fmt.Sprintf("95 %% confidence: %s to %s", percent(t.ServiceLow), percent(t.ServiceHigh))
}

// column takes a figure of each row, times a factor.
func column(rows []sim.Row, factor float64, of func(sim.Row) *float64) []*float64 {
	out := make([]*float64, len(rows))
	for i, r := range rows {
		if v := of(r); v != nil {
			out[i] = new(*v * factor)
		}
	}
	return out
}

// trimmed leaves out the night: the rows before the first and after the last with calls or agents.
func trimmed(reports ...sim.Report) (from, to int) {
	from, to = len(reports[0].Intervals), 0
	for _, r := range reports {
		for i, row := range r.Intervals {
			if row.Offered > 0 || row.Agents >= 0.5 {
				from, to = min(from, i), max(to, i+1)
			}
		}
	}
	return min(from, to), to
}

// plots are the page's figures: of the report, or of both that are compared.
func (s *study) plots(a sim.Answer) []*plot {
	reports, names := []sim.Report{a.Report}, []string{""}
	if a.Comparison != nil {
		reports, names = append(reports, a.Comparison.Other), []string{"A", "B"}
	}
	from, to := trimmed(reports...)
	rows := make([][]sim.Row, len(reports))
	for i, r := range reports {
		rows[i] = r.Intervals[from:to]
	}
	var starts []time.Time
	for _, r := range rows[0] {
		starts = append(starts, r.Start)
	}
	all := []*plot{servicePlot(rows, names), waitPlot(rows, names), callsPlot(rows, names), abandonPlot(rows, names), busyPlot(rows, names), agentsPlot(rows, names, a.Staffing, from)}
	if s.target != nil {
		all[0].mark = 100 * s.target.Level
		all[0].note += "; the line across is the target"
	}
	for _, p := range all {
		p.starts = starts
	}
	return all
}

// named puts the configuration's name before a curve's.
func named(configuration, curve string) string {
	if configuration == "" {
		return curve
	}
	return configuration + ": " + curve
}

func servicePlot(rows [][]sim.Row, names []string) *plot {
	p := &plot{title: "Service level", note: "answered in time; the band is the 95 % confidence interval", unit: "%", top: 100}
	for i, r := range rows {
		p.lines = append(p.lines, line{
			name: named(names[i], "service level"), values: column(r, 100, func(r sim.Row) *float64 { return r.ServiceLevel }),
			low: column(r, 100, func(r sim.Row) *float64 { return r.ServiceLow }), high: column(r, 100, func(r sim.Row) *float64 { return r.ServiceHigh }),
		})
	}
	return p
}

func waitPlot(rows [][]sim.Row, names []string) *plot {
	p := &plot{title: "Waits", note: "of those who were answered", unit: " s"}
	if len(rows) > 1 { // six curves would be too many
		p.note = "of those who were answered: nine of ten wait less"
		for i, r := range rows {
			p.lines = append(p.lines, line{name: named(names[i], "p90"), values: column(r, 1, func(r sim.Row) *float64 { return r.P90 })})
		}
		return p
	}
	for i, r := range rows {
		p.lines = append(p.lines,
			line{name: named(names[i], "p50"), values: column(r, 1, func(r sim.Row) *float64 { return r.P50 })},
			line{name: named(names[i], "p90"), values: column(r, 1, func(r sim.Row) *float64 { return r.P90 })},
			line{name: named(names[i], "p99"), values: column(r, 1, func(r sim.Row) *float64 { return r.P99 })},
		)
	}
	return p
}

func callsPlot(rows [][]sim.Row, names []string) *plot {
	p := &plot{title: "Calls", note: "that came, and that were answered"}
	p.lines = append(p.lines, line{name: "came", values: column(rows[0], 1, func(r sim.Row) *float64 { return &r.Offered }), steps: true})
	for i, r := range rows {
		p.lines = append(p.lines, line{name: named(names[i], "answered"), values: column(r, 1, func(r sim.Row) *float64 { return &r.Answered }), steps: true})
	}
	return p
}

func abandonPlot(rows [][]sim.Row, names []string) *plot {
	p := &plot{title: "Abandonment", note: "share of callers who hung up", unit: "%"}
	for i, r := range rows {
		p.lines = append(p.lines, line{name: named(names[i], "hung up"), values: column(r, 100, func(r sim.Row) *float64 { return r.Abandonment })})
	}
	return p
}

func busyPlot(rows [][]sim.Row, names []string) *plot {
	p := &plot{title: "Busy", note: "talk and wrap-up of the time at work", unit: "%", top: 100}
	for i, r := range rows {
		p.lines = append(p.lines, line{name: named(names[i], "busy"), values: column(r, 100, func(r sim.Row) *float64 { return r.Occupancy }), steps: true})
	}
	return p
}

func agentsPlot(rows [][]sim.Row, names []string, f *sim.Staffing, from int) *plot {
	p := &plot{title: "Agents", note: "at work"}
	for i, r := range rows {
		p.lines = append(p.lines, line{name: named(names[i], "at work"), values: column(r, 1, func(r sim.Row) *float64 { return &r.Agents }), steps: true})
	}
	if f == nil || f.ByHalfHour == nil {
		return p
	}
	need, erlang := line{name: "needed by half-hour", steps: true}, line{name: "Erlang", steps: true}
	for _, h := range f.HalfHours[from : from+len(rows[0])] {
		need.values, erlang.values = append(need.values, new(float64(h.Agents))), append(erlang.values, new(float64(h.Erlang)))
	}
	p.lines = append(p.lines, need, erlang)
	return p
}
