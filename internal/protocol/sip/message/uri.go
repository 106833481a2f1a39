package message

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/socket"
)

// HostAddr reads the address of a URI where it is a literal one; the port defaults to 5060, by TLS to 5061.
func HostAddr(u *sip.Uri) (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a.Unmap(), uriPort(u)), true
}

// uriPort is the port of a URI; by TLS the default is another (RFC 3261 19.1.2).
func uriPort(u *sip.Uri) uint16 {
	switch {
	case u.Port > 0 && u.Port < 65536:
		return uint16(u.Port)
	case strings.EqualFold(u.Scheme, "sips") || TransportOf(u) == socket.OverTLS:
		return 5061
	default:
		return 5060
	}
}

// TransportOf is what a URI wants: of a sips one always TLS (RFC 3261 26.2.2).
func TransportOf(u *sip.Uri) string {
	if strings.EqualFold(u.Scheme, "sips") {
		return socket.OverTLS
	}
	t, _ := u.UriParams.Get("transport")
	return strings.ToLower(t)
}

// ParseURI reads a URI of ours or of a peer.
func ParseURI(s string) (sip.Uri, bool) {
	var u sip.Uri
	err := sip.ParseUri(s, &u)
	return u, err == nil && u.Host+u.Raw() != ""
}

// HostOf writes an address as the host part of a URI.
func HostOf(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// JoinAddr writes an address as host:port of a URI.
func JoinAddr(a netip.AddrPort) string { return joinHost(a.Addr().String(), a.Port()) }

func joinHost(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}

// IsSIPS tells whether a URI is a sips one.
func IsSIPS(uri string) bool { return len(uri) > 5 && strings.EqualFold(uri[:5], "sips:") }

// Literal reads the address of a URI whose host is one, and the transport that it names; empty: none.
func Literal(uri string) (to netip.AddrPort, transport string, ok bool) {
	u, parsed := ParseURI(uri)
	if !parsed {
		return netip.AddrPort{}, "", false
	}
	to, ok = HostAddr(&u)
	return to, TransportOf(&u), ok
}
