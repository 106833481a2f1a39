package memnet

import (
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

// item is a packet, or a write of a stream, on its way.
type item struct {
	due  time.Time
	data []byte
	from netip.AddrPort
}

// mailbox keeps items in the order in which they arrive and gives each when it is due.
type mailbox struct {
	mu       sync.Mutex
	items    []item
	limit    int
	wake     chan struct{} // something changed
	err      error         // closed with
	deadline time.Time
}

func newMailbox(limit int) *mailbox { return &mailbox{limit: limit, wake: make(chan struct{}, 1)} }

func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// put adds an item behind those due at the same time; a full or closed box loses it.
func (m *mailbox) put(it item) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil || len(m.items) >= m.limit {
		return
	}
	at := len(m.items)
	for at > 0 && m.items[at-1].due.After(it.due) {
		at--
	}
	m.items = slices.Insert(m.items, at, it)
	m.signal()
}

// close makes get fail with err, at once or once the box is empty.
func (m *mailbox) close(err error, now bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
	}
	if now {
		m.items = nil
	}
	m.signal()
}

func (m *mailbox) isClosed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err != nil
}

func (m *mailbox) setDeadline(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deadline = t
	m.signal()
}

// get waits for the next item that is due.
func (m *mailbox) get() (item, error) {
	for {
		it, wait, err := m.try()
		if err != nil || wait == 0 {
			return it, err
		}
		m.pause(wait)
	}
}

// forever is how long get waits where there is nothing to wait for but a signal.
const forever = time.Duration(1<<63 - 1)

// try takes the first item if it is due, else says how long to wait.
func (m *mailbox) try() (item, time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, wait := time.Now(), forever
	if !m.deadline.IsZero() {
		if wait = m.deadline.Sub(now); wait <= 0 {
			return item{}, 0, os.ErrDeadlineExceeded
		}
	}
	if len(m.items) == 0 {
		if m.err != nil {
			m.signal() // for the next reader
			return item{}, 0, m.err
		}
		return item{}, wait, nil
	}
	if until := m.items[0].due.Sub(now); until > 0 {
		return item{}, min(wait, until), nil
	}
	it := m.items[0]
	m.items = slices.Delete(m.items, 0, 1)
	if len(m.items) > 0 {
		m.signal()
	}
	return it, 0, nil
}

func (m *mailbox) pause(d time.Duration) {
	if d == forever {
		<-m.wake
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-m.wake:
	case <-t.C:
	}
}

// Conn is one end of a TCP connection.
type Conn struct {
	net         *Network
	here, there netip.AddrPort
	in, out     *mailbox
	mu          sync.Mutex // of rest
	rest        []byte     // of the item read last
}

// connPair makes the two ends of a connection.
func connPair(n *Network, near, far netip.AddrPort) (*Conn, *Conn) {
	a, b := newMailbox(QueuedWrites), newMailbox(QueuedWrites)
	return &Conn{net: n, here: near, there: far, in: a, out: b}, &Conn{net: n, here: far, there: near, in: b, out: a}
}

// Read waits for bytes; io.EOF once the other end has closed and all was read.
func (c *Conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.rest) == 0 {
		it, err := c.in.get()
		if err != nil {
			return 0, err
		}
		c.rest = it.data
	}
	n := copy(b, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// Write sends bytes; it never blocks.
func (c *Conn) Write(b []byte) (int, error) {
	if c.out.isClosed() {
		return 0, &net.OpError{Op: "write", Net: "mem", Err: io.ErrClosedPipe}
	}
	c.net.mu.Lock()
	delay := c.net.faults.Delay
	c.net.mu.Unlock()
	c.out.put(item{due: time.Now().Add(delay), data: append([]byte(nil), b...)})
	return len(b), nil
}

// Close ends both directions: the peer reads what was sent, then io.EOF.
func (c *Conn) Close() error {
	c.out.close(io.EOF, false)
	c.in.close(net.ErrClosed, true)
	return nil
}

// LocalAddr is this end's address.
func (c *Conn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.here) }

// RemoteAddr is the other end's address.
func (c *Conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.there) }

// SetDeadline sets the time after which Read fails; writes never block.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline sets the time after which Read fails.
func (c *Conn) SetReadDeadline(t time.Time) error { c.in.setDeadline(t); return nil }

// SetWriteDeadline does nothing: writes never block.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }
