package app

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/recorder"
	"santra/internal/registry"
	"santra/internal/store/centre"
)

// office is the contact centre's database as its operator opens it at the command line, beside the running server or
// without one. Each change is audited in the operator's name.
type office struct {
	config    Config
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
	config, err := ReadConfig(configPath)
	if err != nil {
		return nil, err
	}
	if err := owned(config.Server.Data); err != nil {
		return nil, err
	}
	store, err := centre.Open(ctx, config.Server.Database, centre.Options{})
	if err != nil {
		return nil, err
	}
	o := &office{config: config, by: identity.Operator(by), store: store}
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
	check := func(city *agency.City) error { return checkCity(city, o.published, o.sounds) }
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

// owned refuses a folder of somebody else's: what we wrote there, the server could not open any more.
func owned(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "there is no folder %s: start the server once, or make the folder as in docs/operations.md", dir)
	}
	if err != nil {
		return err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return errs.New(errs.Denied, "%s belongs to user %d: run this as that user, with runuser -u NAME -- santra …", dir, s.Uid)
	}
	return nil
}

// ApplyConfig makes the city of a santra.yaml the next version of the running city, in the name of by, and prints which parts
// it changes; dry changes nothing. A running server takes the version over within cityPoll.
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
		_, err = fmt.Fprintf(out, "would change: %s\n%s", parts, changeLines(o.book.Changes(o.config.City)))
		return err
	}
	v, err := o.book.Apply(ctx, o.by.Person, o.config.City)
	if err != nil {
		return fmt.Errorf("%s: %w", configPath, err)
	}
	_, err = fmt.Fprintf(out, "changed: %s\nversion %d; a running server takes it over within %s\n", parts, v.Number, cityPoll)
	return err
}

// checkCity refuses a city of the file that can't be served, and shows where it stands.
func (o *office) checkCity(path string) error {
	err := checkCity(&o.config.City, o.published, o.sounds)
	if err == nil {
		return nil
	}
	text, unread := os.ReadFile(path)
	if unread != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return pointed(path, text, err)
}

// PrintKey prints the public half of the key by which the contact centre signs, making the key where there is none yet. It is
// for centre_key of recorder.yaml, so santra.yaml need not be whole.
func PrintKey(configPath string, out io.Writer) error {
	var c Config
	if err := decodeFile(configPath, &c); err != nil {
		return err
	}
	if c.Server.Data == "" {
		return errs.At(errs.Invalid, configPath+": server.data", "name the folder that holds the archive and the database")
	}
	c.setDefaults()
	return printKey(c.Server.Data, c.Server.Keys, grantKeyName, out)
}

// PrintRecorderKey prints the public half of the key by which the recorder signs its evidence, making the key where there is
// none yet. It is for server.recorder.public_key of santra.yaml, so recorder.yaml need not be whole.
func PrintRecorderKey(configPath string, out io.Writer) error {
	c, err := decodeRecorder(configPath)
	if err != nil {
		return err
	}
	return printKey(c.Data, c.Keys, recorder.SignKeyName, out)
}

func printKey(data, dir, name string, out io.Writer) error {
	for _, d := range []string{data, dir} {
		if err := owned(d); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	var key ed25519.PublicKey
	key, err := publicKey(dir, name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, base64.StdEncoding.EncodeToString(key))
	return err
}
