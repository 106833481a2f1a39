package sim

import (
	"context"

	"santra/internal/errs"
)

// The figures of a Comparison, in order.
const (
	FigureService     = "service_level"
	FigureAbandonment = "abandonment"
	FigureWait        = "wait_seconds"
	FigureP90         = "p90_seconds"
	FigureOccupancy   = "occupancy"
)

// Compare runs two configurations. For common random numbers both have the same Day, Days, Seed and Traffic; Traffic may differ
// where that is the question.
func Compare(ctx context.Context, base, other Scenario) (Comparison, error) {
	if max(base.Days, 1) != max(other.Days, 1) || base.Seed != other.Seed || !base.Day.Equal(other.Day) {
		return Comparison{}, errs.New(errs.Invalid, "both configurations must have the same day, days and seed: they share their calls")
	}
	p, err := newPlan(base)
	if err != nil {
		return Comparison{}, err
	}
	q, err := newPlan(other)
	if err != nil {
		return Comparison{}, err
	}
	a, err := p.run(ctx)
	if err != nil {
		return Comparison{}, err
	}
	b, err := q.run(ctx)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Base: a.report(), Other: b.report()}
	c.Differences = differences(&c, a.days, b.days)
	return c, nil
}

// differences pairs the days: what is common to both, foremost the calls, cancels out (Law, Simulation Modeling and Analysis, 10.2.1).
func differences(c *Comparison, a, b []figures) []Difference {
	x, y := &c.Base.Total, &c.Other.Total
	return []Difference{
		difference(FigureService, x.ServiceLevel, y.ServiceLevel, a, b, func(f figures) *float64 { return f.service.ratio() }),
		difference(FigureAbandonment, x.Abandonment, y.Abandonment, a, b, func(f figures) *float64 { return f.abandonment.ratio() }),
		difference(FigureWait, x.Wait, y.Wait, a, b, func(f figures) *float64 { return f.wait }),
		difference(FigureP90, x.P90, y.P90, a, b, func(f figures) *float64 { return f.p90 }),
		difference(FigureOccupancy, x.Occupancy, y.Occupancy, a, b, func(f figures) *float64 { return f.occupancy }),
	}
}

func difference(name string, base, other *float64, a, b []figures, of func(figures) *float64) Difference {
	d := Difference{Figure: name, Base: base, Other: other}
	if base == nil || other == nil {
		return d
	}
	d.Change = new(*other - *base)
	var pairs []float64
	for i := range a {
		if x, y := of(a[i]), of(b[i]); x != nil && y != nil {
			pairs = append(pairs, *y-*x)
		}
	}
	if _, half, ok := meanInterval(pairs); ok {
		d.Low, d.High = new(*d.Change-half), new(*d.Change+half)
	}
	return d
}
