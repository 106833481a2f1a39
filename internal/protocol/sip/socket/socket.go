// Package socket is the transport layer of SIP (RFC 3261 18): one UDP and one TCP socket on the same port, a TLS one beside
// them, and the connections that they accept or that are dialled. Receiving is in order for each socket, sending never blocks,
// and whoever is slow, silent or too many is bounded in time and number. It hands bytes up and knows no message but its length;
// a Flow is the way to a peer, by which answers go back.
package socket

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/errs"
	"santra/internal/run"
)

// Bounds of the sockets.
const (
	MaxDial      = 3 * time.Second  // of a TCP connection that we open
	MaxHandshake = 5 * time.Second  // of TLS, either side
	MaxFirst     = 30 * time.Second // an accepted connection without a whole message is closed
	MaxSlow      = 10 * time.Second // from the first byte of a message to its last
	MaxWrite     = 10 * time.Second // of one message to a peer that does not read
	MaxPerSource = 512              // accepted connections of one address: an office behind one, but no flood

	queuedWrites = 256 // messages waiting for a slow peer; more break its connection
	portAttempts = 32  // for a port that is free in UDP and in TCP
	maxDatagram  = 65535
	udpBuffer    = 4 << 20               // bytes asked of the kernel for bursts of calls
	acceptPause  = 10 * time.Millisecond // after a failed accept: out of files, let some close
)

// Network is where the sockets come from: Machine, or in tests a memnet.Host.
type Network interface {
	ListenPacket(addr string) (net.PacketConn, error)
	Listen(addr string) (net.Listener, error)
	Dial(ctx context.Context, addr string) (net.Conn, error)
}

// Machine is the network of the machine.
type Machine struct{}

// ListenPacket opens a UDP socket.
func (Machine) ListenPacket(addr string) (net.PacketConn, error) {
	c, err := net.ListenPacket("udp", addr)
	if u, ok := c.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(udpBuffer) // what the kernel allows is enough for a start
	}
	return c, err
}

// Listen opens a TCP socket.
func (Machine) Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

// Dial opens a TCP connection.
func (Machine) Dial(ctx context.Context, addr string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
}

// Config says where to listen and who is told.
type Config struct {
	Addr    string     // host:port, the same for UDP and TCP; port 0 picks one that is free in both
	TLS     *TLS       // nil: none
	Public  netip.Addr // address of ours that is told to peers where it is not what the sockets say; zero: theirs
	Network Network
	Log     *slog.Logger
	// Receive gets each message of a stream, and each datagram that is no keep-alive; conn is nil for a datagram. raw is the
	// receiver's only until it returns.
	Receive func(raw []byte, conn *Conn, from netip.AddrPort)
	// Untrusted is told why the TLS handshake with a peer failed, in fixed words.
	Untrusted func(from netip.AddrPort, why string)

	Message     int           // bytes of a message of a stream
	Connections int           // at a time, both directions
	Idle        time.Duration // a connection without a message or keep-alive is closed
}

// Set is all sockets of an endpoint.
type Set struct {
	cfg    Config
	udp    net.PacketConn
	tcp    net.Listener
	tls    net.Listener // nil: none
	addr   netip.AddrPort
	secure netip.AddrPort
	wg     sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc

	failed atomic.Uint64 // messages that could not be written

	mu     sync.Mutex
	conns  map[key]*Conn
	from   map[netip.Addr]int // accepted connections of each address
	closed bool
}

// key tells connections apart. One to a verified name is not used for another name, even at the same address (RFC 5923 9.3).
type key struct {
	remote netip.AddrPort
	secure bool
	name   string
}

