package main

import (
	"context"
	"os"
	"time"

	"golang.org/x/term"

	"santra/internal/app/office"
	"santra/internal/app/simulate"
)

type simulateCmd struct {
	Config        string             `required:"" type:"existingfile" group:"The centre:" help:"The configuration, santra.yaml: its queues, rules and opening hours."`
	Agents        int                `group:"The centre:" placeholder:"N" help:"Agents who can do everything, at work while the queues are open."`
	Shifts        string             `type:"existingfile" group:"The centre:" placeholder:"CSV" help:"Instead: a file of shifts, agents,from,to and perhaps skills,languages."`
	Pickup        string             `group:"The centre:" placeholder:"TIME" help:"How long it rings before an agent answers (default: not at all)."`
	Missed        float64            `group:"The centre:" placeholder:"SHARE" help:"Share of calls that an agent lets ring out, 0.02 for 2 %."`
	Calls         string             `type:"existingfile" group:"Calls:" placeholder:"CSV" help:"A file of calls: a row for each (arrived) or for each half-hour (from,calls)."`
	Rate          []string           `sep:"none" group:"Calls:" placeholder:"[QUEUE=]N/h" help:"Or so many calls per hour (or /min) while the queue is open. Repeatable."`
	AHT           []string           `name:"aht" sep:"none" group:"Calls:" placeholder:"[QUEUE=]TIME" help:"Talk and wrap-up together, mean: 240s, lognormal:240s:0.8 or fixed:240s. Repeatable."`
	Patience      []string           `sep:"none" group:"Calls:" placeholder:"[QUEUE=]TIME" help:"After which callers hang up, mean (default: never). Repeatable."`
	Language      map[string]float64 `group:"Calls:" placeholder:"LANG=PART" help:"Languages that callers choose, as in --language fi=85 --language sv=15."`
	Day           string             `group:"The day:" placeholder:"DATE" help:"For opening hours and holidays (default: today)."`
	Days          int                `group:"The day:" default:"20" help:"The day is simulated so often; figures are means."`
	Seed          uint64             `group:"The day:" default:"1" help:"The same seed gives the same figures."`
	Target        string             `group:"Questions:" placeholder:"PERCENT/SECONDS" help:"Search the least staffing: 80/20 is 80 % answered within 20 s."`
	Against       string             `type:"existingfile" group:"Questions:" placeholder:"YAML" help:"Compare with another configuration, on the same calls."`
	AgainstAgents string             `group:"Questions:" placeholder:"N" help:"Compare with another number of agents; =+2 or =-2 for a change."`
	AgainstShifts string             `type:"existingfile" group:"Questions:" placeholder:"CSV" help:"Compare with other shifts."`
	ByQueue       bool               `group:"Answers:" help:"Half-hours of each queue too."`
	CSV           string             `name:"csv" group:"Answers:" placeholder:"FILE" help:"All figures as CSV; - for standard output."`
	HTML          string             `name:"html" group:"Answers:" placeholder:"FILE" help:"A page with plots."`
	JSON          bool               `name:"json" group:"Answers:" help:"All figures as JSON on standard output."`
}

// Help gives the examples.
func (simulateCmd) Help() string {
	return `It runs days on the engine that routes, with made-up callers: nothing is called, and nothing of the running centre is touched.

  santra simulate --config santra.yaml --rate 120/h --aht 240s --patience 180s --agents 14 --day 2026-11-24
  santra simulate --config santra.yaml --calls calls.csv --aht 240s --patience 180s --target 80/20
  santra simulate --config santra.yaml --calls calls.csv --aht 240s --agents 14 --against-agents=-2 --html friday.html
  santra simulate --config santra.yaml --calls calls.csv --aht 240s --shifts shifts.csv --against new.yaml --csv out.csv

calls.csv has a row for each call or for each half-hour, shifts.csv one for agents alike (columns are in any order):

  arrived,queue,language,handling_seconds       from,queue,calls      agents,from,to,skills,languages
  08:00:12,parking,fi,231                       08:00,parking,31      6,08:00,16:00,parking:3 advice,fi sv
  08:00:40,advice,sv,185                        08:30,parking,44      2,10:00,18:00,,fi`
}

func (c simulateCmd) Run(ctx context.Context) error {
	tell, end := simulate.Progress(os.Stderr, term.IsTerminal(int(os.Stderr.Fd())))
	defer end()
	return office.Simulate(ctx, c.Config, c.Against, simulate.Options{
		Calls: c.Calls, Rate: c.Rate, AHT: c.AHT, Patience: c.Patience, Languages: c.Language,
		Agents: c.Agents, Shifts: c.Shifts, AgainstAgents: c.AgainstAgents, AgainstShifts: c.AgainstShifts,
		Day: c.Day, Today: time.Now(), Days: c.Days, Seed: c.Seed, Pickup: c.Pickup, Missed: c.Missed, Target: c.Target,
		ByQueue: c.ByQueue, JSON: c.JSON, CSV: c.CSV, HTML: c.HTML, Out: os.Stdout, Progress: tell,
	})
}
