package email_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-smtp"

	"santra/internal/email/archive"
	"santra/internal/keys"
	"santra/internal/protocol/mail"
	"santra/internal/store/storetest"
)

const (
	benchConnections = 64
	benchSize        = 15 << 10
)

func benchMail() []byte {
	var b bytes.Buffer
	b.WriteString("From: aino@customer.example\r\nTo: parks@city.example\r\nSubject: Keinu\r\n\r\n")
	for b.Len() < benchSize {
		b.WriteString("Puiston keinuista on pudonnut rengas, ja se on vaarallinen lapsille.\r\n")
	}
	return b.Bytes()
}

// BenchmarkAcknowledged compares mails acknowledged a second (15 KB, 64 connections, client and server on the same machine)
// with what the disk gives one writer and what a bare library server with the same group commit reaches.
func BenchmarkAcknowledged(b *testing.B) {
	b.Run("bare append+fsync", benchBare)
	b.Run("library and plain group commit", benchLibrary)
	b.Run("archive alone", benchArchive)
	b.Run("whole room", benchRoom)
}

func perSecond(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s") }

func benchBare(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "x"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	raw := benchMail()
	for b.Loop() {
		if _, err := f.Write(raw); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

// plain is a file with group commit and nothing else.
type plain struct {
	mu      sync.Mutex
	f       *os.File
	waiting [][]byte
	done    chan struct{}
	busy    bool
}

func (p *plain) append(raw []byte) error {
	p.mu.Lock()
	p.waiting = append(p.waiting, raw)
	done := p.done
	if p.busy {
		p.mu.Unlock()
		<-done
		return nil
	}
	p.busy = true
	for len(p.waiting) > 0 {
		batch, batchDone := p.waiting, p.done
		p.waiting, p.done = nil, make(chan struct{})
		p.mu.Unlock()
		if _, err := p.f.Write(bytes.Join(batch, nil)); err != nil {
			return err
		}
		if err := p.f.Sync(); err != nil {
			return err
		}
		close(batchDone)
		p.mu.Lock()
	}
	p.busy = false
	p.mu.Unlock()
	return nil
}

func (p *plain) NewSession(*smtp.Conn) (smtp.Session, error) { return p, nil }
func (p *plain) Reset()                                      {}
func (p *plain) Logout() error                               { return nil }
func (p *plain) Mail(string, *smtp.MailOptions) error        { return nil }
func (p *plain) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (p *plain) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return p.append(raw)
}

func benchLibrary(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "x"))
	if err != nil {
		b.Fatal(err)
	}
	server := smtp.NewServer(&plain{f: f, done: make(chan struct{})})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	benchSend(b, l.Addr().String())
}

// archiveOnly is the room up to the acknowledgement.
type archiveOnly struct{ a *archive.Archive }

func (archiveOnly) Recipient(context.Context, string) error { return nil }
func (o archiveOnly) Deliver(ctx context.Context, e mail.Envelope, r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, err = o.a.Append(ctx, []archive.Record{{Agency: "parks", Direction: archive.In, Envelope: e, Raw: raw}})
	return err
}

func benchArchive(b *testing.B) {
	ring, err := keys.Open(filepath.Join(b.TempDir(), "keys"))
	if err != nil {
		b.Fatal(err)
	}
	a, err := archive.Open(archive.Config{Dir: filepath.Join(b.TempDir(), "archive"), Keys: ring})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	benchSend(b, front(b, archiveOnly{a}, nil))
}

func benchRoom(b *testing.B) {
	w := newWorld(b, storetest.SQLite(b), nil)
	benchSend(b, front(b, w.svc, nil))
}

// benchSend keeps 64 connections busy.
func benchSend(b *testing.B, addr string) {
	raw := benchMail()
	data := append(bytes.Clone(raw), ".\r\n"...)
	var left atomic.Int64
	left.Store(int64(b.N))
	conns := make([]*client, benchConnections)
	for i := range conns {
		conns[i] = newClient(b, addr)
	}
	var wg sync.WaitGroup
	b.ResetTimer()
	for _, c := range conns {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				c.transaction(data)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	perSecond(b)
}

type client struct {
	b    *testing.B
	conn net.Conn
	r    *bufio.Reader
}

func newClient(b *testing.B, addr string) *client {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	c := &client{b, conn, bufio.NewReader(conn)}
	c.answers(1)
	fmt.Fprint(conn, "HELO x\r\n")
	c.answers(1)
	return c
}

func (c *client) answers(n int) {
	for range n {
		line, err := c.r.ReadString('\n')
		if err != nil || line[0] > '3' {
			c.b.Errorf("%q %v", line, err)
			return
		}
	}
}

func (c *client) transaction(data []byte) {
	_, _ = io.WriteString(c.conn, "MAIL FROM:<aino@customer.example>\r\nRCPT TO:<parks@city.example>\r\nDATA\r\n")
	c.answers(3)
	_, _ = c.conn.Write(data)
	c.answers(1)
}
