package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"santra/internal/registry"
	"santra/internal/run"
)

// Attest asks a running demonstration city to check its promises, as its privacy officer would, and prints the report. The
// error is a run.Exit with the report's code: 1 when a promise fails, 2 when one could not be checked.
func Attest(ctx context.Context, readyFile string, asJSON bool, out io.Writer) error {
	ready, err := ReadReady(readyFile)
	if err != nil {
		return run.NewExit(registry.ExitUnchecked, err.Error())
	}
	report, err := askAttestation(ctx, ready)
	if err != nil {
		return run.NewExit(registry.ExitUnchecked, "could not check: "+err.Error())
	}
	write := report.WriteText
	if asJSON {
		write = func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(report)
		}
	}
	if err := write(out); err != nil {
		return err
	}
	if code := report.Exit(); code != registry.ExitHolds {
		return run.Exit{Code: code}
	}
	return nil
}

func askAttestation(ctx context.Context, ready Ready) (registry.Report, error) {
	var report registry.Report
	i := slices.IndexFunc(ready.Users, func(u ReadyUser) bool { return slices.Contains(u.Roles, "privacy_officer") })
	if i < 0 {
		return report, fmt.Errorf("the ready-file names no privacy officer")
	}
	c, err := logIn(ctx, ready.PublicURL, ready.Users[i].Name, ready.Users[i].Password)
	if err != nil {
		return report, err
	}
	defer func() { _ = c.do(context.WithoutCancel(ctx), "POST", "/api/logout", nil, nil) }()
	return report, c.do(ctx, "POST", "/api/attest", nil, &report)
}
