package sip

import (
	"net/netip"
	"strings"

	"santra/internal/errs"
	"santra/internal/protocol/sip/socket"
)

// The transports (RFC 3261 18, 7.1).
const (
	overUDP = "udp"
	overTCP = "tcp"
	overTLS = "tls"
)

// flow is the way to a peer: an address by our UDP socket, or a connection.
type flow struct {
	conn   *socket.Conn // nil: UDP
	remote netip.AddrPort
	nat    bool // the peer does not know its own address: only this way reaches it
	sips   bool // the dialog or request is a sips one: our Contact must be (RFC 3261 8.1.1.8)
}

func (f flow) reliable() bool { return f.conn != nil }

// transport is the name as the API has it.
func (f flow) transport() string {
	switch {
	case f.conn == nil:
		return overUDP
	case f.conn.Secure():
		return overTLS
	default:
		return overTCP
	}
}

// alive tells whether something may still be sent by it.
func (f flow) alive() bool { return f.conn == nil || !f.conn.Closed() }

// name is what the peer of a TLS connection of ours has proved to be.
func (f flow) name() string {
	if f.conn == nil {
		return ""
	}
	return f.conn.Name()
}

// lost asks to be told when a connection ends; datagrams are never lost in this sense.
func (f flow) lost(told func()) (stop func()) {
	if f.conn == nil {
		return func() {}
	}
	return f.conn.Lost(told)
}

// sockets is the transport layer with an Endpoint's counters.
type sockets struct {
	*socket.Set
	ep *Endpoint
}

// openSockets binds the ports of an Endpoint.
func openSockets(e *Endpoint) (*sockets, error) {
	secure, err := e.cfg.TLS.load()
	if err != nil {
		return nil, err
	}
	set, err := socket.Open(socket.Config{
		Addr: e.cfg.Addr, TLS: secure, Network: e.cfg.Network, Log: e.log,
		Receive:   func(raw []byte, c *socket.Conn, from netip.AddrPort) { e.receive(raw, flow{conn: c, remote: from}) },
		Untrusted: func(from netip.AddrPort, why string) { e.noteTLS(from, why) },
		Message:   e.limits.Message, Connections: e.limits.Connections, Idle: e.limits.Idle,
	})
	return &sockets{set, e}, err
}

// send writes a message; over a connection it is queued.
func (s *sockets) send(f flow, b []byte) error {
	var err error
	if f.conn != nil {
		err = f.conn.Write(b)
	} else {
		err = s.Send(f.remote, b)
	}
	if err != nil {
		s.ep.count.sendErrors.Add(1)
	}
	return err
}

// way finds the flow to an address. By TLS the peer must prove to be name; empty: its address.
func (e *Endpoint) way(to netip.AddrPort, transport, name string) (flow, error) {
	switch transport {
	case "", overUDP:
		return flow{remote: to}, nil
	case overTCP, overTLS:
		conn, err := e.sockets.Connect(to, transport == overTLS, name)
		return flow{conn: conn, remote: to}, err
	default:
		return flow{}, errs.At(errs.Invalid, "sip.target", "want udp, tcp or tls")
	}
}

// local is the address of ours that a peer can reach by UDP and TCP.
func (e *Endpoint) local(remote netip.Addr) netip.AddrPort {
	return e.reachable(e.sockets.Addr(), remote)
}

// localFor is the address of ours for a flow: that of TLS has a port of its own.
func (e *Endpoint) localFor(f flow) netip.AddrPort {
	if f.transport() == overTLS {
		if a := e.sockets.TLSAddr(); a.IsValid() {
			return e.reachable(a, f.remote.Addr())
		}
	}
	return e.local(f.remote.Addr())
}

// reachable writes the public address, or the one that the kernel would send from, where a socket has none of its own.
func (e *Endpoint) reachable(a netip.AddrPort, remote netip.Addr) netip.AddrPort {
	switch {
	case e.cfg.Public.IsValid():
		return netip.AddrPortFrom(e.cfg.Public, a.Port())
	case !a.Addr().IsUnspecified():
		return a
	}
	return netip.AddrPortFrom(sourceFor(remote), a.Port())
}

// contact is how peers reach us inside a dialog (RFC 3261 8.1.1.8). In a dialog of sips it is sips.
func (e *Endpoint) contact(user string, f flow) string {
	scheme, transport := "sip:", ""
	switch {
	case f.sips:
		scheme = "sips:"
	case f.conn != nil:
		transport = ";transport=" + f.transport()
	}
	return "<" + scheme + escapeUser(user) + "@" + joinAddr(e.localFor(f)) + transport + ">"
}

// secureScheme tells whether a URI is a sips one.
func secureScheme(uri string) bool { return len(uri) > 5 && strings.EqualFold(uri[:5], "sips:") }
