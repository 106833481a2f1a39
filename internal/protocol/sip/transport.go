package sip

import (
	"bufio"
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/run"
)

// Bounds of the sockets.
const (
	dialTimeout  = 3 * time.Second
	writeTimeout = 10 * time.Second
	queuedWrites = 256 // messages waiting for a slow TCP peer; more break its connection
	portAttempts = 32  // for a port that is free in UDP and in TCP
	maxDatagram  = 65535
	udpBuffer    = 4 << 20 // bytes asked of the kernel for bursts of calls
)

// flow is the way to a peer: an address by our UDP socket, or a TCP connection.
type flow struct {
	conn   *tcpConn // nil: UDP
	remote netip.AddrPort
	nat    bool // the peer does not know its own address: only this way reaches it
}

func (f flow) reliable() bool { return f.conn != nil }

// transport is the name as the API has it.
func (f flow) transport() string {
	if f.conn != nil {
		return "tcp"
	}
	return "udp"
}

// alive tells whether something may still be sent by it.
func (f flow) alive() bool { return f.conn == nil || !f.conn.isClosed() }

// sockets is the transport layer (RFC 3261 18). Receiving is in order for each socket, sending never blocks.
type sockets struct {
	ep     *Endpoint
	udp    net.PacketConn
	tcp    net.Listener
	addr   netip.AddrPort
	dial   func(ctx context.Context, addr string) (net.Conn, error)
	wg     sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	conns  map[netip.AddrPort]*tcpConn
	closed bool
}

// realNetwork is the machine's own.
type realNetwork struct{}

func (realNetwork) ListenPacket(addr string) (net.PacketConn, error) {
	c, err := net.ListenPacket("udp", addr)
	if u, ok := c.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(udpBuffer) // what the kernel allows is enough for a start
	}
	return c, err
}

func (realNetwork) Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

func (realNetwork) Dial(ctx context.Context, addr string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
}

// openSockets binds the same port for UDP and TCP.
func openSockets(ep *Endpoint, n Network, addr string) (*sockets, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, errs.At(errs.Invalid, "sip.addr", "want host:port: %w", err)
	}
	s := &sockets{ep: ep, dial: n.Dial, conns: map[netip.AddrPort]*tcpConn{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for range portAttempts {
		if err = s.bind(n, host, port); err == nil || port != "0" {
			break
		}
	}
	if err != nil {
		return nil, errs.New(errs.Unavailable, "sip: can't listen: %w", err)
	}
	return s, nil
}

func (s *sockets) bind(n Network, host, port string) error {
	udp, err := n.ListenPacket(net.JoinHostPort(host, port))
	if err != nil {
		return err
	}
	a := addrPortOf(udp.LocalAddr())
	tcp, err := n.Listen(a.String())
	if err != nil {
		_ = udp.Close()
		return err
	}
	s.udp, s.tcp, s.addr = udp, tcp, a
	return nil
}

func addrPortOf(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	}
	p, _ := netip.ParseAddrPort(a.String())
	return unmap(p)
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// start begins to read.
func (s *sockets) start() {
	run.Go(&s.wg, s.ep.log, "sip udp", s.readUDP)
	run.Go(&s.wg, s.ep.log, "sip accept", s.accept)
}

func (s *sockets) readUDP() {
	buf := make([]byte, maxDatagram)
	fast, _ := s.udp.(*net.UDPConn)
	for {
		n, from, err := readPacket(s.udp, fast, buf)
		if err != nil && s.ctx.Err() != nil {
			return
		}
		if err == nil && !keepAlive(buf[:n]) {
			s.receive(buf[:n], flow{remote: from})
		}
	}
}

// receive hands a message up; a panic in there costs that message alone.
func (s *sockets) receive(raw []byte, f flow) {
	defer run.Recover(s.ep.log, "sip receive")
	s.ep.receive(raw, f)
}

func readPacket(c net.PacketConn, fast *net.UDPConn, buf []byte) (int, netip.AddrPort, error) {
	if fast != nil {
		n, from, err := fast.ReadFromUDPAddrPort(buf)
		return n, unmap(from), err
	}
	n, from, err := c.ReadFrom(buf)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	return n, addrPortOf(from), nil
}

// keepAlive recognises the empty packets that phones send to keep NAT bindings open (RFC 5626 3.5.1 and custom).
func keepAlive(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c != '\r' && c != '\n' && c != 0 && c != ' ' })
}

func (s *sockets) accept() {
	for {
		c, err := s.tcp.Accept()
		if err != nil {
			if s.ctx.Err() != nil {
				return
			}
			select { // out of files: let some close
			case <-time.After(10 * time.Millisecond):
			case <-s.ctx.Done():
			}
			continue
		}
		if t := s.add(addrPortOf(c.RemoteAddr()), c); t == nil {
			_ = c.Close()
		}
	}
}

// add makes room for a connection; nil where there is none. c may be nil: it is dialled.
func (s *sockets) add(remote netip.AddrPort, c net.Conn) *tcpConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addLocked(remote, c)
}

