package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"santra/internal/run"
)

// How the demo keeps its two servers.
const (
	childRestart = 500 * time.Millisecond // pause before a server that died is started again
	childReady   = 5 * time.Minute        // how long a server may take until it answers: the first start hashes a password for each seat
	childPoll    = 25 * time.Millisecond
	childEnds    = run.StopWithin + run.StopWithin/4 // after SIGTERM, before it is killed: it hangs up what did not drain within run.StopWithin
)

// child is one of the demo's servers: a process of this same program in this process group, started again when it dies.
type child struct {
	name   string
	args   []string
	health string // URL that answers 200 once it serves
	log    *os.File
	done   chan struct{}
}

// startChild starts a server and returns once it answers.
func startChild(ctx context.Context, logger *slog.Logger, name, health, logPath string, args ...string) (*child, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	c := &child{name: name, args: args, health: health, log: log, done: make(chan struct{})}
	first := make(chan error, 1)
	go c.keep(ctx, logger, first)
	if err := c.await(ctx, first); err != nil {
		return nil, fmt.Errorf("%s did not start: %w; its log is %s", name, err, logPath)
	}
	return c, nil
}

// keep runs the process and starts it again until ctx ends. It stays on one thread: the kernel sends the parent's death
// signal when the thread that started the child ends.
func (c *child) keep(ctx context.Context, logger *slog.Logger, first chan<- error) {
	runtime.LockOSThread()
	defer close(c.done)
	defer c.log.Close()
	for ctx.Err() == nil {
		err := c.once(ctx)
		select {
		case first <- fmt.Errorf("it ended: %w", errOr(err, "without an error")):
		default:
		}
		if ctx.Err() != nil {
			return
		}
		logger.Warn("a server ended and is started again", "server", c.name, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(childRestart):
		}
	}
}

func errOr(err error, text string) error {
	if err == nil {
		return errors.New(text)
	}
	return err
}

func (c *child) once(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, c.args...)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = childEnds
	return cmd.Run()
}

// await polls the health address until it answers or the first run has ended.
func (c *child) await(ctx context.Context, first <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, childReady)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.health, nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-first:
			return err
		case <-ctx.Done():
			return fmt.Errorf("no answer at %s within %s", c.health, childReady)
		case <-time.After(childPoll):
		}
	}
}
