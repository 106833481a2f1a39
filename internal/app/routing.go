package app

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/id"
	"santra/internal/lease"
)

// openDispatch makes the room that runs routing: what it decides by is the running city, what it writes goes into the
// journal, and it decides while this process holds the lease.
func (c *contactCentre) openDispatch(ctx context.Context) error {
	city := c.book.Current()
	c.dispatch = dispatch.New(dispatch.Config{
		Log: c.log, Events: c.events, Policy: dispatch.PolicyOf(city), Journal: c.store.Journal(), Zone: city.Location(),
		Lease: lease.Config{Store: c.store.Lease(), Name: dispatch.LeaseName, Owner: id.New(), Alone: c.aloneOnDatabase(), Log: c.log},
	})
	if err := c.tellCity(city); err != nil {
		return err
	}
	return c.followClosings(ctx)
}

// aloneOnDatabase tells whether the database is a file in the data folder, which is this process's by the lock on that.
func (c *contactCentre) aloneOnDatabase() bool {
	return strings.HasPrefix(c.server.Database, "sqlite:"+filepath.Clean(c.server.Data)+string(filepath.Separator))
}

// tellCity tells dispatch of the queues as they are configured.
func (c *contactCentre) tellCity(city *agency.City) error {
	short := make(map[string]time.Duration, len(city.Queues))
	for i := range city.Queues {
		short[city.Queues[i].ID] = city.Queues[i].ShortAbandon
	}
	c.dispatch.SetShort(short)
	c.dispatch.SetPolicy(dispatch.PolicyOf(city))
	return c.dispatch.SetQueues(dispatch.Queues(city), c.book.Open)
}

// settled says, once all rooms run, that they have told dispatch what they have. It is a run.Service.
type settled struct{ d *dispatch.Dispatcher }

// Start counts what no room has announced as lost with the process before.
func (s settled) Start(context.Context) error { s.d.Settled(); return nil }

// Stop does nothing.
func (settled) Stop(context.Context) error { return nil }