func (s *sockets) addLocked(remote netip.AddrPort, c net.Conn) *tcpConn {
	if s.closed || len(s.conns) >= s.ep.limits.Connections {
		return nil
	}
	t := &tcpConn{s: s, remote: remote, out: make(chan []byte, queuedWrites), done: make(chan struct{}), onLost: map[int]func(){}}
	s.conns[remote] = t
	run.Go(&s.wg, s.ep.log, "sip tcp", func() { t.serve(c) })
	return t
}

// connect finds a connection to remote or begins one; it does not wait for it.
func (s *sockets) connect(remote netip.AddrPort) (*tcpConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.conns[remote]; t != nil && !t.isClosed() {
		return t, nil
	}
	if t := s.addLocked(remote, nil); t != nil {
		return t, nil
	}
	return nil, errs.New(errs.Unavailable, "sip: too many connections")
}

func (s *sockets) forget(t *tcpConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns[t.remote] == t {
		delete(s.conns, t.remote)
	}
}

// send writes a message; over TCP it is queued.
func (s *sockets) send(f flow, b []byte) error {
	var err error
	switch {
	case f.conn != nil:
		err = f.conn.write(b)
	case s.udp == nil:
		err = net.ErrClosed
	default:
		err = writePacket(s.udp, f.remote, b)
	}
	if err != nil {
		s.ep.count.sendErrors.Add(1)
	}
	return err
}

func writePacket(c net.PacketConn, to netip.AddrPort, b []byte) error {
	if u, ok := c.(*net.UDPConn); ok {
		_, err := u.WriteToUDPAddrPort(b, to)
		return err
	}
	_, err := c.WriteTo(b, net.UDPAddrFromAddrPort(to))
	return err
}

func (s *sockets) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// close closes all and waits for the readers.
func (s *sockets) close() {
	s.cancel()
	_ = s.udp.Close()
	_ = s.tcp.Close()
	s.mu.Lock()
	s.closed = true
	all := make([]*tcpConn, 0, len(s.conns))
	for _, t := range s.conns {
		all = append(all, t)
	}
	s.mu.Unlock()
	for _, t := range all {
		t.close()
	}
	s.wg.Wait()
}

// tcpConn is a TCP connection, accepted or dialled. Its reader hands messages up in order, its writer keeps slow peers from
// holding up anybody else.
type tcpConn struct {
	s      *sockets
	remote netip.AddrPort
	out    chan []byte
	once   sync.Once
	done   chan struct{}

	mu     sync.Mutex
	next   int
	onLost map[int]func()
}

func (t *tcpConn) isClosed() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

func (t *tcpConn) write(b []byte) error {
	if t.isClosed() {
		return net.ErrClosed
	}
	select {
	case t.out <- b:
		return nil
	default:
		t.close()
		return errs.New(errs.Unavailable, "sip: the peer does not read")
	}
}

func (t *tcpConn) close() { t.once.Do(func() { close(t.done) }) }

// lost asks to be told when the connection ends, at once if it has; stop takes the wish back.
func (t *tcpConn) lost(f func()) (stop func()) {
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
func (t *tcpConn) serve(c net.Conn) {
	defer t.end()
	if c == nil {
		ctx, cancel := context.WithTimeout(t.s.ctx, dialTimeout)
		defer cancel()
		var err error
		if c, err = t.s.dial(ctx, t.remote.String()); err != nil {
			return
		}
	}
	var wg sync.WaitGroup
	run.Go(&wg, t.s.ep.log, "sip tcp writer", func() { t.writer(c) })
	t.reader(c)
	t.close()
	wg.Wait()
}

// end tells everybody who waits by this connection.
func (t *tcpConn) end() {
	t.close()
	t.s.forget(t)
	t.mu.Lock()
	told := t.onLost
	t.onLost = nil
	t.mu.Unlock()
	for _, f := range told {
		f()
	}
}

func (t *tcpConn) writer(c net.Conn) {
	defer c.Close() //nolint:errcheck // nothing to be done
	defer t.close()
	for {
		select {
		case b := <-t.out:
			_ = c.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := c.Write(b); err != nil {
				return
			}
		case <-t.done:
			t.flush(c)
			return
		}
	}
}

// flush writes what was queued before the connection was closed: the answer to what was wrong.
func (t *tcpConn) flush(c net.Conn) {
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

func (t *tcpConn) reader(c net.Conn) {
	r := bufio.NewReaderSize(c, 4096)
	f := flow{conn: t, remote: t.remote}
	for {
		_ = c.SetReadDeadline(time.Now().Add(t.s.ep.limits.Idle))
		raw, ping, err := readMessage(r, t.s.ep.limits.Message)
		if len(raw) > 0 {
			t.s.receive(raw, f)
		}
		if err != nil {
			return
		}
		if ping {
			_ = t.write([]byte("\r\n")) // RFC 5626 4.4.1
		}
	}
}
