package app

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"santra/internal/app/config"
	"santra/internal/run"
)

// reloader asks again and again for what another process changed. It is a run.Service.
type reloader struct {
	reload func(context.Context) error
	every  time.Duration // 0: config.CityPoll
	log    *slog.Logger
	stop   context.CancelFunc
	wg     sync.WaitGroup
}

// Start begins with the first wait: what there was at the start is known.
func (r *reloader) Start(context.Context) error {
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	run.Go(&r.wg, r.log, "city", func() { r.loop(ctx) })
	return nil
}

// Stop waits for the reading that is under way.
func (r *reloader) Stop(context.Context) error {
	r.stop()
	r.wg.Wait()
	return nil
}

func (r *reloader) loop(ctx context.Context) {
	tick := time.NewTicker(cmp.Or(r.every, config.CityPoll))
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := r.reload(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			r.log.Error("what was changed beside this process can't be read; what was before stays", "error", err)
		}
		failing = err != nil
	}
}

// reloadCity takes over a version that another process has made.
func (c *contactCentre) reloadCity(ctx context.Context) error {
	before := c.book.Current().Version
	if err := c.book.Reload(ctx); err != nil {
		return err
	}
	city := c.book.Current()
	if city.Version == before {
		return nil
	}
	c.log.Info("the city was changed", "version", city.Version)
	return c.tellCity(city)
}
