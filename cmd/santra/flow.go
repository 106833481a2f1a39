package main

import (
	"errors"
	"os"
	"time"

	"santra/internal/app/office"
)

type flowCmd struct {
	Check flowCheckCmd `cmd:"" help:"Find mistakes in flows, prompts included, and print where each step leads."`
	Run   flowRunCmd   `cmd:"" help:"Print what a caller would hear and where the call goes. Nobody is called."`
}

type flowCheckCmd struct {
	File string `arg:"" type:"existingfile" help:"santra.yaml"`
}

// Help gives an example.
func (flowCheckCmd) Help() string { return "  santra flow check /etc/santra/santra.yaml" }

func (c flowCheckCmd) Run() error { return office.CheckFlows(c.File, os.Stdout) }

type flowRunCmd struct {
	Config     string        `required:"" type:"existingfile" help:"The configuration, santra.yaml."`
	Number     string        `xor:"what" placeholder:"NUMBER" help:"The number that is called."`
	Script     string        `xor:"what" type:"existingfile" help:"Instead: a file of calls, with what must come of each."`
	At         string        `placeholder:"TIME" help:"When, by the city's clocks: 2026-12-24T10:00 (default: now)."`
	Keys       string        `placeholder:"KEYS" help:"What the caller presses when asked; w5s waits 5 s before the next: 1,w5s,2."`
	Lang       string        `placeholder:"LANG" help:"The language that the caller chooses: fi, sv or en (default: none)."`
	Wait       time.Duration `placeholder:"TIME" help:"How long until an agent answers (default: 30s)."`
	Position   int           `placeholder:"N" help:"The place in the queue (default: not known)."`
	Estimate   time.Duration `placeholder:"TIME" help:"The estimate of the wait (default: none)."`
	Divert     string        `placeholder:"PROMPT" help:"The queue's rules send the call to this announcement: busy, closed, goodbye."`
	NoCallback bool          `help:"No callback can be promised."`
	NoAnswer   bool          `help:"The telephone to which the call is passed is not answered."`
}

// Help gives the examples.
func (flowRunCmd) Help() string {
	return `Exit codes: 0 done, 1 a mistake, or a scenario that does not come out as it says.

  santra flow run --config santra.yaml --number +358912340100 --lang fi --at 2026-12-24T10:00
  santra flow run --config santra.yaml --number +358912340100 --lang sv --keys 1 --wait 3m --position 4 --estimate 8m
  santra flow run --config santra.yaml --script calls.txt

calls.txt has a call, how it is, and what must come of it, in this order:

  number +358912340100
  at 2026-10-05T10:00
  lang fi
  hears "Puhelu tallennetaan"
  queue neuvonta recorded
  ends answered`
}

func (c flowRunCmd) Run() error {
	if c.Script != "" {
		return office.RunFlowScript(c.Config, c.Script, os.Stdout)
	}
	if c.Number == "" {
		return errors.New("name the number that is called: --number +358912340100, or a --script")
	}
	return office.RunFlow(c.Config, office.FlowOptions{
		Number: c.Number, At: c.At, Keys: c.Keys, Lang: c.Lang, Wait: c.Wait, Position: c.Position, Estimate: c.Estimate,
		Divert: c.Divert, NoCallback: c.NoCallback, NoAnswer: c.NoAnswer,
	}, os.Stdout)
}
