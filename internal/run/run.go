// Package run has the lifecycle of the house: services that start in order and stop in reverse, goroutines whose panics
// never print a value, and the process settings that keep memory from the disk. It knows no room.
package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Service is a part with a life: Start returns once it serves, Stop once nothing of it runs. Stop is idempotent and waits.
type Service interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

// Group starts services in order and stops them in reverse.
type Group struct {
	mu      sync.Mutex
	started []named
}

type named struct {
	name string
	Service
}

// Start starts one more service; where it fails, those before it are left to Stop.
func (g *Group) Start(ctx context.Context, name string, s Service) error {
	if err := s.Start(ctx); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.started = append(g.started, named{name, s})
	return nil
}

// Stop stops all that was started, last first, and joins their errors.
func (g *Group) Stop(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []error
	for i := len(g.started) - 1; i >= 0; i-- {
		if err := g.started[i].Stop(ctx); err != nil {
			all = append(all, fmt.Errorf("%s: %w", g.started[i].name, err))
		}
	}
	g.started = nil
	return errors.Join(all...)
}

// Go runs f in a goroutine of wg. A panic in it ends f alone: its type and stack are logged, its value is not, for it may
// hold personal data (M3).
func Go(wg *sync.WaitGroup, log *slog.Logger, name string, f func()) {
	wg.Go(func() {
		defer Recover(log, name)
		f()
	})
}

// Recover, deferred, logs a panic by type and stack and lets the goroutine end.
func Recover(log *slog.Logger, name string) {
	if v := recover(); v != nil {
		log.Error("panic", "in", name, "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
	}
}

// StopWithin is the time that a stop may take before what is left is cut (the demo promises 5 s in all).
const StopWithin = 3500 * time.Millisecond

// Exit is an error that asks for a particular exit code of the program.
type Exit struct {
	Code    int
	Message string
}

// Error gives the message.
func (e Exit) Error() string { return e.Message }

// Pause waits for d, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// NewExit makes one with the message that is printed; "" for none.
func NewExit(code int, message string) Exit { return Exit{Code: code, Message: message} }
