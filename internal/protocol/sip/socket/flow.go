package socket

import (
	"net"
	"net/netip"

	"santra/internal/errs"
)

// The transports (RFC 3261 18, 7.1).
const (
	OverUDP = "udp"
	OverTCP = "tcp"
	OverTLS = "tls"
)

// Flow is the way to a peer: an address by our UDP socket, or a connection.
type Flow struct {
	Conn   *Conn // nil: UDP
	Remote netip.AddrPort
	NAT    bool // the peer does not know its own address: only this way reaches it
	SIPS   bool // the dialog or request is a sips one: our Contact must be (RFC 3261 8.1.1.8)
}

// Reliable tells whether what is sent by it is delivered or the connection is lost: nothing is sent again.
func (f Flow) Reliable() bool { return f.Conn != nil }

// Transport is the name as the API has it.
func (f Flow) Transport() string {
	switch {
	case f.Conn == nil:
		return OverUDP
	case f.Conn.Secure():
		return OverTLS
	default:
		return OverTCP
	}
}

// Alive tells whether something may still be sent by it.
func (f Flow) Alive() bool { return f.Conn == nil || !f.Conn.Closed() }

// Name is what the peer of a TLS connection of ours has proved to be.
func (f Flow) Name() string {
	if f.Conn == nil {
		return ""
	}
	return f.Conn.Name()
}

// Lost asks to be told when a connection ends; datagrams are never lost in this sense.
func (f Flow) Lost(told func()) (stop func()) {
	if f.Conn == nil {
		return func() {}
	}
	return f.Conn.Lost(told)
}

// SendBy writes a message; over a connection it is queued.
func (s *Set) SendBy(f Flow, b []byte) error {
	var err error
	if f.Conn != nil {
		err = f.Conn.Write(b)
	} else {
		err = s.Send(f.Remote, b)
	}
	if err != nil {
		s.failed.Add(1)
	}
	return err
}

// SendErrors counts the messages that could not be written.
func (s *Set) SendErrors() uint64 { return s.failed.Load() }

// Way finds the flow to an address. By TLS the peer must prove to be name; empty: its address.
func (s *Set) Way(to netip.AddrPort, transport, name string) (Flow, error) {
	switch transport {
	case "", OverUDP:
		return Flow{Remote: to}, nil
	case OverTCP, OverTLS:
		conn, err := s.Connect(to, transport == OverTLS, name)
		return Flow{Conn: conn, Remote: to}, err
	default:
		return Flow{}, errs.At(errs.Invalid, "sip.target", "want udp, tcp or tls")
	}
}

// Local is the address of ours that a peer can reach by UDP and TCP.
func (s *Set) Local(remote netip.Addr) netip.AddrPort {
	return s.reachable(s.Addr(), remote)
}

// LocalFor is the address of ours for a flow: that of TLS has a port of its own.
func (s *Set) LocalFor(f Flow) netip.AddrPort {
	if f.Transport() == OverTLS {
		if a := s.TLSAddr(); a.IsValid() {
			return s.reachable(a, f.Remote.Addr())
		}
	}
	return s.Local(f.Remote.Addr())
}

// reachable writes the public address, or the one that the kernel would send from, where a socket has none of its own.
func (s *Set) reachable(a netip.AddrPort, remote netip.Addr) netip.AddrPort {
	switch {
	case s.cfg.Public.IsValid():
		return netip.AddrPortFrom(s.cfg.Public, a.Port())
	case !a.Addr().IsUnspecified():
		return a
	}
	return netip.AddrPortFrom(sourceFor(remote), a.Port())
}

// sourceFor asks the kernel which address of ours it would send from; no packet is sent.
func sourceFor(remote netip.Addr) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 9)))
	if err != nil {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	defer c.Close() //nolint:errcheck // nothing was written
	return AddrOf(c.LocalAddr()).Addr()
}
