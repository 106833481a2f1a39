// Package office is what the operator does at the command line beside the running server, or without one: people, versions of
// the city, prompts, measures, keys, flows and simulations on the desk. It owns the words that are printed, and that each change
// is audited in the operator's name. It must not know the running server: what it changes is taken over by the database.
package office

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"santra/internal/agency"
	"santra/internal/app/config"
	"santra/internal/app/flows"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/keys"
	"santra/internal/recorder"
	"santra/internal/registry"
	"santra/internal/store/centre"
)

// office is the contact centre's database as its operator opens it at the command line, beside the running server or
// without one. Each change is audited in the operator's name.
type office struct {
	config    config.Config
	by        identity.Principal
	store     *centre.Store
	book      *agency.Book
	people    *identity.Service
	published registry.Published
}

func openOffice(ctx context.Context, configPath, by string, log *slog.Logger) (*office, error) {
	if strings.TrimSpace(by) == "" {
		return nil, errs.At(errs.Invalid, "--by", "name who does it, for the log")
	}
	settings, err := config.Read(configPath)
	if err != nil {
		return nil, err
	}
	if err := config.Owned(settings.Server.Data); err != nil {
		return nil, err
	}
	store, err := centre.Open(ctx, settings.Server.Database, centre.Options{})
	if err != nil {
		return nil, err
	}
	o := &office{config: settings, by: identity.Operator(by), store: store}
	if err := o.open(ctx, log); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return o, nil
}

func (o *office) open(ctx context.Context, log *slog.Logger) (err error) {
	o.published, err = o.store.Registry().Published(ctx)
	if errs.Is(err, errs.NotFound) { // before the first start, which makes this one
		o.published, err = registry.Published{Version: 1, Months: registry.FirstMonths, Digits: registry.FirstDigits}, nil
	}
	if err != nil {
		return err
	}
	check := func(city *agency.City) error { return config.CheckCity(city, o.published, o.sounds) }
	o.people = identity.New(identity.Config{Store: o.store.Identity(), Log: log})
	o.book, err = agency.Open(ctx, agency.Config{Store: o.store.Agency(), Check: check, Log: log})
	return err
}

func (o *office) close() { _ = o.store.Close() }

// city is what runs, or before the first start what it will import.
func (o *office) city() *agency.City {
	if c := o.book.Current(); c.Version > 0 {
		return c
	}
	return new(o.config.City.WithDefaults())
}

// ApplyConfig makes the city of a santra.yaml the next version of the running city, in the name of by, and prints which parts
// it changes; dry changes nothing. A running server takes the version over within config.CityPoll.
func ApplyConfig(ctx context.Context, configPath, by string, dry bool, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	if err := o.checkCity(configPath); err != nil {
		return err
	}
	parts := strings.Join(o.book.Drift(o.config.City), ", ")
	switch {
	case parts == "":
		_, err = fmt.Fprintln(out, "nothing to change: this is the running city")
		return err
	case dry:
		_, err = fmt.Fprintf(out, "would change: %s\n%s", parts, changeLines(o.changes()))
		return err
	}
	v, err := o.book.Apply(ctx, o.by.Person, o.config.City)
	if err != nil {
		return fmt.Errorf("%s: %w", configPath, err)
	}
	_, err = fmt.Fprintf(out, "changed: %s\nversion %d; a running server takes it over within %s\n", parts, v.Number, config.CityPoll)
	return err
}

// checkCity refuses a city of the file that can't be served, and shows where it stands.
func (o *office) checkCity(path string) error {
	err := config.CheckCity(&o.config.City, o.published, o.sounds)
	if err == nil {
		return nil
	}
	text, unread := os.ReadFile(path)
	if unread != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return config.Pointed(path, text, err)
}

// PrintKey prints the public half of the key by which the contact centre signs, making the key where there is none yet. It is
// for centre_key of recorder.yaml, so santra.yaml need not be whole.
func PrintKey(configPath string, out io.Writer) error {
	c, _, err := config.ReadUnchecked(configPath)
	if err != nil {
		return err
	}
	if c.Server.Data == "" {
		return errs.At(errs.Invalid, configPath+": server.data", "name the folder that holds the archive and the database")
	}
	return printKey(c.Server.Data, c.Server.Keys, config.GrantKeyName, out)
}

// PrintRecorderKey prints the public half of the key by which the recorder signs its evidence, making the key where there is
// none yet. It is for server.recorder.public_key of santra.yaml, so recorder.yaml need not be whole.
func PrintRecorderKey(configPath string, out io.Writer) error {
	c, err := config.ReadRecorderUnchecked(configPath)
	if err != nil {
		return err
	}
	return printKey(c.Data, c.Keys, recorder.SignKeyName, out)
}

func printKey(data, dir, name string, out io.Writer) error {
	for _, d := range []string{data, dir} {
		if err := config.Owned(d); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	var key ed25519.PublicKey
	key, err := keys.EnsurePublic(dir, name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, base64.StdEncoding.EncodeToString(key))
	return err
}

// sounds are those of the database that the operator has opened.
func (o *office) sounds() (flows.Sounds, error) {
	return o.config.Server.SoundsOf(context.Background(), o.store.Prompts())
}
