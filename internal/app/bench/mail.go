package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"golang.org/x/sys/unix"
)

// How mail is measured.
const (
	mailConns = 64
	mailBytes = 15 << 10
)

// letter writes a mail of some 15 KB with a Message-ID of its own.
func letter(to string, n uint64) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: Pirkko <pirkko%d@asiakas.example>\r\nTo: %s\r\nSubject: Kysymys %d\r\nDate: Mon, 2 Mar 2026 10:00:00 +0200\r\n", n%1000, to, n)
	fmt.Fprintf(&b, "Message-ID: <%d.%d@asiakas.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", n, time.Now().UnixNano())
	const line = "Hei, muutin juuri ja tarvitsisin pysäköintitunnuksen. Mitä papereita pitää olla mukana?\r\n"
	for b.Len() < mailBytes {
		b.WriteString(line)
	}
	return []byte(b.String())
}

// MailArgs say where mail goes.
type MailArgs struct {
	At, To string
	For    time.Duration
}

// Mails sends over mailConns connections, each message as soon as the one before is acknowledged, and gives how many were.
func (l *Load) Mails(args MailArgs, acknowledged *uint64) error {
	var sent, turn atomic.Uint64
	end := time.Now().Add(args.For)
	failed := make(chan error, mailConns)
	for range mailConns {
		go func() { failed <- deliver(args, end, &sent, &turn) }()
	}
	var first error
	for range mailConns {
		if err := <-failed; err != nil && first == nil {
			first = err
		}
	}
	*acknowledged = sent.Load()
	return first
}

// deliver is one connection.
func deliver(args MailArgs, end time.Time, sent, turn *atomic.Uint64) error {
	c, err := smtp.Dial(args.At)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Hello("asiakas.example"); err != nil {
		return err
	}
	for time.Now().Before(end) {
		if err := one(c, args.To, letter(args.To, turn.Add(1))); err != nil {
			return err
		}
		if time.Now().Before(end) {
			sent.Add(1)
		}
	}
	return c.Quit()
}

func one(c *smtp.Client, to string, raw []byte) error {
	if err := c.Mail("pirkko@asiakas.example"); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	return w.Close()
}

// Sink is the role of both references: a loop that appends and syncs, and a bare SMTP server on the same library before it.
type Sink struct{ file *group }

// group appends what many write, with one fdatasync for all that waits.
type group struct {
	f    *os.File
	mu   sync.Mutex
	wait []pending
	kick chan struct{}
}

type pending struct {
	b    []byte
	done chan error
}

func newGroup(path string) (*group, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	g := &group{f: f, kick: make(chan struct{}, 1)}
	go g.run()
	return g, nil
}

func (g *group) append(b []byte) error {
	p := pending{b, make(chan error, 1)}
	g.mu.Lock()
	g.wait = append(g.wait, p)
	g.mu.Unlock()
	select {
	case g.kick <- struct{}{}:
	default:
	}
	return <-p.done
}

func (g *group) run() {
	for range g.kick {
		g.mu.Lock()
		batch := g.wait
		g.wait = nil
		g.mu.Unlock()
		if len(batch) == 0 {
			continue
		}
		err := g.commit(batch)
		for _, p := range batch {
			p.done <- err
		}
	}
}

func (g *group) commit(batch []pending) error {
	var all []byte
	for _, p := range batch {
		all = append(all, p.b...)
	}
	if _, err := g.f.Write(all); err != nil {
		return err
	}
	return unix.Fdatasync(int(g.f.Fd()))
}

// Open starts the SMTP server on a file in a folder and gives its address.
func (s *Sink) Open(dir string, at *string) (err error) {
	if s.file, err = newGroup(filepath.Join(dir, "sink")); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := gosmtp.NewServer(sinkBackend{s.file})
	server.Domain = "localhost"
	go func() { _ = server.Serve(l) }()
	*at = l.Addr().String()
	return nil
}

// AppendArgs say for how long the loop runs.
type AppendArgs struct{ For time.Duration }

// Append lets mailConns writers append 15 KB each, again and again, and gives how often.
func (s *Sink) Append(args AppendArgs, done *uint64) error {
	var n atomic.Uint64
	var wg sync.WaitGroup
	b := letter("x@y.example", 1)
	end := time.Now().Add(args.For)
	for range mailConns {
		wg.Go(func() {
			for time.Now().Before(end) && s.file.append(b) == nil {
				n.Add(1)
			}
		})
	}
	wg.Wait()
	*done = n.Load()
	return nil
}

type sinkBackend struct{ file *group }

func (b sinkBackend) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return sinkSession(b), nil }

type sinkSession struct{ file *group }

func (sinkSession) Mail(string, *gosmtp.MailOptions) error { return nil }
func (sinkSession) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (sinkSession) Reset()                                 {}
func (sinkSession) Logout() error                          { return nil }
func (s sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return s.file.append(raw)
}

// mail measures the three in turns.
func (b *bench) mail(ctx context.Context) error {
	sink, err := spawn("sink")
	if err != nil {
		return err
	}
	defer sink.stop()
	var at string
	if err := sink.call(ctx, "Sink.Open", b.dir, &at); err != nil {
		return err
	}
	var ours, bare, loop, cost, bareCost []float64
	for i := range rounds {
		b.say("mail: round %d of %d", i+1, rounds)
		var appended uint64
		if err := sink.call(ctx, "Sink.Append", AppendArgs{b.Round}, &appended); err != nil {
			return err
		}
		theirs, each, err := b.mails(ctx, MailArgs{at, "x@santala.example", b.Round}, sink.pid)
		if err != nil {
			return err
		}
		var mine, mineEach float64
		err = b.city.profiled(func() (err error) {
			mine, mineEach, err = b.mails(ctx, MailArgs{b.city.SMTP, recordedQueue + "@santala.example", b.Round}, b.city.centre)
			return err
		})
		if err != nil {
			return err
		}
		loop, bare, ours = append(loop, float64(appended)/b.Round.Seconds()), append(bare, theirs), append(ours, mine)
		cost, bareCost = append(cost, mineEach), append(bareCost, each)
	}
	b.add(row{"mails acknowledged", "a second", ours, "bare go-smtp, append, fsync", bare, ""})
	b.add(row{"mails acknowledged", "a second", ours, "append, fsync alone", loop, ""})
	b.add(row{"a mail", "CPU ms each", cost, "bare go-smtp, append, fsync", bareCost, "ours includes the case and the search index"})
	return nil
}

// mails gives how many a second were acknowledged, and the CPU ms of each.
func (b *bench) mails(ctx context.Context, args MailArgs, pid int) (perSecond, cost float64, err error) {
	before, err := cpuOf(pid)
	if err != nil {
		return 0, 0, err
	}
	var n uint64
	if err := b.load.call(ctx, "Load.Mails", args, &n); err != nil {
		return 0, 0, err
	}
	after, err := cpuOf(pid)
	return float64(n) / args.For.Seconds(), float64(after-before) / float64(time.Millisecond) / float64(max(n, 1)), err
}
