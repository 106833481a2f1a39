package impair

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// pair is a client's way to the server: near towards the client, far towards the server, and a line in each direction.
type pair struct {
	p       *Proxy
	near    net.PacketConn // the proxy's own, or this pair's where it carries sound
	lines   [2]*line
	rewrite func(Direction, []byte) []byte // nil: as it is; nil bytes are not sent

	mu             sync.Mutex
	far            net.PacketConn
	client, server netip.AddrPort // zero while it is not known
	closed         bool
}

// pair opens a far socket and starts both lines.
func (p *Proxy) pair(near net.PacketConn) (*pair, error) {
	one := &pair{p: p, near: near}
	far, err := p.socket()
	if err != nil {
		return nil, err
	}
	one.far = far
	one.lines[ToServer] = newLine(one.toServer)
	one.lines[ToClient] = newLine(one.toClient)
	p.wg.Go(func() { one.read(far, ToClient) })
	return one, nil
}

func (p *Proxy) socket() (net.PacketConn, error) {
	return p.cfg.Network.ListenPacket(net.JoinHostPort(p.cfg.Host, "0"))
}

// outside is how the server sees the client.
func (o *pair) outside() netip.AddrPort {
	o.mu.Lock()
	defer o.mu.Unlock()
	return addrPort(o.far.LocalAddr())
}

func (o *pair) toServer(b []byte) {
	o.mu.Lock()
	far, to := o.far, o.server
	o.mu.Unlock()
	_, _ = far.WriteTo(b, net.UDPAddrFromAddrPort(to)) // UDP promises nothing
}

func (o *pair) toClient(b []byte) {
	o.mu.Lock()
	to := o.client
	o.mu.Unlock()
	_, _ = o.near.WriteTo(b, net.UDPAddrFromAddrPort(to))
}

// read takes what comes to a socket until it is closed.
func (o *pair) read(conn net.PacketConn, d Direction) {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			o.take(d, addrPort(from), buf[:n])
		}
	}
}

// take lets a packet pass, as the link wishes; only that of the two sides.
func (o *pair) take(d Direction, from netip.AddrPort, b []byte) {
	link := o.p.cfg.Link
	if from != o.sender(d) {
		link.count(d, func(c *Counts) { c.Strange++ })
		return
	}
	b = slices.Clone(b)
	if o.rewrite != nil {
		if b = o.rewrite(d, b); b == nil {
			return
		}
	}
	for _, one := range link.fate(d, time.Now()) {
		if !o.lines[d].put(one, b) {
			link.count(d, func(c *Counts) { c.Overflow++ })
		}
	}
}

// sender is who may send in a direction.
func (o *pair) sender(d Direction) netip.AddrPort {
	o.mu.Lock()
	defer o.mu.Unlock()
	if d == ToServer {
		return o.client
	}
	return o.server
}

// move changes the port that the server sees.
func (o *pair) move() error {
	far, err := o.p.socket()
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return far.Close()
	}
	_ = o.far.Close()
	o.far = far
	o.p.wg.Go(func() { o.read(far, ToClient) })
	return nil
}

// close ends it; the near socket is closed where it is its own.
func (o *pair) close() {
	o.mu.Lock()
	o.closed = true
	_ = o.far.Close()
	o.mu.Unlock()
	if o.near != o.p.udp {
		_ = o.near.Close()
	}
	for _, l := range o.lines {
		l.close()
	}
}
