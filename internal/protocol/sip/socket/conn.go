package socket

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/errs"
	"santra/internal/run"
)

// pongWait is how long a ping may be unanswered by a peer that has answered one before (RFC 5626 4.4.1).
const pongWait = 10 * time.Second

var doubleCRLF, singleCRLF = []byte("\r\n\r\n"), []byte("\r\n")

// Conn is a connection, accepted or dialled. Its reader hands messages up in order, its writer keeps slow peers from holding
// up anybody else.
type Conn struct {
	s        *Set
	key      key
	accepted bool
	out      chan []byte
	once     sync.Once
	done     chan struct{}
	alive    chan time.Duration // keep it alive so often
	pinged   atomic.Int64       // when a ping went out that has no pong yet, in Unix nanoseconds
	ponged   atomic.Bool        // the peer answers pings
	peer     atomic.Pointer[x509.Certificate]

	mu     sync.Mutex
	next   int
	onLost map[int]func()
}

// Secure tells whether it is TLS.
func (t *Conn) Secure() bool { return t.key.secure }

// Name is what the peer of a TLS connection that we opened has proved to be; empty of others.
func (t *Conn) Name() string { return t.key.name }

// Remote is the peer's address.
func (t *Conn) Remote() netip.AddrPort { return t.key.remote }

// Certificate is the one that the peer of a TLS connection has shown and that was verified; nil without one.
func (t *Conn) Certificate() *x509.Certificate { return t.peer.Load() }

// Closed tells whether it is.
func (t *Conn) Closed() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// Write queues a message. Where too many wait the peer does not read, and the connection is broken.
func (t *Conn) Write(b []byte) error {
	if t.Closed() {
		return net.ErrClosed
	}
	select {
	case t.out <- b:
		return nil
	default:
		t.Close()
		return errs.New(errs.Unavailable, "sip: the peer does not read")
	}
}

// Close closes it; what was queued is still written, for a second.
func (t *Conn) Close() { t.once.Do(func() { close(t.done) }) }

// KeepAlive sends a double CRLF that often from now on, so that what is between us keeps the way open, and so that a peer that
// is gone is found: one that has ever answered such a ping must answer each (RFC 5626 4.4.1).
func (t *Conn) KeepAlive(every time.Duration) {
	select {
	case t.alive <- every:
	default: // one wish is waiting already
	}
}

// Lost asks to be told when the connection ends, at once if it has; stop takes the wish back.
func (t *Conn) Lost(f func()) (stop func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.onLost == nil {
		go f()
		return func() {}
	}
	t.next++
	n := t.next
	t.onLost[n] = f
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.onLost, n)
	}
}

// serve lives as long as the connection.
func (t *Conn) serve(c net.Conn) {
	defer t.end()
	c, err := t.open(c)
	if err != nil {
		return
	}
	var wg sync.WaitGroup
	run.Go(&wg, t.s.cfg.Log, "sip writer", func() { t.writer(c) })
	t.reader(c)
	t.Close()
	wg.Wait()
}

// open dials where that is ours to do, and shakes hands. On an error nothing is left open.
func (t *Conn) open(c net.Conn) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(t.s.ctx, MaxDial+MaxHandshake)
	defer cancel()
	if c == nil {
		dialing, stop := context.WithTimeout(ctx, MaxDial)
		defer stop()
		var err error
		if c, err = t.s.cfg.Network.Dial(dialing, hostport(t.key.remote)); err != nil {
			return nil, err
		}
	}
	if !t.key.secure {
		return c, nil
	}
	s, err := t.shake(ctx, c)
	if err != nil {
		_ = c.Close()
		t.s.cfg.Untrusted(t.key.remote, reasonOf(err))
	}
	return s, err
}

// shake is the TLS handshake.
func (t *Conn) shake(ctx context.Context, c net.Conn) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxHandshake)
	defer cancel()
	var s *tls.Conn
	if t.accepted {
		s = tls.Server(c, t.s.cfg.TLS.server)
	} else {
		s = tls.Client(c, t.s.cfg.TLS.clientFor(t.key.name))
	}
	if err := s.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	if certs := s.ConnectionState().PeerCertificates; len(certs) > 0 {
		t.peer.Store(certs[0])
	}
	return s, nil
}

// end tells everybody who waits by this connection.
func (t *Conn) end() {
	t.Close()
	t.s.forget(t)
	t.mu.Lock()
	told := t.onLost
	t.onLost = nil
	t.mu.Unlock()
	for _, f := range told {
		f()
	}
}

func (t *Conn) writer(c net.Conn) {
	defer c.Close() //nolint:errcheck // nothing to be done
	defer t.Close()
	ticker := time.NewTicker(time.Hour)
	ticker.Stop()
	defer ticker.Stop()
	for {
		var b []byte
		select {
		case b = <-t.out:
		case every := <-t.alive:
			ticker.Reset(max(every, time.Second))
			continue
		case <-ticker.C:
			if t.unanswered() {
				return
			}
			b = doubleCRLF
		case <-t.done:
			t.flush(c)
			return
		}
		_ = c.SetWriteDeadline(time.Now().Add(MaxWrite))
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// unanswered tells whether the last ping should have been answered by now, and else notes that another goes.
func (t *Conn) unanswered() bool {
	last := t.pinged.Load()
	if last != 0 {
		return t.ponged.Load() && time.Since(time.Unix(0, last)) >= pongWait
	}
	t.pinged.Store(time.Now().UnixNano())
	return false
}

// pong takes the answer to a ping; false: none was asked for.
func (t *Conn) pong() bool {
	asked := t.pinged.Swap(0) != 0
	if asked {
		t.ponged.Store(true)
	}
	return asked
}

// flush writes what was queued before the connection was closed: the answer to what was wrong.
func (t *Conn) flush(c net.Conn) {
	for {
		select {
		case b := <-t.out:
			_ = c.SetWriteDeadline(time.Now().Add(time.Second))
			if _, err := c.Write(b); err != nil {
				return
			}
		default:
			return
		}
	}
}

func (t *Conn) reader(c net.Conn) {
	r := &reader{Reader: bufio.NewReaderSize(c, 4096), limit: t.s.cfg.Message}
	r.begun = func() { _ = c.SetReadDeadline(time.Now().Add(MaxSlow)) }
	wait := t.s.cfg.Idle
	if t.accepted { // who never says anything whole is no peer, and keep-alives do not make him one
		wait = min(wait, MaxFirst)
	}
	lives := func() {
		if wait == t.s.cfg.Idle {
			_ = c.SetReadDeadline(time.Now().Add(wait))
		}
	}
	r.ping = func() { _ = t.Write(singleCRLF); lives() } // RFC 5626 4.4.1
	r.pong = func() bool { lives(); return t.pong() }
	for {
		_ = c.SetReadDeadline(time.Now().Add(wait))
		raw, err := r.message()
		if len(raw) > 0 {
			t.s.receive(raw, t, t.key.remote)
			wait = t.s.cfg.Idle
		}
		if err != nil {
			return
		}
	}
}
