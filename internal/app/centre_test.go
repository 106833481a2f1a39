package app

import (
	"log/slog"
	"testing"

	"santra/internal/agency"
	"santra/internal/app/config"
	"santra/internal/app/config/configtest"
	"santra/internal/identity"
	"santra/internal/registry"
	"santra/internal/store/centre"
)

// opened is a contact centre over a house, as far as its store, its city and its people.
func opened(t *testing.T, h configtest.House) *contactCentre {
	t.Helper()
	settings, err := config.Read(h.Config)
	if err != nil {
		t.Fatal(err)
	}
	c := &contactCentre{config: settings, server: settings.Server, outcomes: &ledger{}, log: slog.New(slog.DiscardHandler)}
	t.Cleanup(c.close)
	if c.store, err = centre.Open(t.Context(), settings.Server.Database, centre.Options{}); err != nil {
		t.Fatal(err)
	}
	c.keep(c.store)
	if c.book, err = agency.Open(t.Context(), agency.Config{Store: c.store.Agency(), Log: c.log}); err != nil {
		t.Fatal(err)
	}
	c.people = identity.New(identity.Config{Store: c.store.Identity(), Log: c.log})
	c.registry = registry.New(registry.Config{Store: c.store.Registry(), Book: c.book})
	return c
}
