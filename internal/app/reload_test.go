package app

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/app/config"
	"santra/internal/app/config/configtest"
	"santra/internal/app/office"
	"santra/internal/dispatch"
	"santra/internal/errs"
)

// TestTheRunningServerTakesOver: what another process applied is there after config.CityPoll.
func TestTheRunningServerTakesOver(t *testing.T) {
	h := configtest.NewHouse(t)
	apply := func() {
		if err := office.ApplyConfig(t.Context(), h.Config, "tester", false, io.Discard, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	apply()
	c := opened(t, h)
	c.dispatch = dispatch.New(dispatch.Config{})
	h.Alter("wrap_up: 30s", "wrap_up: 40s")
	apply()
	if err := c.reloadCity(t.Context()); err != nil || c.book.Current().Version != 2 {
		t.Error(c.book.Current().Version, err)
	}
}

func TestTheReloaderAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := &reloader{log: slog.New(slog.DiscardHandler), reload: func(context.Context) error {
			asked++
			return errs.New(errs.Unavailable, "away")
		}}
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3*config.CityPoll + time.Millisecond)
		if err := r.Stop(t.Context()); err != nil || asked != 3 {
			t.Error(asked, err)
		}
	})
}
