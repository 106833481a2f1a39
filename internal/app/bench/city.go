package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"santra/internal/app/demo"
	"santra/internal/errs"
)

// The demonstration city of a run.
const (
	startWithin   = 3 * time.Minute // people's passwords are hashed: 40 ms for each seat
	lookEvery     = 50 * time.Millisecond
	settle        = time.Second // after a trim, and before memory is read
	trimWithin    = time.Minute
	logInsAtOnce  = 4
	recordedQueue = "pysakointi"
	plainQueue    = "kotihoito" // not recorded
	announcement  = 200 * time.Millisecond
	profileEnv    = "SANTRA_PROFILE" // see docs/performance.md
)

// city is a running demonstration city: one process, whose children are the contact centre and the recorder.
type city struct {
	demo.Ready
	dir              string
	cmd              *exec.Cmd
	done             chan struct{}
	profiles         string   // the folder of the servers' profiles
	centre, recorder int      // process ids
	tokens           []string // of the agents who have logged in, by seat
}

// startCity starts one and waits until it serves.
func startCity(ctx context.Context, dir string, seats int, secure bool) (*city, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &city{dir: filepath.Join(dir, "city"), done: make(chan struct{}), profiles: profiles(dir)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	const anyPort = "127.0.0.1:0"
	file := filepath.Join(dir, "ready.json")
	c.cmd = exec.Command(self, "demo", "--no-traffic", "--data", c.dir, "--http", anyPort, "--sip", anyPort, "--smtp", anyPort,
		"--seats", fmt.Sprint(seats), "--ready-file", file, "--no-record", plainQueue, "--no-wrap-up", "--announcement", announcement.String())
	if secure {
		c.cmd.Args = append(c.cmd.Args, "--secure")
	}
	c.cmd.Env = append(os.Environ(), profileEnv+"="+c.profiles)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	go func() { _ = c.cmd.Wait(); close(c.done) }()
	if err := c.await(ctx, file); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// profiles is where the servers' profiles go: the caller's own folder, where the caller names one.
func profiles(dir string) string {
	if own := os.Getenv(profileEnv); own != "" {
		return own
	}
	return dir
}

func (c *city) await(ctx context.Context, file string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		if _, err := os.Stat(file); err == nil {
			break
		}
		select {
		case <-c.done:
			return errs.New(errs.Unavailable, "the city did not start: %s", c.log())
		case <-ctx.Done():
			return errs.New(errs.Unavailable, "the city did not start: %w", ctx.Err())
		case <-time.After(lookEvery):
		}
	}
	if c.Ready, err = demo.ReadReady(file); err != nil {
		return err
	}
	if c.recorder, err = childOf(c.cmd.Process.Pid, "recorder"); err != nil {
		return err
	}
	c.centre, err = childOf(c.cmd.Process.Pid, "serve")
	return err
}

// log is the end of the contact centre's log.
func (c *city) log() string {
	const last = 2000
	text, _ := os.ReadFile(filepath.Join(c.dir, "centre.log"))
	return string(text[max(0, len(text)-last):])
}

func (c *city) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-c.done:
	case <-time.After(stopWithin):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// servers are the two processes that count as ours.
func (c *city) servers() []int { return []int{c.centre, c.recorder} }

// trim lets both servers give unused memory back and waits until they have: after many calls that takes seconds.
func (c *city) trim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, trimWithin)
	defer cancel()
	for name, pid := range map[string]int{"centre": c.centre, "recorder": c.recorder} {
		_, last, err := newest(c.profiles, name, tableKind)
		if err != nil {
			return err
		}
		if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		if err := c.trimmed(ctx, name, last); err != nil {
			return err
		}
	}
	pause(ctx, settle)
	return nil
}

// trimmed waits for a server's table after the last one: it is written when memory has been given back.
func (c *city) trimmed(ctx context.Context, name string, last time.Time) error {
	for {
		_, at, err := newest(c.profiles, name, tableKind)
		if err != nil || at.After(last) {
			return err
		}
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return errs.New(errs.Unavailable, "the %s did not give memory back: %w", name, ctx.Err())
		}
	}
}

// profiled lets both servers write processor profiles of what f does, where the caller has named a folder for them.
func (c *city) profiled(f func() error) error {
	if os.Getenv(profileEnv) == "" {
		return f()
	}
	toggle := func() (err error) {
		for _, pid := range c.servers() {
			err = errors.Join(err, syscall.Kill(pid, syscall.SIGUSR1))
		}
		time.Sleep(settle) // two signals at once are one
		return err
	}
	return errors.Join(toggle(), f(), toggle())
}

// number of a queue.
func (c *city) number(queue string) string {
	for _, q := range c.Queues {
		if q.ID == queue {
			return q.Number
		}
	}
	return ""
}

// ready logs every agent in, seats them and makes them ready.
func (c *city) ready(ctx context.Context) error {
	c.tokens = make([]string, len(c.Seats))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(logInsAtOnce)
	for i, seat := range c.Seats {
		group.Go(func() (err error) {
			c.tokens[i], err = c.sitDown(ctx, c.Users[i], seat)
			return err
		})
	}
	return group.Wait()
}

func (c *city) sitDown(ctx context.Context, u demo.ReadyUser, seat demo.ReadySeat) (string, error) {
	var session struct{ Token string }
	if err := ask(ctx, c.PublicURL, "", "POST", "/api/login", map[string]string{"name": u.Name, "password": u.Password}, &session); err != nil {
		return "", err
	}
	if err := ask(ctx, c.PublicURL, session.Token, "PUT", "/api/me/seat", map[string]string{"code": seat.Code}, nil); err != nil {
		return "", err
	}
	return session.Token, ask(ctx, c.PublicURL, session.Token, "PUT", "/api/me/state", map[string]string{"state": "ready"}, nil)
}

// ask sends a request to the API and reads the answer, unless that is nil.
func ask(ctx context.Context, base, token, method, path string, body, answer any) error {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, text)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return errs.New(errs.Unavailable, "%s %s: %d", method, path, res.StatusCode)
	}
	if answer == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	return json.NewDecoder(res.Body).Decode(answer)
}