// Open binds the sockets; nothing is read before Start.
func Open(cfg Config) (*Set, error) {
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, errs.At(errs.Invalid, "sip.addr", "want host:port: %w", err)
	}
	if cfg.Network == nil {
		cfg.Network = Machine{}
	}
	s := &Set{cfg: cfg, conns: map[key]*Conn{}, from: map[netip.Addr]int{}}
	for range portAttempts {
		if err = s.bind(host, port); err == nil || port != "0" {
			break
		}
	}
	if err != nil {
		return nil, errs.New(errs.Unavailable, "sip: can't listen: %w", err)
	}
	if err := s.bindTLS(); err != nil {
		s.closeListeners()
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

func (s *Set) bind(host, port string) error {
	udp, err := s.cfg.Network.ListenPacket(net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	a := AddrOf(udp.LocalAddr())
	tcp, err := s.cfg.Network.Listen(a.String())
	if err != nil {
		_ = udp.Close()
		return err
	}
	s.udp, s.tcp, s.addr = udp, tcp, a
	return nil
}

func (s *Set) bindTLS() error {
	if s.cfg.TLS == nil || s.cfg.TLS.Addr == "" {
		return nil
	}
	if s.cfg.TLS.server == nil {
		return errs.At(errs.Invalid, "sip.tls", "listening needs a certificate")
	}
	l, err := s.cfg.Network.Listen(s.cfg.TLS.Addr)
	if err != nil {
		return errs.New(errs.Unavailable, "sip: can't listen for TLS: %w", err)
	}
	s.tls, s.secure = l, AddrOf(l.Addr())
	return nil
}

// AddrOf reads the address of a socket; an IPv4 one that was mapped into IPv6 is IPv4.
func AddrOf(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return Unmap(a.AddrPort())
	case *net.TCPAddr:
		return Unmap(a.AddrPort())
	}
	p, _ := netip.ParseAddrPort(a.String())
	return Unmap(p)
}

// Unmap makes an IPv4 address of one that is mapped into IPv6.
func Unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Addr is where it listens by UDP and TCP.
func (s *Set) Addr() netip.AddrPort { return s.addr }

// TLSAddr is where it listens by TLS; the zero value where it does not.
func (s *Set) TLSAddr() netip.AddrPort { return s.secure }

// Start begins to read.
func (s *Set) Start() {
	run.Go(&s.wg, s.cfg.Log, "sip udp", s.readUDP)
	run.Go(&s.wg, s.cfg.Log, "sip accept", func() { s.accept(s.tcp, false) })
	if s.tls != nil {
		run.Go(&s.wg, s.cfg.Log, "sip tls accept", func() { s.accept(s.tls, true) })
	}
}

func (s *Set) readUDP() {
	buf := make([]byte, maxDatagram)
	fast, _ := s.udp.(*net.UDPConn)
	for {
		n, from, err := readPacket(s.udp, fast, buf)
		if err != nil && s.ctx.Err() != nil {
			return
		}
		if err == nil && !keepAlive(buf[:n]) {
			s.receive(buf[:n], nil, from)
		}
	}
}

// receive hands a message up; a panic in there costs that message alone.
func (s *Set) receive(raw []byte, c *Conn, from netip.AddrPort) {
	defer run.Recover(s.cfg.Log, "sip receive")
	s.cfg.Receive(raw, c, from)
}

func readPacket(c net.PacketConn, fast *net.UDPConn, buf []byte) (int, netip.AddrPort, error) {
	if fast != nil {
		n, from, err := fast.ReadFromUDPAddrPort(buf)
		return n, Unmap(from), err
	}
	n, from, err := c.ReadFrom(buf)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	return n, AddrOf(from), nil
}

func (s *Set) accept(l net.Listener, secure bool) {
	for {
		c, err := l.Accept()
		if err != nil {
			if s.ctx.Err() != nil {
				return
			}
			select {
			case <-time.After(acceptPause):
			case <-s.ctx.Done():
			}
			continue
		}
		if !s.admit(c, secure) {
			_ = c.Close()
		}
	}
}

// admit makes room for an accepted connection, or tells that there is none.
func (s *Set) admit(c net.Conn, secure bool) bool {
	remote := AddrOf(c.RemoteAddr())
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.from[remote.Addr()] >= MaxPerSource {
		return false
	}
	t := s.add(key{remote, secure, ""})
	if t == nil {
		return false
	}
	t.accepted = true
	s.from[remote.Addr()]++
	run.Go(&s.wg, s.cfg.Log, "sip connection", func() { t.serve(c) })
	return true
}

// add makes room for a connection; nil where there is none. The lock is held.
func (s *Set) add(k key) *Conn {
	if s.closed || len(s.conns) >= s.cfg.Connections {
		return nil
	}
	t := &Conn{s: s, key: k, out: make(chan []byte, queuedWrites), done: make(chan struct{}), alive: make(chan time.Duration, 1), onLost: map[int]func(){}}
	s.conns[k] = t
	return t
}

// Connect finds a connection to remote or begins one; it does not wait for it. By TLS the peer must prove to be name, or
// where that is empty its address.
func (s *Set) Connect(remote netip.AddrPort, secure bool, name string) (*Conn, error) {
	if secure && s.cfg.TLS == nil {
		return nil, errs.At(errs.Invalid, "sip.tls", "a peer wants TLS, which is not configured")
	}
	if !secure {
		name = ""
	} else if name == "" {
		name = remote.Addr().String()
	}
	k := key{Unmap(remote), secure, name}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.conns[k]; t != nil && !t.Closed() {
		return t, nil
	}
	t := s.add(k)
	if t == nil {
		return nil, errs.New(errs.Unavailable, "sip: too many connections")
	}
	run.Go(&s.wg, s.cfg.Log, "sip connection", func() { t.serve(nil) })
	return t, nil
}

func (s *Set) forget(t *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns[t.key] == t {
		delete(s.conns, t.key)
	}
	if !t.accepted {
		return
	}
	a := t.key.remote.Addr()
	if s.from[a]--; s.from[a] <= 0 {
		delete(s.from, a)
	}
}

// Send writes a datagram.
func (s *Set) Send(to netip.AddrPort, b []byte) error {
	if u, ok := s.udp.(*net.UDPConn); ok {
		_, err := u.WriteToUDPAddrPort(b, to)
		return err
	}
	_, err := s.udp.WriteTo(b, net.UDPAddrFromAddrPort(to))
	return err
}

// Connections is how many there are.
func (s *Set) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *Set) closeListeners() {
	_ = s.udp.Close()
	_ = s.tcp.Close()
	if s.tls != nil {
		_ = s.tls.Close()
	}
}

// Close closes all and waits for the readers.
func (s *Set) Close() {
	s.cancel()
	s.closeListeners()
	s.mu.Lock()
	s.closed = true
	all := make([]*Conn, 0, len(s.conns))
	for _, t := range s.conns {
		all = append(all, t)
	}
	s.mu.Unlock()
	for _, t := range all {
		t.Close()
	}
	s.wg.Wait()
}

// hostport writes an address to dial.
func hostport(a netip.AddrPort) string {
	return net.JoinHostPort(a.Addr().String(), strconv.Itoa(int(a.Port())))
}
