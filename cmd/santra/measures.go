package main

import (
	"context"
	"os"
	"time"

	"santra/internal/app/office"
)

type measuresCmd struct {
	Day       measuresDayCmd       `cmd:"" help:"Print the half-hours of a day as CSV."`
	Recompute measuresRecomputeCmd `cmd:"" help:"Compare the kept figures with the log that they were made from."`
}

type measuresDayCmd struct {
	Date   time.Time `arg:"" optional:"" format:"2006-01-02" help:"The day, 2026-11-24 (default: today)."`
	Agents bool      `help:"Of agents instead of queues. The log tells of it."`
	Whole  bool      `help:"One row for the day instead of each half-hour."`
	centreFlags
}

// Help gives the examples.
func (measuresDayCmd) Help() string {
	return `Each row is what became of the work that entered a queue in its half-hour. docs/measures.md defines the columns; durations are
seconds, shares 0 to 1. It works beside the running server.

  santra measures day --config /etc/santra/santra.yaml
  santra measures day 2026-11-24 --config /etc/santra/santra.yaml --whole
  santra measures day 2026-11-24 --config /etc/santra/santra.yaml --agents --by aino > agents.csv`
}

func (c measuresDayCmd) Run(ctx context.Context) error {
	want := office.MeasuresCSV{Day: c.Date, Agents: c.Agents, Whole: c.Whole}
	return office.PrintMeasures(ctx, c.Config, c.name(), want, os.Stdout, logger())
}

type measuresRecomputeCmd struct {
	From time.Time `format:"2006-01-02" placeholder:"DATE" help:"The first day (default: the last)."`
	To   time.Time `format:"2006-01-02" placeholder:"DATE" help:"The last day (default: today)."`
	centreFlags
}

// Help gives the examples.
func (measuresRecomputeCmd) Help() string {
	return `It reads the journal of routing again, makes the figures of each half-hour anew and prints those that differ from the kept ones. It
changes nothing, and works beside the running server. Exit codes: 0 all agree, 1 something differs, 2 it could not be compared.

  santra measures recompute --config /etc/santra/santra.yaml --from 2026-11-01 --to 2026-11-24`
}

func (c measuresRecomputeCmd) Run(ctx context.Context) error {
	return office.RecomputeMeasures(ctx, c.Config, c.name(), c.From, c.To, os.Stdout, logger())
}
