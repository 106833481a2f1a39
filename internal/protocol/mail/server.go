package mail

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/errs"
	"santra/internal/run"
)

// ServerConfig says where and how a Server listens. Zero limits take the defaults.
type ServerConfig struct {
	Addr          string      // host:port; port 0 picks a free one
	LMTP          bool        // RFC 2033 instead of SMTP
	Hostname      string      // our name in the greeting
	TLS           *tls.Config // nil: no STARTTLS
	MaxMessage    int64       // bytes
	MaxRecipients int
	MaxConns      int
	MaxPerAddr    int
	MaxBuffered   int64         // bytes
	Idle          time.Duration // wait for the client
	Backend       Backend
	Log           *slog.Logger
}

// Stats counts what a server did since its start.
type Stats struct {
	Connections uint64 // accepted
	TurnedAway  uint64 // refused by a limit on connections
	Messages    uint64 // acknowledged with 250
	Refused     uint64 // answered 4xx or 5xx at the end of DATA
}

// Server takes mail over SMTP (RFC 5321) or LMTP (RFC 2033) with 8BITMIME, SMTPUTF8, PIPELINING, SIZE and STARTTLS. It is a
// run.Service.
type Server struct {
	cfg      ServerConfig
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	buffered atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	addrs map[netip.Addr]int

	connections, turnedAway, messages, refused atomic.Uint64
}

// NewServer checks the configuration and fills its defaults; nothing listens yet.
func NewServer(cfg ServerConfig) (*Server, error) {
	if cfg.Backend == nil {
		return nil, errs.At(errs.Invalid, "backend", "a mail server needs a backend")
	}
	cfg.Hostname = cmp.Or(cfg.Hostname, "localhost")
	cfg.MaxMessage = cmp.Or(cfg.MaxMessage, DefaultMaxMessage)
	cfg.MaxRecipients = cmp.Or(cfg.MaxRecipients, DefaultMaxRecipients)
	cfg.MaxConns = cmp.Or(cfg.MaxConns, DefaultMaxConns)
	cfg.MaxPerAddr = cmp.Or(cfg.MaxPerAddr, DefaultMaxPerAddr)
	cfg.MaxBuffered = cmp.Or(cfg.MaxBuffered, DefaultMaxBuffered)
	cfg.Idle = cmp.Or(cfg.Idle, DefaultIdle)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{cfg: cfg, conns: map[net.Conn]struct{}{}, addrs: map[netip.Addr]int{}}, nil
}

// Start listens and serves until Stop.
func (s *Server) Start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	s.Serve(l)
	return nil
}

// Serve takes connections from l until Stop; it returns at once.
func (s *Server) Serve(l net.Listener) {
	s.listener = l
	s.ctx, s.cancel = context.WithCancel(context.Background())
	run.Go(&s.wg, s.cfg.Log, "mail accept", s.accept)
}

// Addr is where the server listens, after Start.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Stats gives the counters.
func (s *Server) Stats() Stats {
	return Stats{s.connections.Load(), s.turnedAway.Load(), s.messages.Load(), s.refused.Load()}
}

// Stop closes the listener and the connections and waits for them until ctx ends. A message that is being delivered is
// still acknowledged if its client reads on.
func (s *Server) Stop(ctx context.Context) error {
	if s.listener == nil {
		return nil
	}
	s.cancel()
	_ = s.listener.Close() // a second Stop finds it closed
	s.mu.Lock()
	for c := range s.conns {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // ends the wait for a command or for DATA, not a delivery
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.closeAll()
		return ctx.Err()
	}
}

func (s *Server) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// acceptPause keeps a full file table from turning the accept loop into a busy one.
const acceptPause = 50 * time.Millisecond

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if s.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			if err == nil {
				_ = c.Close()
			}
			return
		}
		if err != nil {
			select {
			case <-time.After(acceptPause):
				continue
			case <-s.ctx.Done():
				return
			}
		}
		s.admit(c)
	}
}

// admit counts the connection and serves it, or turns it away with 421 (RFC 5321 3.8).
func (s *Server) admit(c net.Conn) {
	addr := remote(c).Addr()
	s.mu.Lock()
	full := len(s.conns) >= s.cfg.MaxConns || s.addrs[addr] >= s.cfg.MaxPerAddr
	if !full {
		s.conns[c] = struct{}{}
		s.addrs[addr]++
	}
	s.mu.Unlock()
	if full {
		s.turnedAway.Add(1)
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte("421 4.7.0 Too many connections, try again later\r\n"))
		_ = c.Close()
		return
	}
	s.connections.Add(1)
	run.Go(&s.wg, s.cfg.Log, "mail connection", func() {
		defer s.leave(c, addr)
		(&session{s: s, conn: c, r: bufio.NewReaderSize(c, readBuffer), w: bufio.NewWriter(c)}).serve()
	})
}

func (s *Server) leave(c net.Conn, addr netip.Addr) {
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if s.addrs[addr]--; s.addrs[addr] <= 0 {
		delete(s.addrs, addr)
	}
}

func remote(c net.Conn) netip.AddrPort {
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		p := a.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}

// timedOut tells whether the client was silent for too long.
func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
