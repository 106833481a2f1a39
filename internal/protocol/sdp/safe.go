package sdp

import (
	"net/netip"
	"slices"

	"santra/internal/errs"
)

// LeastPort is the lowest port that a description may name: below it are services (DNS, NTP, SNMP) that somebody may want to
// have packets sent to by us.
const LeastPort = 1024

// Policy says which addresses of a description we send to. The zero value is for peers on any ordinary network.
type Policy struct {
	// Allow are networks that are allowed although they are of a kind that is refused, and with any port: loopback for a trunk
	// that is on loopback itself.
	Allow []netip.Prefix
	// Own tells whether it is a socket of ours (rtp.Pool.Owns): sound sent there would come back, in a loop or into another call.
	// Nothing allows it. Nil: none is known.
	Own func(netip.AddrPort) bool
}

// Safe refuses an address to which a hostile description could let us send what it wants: the host itself, a group, a
// neighbour that has no router between, a cloud's metadata service, a low port. errs.Invalid says which. An address that is not
// valid (a stream on hold) is safe: nothing is sent there.
func Safe(addr netip.AddrPort, p Policy) error {
	a := embedded(addr.Addr().Unmap().WithZone(""))
	if !a.IsValid() {
		return nil
	}
	addr = netip.AddrPortFrom(a, addr.Port())
	if p.Own != nil && p.Own(addr) {
		return unsafeAddr(addr, "a socket of this server")
	}
	if slices.ContainsFunc(p.Allow, func(n netip.Prefix) bool { return n.Contains(a) }) {
		return nil
	}
	if why := hostile(a); why != "" {
		return unsafeAddr(addr, why)
	}
	if addr.Port() < LeastPort {
		return unsafeAddr(addr, "a port below 1024")
	}
	return nil
}

func unsafeAddr(addr netip.AddrPort, why string) error {
	return errs.At(errs.Invalid, "sdp", "sound can't be sent to %s, %s; name a unicast address that is yours, and a port from %d", addr, why, LeastPort)
}

// hostile says of what refused kind an address is, or nothing.
func hostile(a netip.Addr) string {
	switch {
	case a.IsUnspecified():
		return "an unspecified address"
	case a.IsLoopback():
		return "a loopback address"
	case a.IsMulticast():
		return "a multicast address"
	case slices.Contains(metadata(), a):
		return "a metadata service"
	case a.IsLinkLocalUnicast():
		return "a link-local address"
	case a.Is4() && a.As4()[0] == 0:
		return "an address of this network (RFC 1122 3.2.1.3)"
	case a.Is4() && a.As4()[0] >= 240:
		return "a broadcast or reserved address"
	}
	return ""
}

// metadata lists where clouds give a machine's own secrets to whoever asks from it.
func metadata() []netip.Addr {
	return []netip.Addr{
		netip.AddrFrom4([4]byte{169, 254, 169, 254}), netip.AddrFrom4([4]byte{100, 100, 100, 200}),
		netip.AddrFrom4([4]byte{168, 63, 129, 16}), netip.AddrFrom4([4]byte{192, 0, 0, 192}),
		netip.AddrFrom16([16]byte{0: 0xfd, 1: 0x00, 2: 0x0e, 3: 0xc2, 14: 0x02, 15: 0x54}),
	}
}

// embedded gives the IPv4 address that an IPv6 one leads to: by NAT64 (RFC 6052), 6to4 (RFC 3056) or as an old compatible one.
func embedded(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	b := a.As16()
	switch {
	case [12]byte(b[:12]) == [12]byte{0: 0x00, 1: 0x64, 2: 0xff, 3: 0x9b}:
		return netip.AddrFrom4([4]byte(b[12:]))
	case b[0] == 0x20 && b[1] == 0x02:
		return netip.AddrFrom4([4]byte(b[2:6]))
	case [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0):
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

// Safe refuses a choice that would let us send to a hostile address, for sound or for reports.
func (c Choice) Safe(p Policy) error {
	if err := Safe(c.Remote, p); err != nil || !c.Remote.IsValid() {
		return err
	}
	return Safe(c.RTCP, p)
}
