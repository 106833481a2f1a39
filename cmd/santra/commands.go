package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"santra/internal/app"
	"santra/internal/app/bench"
	"santra/internal/app/demo"
)

func logger() *slog.Logger { return slog.New(slog.NewTextHandler(os.Stderr, nil)) }

type serveCmd struct {
	Config     string `required:"" type:"existingfile" help:"The configuration, santra.yaml."`
	DemoPeople string `hidden:"" help:"People of a demonstration city."`

	DemoAnnouncement time.Duration `hidden:"" help:"Cuts the announcements of a demonstration city, for the benchmark."`
}

func (c serveCmd) Run(ctx context.Context) error {
	return app.Serve(ctx, c.Config, app.DemoServe{People: c.DemoPeople, Announcement: c.DemoAnnouncement}, logger())
}

type recorderCmd struct {
	Serve   recorderRunCmd `cmd:"" name:"run" default:"withargs" help:"Run the session recording server."`
	Destroy destroyCmd     `cmd:"" help:"Destroy the recordings whose time has come: their key first, then the bytes."`
	Key     recorderKeyCmd `cmd:"" help:"Print the recorder's public key, for server.recorder.public_key of santra.yaml."`
	Confirm confirmCmd     `cmd:"" name:"confirm-clock" help:"Say that the machine's clock was checked, after it jumped: destruction goes on."`
}

type recorderRunCmd struct {
	Config string `required:"" type:"existingfile" help:"The configuration, recorder.yaml."`
}

func (c recorderRunCmd) Run(ctx context.Context) error {
	return app.ServeRecorder(ctx, c.Config, logger())
}

type destroyCmd struct {
	Config    string `xor:"where" type:"existingfile" help:"The configuration, recorder.yaml."`
	ReadyFile string `xor:"where" type:"existingfile" help:"Instead: the ready-file of a demonstration city."`
	Data      string `xor:"where" type:"existingdir" help:"Instead: the folder of a demonstration city (default .demo), or its recorder's."`
	Due       bool   `required:"" help:"Destroy what is due (the only kind of destruction)."`
	Now       string `help:"Pretend that it is this time (2027-05-24 or RFC 3339); only on a folder made by santra demo."`
}

// Help gives the examples.
func (destroyCmd) Help() string {
	return `Examples:

  santra recorder destroy --config /etc/santra/recorder.yaml --due
  santra recorder destroy --data .demo --due --now 2027-05-24`
}

func (c destroyCmd) Run(ctx context.Context) error {
	config, err := demo.FindRecorder(c.Config, c.ReadyFile, c.Data)
	if err != nil {
		return err
	}
	now, err := app.ParseNow(c.Now)
	if err != nil {
		return err
	}
	return app.DestroyDue(ctx, config, now, os.Stdout, logger())
}

type confirmCmd struct {
	Config string `required:"" type:"existingfile" help:"The configuration, recorder.yaml."`
	By     string `required:"" help:"Who checked the clock; it goes into the recorder's log."`
}

func (c confirmCmd) Run(ctx context.Context) error {
	return app.ConfirmClock(ctx, c.Config, c.By, os.Stdout, logger())
}

type demoCmd struct {
	Data      string `default:".demo" help:"Folder of everything; kept between starts."`
	HTTP      string `name:"http" default:"127.0.0.1:8080" help:"Address of the desktop."`
	SIP       string `name:"sip" default:"127.0.0.1:5060" help:"Address for calls from the trunk."`
	SMTP      string `name:"smtp" default:"127.0.0.1:2525" help:"Address for mail in."`
	Seats     int    `default:"8" help:"Seats, with one trained agent each."`
	NoTraffic bool   `help:"No simulated customers and agents."`
	ReadyFile string `help:"Write addresses and log-ins there, as JSON, once everything listens."`

	NoRecord     []string      `hidden:"" help:"Queues that are not recorded, for the benchmark."`
	NoWrapUp     bool          `hidden:"" help:"No wrap-up, for the benchmark."`
	Announcement time.Duration `hidden:"" help:"Cuts announcements to so much, for the benchmark."`
	Secure       bool          `hidden:"" help:"TLS and SRTP to the recorder, for the benchmark."`
}

func (c demoCmd) Run(ctx context.Context) error {
	o := demo.Options{Data: c.Data, HTTP: c.HTTP, SIP: c.SIP, SMTP: c.SMTP, Seats: c.Seats, Traffic: !c.NoTraffic, ReadyFile: c.ReadyFile}
	o.Tuned = demo.Tuning{NoRecord: c.NoRecord, NoWrapUp: c.NoWrapUp, Announcement: c.Announcement, Secure: c.Secure}
	return demo.Run(ctx, o, os.Stdout, logger())
}

type attestCmd struct {
	ReadyFile string `required:"" type:"existingfile" help:"Of the running demo."`
	JSON      bool   `name:"json" help:"As JSON."`
}

func (c attestCmd) Run(ctx context.Context) error {
	return demo.Attest(ctx, c.ReadyFile, c.JSON, os.Stdout)
}

type verifyCmd struct {
	ReadyFile string `required:"" type:"existingfile" help:"Of the demo, which may run or not."`
	SHA256    string `name:"sha256" help:"Only look for the stored message with this hash: exit 0 if it is read back whole."`
}

func (c verifyCmd) Run(ctx context.Context) error {
	return app.Verify(ctx, c.ReadyFile, c.SHA256, os.Stdout)
}

type benchCmd struct {
	Only   []string      `help:"Only these: ${bench_names}."`
	Round  time.Duration `name:"seconds" default:"2s" help:"How long each round measures."`
	Secure bool          `help:"TLS and SRTP to the recorder, as between two machines."`
	Role   string        `hidden:"" help:"One of the benchmark's own processes."`
}

func (c benchCmd) Run(ctx context.Context) error {
	if c.Role != "" {
		return bench.Serve(c.Role)
	}
	return bench.Run(ctx, bench.Options{Only: c.Only, Round: c.Round, Secure: c.Secure, Out: os.Stdout, Progress: os.Stderr})
}

type lookCmd struct{}

func (lookCmd) Run(ctx context.Context) error { return app.Look(ctx, os.Stdin, os.Stdout) }

type versionCmd struct{}

func (versionCmd) Run() error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	fmt.Println("santra", version)
	return nil
}
