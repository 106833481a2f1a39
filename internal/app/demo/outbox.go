package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"santra/internal/protocol/mail"
	"santra/internal/run"
)

// outbox is where the demo's mail goes instead of into the world: an SMTP server that keeps each message as a file, its
// envelope in the name's neighbour (NNNN.eml, NNNN.rcpt).
type outbox struct {
	server *mail.Server
	dir    string
	n      atomic.Int64
}

// outboxKept is how many messages the folder keeps; the oldest go.
const outboxKept = 1000

func startOutbox(addr, dir string, log *slog.Logger) (io.Closer, error) {
	o := &outbox{dir: dir}
	o.n.Store(time.Now().UnixMilli()) // names grow over restarts
	server, err := mail.NewServer(mail.ServerConfig{Addr: addr, Hostname: "outbox.localhost", Backend: o, Log: log})
	if err != nil {
		return nil, fmt.Errorf("demo: outbox: %w", err)
	}
	o.server = server
	if err := server.Start(context.Background()); err != nil {
		return nil, fmt.Errorf("demo: outbox: %w", err)
	}
	return o, nil
}

// Close stops the sink.
func (o *outbox) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), run.StopWithin)
	defer cancel()
	return o.server.Stop(ctx)
}

// Recipient takes everybody: the sink plays the rest of the world.
func (o *outbox) Recipient(context.Context, string) error { return nil }

// Deliver keeps a message. Addresses are written on purpose: this is the demo's own outside world, not the contact centre.
func (o *outbox) Deliver(_ context.Context, e mail.Envelope, r io.Reader) error {
	name := filepath.Join(o.dir, fmt.Sprintf("%014d", o.n.Add(1)))
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var envelope strings.Builder
	envelope.WriteString("from " + e.From.Reveal() + "\n")
	for _, to := range e.To {
		envelope.WriteString("to " + to + "\n")
	}
	if err := os.WriteFile(name+".rcpt", []byte(envelope.String()), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(name+".part", raw, 0o600); err != nil {
		return err
	}
	o.trim()
	return os.Rename(name+".part", name+".eml")
}

func (o *outbox) trim() {
	files, _ := filepath.Glob(filepath.Join(o.dir, "*.eml"))
	for i := 0; i < len(files)-outboxKept; i++ {
		_ = os.Remove(files[i])
		_ = os.Remove(files[i][:len(files[i])-len("eml")] + "rcpt")
	}
}
