package impair

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// The bounds of a proxy. What goes over them is not carried.
const (
	MaxClients = 64   // addresses that send UDP to it, and TCP connections
	MaxCalls   = 64   // calls whose sound it carries, until it is closed
	maxPacket  = 4096 // bytes of a UDP packet; longer ones are cut
	portTries  = 20   // for a port that is free both for UDP and for TCP
)

// anyPort is where a socket of its own listens.
const anyPort = "127.0.0.1:0"

// Config makes a proxy.
type Config struct {
	Target  netip.AddrPort // where it all goes
	Link    *Link          // what happens to it
	Listen  string         // default 127.0.0.1:0; a port for UDP and TCP
	Host    string         // address of its other sockets; default 127.0.0.1
	SIP     bool           // what passes is SIP: addresses in it are rewritten, and the sound of its calls passes too
	Network Network        // nil: the machine's own
}

// Proxy stands before its target, for UDP and TCP on one port. Each client is known to the target by a port of its own.
type Proxy struct {
	cfg    Config
	addr   netip.AddrPort
	udp    net.PacketConn
	tcp    net.Listener
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	clients map[netip.AddrPort]*pair // UDP, by the client's address
	calls   map[string]*pair         // sound, by Call-ID
	backs   map[netip.AddrPort]netip.AddrPort
	conns   map[net.Conn]bool
	closers []func()
	closed  bool
}

// Listen starts a proxy.
func Listen(cfg Config) (*Proxy, error) {
	cfg.Listen, cfg.Host = cmp.Or(cfg.Listen, anyPort), cmp.Or(cfg.Host, "127.0.0.1")
	if cfg.Network == nil {
		cfg.Network = loopback{}
	}
	if cfg.Link == nil || !cfg.Target.IsValid() {
		return nil, errors.New("impair: a proxy needs a link and a target")
	}
	p := &Proxy{
		cfg: cfg, clients: map[netip.AddrPort]*pair{}, calls: map[string]*pair{}, backs: map[netip.AddrPort]netip.AddrPort{}, conns: map[net.Conn]bool{},
	}
	if err := p.open(); err != nil {
		return nil, err
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.wg.Go(p.readUDP)
	p.wg.Go(func() { p.accept(p.tcp, p.cfg.Target, ToServer) })
	return p, nil
}

// open finds a port for both.
func (p *Proxy) open() (err error) {
	for range portTries {
		if p.udp, err = p.cfg.Network.ListenPacket(p.cfg.Listen); err != nil {
			break
		}
		p.addr = addrPort(p.udp.LocalAddr())
		if p.tcp, err = p.cfg.Network.Listen(p.addr.String()); err == nil {
			return nil
		}
		_ = p.udp.Close()
	}
	return fmt.Errorf("impair: no port: %w", err)
}

// Addr is what clients use instead of the target.
func (p *Proxy) Addr() netip.AddrPort { return p.addr }

// Move lets every client that uses UDP appear to the target at another port, its sound too: as when an address translation
// forgets and begins anew. What the target sends to the old ports is lost.
func (p *Proxy) Move() error {
	return errors.Join(p.MoveSound(), p.move(p.clientPairs()))
}

// MoveSound moves the sound alone.
func (p *Proxy) MoveSound() error { return p.move(p.callPairs()) }

func (p *Proxy) move(all []*pair) error {
	var failed error
	for _, one := range all {
		failed = errors.Join(failed, one.move())
	}
	return failed
}

func (p *Proxy) clientPairs() (all []*pair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.clients {
		all = append(all, one)
	}
	return all
}

func (p *Proxy) callPairs() (all []*pair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.calls {
		all = append(all, one)
	}
	return all
}

// Close ends it and all that it carries.
func (p *Proxy) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	closers := p.closers
	for c := range p.conns {
		closers = append(closers, func() { _ = c.Close() })
	}
	p.mu.Unlock()
	p.cancel()
	err := errors.Join(p.udp.Close(), p.tcp.Close())
	for _, f := range closers {
		f()
	}
	for _, one := range append(p.clientPairs(), p.callPairs()...) {
		one.close()
	}
	p.wg.Wait()
	return err
}

// readUDP gives each client's packets to its pair.
func (p *Proxy) readUDP() {
	buf := make([]byte, maxPacket)
	for {
		n, from, err := p.udp.ReadFrom(buf)
		if p.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of a client that has gone
		}
		one, err := p.client(addrPort(from))
		if err != nil {
			p.cfg.Link.count(ToServer, func(c *Counts) { c.Overflow++ })
			continue
		}
		one.take(ToServer, addrPort(from), buf[:n])
	}
}

// client gives the pair of a client of UDP, a new one for the first packet.
func (p *Proxy) client(from netip.AddrPort) (*pair, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one := p.clients[from]; one != nil {
		return one, nil
	}
	if p.closed || len(p.clients) >= MaxClients {
		return nil, errors.New("impair: too many clients")
	}
	one, err := p.pair(p.udp)
	if err != nil {
		return nil, err
	}
	one.client, one.server = from, p.cfg.Target
	if p.cfg.SIP {
		one.rewrite = func(d Direction, b []byte) []byte {
			return p.gateway(d, b, sides{from, one.outside(), p.addr, p.cfg.Target})
		}
	}
	p.clients[from] = one
	return one, nil
}

func addrPort(a net.Addr) netip.AddrPort {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
