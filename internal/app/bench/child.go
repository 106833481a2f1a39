package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"os/exec"
	"time"

	"santra/internal/errs"
)

// Nothing is an empty argument or answer.
type Nothing struct{}

// child is a process of the benchmark: this program in a role, ordered about over its standard input and output.
type child struct {
	pid    int
	cmd    *exec.Cmd
	client *rpc.Client
	input  io.Closer
}

// pipes are a child's two ends as one connection.
type pipes struct {
	io.Reader
	io.WriteCloser
}

// stopWithin is how long a process may take to end.
const stopWithin = 10 * time.Second

// spawn starts a child. It ends when its input does, so also when this process is killed.
func spawn(role string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "bench", "--role", role)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return &child{pid: cmd.Process.Pid, cmd: cmd, client: rpc.NewClient(pipes{out, in}), input: in}, nil
}

// call orders something and waits for it.
func (c *child) call(ctx context.Context, method string, args, reply any) error {
	done := c.client.Go(method, args, reply, make(chan *rpc.Call, 1)).Done
	select {
	case answer := <-done:
		if answer.Error != nil {
			return fmt.Errorf("%s: %w", method, answer.Error)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop ends the process and waits for it.
func (c *child) stop() {
	_ = c.client.Close()
	_ = c.input.Close()
	late := time.AfterFunc(stopWithin, func() { _ = c.cmd.Process.Kill() })
	defer late.Stop()
	_ = c.cmd.Wait()
}

// Serve is what a child does: one role, until its input ends.
func Serve(role string) error {
	receivers := map[string]any{"load": newLoad(), "relay": new(Relay), "pair": new(Pair), "sink": new(Sink), "play": new(Play)}
	receiver, ok := receivers[role]
	if !ok {
		return errs.At(errs.Invalid, "--role", "no role %q", role)
	}
	server := rpc.NewServer()
	if err := server.Register(receiver); err != nil {
		return err
	}
	server.ServeConn(pipes{os.Stdin, os.Stdout})
	return nil
}
