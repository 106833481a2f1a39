// Command santra is the contact centre, its recorder, a demonstration city and what operators run, in one program.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"santra/internal/app/bench"
	"santra/internal/run"
)

type cli struct {
	Serve    serveCmd    `cmd:"" help:"Run the contact centre."`
	Recorder recorderCmd `cmd:"" help:"Run the session recording server, or destroy what is due."`
	Demo     demoCmd     `cmd:"" help:"Run a demonstration city on this machine: both servers, people, customers."`
	Attest   attestCmd   `cmd:"" help:"Check the city's promises on a running system."`
	Verify   verifyCmd   `cmd:"" help:"Check that nothing in the archive and the log was altered."`
	User     userCmd     `cmd:"" help:"Make people, list them, set their passwords."`
	Key      keyCmd      `cmd:"" help:"Print the contact centre's public key, for centre_key of recorder.yaml."`
	Config   configCmd   `cmd:"" help:"Check a configuration, change the running city by it, look at earlier ones."`
	Bench    benchCmd    `cmd:"" help:"Measure this machine: each figure beside its reference from the same run."`
	Flow     flowCmd     `cmd:"" help:"Check flows, and read what a caller would hear."`
	Prompt   promptCmd   `cmd:"" help:"The city's own prompts: upload, have spoken, choose which are heard."`
	Simulate simulateCmd `cmd:"" help:"Simulate a day: service level, waits, staffing, what if."`
	Measures measuresCmd `cmd:"" help:"The figures of a day as CSV, and whether they are what the log says."`
	Look     lookCmd     `cmd:"" hidden:"" help:"Look for traces of a made-up number, for an attestation (standard input and output)."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

const description = `Santra, a contact centre for cities: it answers the telephone and the e-mail of many agencies and keeps what the
city has promised about people's data.

  santra demo                                  a demonstration city, with its addresses and log-ins
  santra serve --config /etc/santra/santra.yaml
  santra recorder --config /etc/santra/recorder.yaml
  santra config check /etc/santra/santra.yaml  finds mistakes; "config apply" changes the running city
  santra user add aino --config /etc/santra/santra.yaml --role agent
  santra attest --ready-file ready.json --json
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c, kong.Name("santra"), kong.Description(description), kong.UsageOnError(), kong.Vars{"bench_names": strings.Join(bench.Names(), ", ")}, kong.BindTo(ctx, (*context.Context)(nil)))
	os.Exit(exitCode(k.Run()))
}

// exitCode prints an error and gives the process's code: that of an run.Exit, else 1.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if exit, ok := errors.AsType[run.Exit](err); ok {
		if exit.Message != "" {
			fmt.Fprintln(os.Stderr, "santra:", exit.Message)
		}
		return exit.Code
	}
	fmt.Fprintln(os.Stderr, "santra:", err)
	return 1
}
