// Package memnet is an in-memory UDP and TCP network for unit tests: under testing/synctest its sockets block durably, so
// that virtual time runs while somebody waits for a packet. Loss, delay and reordering are configured and deterministic.
// It knows no protocol.
package memnet

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// The bounds of the network.
const (
	QueuedPackets = 4096    // packets waiting in one socket; more are lost, as in a real one
	QueuedWrites  = 1 << 16 // writes waiting in one direction of a TCP connection; more break a test
	Backlog       = 128     // connections waiting for Accept
	firstPort     = 40000   // of those given for port 0
)

// Faults is what the network does to packets. The zero value delivers all at once and in order. TCP knows Delay alone.
type Faults struct {
	Delay time.Duration // of every packet and every TCP write
	Late  time.Duration // further delay of the packets chosen by Reorder, so that others overtake them
	// Reorder and Loss are shares (0–1) of UDP packets, chosen by a generator seeded with Seed: the same every time.
	Reorder, Loss float64
	Seed          uint64
	// Drop, if set, is asked for each UDP packet; true loses it.
	Drop func(from, to netip.AddrPort, payload []byte) bool
}

// Network connects hosts. The zero value is not usable; see New.
type Network struct {
	mu        sync.Mutex
	faults    Faults
	random    *rand.Rand
	packets   map[netip.AddrPort]*PacketConn
	listeners map[netip.AddrPort]*Listener
	port      uint16
}

// New makes a network. Inside a synctest bubble it must be made there.
func New(f Faults) *Network {
	n := &Network{packets: map[netip.AddrPort]*PacketConn{}, listeners: map[netip.AddrPort]*Listener{}, port: firstPort}
	n.SetFaults(f)
	return n
}

// SetFaults changes what happens to packets sent from now on.
func (n *Network) SetFaults(f Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults, n.random = f, rand.New(rand.NewPCG(f.Seed, f.Seed))
}

// Host gives the sockets of one address ("192.0.2.1").
func (n *Network) Host(ip string) *Host { return &Host{net: n, ip: netip.MustParseAddr(ip)} }

// fate decides when a packet arrives, and whether.
func (n *Network) fate(from, to netip.AddrPort, b []byte) (time.Duration, bool) {
	f := n.faults
	if f.Drop != nil && f.Drop(from, to, b) || f.Loss > 0 && n.random.Float64() < f.Loss {
		return 0, false
	}
	if f.Reorder > 0 && n.random.Float64() < f.Reorder {
		return f.Delay + f.Late, true
	}
	return f.Delay, true
}

func (n *Network) nextPort() uint16 {
	n.port++
	return n.port
}

// Host opens sockets on one address; it fits sip.Network.
type Host struct {
	net *Network
	ip  netip.Addr
}

// local makes the address to bind from "host:port"; the host may be empty or unspecified.
func (h *Host) local(addr string) (netip.AddrPort, error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	p, err := netip.ParseAddrPort("0.0.0.0:" + port)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if p.Port() == 0 {
		return netip.AddrPortFrom(h.ip, h.net.nextPort()), nil
	}
	return netip.AddrPortFrom(h.ip, p.Port()), nil
}

var (
	errInUse   = &net.OpError{Op: "listen", Net: "mem", Err: syscall.EADDRINUSE}
	errRefused = &net.OpError{Op: "dial", Net: "mem", Err: syscall.ECONNREFUSED}
)

// ListenPacket opens a UDP socket.
func (h *Host) ListenPacket(addr string) (net.PacketConn, error) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	a, err := h.local(addr)
	if err != nil {
		return nil, err
	}
	if h.net.packets[a] != nil {
		return nil, errInUse
	}
	c := &PacketConn{net: h.net, addr: a, in: newMailbox(QueuedPackets)}
	h.net.packets[a] = c
	return c, nil
}

// Listen opens a TCP listener.
func (h *Host) Listen(addr string) (net.Listener, error) {
	h.net.mu.Lock()
	defer h.net.mu.Unlock()
	a, err := h.local(addr)
	if err != nil {
		return nil, err
	}
	if h.net.listeners[a] != nil {
		return nil, errInUse
	}
	l := &Listener{net: h.net, addr: a, backlog: make(chan *Conn, Backlog), closed: make(chan struct{})}
	h.net.listeners[a] = l
	return l, nil
}

// Dial connects by TCP.
func (h *Host) Dial(ctx context.Context, addr string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	h.net.mu.Lock()
	l, from := h.net.listeners[to], netip.AddrPortFrom(h.ip, h.net.nextPort())
	h.net.mu.Unlock()
	if l == nil {
		return nil, errRefused
	}
	near, far := connPair(h.net, from, to)
	select {
	case l.backlog <- far:
		return near, nil
	case <-l.closed:
		return nil, errRefused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Listener accepts TCP connections.
type Listener struct {
	net     *Network
	addr    netip.AddrPort
	backlog chan *Conn
	once    sync.Once
	closed  chan struct{}
}

// Accept waits for a connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close frees the port; connections stay.
func (l *Listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.net.mu.Lock()
		defer l.net.mu.Unlock()
		delete(l.net.listeners, l.addr)
	})
	return nil
}

// Addr is where it listens.
func (l *Listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }

// PacketConn is a UDP socket.
type PacketConn struct {
	net  *Network
	addr netip.AddrPort
	in   *mailbox
}

// ReadFrom waits for a packet; what does not fit in b is cut off.
func (c *PacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	it, err := c.in.get()
	if err != nil {
		return 0, nil, err
	}
	return copy(b, it.data), net.UDPAddrFromAddrPort(it.from), nil
}

// WriteTo sends a packet. To an address where nobody listens it is lost without an error.
func (c *PacketConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	u, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, errors.New("memnet: not a UDP address")
	}
	if c.in.isClosed() {
		return 0, net.ErrClosed
	}
	raw := u.AddrPort()
	to := netip.AddrPortFrom(raw.Addr().Unmap(), raw.Port())
	c.net.mu.Lock()
	peer := c.net.packets[to]
	delay, arrives := c.net.fate(c.addr, to, b)
	c.net.mu.Unlock()
	if peer != nil && arrives {
		peer.in.put(item{due: time.Now().Add(delay), data: append([]byte(nil), b...), from: c.addr})
	}
	return len(b), nil
}

// Close frees the port.
func (c *PacketConn) Close() error {
	c.net.mu.Lock()
	if c.net.packets[c.addr] == c {
		delete(c.net.packets, c.addr)
	}
	c.net.mu.Unlock()
	c.in.close(net.ErrClosed, true)
	return nil
}

// LocalAddr is its address.
func (c *PacketConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.addr) }

// SetDeadline sets the time after which ReadFrom fails; writes never block.
func (c *PacketConn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline sets the time after which ReadFrom fails.
func (c *PacketConn) SetReadDeadline(t time.Time) error { c.in.setDeadline(t); return nil }

// SetWriteDeadline does nothing: writes never block.
func (c *PacketConn) SetWriteDeadline(time.Time) error { return nil }
