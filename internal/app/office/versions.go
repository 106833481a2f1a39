package office

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"santra/internal/agency"
	"santra/internal/agency/diff"
	"santra/internal/app/config"
	"santra/internal/run"
)

// PlanConfig prints how the city of a santra.yaml differs from the running one, field by field: run.Exit 2 where it does. It changes nothing.
func PlanConfig(ctx context.Context, configPath, by string, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	if err := o.checkCity(configPath); err != nil {
		return err
	}
	changes := o.changes()
	if len(changes) == 0 {
		_, err = fmt.Fprintln(out, "nothing to change: this is the running city")
		return err
	}
	if _, err := io.WriteString(out, changeLines(changes)); err != nil {
		return err
	}
	return run.Exit{Code: 2}
}

// changeLines gives changes, a line each.
func changeLines(all []diff.Change) string {
	var text strings.Builder
	for _, c := range all {
		text.WriteString(c.String() + "\n")
	}
	return text.String()
}

// ConfigHistory prints the newest versions of the city, at most limit (1 to agency.MaxHistory): when, by whom, which parts.
func ConfigHistory(ctx context.Context, configPath, by string, limit int, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	versions, err := o.book.History(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions[:min(limit, len(versions))] {
		parts, err := o.parts(ctx, v.Number)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%4d  %s  %-20s  %s\n", v.Number, v.At.In(o.city().Location()).Format(time.DateTime), v.Actor, parts); err != nil {
			return err
		}
	}
	return nil
}

// parts names what a version changed.
func (o *office) parts(ctx context.Context, number int) (string, error) {
	if number == 1 {
		return "imported", nil
	}
	before, _, err := o.book.At(ctx, number-1)
	if err != nil {
		return "", err
	}
	after, _, err := o.book.At(ctx, number)
	if err != nil {
		return "", err
	}
	return strings.Join(agency.Differences(before, after), " "), nil
}

// ShowConfig prints a version of the city as a configuration has it, without passwords.
func ShowConfig(ctx context.Context, configPath, by string, number int, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	city, v, err := o.book.At(ctx, number)
	if err != nil {
		return err
	}
	text, err := written(city)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "# version %d, %s, by %s\n%s", v.Number, v.At.Format(time.RFC3339), v.Actor, text)
	return err
}

// written is a city as a configuration has it: what reads back as the same city, but for passwords.
func written(city *agency.City) ([]byte, error) {
	return yaml.MarshalWithOptions(map[string]*agency.City{"city": city}, yaml.OmitZero(), yaml.IndentSequence(true))
}

// RevertConfig makes an earlier version of the city the next version, checked as any other, and prints how it differs from what ran.
func RevertConfig(ctx context.Context, configPath, by string, number int, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	before := o.book.Current()
	v, err := o.book.Revert(ctx, o.by.Person, number)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%sversion %d; a running server takes it over within %s\n", changeLines(diff.Changes(before, o.book.Current())), v.Number, config.CityPoll)
	return err
}

// changes are what the file's city would change in what runs.
func (o *office) changes() []diff.Change {
	next := o.book.AsNext(o.config.City)
	return diff.Changes(o.book.Current(), &next)
}
