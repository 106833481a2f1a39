package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"

	"santra/internal/app/config"
	"santra/internal/app/office"
)

// operator is who runs a command, for the log.
type operator struct {
	By string `help:"Who does it, for the log (default: who called sudo, else the user of the process)."`
}

// name is --by, else the one who called sudo, else the user of the process.
func (o operator) name() string {
	if o.By != "" {
		return o.By
	}
	if sudo := os.Getenv("SUDO_USER"); sudo != "" {
		return sudo
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid-%d", os.Getuid())
}

type configCmd struct {
	Check   configCheckCmd   `cmd:"" help:"Find mistakes: line, column and what would be right."`
	Plan    configPlanCmd    `cmd:"" help:"Print how the city of the file differs from the running one."`
	Apply   configApplyCmd   `cmd:"" help:"Make the city of the file the next version of the running one."`
	History configHistoryCmd `cmd:"" help:"List the versions of the city: when, by whom, which parts."`
	Show    configShowCmd    `cmd:"" help:"Print a version of the city as a configuration has it, without passwords."`
	Revert  configRevertCmd  `cmd:"" help:"Make an earlier version of the city the next one."`
}

type configCheckCmd struct {
	File     string `arg:"" optional:"" type:"existingfile" help:"santra.yaml"`
	Recorder string `type:"existingfile" help:"A recorder.yaml to check, instead or too."`
}

func (configCheckCmd) Help() string {
	return `  santra config check /etc/santra/santra.yaml
  santra config check --recorder /etc/santra/recorder.yaml`
}

func (c configCheckCmd) Run(ctx context.Context) error {
	if c.File == "" && c.Recorder == "" {
		return fmt.Errorf("name a file: santra config check santra.yaml, or --recorder recorder.yaml")
	}
	for _, f := range []struct {
		path  string
		check func(string) error
	}{{c.File, config.Check}, {c.Recorder, config.CheckRecorder}} {
		if f.path == "" {
			continue
		}
		if err := f.check(f.path); err != nil {
			return err
		}
		fmt.Println(f.path + ": good")
	}
	if c.File == "" {
		return nil
	}
	return config.Warn(ctx, c.File, os.Stdout)
}

type configPlanCmd struct {
	File string `arg:"" type:"existingfile" help:"santra.yaml"`
	operator
}

func (configPlanCmd) Help() string {
	return `It changes nothing. Exit codes: 0 nothing differs, 2 something differs, 1 a mistake.

  santra config plan /etc/santra/santra.yaml`
}

func (c configPlanCmd) Run(ctx context.Context) error {
	return office.PlanConfig(ctx, c.File, c.name(), os.Stdout, logger())
}

type configHistoryCmd struct {
	Limit int `default:"20" help:"So many, the newest."`
	centreFlags
}

func (c configHistoryCmd) Run(ctx context.Context) error {
	return office.ConfigHistory(ctx, c.Config, c.name(), max(c.Limit, 1), os.Stdout, logger())
}

type configShowCmd struct {
	Version int `arg:"" help:"Its number, as config history lists it."`
	centreFlags
}

func (c configShowCmd) Run(ctx context.Context) error {
	return office.ShowConfig(ctx, c.Config, c.name(), c.Version, os.Stdout, logger())
}

type configRevertCmd struct {
	Version int `arg:"" help:"Its number, as config history lists it."`
	centreFlags
}

func (configRevertCmd) Help() string {
	return `The version is checked as any other and becomes the next one, in the operator's name in the log. The phones' passwords stay as they are.

  santra config revert 3 --config /etc/santra/santra.yaml --by aino`
}

func (c configRevertCmd) Run(ctx context.Context) error {
	return office.RevertConfig(ctx, c.Config, c.name(), c.Version, os.Stdout, logger())
}

type configApplyCmd struct {
	File   string `arg:"" type:"existingfile" help:"santra.yaml"`
	DryRun bool   `aliases:"plan" help:"Only print which parts would change."`
	operator
}

func (configApplyCmd) Help() string {
	return `The part "city" takes effect within seconds, as a version of its own that the log names. The part "server" is read at each start.

  santra config apply /etc/santra/santra.yaml --dry-run
  santra config apply /etc/santra/santra.yaml --by aino`
}

func (c configApplyCmd) Run(ctx context.Context) error {
	return office.ApplyConfig(ctx, c.File, c.name(), c.DryRun, os.Stdout, logger())
}

type keyCmd struct {
	Config string `required:"" type:"existingfile" help:"The configuration, santra.yaml."`
}

func (c keyCmd) Run() error { return office.PrintKey(c.Config, os.Stdout) }

type recorderKeyCmd struct {
	Config string `required:"" type:"existingfile" help:"The configuration, recorder.yaml."`
}

func (c recorderKeyCmd) Run() error { return office.PrintRecorderKey(c.Config, os.Stdout) }

func (confirmCmd) Help() string {
	return `Destruction halts when the clock has moved over 24 hours since it was last signed, also because the recorder was off. Compare the
clock with another one first: what is due by it is destroyed for good.

  date; santra recorder confirm-clock --config /etc/santra/recorder.yaml --by aino`
}

type userCmd struct {
	Add      userAddCmd      `cmd:"" help:"Make an account."`
	Password userPasswordCmd `cmd:"" help:"Set somebody's password, which ends their sessions."`
	Train    userTrainCmd    `cmd:"" help:"Record that somebody passed the training in data protection today."`
	List     userListCmd     `cmd:"" help:"List everybody."`
}

// centreFlags are those of every command at the contact centre's database.
type centreFlags struct {
	Config string `required:"" type:"existingfile" help:"The configuration, santra.yaml."`
	operator
}

type userAddCmd struct {
	Name         string         `arg:"" help:"To log in with: a–z, å, ä, ö, 0–9 and . _ - @; for ever this person's."`
	Display      string         `help:"As others see the person (default: the name)."`
	Role         []string       `required:"" placeholder:"ROLE[:AGENCY]" help:"agent, supervisor, manager (of an agency), expert, privacy_officer, controller or administrator. Repeatable."`
	Skill        map[string]int `placeholder:"ID=LEVEL" help:"A skill that queues ask for, and how well, 1 to 10. Repeatable."`
	Language     []string       `enum:"fi,sv,en" placeholder:"LANG" help:"fi, sv or en. Repeatable."`
	TrainedUntil time.Time      `format:"2006-01-02" placeholder:"DATE" help:"The last day of the training in data protection, without which roles sleep."`
	centreFlags
}

func (userAddCmd) Help() string {
	return `The password is asked for, or read from standard input when that is no terminal. It works beside the running server.

  santra user add ylermi --config /etc/santra/santra.yaml --display "Ylermi Pitkänen" --role administrator --trained-until 2027-01-31
  santra user add aino --config /etc/santra/santra.yaml --display "Aino Aalto" --role agent --skill pysakointi=5 \
      --language fi --language sv --trained-until 2027-01-31
  santra user add helena --config /etc/santra/santra.yaml --display "Helena Virtanen" --role manager:hyvinvointi`
}

func (c userAddCmd) Run(ctx context.Context) error {
	password, err := askPassword(os.Stdin, os.Stderr)
	if err != nil {
		return err
	}
	u := office.NewUser{
		Name: c.Name, Display: c.Display, Password: password, Roles: c.Role, Skills: c.Skill, Languages: c.Language, TrainedUntil: c.TrainedUntil,
	}
	if strings.TrimSpace(u.Display) == "" {
		u.Display = c.Name
	}
	return office.AddUser(ctx, c.Config, c.name(), u, os.Stdout, logger())
}

type userPasswordCmd struct {
	Name string `arg:"" help:"The log-in name."`
	centreFlags
}

func (userPasswordCmd) Help() string {
	return `The password is asked for, or read from standard input when that is no terminal.

  santra user password aino --config /etc/santra/santra.yaml`
}

func (c userPasswordCmd) Run(ctx context.Context) error {
	password, err := askPassword(os.Stdin, os.Stderr)
	if err != nil {
		return err
	}
	return office.SetUserPassword(ctx, c.Config, c.name(), c.Name, password, os.Stdout, logger())
}

type userTrainCmd struct {
	Name  string    `arg:"" help:"The log-in name."`
	Until time.Time `required:"" format:"2006-01-02" placeholder:"DATE" help:"The training's last day."`
	centreFlags
}

func (userTrainCmd) Help() string {
	return "  santra user train aino --config /etc/santra/santra.yaml --until 2027-01-31"
}

func (c userTrainCmd) Run(ctx context.Context) error {
	return office.TrainUser(ctx, c.Config, c.name(), c.Name, c.Until, os.Stdout, logger())
}

type userListCmd struct{ centreFlags }

func (c userListCmd) Run(ctx context.Context) error {
	return office.ListUsers(ctx, c.Config, c.name(), os.Stdout, logger())
}
