package config

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/identity"
)

// reachWithin bounds how long config check waits for the database.
const reachWithin = 5 * time.Second

// Warn prints what a good santra.yaml likely does not mean: hours that are never open, queues that nobody can serve.
// Who could serve them is in the database; where that can't be read it says why, and leaves out what asks for it. It changes
// nothing in the database, its schema neither.
func Warn(ctx context.Context, path string, out io.Writer) error {
	c, text, err := ReadWithText(path)
	if err != nil {
		return err
	}
	staff, unknown := c.staff(ctx)
	for _, w := range slices.Concat(c.Server.SIP.Warnings(), c.City.Warnings(staff)) {
		where := path
		if tok := whereIs(text, w.Field); tok != nil {
			where = fmt.Sprintf("%s:%d:%d", path, tok.Position.Line, tok.Position.Column)
		}
		if _, err := fmt.Fprintf(out, "%s: warning: %s\n", where, w); err != nil {
			return err
		}
	}
	if unknown != nil {
		_, err = fmt.Fprintf(out, "%s: not checked who can serve the queues: %v\n", path, unknown)
	}
	return err
}

// staff reads from the database who takes work today.
func (c *Config) staff(ctx context.Context) ([]agency.Staff, error) {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	store, err := c.look(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	people, err := identity.New(identity.Config{Store: store.Identity()}).People(ctx, identity.Operator("config check"))
	if err != nil {
		return nil, err
	}
	return identity.Staff(people, time.Now()), nil
}
