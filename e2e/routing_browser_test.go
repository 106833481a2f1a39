//go:build e2e

package e2e

import (
	"context"
	"sync"
	"testing"
)

// TestASupervisorsDay has one customer waiting while a supervisor looks why, makes an agent ready, closes the queue and opens it
// again, reads the day's measures and simulates another; an administrator gives a skill. Each new view is whole at 320 and
// 1280 px, and axe finds nothing.
func TestASupervisorsDay(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "4")
	ctx, cancel := context.WithCancel(t.Context())
	var customers sync.WaitGroup
	customers.Go(func() { c.waits(ctx, t) })
	defer customers.Wait()
	defer cancel()
	browse(t, c, "routing.mjs")
}

// waits calls the queue for parking and stays until somebody ends the call.
func (c *city) waits(ctx context.Context, t *testing.T) {
	_, caller := newCaller()
	call, err := customer(t, c, "udp").Call(ctx, c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		if ctx.Err() == nil {
			t.Error(err)
		}
		return
	}
	select {
	case <-call.Ended():
	case <-ctx.Done():
	}
}
