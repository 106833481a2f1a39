package callback

import (
	"context"
	"sync"
	"time"

	"santra/internal/lease"
	"santra/internal/run"
)

// LeaseName is the lease under which expired callbacks are erased; LeaseTTL how long its owner may be silent.
const (
	LeaseName = "callbacks"
	LeaseTTL  = 30 * time.Second
)

// Keeper sweeps: at its start, then every SweepEvery. Start it before the telephone is served.
type Keeper struct {
	Service *Service
	Lease   lease.Config // Name and TTL are set; Store, Owner and Alone are the caller's

	stop context.CancelFunc
	wg   sync.WaitGroup
}

var _ run.Service = (*Keeper)(nil)

// Start puts in line what a crash has left, then goes on in the background. A failure is logged and tried again: a database that
// is slow to come must not keep the telephone from starting.
func (k *Keeper) Start(ctx context.Context) error {
	log := k.Service.cfg.Log
	swept, err := k.Service.Sweep(ctx)
	if err == nil {
		swept.Resumed, err = k.Service.Resume(ctx)
	}
	if err != nil {
		log.Error("callbacks could not be put in line; it is tried again within a minute", "error", err)
	} else if swept != (Swept{}) {
		log.Info("callbacks of before the start", "keys", swept.Keys, "lost", swept.Lost, "ended", swept.Ended, "resumed", swept.Resumed)
	}
	ctx, k.stop = context.WithCancel(context.WithoutCancel(ctx))
	run.Go(&k.wg, log, "callbacks", func() { k.each(ctx, k.sweep) })
	run.Go(&k.wg, log, "expired callbacks", func() { k.own(ctx) })
	return nil
}

// Stop ends it and waits.
func (k *Keeper) Stop(context.Context) error {
	k.stop()
	k.wg.Wait()
	return nil
}

// each does something at once and then every SweepEvery, until ctx ends.
func (k *Keeper) each(ctx context.Context, do func(context.Context)) {
	tick := time.NewTicker(SweepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		do(ctx)
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (k *Keeper) sweep(ctx context.Context) {
	if _, err := k.Service.Sweep(ctx); err != nil && ctx.Err() == nil {
		k.Service.cfg.Log.Error("callbacks could not be swept", "error", err)
	}
}

// own erases what is over while the lease is ours, and waits for it again when it is lost.
func (k *Keeper) own(ctx context.Context) {
	cfg := k.Lease
	cfg.Name, cfg.TTL, cfg.Log = LeaseName, LeaseTTL, k.Service.cfg.Log
	for ctx.Err() == nil {
		held, err := lease.Acquire(ctx, cfg)
		if err != nil {
			return // ctx has ended
		}
		mine, cancel := held.Context(ctx)
		k.each(mine, k.erase)
		cancel()
		if err := held.Release(context.WithoutCancel(ctx)); err != nil {
			k.Service.cfg.Log.Warn("lease on callbacks not released; it runs out by itself", "error", err)
		}
	}
}

func (k *Keeper) erase(ctx context.Context) {
	if _, err := k.Service.EraseExpired(ctx, time.Now()); err != nil && ctx.Err() == nil {
		k.Service.cfg.Log.Error("expired callbacks could not be erased", "error", err)
	}
}
